"""``voiceapp moderate``: a text, the lines of a file, or a picture, checked. Exit code 3: something is too much."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.engines import Tools, open_engines
from voiceapp.cli.given import given
from voiceapp.cli.progress import Progress
from voiceapp.cli.running import Context, run_job
from voiceapp.core.checks import Checked, Subject, SubjectKind, as_report, consumed, logged, nobody_checks, parts_of
from voiceapp.core.errors import ConfigError
from voiceapp.core.moderation import Checkpoint, Verdict, decide, figure, is_over, is_too_much, joined, name_of
from voiceapp.core.passages import Passage, passages
from voiceapp.core.picture import MIMES, facts_of
from voiceapp.core.settings import Job
from voiceapp.core.transcript_reading import words_of
from voiceapp.ports import Moderator
from voiceapp.store.files import read_bytes
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.verdicts import SqliteVerdicts

FLAGGED = 3
BATCH = 32
MAX_BYTES = 64 * 1024 * 1024
SHOWN = 5
BAR_CHARS = 24
TEXT_FILES = (".txt", ".md", ".csv", ".json", ".jsonl", ".srt", ".vtt", ".log")


@dataclass(frozen=True)
class Item:
    """Something to check: a text, or a line of a file with its number."""

    text: str
    subject: Subject
    line: int | None = None


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: moderate(context, arguments))


async def moderate(context: Context, arguments: argparse.Namespace) -> int:
    """Check; 3 where something is too much."""
    given(*filter(None, [arguments.image]))
    items = [] if arguments.image is not None else await _items(arguments.what)
    async with open_engines(context, Job.MODERATION) as tools:
        if tools.engines.moderation is None:
            raise nobody_checks()
        store = SqliteStore(context.paths.data, WavTakes())
        try:
            desk = _Desk(context, tools, tools.engines.moderation, SqliteVerdicts(store))
            if arguments.image is not None:
                return await desk.picture(arguments.image)
            return await desk.texts(items)
        finally:
            await store.close()


class _Desk:
    """Checks, prints and logs."""

    def __init__(self, context: Context, tools: Tools, moderator: Moderator, log: SqliteVerdicts) -> None:
        self._output = context.output
        self._moderator, self._policy, self._log = moderator, tools.settings.moderation, log
        self._account, self._provider = tools.account, tools.settings.checker().provider

    async def texts(self, items: Sequence[Item]) -> int:
        """Check *items*, many in one request; those that are too much are told as they are found."""
        count = 0
        with Progress(len(items), _("checked"), is_shown=len(items) > 1) as progress:
            for start in range(0, len(items), BATCH):
                batch = items[start : start + BATCH]
                cuts = [passages(item.text) for item in batch]
                pieces = [cut.of(item.text) for item, its in zip(batch, cuts, strict=True) for cut in its]
                await self._account.allow(Job.MODERATION, self._provider)
                began_s = time.monotonic()
                verdicts = list(await self._moderator.check_texts(pieces))
                took_ms = 1000 * (time.monotonic() - began_s)
                self._count(verdicts)
                for item, cut in zip(batch, cuts, strict=True):
                    found, verdicts = verdicts[: len(cut)], verdicts[len(cut) :]
                    checked = self._checked(item, cut, found, took_ms)
                    count += self._is_over(checked)
                    progress.clear()
                    await self._tell(checked, item.line, is_alone=len(items) == 1)
                progress.advance(len(batch))
        if len(items) > 1:
            words = ngettext("{n} of {total} lines is too much.", "{n} of {total} lines are too much.", count)
            self._output.text(words.format(n=count, total=len(items)))
            self._output.event("summary", lines=len(items), flagged=count)
        return FLAGGED if count else 0

    async def picture(self, path: Path) -> int:
        """Check a picture."""
        data = await asyncio.to_thread(read_bytes, path)
        facts = facts_of(data)
        if facts is None:
            raise ConfigError(
                _("{name} is not a picture that can be checked.").format(name=path.name),
                hint=_("Choose a PNG, JPEG, WebP or GIF file."),
            )
        await self._account.allow(Job.MODERATION, self._provider)
        began_s = time.monotonic()
        verdict = await self._moderator.check_image(data, MIMES[facts.format])
        took_ms = 1000 * (time.monotonic() - began_s)
        self._count([verdict])
        item = Item("", Subject(SubjectKind.IMAGE, name=path.name))
        checked = self._checked(item, (Passage(0, 0),), [verdict], took_ms)
        await self._tell(checked, None, is_alone=True, content=data)
        return FLAGGED if self._is_over(checked) else 0

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        for usage in consumed(self._provider, verdicts):
            self._account.record(Job.MODERATION, usage)

    def _is_over(self, checked: Checked) -> bool:
        return is_over(checked.verdict, checked.limits)

    def _checked(self, item: Item, cut: Sequence[Passage], verdicts: Sequence[Verdict], took_ms: float) -> Checked:
        return Checked(
            subject=item.subject,
            checkpoint=Checkpoint.BY_HAND,
            decision=decide(joined(verdicts), self._policy, Checkpoint.BY_HAND),
            text=item.text,
            parts=parts_of(cut, verdicts),
            engine=self._moderator.label,
            duration_ms=took_ms,
            limits=self._policy.limits,
        )

    async def _tell(self, checked: Checked, line: int | None, *, is_alone: bool, content: bytes | None = None) -> None:
        await self._log.add_verdict(logged(checked, time.time(), content))
        name = checked.subject.name or None
        self._output.event("verdict", line=line, file=name, text=checked.text or None, **as_report(checked))
        if is_alone:
            self._table(checked)
        elif checked.exceeded:
            words = ", ".join(f"{name_of(s.category)} {figure(s.value)}".strip() for s in checked.exceeded)
            self._output.text(f"{line}: {words}: {' '.join(checked.text.split())[:80]}")

    def _table(self, checked: Checked) -> None:
        """The highest categories as bars; those that are too much marked and with the passage they are in."""
        out, limits = self._output, checked.limits
        ranked = checked.verdict.ranked()
        over = [score for score in ranked if is_too_much(score, limits.get(score.category))]
        out.text(_("Too much.") if over else _("Nothing is too much."))
        for score in ranked[: max(SHOWN, len(over))]:
            bar = "█" * round((score.value or 0.0) * BAR_CHARS)
            mark = "!" if score in over else " "
            out.text(f"{mark} {name_of(score.category):<28} {figure(score.value):>8}  {bar}".rstrip())
            part = checked.part_for(score.category)
            if score in over and part is not None and len(checked.parts) > 1:
                out.text(f"    “{' '.join(part.passage.of(checked.text).split())}”")


async def _items(what: str) -> list[Item]:
    """Return what is to be checked: the lines of a file or of standard input, or the text itself."""
    path = Path(what)
    if what == "-":
        data, name = await asyncio.to_thread(sys.stdin.buffer.read, MAX_BYTES), ""
    elif await asyncio.to_thread(_is_file, path):
        data, name = await asyncio.to_thread(read_bytes, path, MAX_BYTES), path.name
    else:
        if not what.strip():
            raise ConfigError(_("There is no text to work with."))
        if path.suffix.lower() in TEXT_FILES and len(what.split()) == 1 and "://" not in what:
            given(path)  # a name, and not meant to be checked itself
        return [Item(what, Subject(SubjectKind.TEXT))]
    lines = words_of(data.decode("utf-8", "replace"), name).splitlines()
    kind = SubjectKind.FILE if name else SubjectKind.TEXT
    items = [Item(line, Subject(kind, name=name), number) for number, line in enumerate(lines, 1) if line.strip()]
    if not items:
        raise ConfigError(_("There is no text to work with."))
    return items


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a long text is no name of a file
        return False
