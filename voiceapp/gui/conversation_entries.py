"""The entries of the conversation as shown, and the changes to them. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from voiceapp.core.audio import Level
from voiceapp.core.check_words import found_in, not_spoken
from voiceapp.core.checks import Checked, SubjectKind
from voiceapp.core.conversation import Message, Take, ToolUse, unheard_words
from voiceapp.core.events import Problem
from voiceapp.core.images import StoredImage
from voiceapp.core.moderation import Checkpoint, named
from voiceapp.core.tool_events import PermissionAsked
from voiceapp.core.usage import Cost

# --- entries ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UserTurn:
    """What the person said or wrote. *verdict*: what moderation found too much in it."""

    key: str
    message: Message
    take: Take | None = None
    verdict: str = ""


@dataclass(frozen=True)
class LiveTurn:
    """The person is speaking, or their words are being made out. *is_listening*: the microphone is open."""

    key: str
    text: str = ""
    is_listening: bool = True
    take: Take | None = None


@dataclass(frozen=True)
class WaitingTake:
    """A recording without words yet; the person can try again."""

    key: str
    take: Take


@dataclass(frozen=True)
class Reply:
    """An answer. *interrupted_at_s* is None where it was not cut off, or where it is no longer known when.

    *verdict*: what moderation found, and what followed from it. *cost*: of all that was done for it so far, hearing
    the question, answering, speaking. *checked_ms*: how long the turn had to wait for moderation.
    """

    key: str
    message: Message
    turn: int = 0
    interrupted_at_s: float | None = None
    verdict: str = ""
    cost: Cost = field(default_factory=Cost)
    checked_ms: float = 0.0

    @property
    def unheard(self) -> int:
        """How many words were not heard."""
        heard = self.message.heard_chars
        return 0 if heard is None else unheard_words(self.message.text, heard)


@dataclass(frozen=True)
class NothingHeardLine:
    """A take in which nobody spoke."""

    key: str
    level: Level
    is_zero: bool


@dataclass(frozen=True)
class ToolLine:
    """A tool that was used, or works just now (*is_running*)."""

    key: str
    use: ToolUse
    is_running: bool = False


@dataclass(frozen=True)
class Question:
    """A tool that waits for the person's permission."""

    key: str
    asked: PermissionAsked


@dataclass(frozen=True)
class ImageLine:
    """A picture that stands with message *message_id*."""

    key: str
    image: StoredImage
    message_id: int | None = None


@dataclass(frozen=True)
class ProblemCard:
    """A turn that failed, with what can be tried again."""

    key: str
    problem: Problem
    take: Take | None = None
    message: Message | None = None


Entry = UserTurn | LiveTurn | WaitingTake | Reply | NothingHeardLine | ToolLine | Question | ImageLine | ProblemCard

# --- changes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reset:
    """Show everything anew."""


@dataclass(frozen=True)
class Added:
    """The entry at *index* is new."""

    index: int


@dataclass(frozen=True)
class Changed:
    """The entry called *key* has another content."""

    key: str


@dataclass(frozen=True)
class Grew:
    """The reply called *key* grew by *text*."""

    key: str
    text: str


@dataclass(frozen=True)
class Removed:
    """The entry called *key* is gone."""

    key: str


@dataclass(frozen=True)
class Spoken:
    """Characters [start, end) of reply *key* are being spoken."""

    key: str
    start: int
    end: int


Change = Reset | Added | Changed | Grew | Removed | Spoken


def marked(entry: Entry | None, checked: Checked) -> Entry | None:
    """Return *entry* with what was found in it; None where there is nothing to mark."""
    if not isinstance(entry, UserTurn | Reply) or not (checked.exceeded or checked.is_stopped):
        return None
    if checked.subject.kind is SubjectKind.ATTACHMENT:
        return replace(entry, verdict=" · ".join(one for one in (entry.verdict, found_in(checked)) if one))
    is_silenced = checked.checkpoint is Checkpoint.REPLY and checked.is_stopped
    return replace(entry, verdict=not_spoken(checked) if is_silenced else named(checked.exceeded))
