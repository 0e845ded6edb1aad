"""``voiceapp notes``: the notes of a meeting, from a transcript or a stored conversation."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.engines import open_engines
from voiceapp.cli.given import given
from voiceapp.cli.running import Context, run_job
from voiceapp.core.conversation import told
from voiceapp.core.errors import ConfigError
from voiceapp.core.notes import markdown, script
from voiceapp.core.settings import LOCAL, Job
from voiceapp.core.transcript_reading import words_of
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.desks.notes import needs_model
from voiceapp.voice.writing import notes as written

TEXT_LIMIT_BYTES = 5_000_000


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: notes(context, arguments))


async def notes(context: Context, arguments: argparse.Namespace) -> int:
    """Write the notes; 0 where they were written."""
    if arguments.file is not None:
        text = await text_of(arguments.file)
    else:
        text = await _conversation(context, arguments.conversation)
    async with open_engines(context, Job.CHAT) as tools:
        if tools.settings.choice(Job.CHAT).provider == LOCAL.name:
            raise needs_model()
        found = await written(tools.engines.chat, text)
    facts = asdict(found)
    is_json = context.output.is_json or arguments.format == "json"
    shown = json.dumps(facts, ensure_ascii=False, indent=None if context.output.is_json else 2) + "\n"
    await deliver(context, arguments.out, shown if is_json else markdown(found))
    return 0


async def text_of(path: Path) -> str:
    """Read a text. Raises ConfigError where it is none or empty."""
    given(path)
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise ConfigError(
            _("The file “{name}” cannot be read: {why}.").format(name=path.name, why=error.strerror)
        ) from None
    if len(data) > TEXT_LIMIT_BYTES or b"\0" in data:
        raise ConfigError(
            _("“{name}” is not a text, or too long.").format(name=path.name),
            hint=_("Turn a recording into text by “voiceapp transcribe”."),
        )
    text = words_of(data.decode("utf-8-sig", "replace"), path.name).strip()
    if not text:
        raise ConfigError(_("There is no text to work with."))
    return text


async def deliver(context: Context, out: Path | None, text: str) -> None:
    """Print *text*, or write it to *out*. Raises ConfigError."""
    if out is None:
        context.output.raw(text)
        return
    try:
        await asyncio.to_thread(out.write_text, text, "utf-8")
    except OSError as error:
        raise ConfigError(_("“{name}” cannot be written: {why}.").format(name=out.name, why=error.strerror)) from None


async def _conversation(context: Context, number: int) -> str:
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        return script(told((await store.conversation(number)).messages))
    finally:
        await store.close()
