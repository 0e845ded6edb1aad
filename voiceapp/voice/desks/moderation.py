"""Checks that the person asks for, and the log of verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path

from voiceapp.core import checks as c
from voiceapp.core.checks import Subject, SubjectKind
from voiceapp.core.conversation import Message
from voiceapp.core.errors import BadRequest, VoiceAppError
from voiceapp.core.events import Notice
from voiceapp.core.moderation import Checkpoint, Decision
from voiceapp.core.passages import Passage, passages
from voiceapp.core.picture import MIMES, facts_of
from voiceapp.core.transcript_reading import words_of
from voiceapp.ports import VerdictLog
from voiceapp.voice.guard import Guard
from voiceapp.voice.studio import Studio

MAX_FILE_BYTES = 16 * 1024 * 1024
BETWEEN = "\n\n"
"""Stands between the messages of a conversation that is checked as one text."""


class ModerationDesk:
    """Keeps ``voice.parts.Desk``.

    Args:
        studio: the session's.
        log: where verdicts are kept.
        read: returns a file's bytes; blocking; raises StoreError.
        read_image: returns a gallery picture's bytes; None where there is no gallery.
    """

    def __init__(
        self,
        studio: Studio,
        log: VerdictLog,
        read: Callable[[Path], bytes],
        read_image: Callable[[int], Awaitable[bytes]] | None = None,
    ) -> None:
        self._studio = studio
        self._log = log
        self._read = read
        self._read_image = read_image

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, c.CheckCommand)

    async def do(self, command: object) -> None:
        """As Desk."""
        match command:
            case c.CheckText(text):
                await self._check_text(Subject(SubjectKind.TEXT), text)
            case c.CheckMessage(message_id):
                message = self._studio.history.message(message_id)
                if message is not None:
                    await self._check_text(Subject(SubjectKind.MESSAGE, message_id), message.text)
            case c.CheckConversation():
                await self._check_conversation()
            case c.CheckFile(path):
                await self._check_file(Path(path))
            case c.CheckImage(path, image_id):
                await self._check_image(Path(path), image_id)
            case _:
                await self._do_with_log(command)

    async def _do_with_log(self, command: object) -> None:
        match command:
            case c.ListVerdicts(wanted):
                verdicts, total = await self._log.verdicts(wanted)
                self._studio.emit(c.VerdictsListed(verdicts, wanted, total))
            case c.ExportVerdicts(path, wanted):
                count = await self._log.export_verdicts(Path(path), wanted)
                sentence = _("{count} verdicts were written to {name}.").format(count=count, name=Path(path).name)
                self._studio.emit(Notice(sentence))
            case c.ClearVerdicts():
                await self._log.clear_verdicts()
                self._studio.emit(c.VerdictsListed(()))

    # --- checking -----------------------------------------------------------------------------------------

    async def _check_text(self, subject: Subject, text: str, cut: tuple[Passage, ...] | None = None) -> None:
        if not text.strip():
            self._refuse(subject, _("There is no text to check."))
            return
        await self._guard().checked_text(subject, Checkpoint.BY_HAND, text, cut)

    async def _check_conversation(self) -> None:
        """Message by message: no passage holds words of two people."""
        history = self._studio.history
        messages = [message for message in history.messages() if message.text.strip()]
        text, cut = in_one(messages)
        await self._check_text(Subject(SubjectKind.CONVERSATION, history.conversation_id), text, cut)

    async def _check_file(self, path: Path) -> None:
        subject = Subject(SubjectKind.FILE, name=path.name)
        try:
            data = await asyncio.to_thread(self._read, path)
        except VoiceAppError as error:
            self._refuse(subject, error.message, error.hint)
            return
        if len(data) > MAX_FILE_BYTES or b"\0" in data[:4096]:
            sentence = _("{name} is not a transcript that can be checked.").format(name=path.name)
            self._refuse(subject, sentence, _("Choose a text, Markdown, subtitle or JSON file."))
            return
        await self._check_text(subject, words_of(data.decode("utf-8", "replace"), path.name))

    async def _check_image(self, path: Path, image_id: int | None) -> None:
        subject = Subject(SubjectKind.IMAGE, image_id, "" if image_id is not None else path.name)
        try:
            if image_id is None:
                data = await asyncio.to_thread(self._read, path)
            elif self._read_image is not None:
                data = await self._read_image(image_id)
            else:
                raise BadRequest(_("There is no gallery."))
        except VoiceAppError as error:
            self._refuse(subject, error.message, error.hint)
            return
        facts = facts_of(data)
        if facts is None:
            sentence = _("{name} is not a picture that can be checked.").format(name=path.name)
            self._refuse(subject, sentence, _("Choose a PNG, JPEG, WebP or GIF file."))
            return
        await self._guard().checked_image(subject, Checkpoint.BY_HAND, data, MIMES[facts.format])

    def _guard(self) -> Guard:
        """A guard with the settings and engines of now, and with the patience of the wire."""
        return Guard(replace(self._studio), within_s=None)

    def _refuse(self, subject: Subject, problem: str, hint: str = "") -> None:
        checked = c.Checked(subject, Checkpoint.BY_HAND, Decision.UNCHECKED, problem=problem)
        self._studio.emit(c.CheckDone(checked, hint=hint))


def in_one(messages: list[Message]) -> tuple[str, tuple[Passage, ...]]:
    """Join *messages* into one text and return it with its passages, none of which holds parts of two messages."""
    text, cut = "", list[Passage]()
    for message in messages:
        start = len(text) + (len(BETWEEN) if text else 0)
        text += (BETWEEN if text else "") + message.text
        cut += [Passage(start + piece.start, start + piece.end) for piece in passages(message.text)]
    return text, tuple(cut)
