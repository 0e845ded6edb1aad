"""What goes along with a message, checked before it is sent by the same rule as the words.

Pictures are judged as they are kept, which is as they are sent; of texts and PDFs the words. A file is looked at once a
turn, beside the words and beside other files; for one that was attached before the key went down nobody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.attachments import Attachment, Kind
from voiceapp.core.checks import Checked, Subject, SubjectKind
from voiceapp.core.errors import BadRequest, VoiceAppError, unexpected
from voiceapp.core.moderation import Checkpoint
from voiceapp.core.passages import Passage, passages
from voiceapp.core.picture import mime_of
from voiceapp.voice.guard import Finding

if TYPE_CHECKING:
    from voiceapp.core.conversation import Message
    from voiceapp.voice.guard import Guard
    from voiceapp.voice.studio import Studio

PASSAGE_CHARS = 1200
"""Longer than those of what is typed: a file may have hundreds of pages."""
LANES = 2
"""Files that are looked at at once: a picture is megabytes that go up."""


@dataclass(frozen=True)
class FileChecked:
    """What came of a file; *content* is what was looked at."""

    checked: Checked
    problem: VoiceAppError | None = None
    content: bytes = field(default=b"", repr=False)

    def about(self, message: Message) -> Checked:
        """Return it as a check of what went with *message*."""
        return replace(self.checked, subject=replace(self.checked.subject, id=message.id))


@dataclass(frozen=True)
class _Look:
    """What was seen in a file: its words and where they were cut, and what was found."""

    finding: Finding
    content: bytes = b""
    text: str = ""
    where: tuple[Passage, ...] = (Passage(0, 0),)


class AttachedChecks:
    """The checks of one turn's attachments."""

    def __init__(self, guard: Guard, studio: Studio) -> None:
        self._guard = guard
        self._studio = studio
        self._looks: dict[int, asyncio.Task[None]] = {}
        self._found: dict[int, _Look] = {}
        self._lanes = asyncio.Semaphore(LANES)

    def look_at(self, attached: Sequence[Attachment]) -> None:
        """Begin to look at those of *attached* that were not looked at yet; returns at once."""
        for one in attached:
            if one.id not in self._looks:
                self._looks[one.id] = self._studio.beside(self._keep_look(one), "check-attached")

    async def checked(self, attached: Sequence[Attachment], beside: str) -> tuple[FileChecked, ...]:
        """Return what came of each of *attached*, which goes with the words *beside*.

        Raises nothing but cancellation.
        """
        self.look_at(attached)
        if attached:
            await asyncio.wait([self._looks[one.id] for one in attached])
        return tuple(self._conclude(one, self._found[one.id], beside) for one in attached)

    def _conclude(self, one: Attachment, look: _Look, beside: str) -> FileChecked:
        subject = Subject(SubjectKind.ATTACHMENT, name=one.name)
        checked = self._guard.conclude(subject, Checkpoint.INPUT, look.text, look.where, look.finding)
        return FileChecked(replace(checked, beside=beside), look.finding.problem, look.content)

    async def _keep_look(self, one: Attachment) -> None:
        self._found[one.id] = await self._look(one)

    async def _look(self, one: Attachment) -> _Look:
        attached = self._studio.attached
        assert attached is not None
        async with self._lanes:
            try:
                content, text = await attached.read(one)
            except Exception as error:
                return _Look(Finding(problem=unexpected(error)))
            if one.kind is Kind.PICTURE:
                return _Look(await self._guard.ask_about(content, mime_of(one.format)), content)
            if one.kind is Kind.TEXT:
                text = content.decode("utf-8", "replace")
            if not text.strip():
                return _Look(Finding(problem=_no_words(one.name)), content)
            where = await asyncio.to_thread(passages, text, PASSAGE_CHARS)
            finding = await self._guard.ask([passage.of(text) for passage in where], is_patient=True)
            return _Look(finding, content, text, where)


def _no_words(name: str) -> BadRequest:
    return BadRequest(
        _("The words of “{name}” cannot be read on this computer.").format(name=name),
        hint=_("Attach a picture of the page, or its text."),
    )
