"""What all turns share, and the stopwatch that each has of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from voiceapp.core.audio import Clip
from voiceapp.core.conversation import Line, Timings
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Event
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.core.turn import Input
from voiceapp.ports import EngineSet, Vad
from voiceapp.voice.account import Account
from voiceapp.voice.brief import Brief
from voiceapp.voice.history import History
from voiceapp.voice.hosted import Hosted, NoHosted
from voiceapp.voice.metered_engines import metered
from voiceapp.voice.metering import Meter
from voiceapp.voice.microphone import Microphone
from voiceapp.voice.parts import Parts
from voiceapp.voice.playback import Playback

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment
    from voiceapp.voice.by_ear import KeptSound


@dataclass
class Stopwatch:
    """A turn's times; every figure counts from the end of speech. *now* is the loop's clock in seconds."""

    now: Callable[[], float]
    ended_at_s: float
    transcript_ms: float | None = None
    first_token_ms: float | None = None
    first_sound_ms: float | None = None
    stages: dict[str, float] = field(default_factory=dict)
    """Further figures by name, lengths in milliseconds."""

    def ms(self, at_s: float | None = None) -> float:
        """Milliseconds from the end of speech until *at_s* (now)."""
        return 1000.0 * ((self.now() if at_s is None else at_s) - self.ended_at_s)

    def timings(self) -> Timings:
        """The figures as kept."""
        return Timings(self.transcript_ms, self.first_token_ms, self.first_sound_ms)


class Attached(Protocol):
    """What the person has attached to the message that comes next, typed or spoken."""

    async def add(self, name: str, path: str) -> None:
        """Let a file go along under *name*; what is wrong with it is told by events."""
        ...

    async def going(self) -> tuple[Attachment, ...]:
        """Return what goes along, once all of it is ready. Raises CannotSee where it cannot; it then stays attached."""
        ...

    def ready(self) -> tuple[Attachment, ...]:
        """Return what would go along now; at once."""
        ...

    async def read(self, attachment: Attachment) -> tuple[bytes, str]:
        """Return a file as it is kept, and of a PDF the words. Raises StoreError."""
        ...

    def went(self, gone: Sequence[Attachment]) -> None:
        """These went with a message that is stored."""
        ...

    async def shown(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """Return *lines* with what is sent of their attachments; at once where there are none. Raises StoreError."""
        ...


@dataclass
class Studio:
    """The parts, the open conversation, microphone and loudspeaker, the engines and settings in force.

    Attributes:
        decide: puts a fact to the reducer; True when it lets the turn go on.
        run_tool: runs a model's tool call for a turn's reply (number, message id), asking the person where needed.
        meter: counts what is consumed and asks where the budget is spent.
        account: in a turn its own; its engines put on it what they consume.
        is_idle: whether nobody talks and nothing is being answered; work in the background waits for that.
        instead: given what the person said, who answers in place of the chat model; must not wait.
        may_be_instead: whether *instead* might answer now; then what was said has to be known in words first.
        hosted: knows which of the service's own tools are on.
        attached: what goes along with the next message; None = nothing can be attached.
        previews: voices that were tried out, by what was asked for.
        sounds: by message, replies that their service still knows by their sound.
        beside: runs work that no turn owns and no one waits for; it ends with the session. It must tell its errors.
    """

    parts: Parts
    history: History
    microphone: Microphone
    playback: Playback
    vad: Vad
    emit: Callable[[Event], None]
    decide: Callable[[Input], bool]
    now: Callable[[], float]
    settings: Settings
    engines: EngineSet
    tools: tuple[ToolSpec, ...]
    run_tool: Callable[[int, int, ToolCall], Awaitable[ToolResult]]
    on_microphone_lost: Callable[[DeviceError, bool], None]
    meter: Meter
    account: Account
    beside: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]
    is_idle: Callable[[], bool] = lambda: True
    instead: Callable[[str], Brief | None] = lambda _text: None
    previews: dict[object, Clip] = field(default_factory=dict)
    sounds: dict[int, KeptSound] = field(default_factory=dict)
    may_be_instead: Callable[[], bool] = lambda: False
    hosted: Hosted = field(default_factory=NoHosted)
    attached: Attached | None = None

    def for_turn(self, number: int, tools: tuple[ToolSpec, ...]) -> Studio:
        """Return the same for turn *number*: with *tools*, and a history, an account and engines of its own."""
        account = Account(self.meter, self.emit, number)
        engines = metered(self.engines, account)
        return replace(self, history=self.history.for_turn(), tools=tools, engines=engines, account=account)
