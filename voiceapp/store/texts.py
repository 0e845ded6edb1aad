"""Texts in files and conversations: what a batch works on, and where its results go. Keeps ``ports.batches.Texts``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.batch import Task
from voiceapp.core.batch_requests import file_name, title_of
from voiceapp.core.conversation import Role
from voiceapp.core.errors import ConfigError
from voiceapp.core.transcript_reading import words_of
from voiceapp.ports import Store
from voiceapp.store.files import told_as_store_error

ENDINGS = frozenset({".txt", ".md", ".srt", ".vtt"})
OWN_ENDINGS = tuple(f".{task.value}{ending}" for task in Task for ending in (".txt", ".md"))
"""What batches write is not taken for a transcript the next time."""
CONVERSATION = "conversation:"
MAX_BYTES = 20_000_000


class FileTexts:
    """Port Texts. *store*: the conversations."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def gather(self, sources: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """As Texts.gather."""
        found: dict[str, str] = {}
        for source in sources:
            if source.startswith(CONVERSATION):
                number = _number(source)
                found[f"{CONVERSATION}{number}"] = await self._conversation(number)
            else:
                found |= await asyncio.to_thread(_read_all, Path(source))
        return tuple((source, text) for source, text in found.items() if text.strip())

    async def deliver(self, source: str, folder: str, task: Task, result: str) -> str:
        """As Texts.deliver."""
        if source.startswith(CONVERSATION):
            if task is Task.TITLE:
                await self._store.rename_conversation(_number(source), title_of(result))
                return source
            stem, place = source.replace(":", "-"), Path(folder)
        else:
            stem, place = Path(source).stem, Path(source).parent
        text = title_of(result) if task is Task.TITLE else result
        return str(await asyncio.to_thread(_write_new, place, stem, task, text))

    async def _conversation(self, number: int) -> str:
        conversation = await self._store.conversation(number)
        who = {Role.USER: _("Person"), Role.ASSISTANT: _("Assistant")}
        return "\n\n".join(f"{who[m.role]}: {m.text}" for m in conversation.messages if m.text.strip())


def _number(source: str) -> int:
    try:
        return int(source.removeprefix(CONVERSATION))
    except ValueError:
        raise ConfigError(_("“{source}” names no conversation.").format(source=source)) from None


def _read_all(path: Path) -> dict[str, str]:
    """Worker thread: read one file, or the transcripts of a folder."""
    if path.is_dir():
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDINGS and one.is_file())
        return {str(one.resolve()): _read(one) for one in inside if not _is_result(one)}
    if not path.exists():
        raise ConfigError(_("There is no file or folder {path}.").format(path=path))
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(
            _("{name} is no transcript.").format(name=path.name),
            hint=_("Possible endings are {endings}.").format(endings=", ".join(sorted(ENDINGS))),
        )
    return {str(path.resolve()): _read(path)}


def _is_result(path: Path) -> bool:
    stem = path.name.lower()
    return stem.endswith(OWN_ENDINGS) or any(f".{task.value}-" in stem for task in Task)


def _read(path: Path) -> str:
    with told_as_store_error(path):
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(_("{name} is too large for a transcript.").format(name=path.name))
        return words_of(path.read_text(encoding="utf-8", errors="replace"), path.name)


def _write_new(folder: Path, stem: str, task: Task, text: str) -> Path:
    """Worker thread: write to a name that nothing has yet, or that has this very text from before a crash."""
    text = text.rstrip() + "\n"
    with told_as_store_error(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken: list[str] = []
        while True:
            target = folder / file_name(stem, task, taken)
            try:
                with target.open("x", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except FileExistsError:
                if target.is_file() and target.read_text(encoding="utf-8", errors="replace") == text:
                    return target
                taken.append(target.name)
                continue
            return target
