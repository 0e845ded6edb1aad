"""Asking for notes, and being told: light, because the window imports it at its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voiceapp.core.events import Problem
    from voiceapp.core.notes import MeetingNotes


@dataclass(frozen=True)
class WriteNotes:
    """Write the notes of a conversation; answered by NotesBegun and NotesWritten."""

    conversation_id: int


@dataclass(frozen=True)
class NotesBegun:
    """The notes of a conversation are being written."""

    conversation_id: int


@dataclass(frozen=True)
class NotesWritten:
    """The notes of a conversation; *problem* where there are none."""

    conversation_id: int
    notes: MeetingNotes | None = None
    problem: Problem | None = None


NotesCommand = WriteNotes
NotesEvent = NotesBegun | NotesWritten
