"""What happened, told by the session to whoever shows it: the window, the terminal, the trace.

Frozen values in the past tense; the only things that cross from the voice loop to the GUI thread. ``turn`` is the
session's own count; message, take and conversation ids are the store's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from voiceapp.core.audio import Level
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Take, Timings
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

if TYPE_CHECKING:
    from voiceapp.core.attachments import AttachmentEvent
    from voiceapp.core.batch import BatchEvent
    from voiceapp.core.budget import BudgetEvent
    from voiceapp.core.checks import CheckEvent
    from voiceapp.core.cleaning import CleanEvent
    from voiceapp.core.documents import DocumentEvent
    from voiceapp.core.hearing import HearingEvent
    from voiceapp.core.hosted import HostedEvent
    from voiceapp.core.images import ImageEvent
    from voiceapp.core.notes_events import NotesEvent
    from voiceapp.core.own_search import OwnSearchEvent
    from voiceapp.core.providers import JobCheck, ProviderEvent
    from voiceapp.core.tool_events import ToolEvent
    from voiceapp.core.voices import VoiceEvent


@dataclass(frozen=True)
class Problem:
    """An error as a person reads it. *code* is that of ``core.errors``; *retry_after_s* where waiting helps.

    *model* and *replacement* are set where a model is gone: its name and its successor's, where one is known.
    """

    code: str
    message: str
    hint: str = ""
    detail: str = ""
    is_retryable: bool = False
    retry_after_s: float | None = None
    provider: str = ""
    model: str = ""
    replacement: str = ""


@dataclass(frozen=True)
class Engines:
    """Who works, as shown: name of provider and model per job; *note* says how good the local ones are."""

    hearing: str = ""
    thinking: str = ""
    speaking: str = ""
    note: str = ""


@dataclass(frozen=True)
class Devices:
    """Microphones and loudspeakers by name; *input*/*output* in use ("" = none); *is_warm*: microphone held open."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    input: str = ""
    output: str = ""
    is_warm: bool = False


@dataclass(frozen=True)
class SessionReady:
    """The session takes commands now."""

    engines: Engines
    devices: Devices
    settings: Settings


@dataclass(frozen=True)
class EnginesChanged:
    """Other engines do the work now."""

    engines: Engines


@dataclass(frozen=True)
class SettingsChanged:
    """New settings are in force."""

    settings: Settings


@dataclass(frozen=True)
class DevicesChanged:
    """The list or the choice changed; *notice* tells the person why, where it was not them ("Headset unplugged")."""

    devices: Devices
    notice: str = ""


@dataclass(frozen=True)
class PhaseChanged:
    """The state strip's word changed. *detail* may refine it ("Microphone opening")."""

    phase: Phase
    turn: int


@dataclass(frozen=True)
class InputLevel:
    """The microphone, about 30 times a second while it is open. *is_zero*: nothing but zeros for a second."""

    level: Level
    is_zero: bool = False


@dataclass(frozen=True)
class OutputLevel:
    """What goes out at the loudspeaker, about 30 times a second while it plays."""

    level: Level


@dataclass(frozen=True)
class AudioFlowing:
    """The first block of the take has arrived: speak now. *preroll_ms* of sound from before the press is in it."""

    turn: int
    preroll_ms: float = 0.0


@dataclass(frozen=True)
class TakeChanged:
    """A take was begun, finished, transcribed, failed, recovered."""

    take: Take


@dataclass(frozen=True)
class PartialTranscript:
    """Words so far; replaces the previous partial of *turn*."""

    turn: int
    text: str


@dataclass(frozen=True)
class TranscriptReady:
    """The take's words."""

    turn: int
    text: str
    take_id: int | None = None


@dataclass(frozen=True)
class NothingHeard:
    """The take holds no speech; *level* is what the microphone gave."""

    turn: int
    level: Level
    is_zero: bool = False


@dataclass(frozen=True)
class MessageAdded:
    """A message was stored; an assistant's begins empty and incomplete."""

    message: Message
    turn: int = 0


@dataclass(frozen=True)
class ReplyDelta:
    """The reply grew by *text*."""

    message_id: int
    turn: int
    text: str


@dataclass(frozen=True)
class MessageChanged:
    """A message has its final (or corrected) form: complete, interrupted, timed."""

    message: Message
    turn: int = 0


@dataclass(frozen=True)
class SpokenProgress:
    """Characters [start, end) of the message's text are being spoken now."""

    message_id: int
    start: int
    end: int


@dataclass(frozen=True)
class SoundStartedEvent:
    """The first sample of the reply went out."""

    turn: int


@dataclass(frozen=True)
class Interrupted:
    """The person cut the reply off after *at_s* seconds of speech; *unheard_words* were not heard."""

    message_id: int
    turn: int
    at_s: float
    unheard_words: int


@dataclass(frozen=True)
class TurnTimed:
    """The turn in milliseconds from the end of speech."""

    turn: int
    timings: Timings
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TurnFailed:
    """The turn ended in an error. The take and all text are kept; *take_id* can be retried."""

    turn: int
    problem: Problem
    take_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True)
class ToolUsed:
    """A tool was called and has answered; *name* as shown. *message_id*: the reply that it stands with."""

    turn: int
    name: str
    arguments: str
    result: str
    is_error: bool = False
    duration_ms: float = 0.0
    message_id: int = 0


@dataclass(frozen=True)
class Notice:
    """Something the person should know that ends no turn."""

    message: str
    hint: str = ""
    is_problem: bool = False


@dataclass(frozen=True)
class ConversationsListed:
    """The list for the left side, newest first; *query* is what was searched for, empty for all."""

    heads: tuple[ConversationHead, ...]
    query: str = ""


@dataclass(frozen=True)
class ConversationOpened:
    """This conversation is shown now; further turns are added to it. A new one has head.id 0 until its first turn."""

    conversation: Conversation


@dataclass(frozen=True)
class TakesListed:
    """All takes, newest first; *recovered* were found half-written at this start."""

    takes: tuple[Take, ...]
    recovered: tuple[Take, ...] = ()


@dataclass(frozen=True)
class ServerFound:
    """A server that speaks the OpenAI API answers on this machine and can be added in one click."""

    name: str
    base_url: str
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderChecked:
    """The answer to CheckProvider: the round trip, the models listed, and per job that was asked for what works.

    *problem* where nothing works: no key, no way there.
    """

    name: str
    latency_ms: float | None = None
    models: tuple[str, ...] = ()
    problem: Problem | None = None
    jobs: tuple[JobCheck, ...] = ()


@dataclass(frozen=True)
class TestProgress:
    """The device test: *stage* is "hear", "say", "done" or "failed"; *text* a sentence for the person."""

    __test__ = False
    stage: str
    text: str = ""


@dataclass(frozen=True)
class PlaybackChanged:
    """A take or a message is being played back on request; ids None when it ended."""

    take_id: int | None = None
    message_id: int | None = None


OwnEvent = (
    SessionReady
    | EnginesChanged
    | SettingsChanged
    | DevicesChanged
    | PhaseChanged
    | InputLevel
    | OutputLevel
    | AudioFlowing
    | TakeChanged
    | PartialTranscript
    | TranscriptReady
    | NothingHeard
    | MessageAdded
    | ReplyDelta
    | MessageChanged
    | SpokenProgress
    | SoundStartedEvent
    | Interrupted
    | TurnTimed
    | TurnFailed
    | ToolUsed
    | Notice
    | ConversationsListed
    | ConversationOpened
    | TakesListed
    | ServerFound
    | ProviderChecked
    | TestProgress
    | PlaybackChanged
)

Event: TypeAlias = (
    "OwnEvent | NotesEvent | OwnSearchEvent | BatchEvent | ToolEvent | ProviderEvent | ImageEvent | CheckEvent"
    " | AttachmentEvent | BudgetEvent | HostedEvent | DocumentEvent | VoiceEvent | HearingEvent | CleanEvent"
)
"""All of them. A string: each family is imported by those who use it, so that the window starts sooner."""
