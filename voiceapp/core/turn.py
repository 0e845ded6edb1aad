"""The turn: what happens next.

A pure reducer decides; ``voice.session`` acts. Facts about a turn carry its number, so late news of an aborted
turn falls on the floor. A realtime engine later feeds the same reducer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What the state strip shows."""

    IDLE = "idle"
    LISTENING = "listening"
    TRANSCRIBING = "transcribing"
    THINKING = "thinking"
    SPEAKING = "speaking"


@dataclass(frozen=True)
class TurnState:
    """Where the conversation stands. ``turn`` numbers the newest turn, from 1; 0 before the first."""

    phase: Phase = Phase.IDLE
    turn: int = 0


# --- inputs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TalkStarted:
    """The person began to hold the floor: key down, button, later the voice itself."""


@dataclass(frozen=True)
class TalkEnded:
    """The person let go: the take is complete."""


@dataclass(frozen=True)
class AskedInWriting:
    """There is a text to answer (typed, a retried take, a regenerated reply); the session holds it."""


@dataclass(frozen=True)
class TakeSent:
    """A recording that is already complete is to be transcribed and answered; the session holds it."""


@dataclass(frozen=True)
class Stopped:
    """Esc: whatever is going on ends, silence at once."""


@dataclass(frozen=True)
class Transcribed:
    """The take became words. *is_empty*: there was no speech in it."""

    turn: int
    is_empty: bool = False


@dataclass(frozen=True)
class SoundStarted:
    """The first sample of the reply went out."""

    turn: int


@dataclass(frozen=True)
class Finished:
    """The reply is written, and where it is spoken, heard to its end."""

    turn: int


@dataclass(frozen=True)
class Failed:
    """The turn ended in an error, already reported."""

    turn: int


Input = TalkStarted | TalkEnded | AskedInWriting | TakeSent | Stopped | Transcribed | SoundStarted | Finished | Failed

# --- actions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listen:
    """Open the microphone and begin a take for *turn*."""

    turn: int


@dataclass(frozen=True)
class Transcribe:
    """End the take of *turn* and turn it into words."""

    turn: int


@dataclass(frozen=True)
class Answer:
    """Let the model answer *turn*."""

    turn: int


@dataclass(frozen=True)
class Abort:
    """Silence now, then cancel everything of *turn* and keep what was said and heard."""

    turn: int


Action = Listen | Transcribe | Answer | Abort


def step(state: TurnState, event: Input) -> tuple[TurnState, tuple[Action, ...]]:
    """Decide what happens next. Pure: no clock, no I/O, no tasks."""
    turn = state.turn
    match event:
        case Transcribed(t) | SoundStarted(t) | Finished(t) | Failed(t) if t != turn:
            return state, ()  # late news from an aborted turn
        case TalkStarted() | AskedInWriting() | TakeSent() | TalkEnded() | Stopped():
            return _person(state, event)
        case Transcribed(is_empty=is_empty) if state.phase is Phase.TRANSCRIBING:
            if is_empty:
                return TurnState(Phase.IDLE, turn), ()
            return TurnState(Phase.THINKING, turn), (Answer(turn),)
        case SoundStarted() if state.phase is Phase.THINKING:
            return TurnState(Phase.SPEAKING, turn), ()
        case Finished() | Failed():
            return TurnState(Phase.IDLE, turn), ()
        case _:
            return state, ()


def _person(state: TurnState, event: Input) -> tuple[TurnState, tuple[Action, ...]]:
    """Decide about what the person did; the person always comes first."""
    turn, phase = state.turn, state.phase
    abort: tuple[Action, ...] = (Abort(turn),) if phase is not Phase.IDLE else ()
    match event:
        case TalkStarted() if phase is Phase.LISTENING:
            return state, ()  # a repeated key-down does not chop the take
        case TalkStarted():
            return TurnState(Phase.LISTENING, turn + 1), (*abort, Listen(turn + 1))
        case AskedInWriting():
            return TurnState(Phase.THINKING, turn + 1), (*abort, Answer(turn + 1))
        case TakeSent():
            return TurnState(Phase.TRANSCRIBING, turn + 1), (*abort, Transcribe(turn + 1))
        case TalkEnded() if phase is Phase.LISTENING:
            return TurnState(Phase.TRANSCRIBING, turn), (Transcribe(turn),)
        case Stopped() if phase is not Phase.IDLE:
            return TurnState(Phase.IDLE, turn), abort
        case _:
            return state, ()
