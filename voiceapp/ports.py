"""The contracts between the voice loop and the outside world.

Each is kept by a fake and by real adapters, and checked for both by ``tests/contract``.

All coroutines run on the voice loop, can be cancelled at any await, and raise only subclasses of
``core.errors.VoiceAppError``. Sound is mono float32, shape (frames,), range [-1, 1].
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from voiceapp.core.audio import Clip, Float32Block, Level
from voiceapp.core.conversation import (
    Conversation,
    ConversationHead,
    Message,
    Role,
    Take,
    TakeState,
    Timings,
)
from voiceapp.core.events import Devices, Engines, ProviderChecked, ServerFound
from voiceapp.core.settings import Settings
from voiceapp.core.speech import (
    ChatRequest,
    HearingRequest,
    ReplyPart,
    SpeechRequest,
    ToolCall,
    ToolResult,
    ToolSpec,
    Transcript,
    Voice,
)


class MicrophoneStream(Protocol):
    """An open microphone. Iterate it for blocks at ``rate_hz`` until it is closed."""

    rate_hz: int
    device: str

    def __aiter__(self) -> AsyncIterator[Float32Block]:
        """Yield blocks in order, none lost unless counted in :attr:`dropped_frames`.

        Ends after :meth:`stop`. Raises DeviceError when the device vanishes; what came before was yielded.
        """
        ...

    @property
    def dropped_frames(self) -> int:
        """Frames lost because nobody read, or because the device reported an overflow."""
        ...

    def stop(self) -> None:
        """Take no more sound; what is already captured is still yielded, then iteration ends. Not blocking."""
        ...

    async def close(self) -> None:
        """Release the device. Idempotent."""
        ...


class Loudspeaker(Protocol):
    """One continuous output. Prepared ahead so that the first sample is not late; silent between turns."""

    rate_hz: int
    """What :meth:`play` expects; the device's native rate."""

    async def prepare(self) -> None:
        """Get ready to sound at once (open the device). Idempotent. Raises DeviceError."""
        ...

    async def play(self, block: Float32Block) -> None:
        """Queue *block* at ``rate_hz``; waits while about a quarter second is queued (back-pressure).

        Raises DeviceError when the device vanished; queued sound that was not played can be asked for by
        :attr:`played_frames`.
        """
        ...

    def finish(self) -> None:
        """No more sound follows for now: a short rest in the buffer is played out, not held back for more."""
        ...

    def discard(self) -> None:
        """Silence now: forget everything queued, in the device's buffer too where it allows. Any thread."""
        ...

    async def drained(self) -> None:
        """Wait until everything queued has been heard."""
        ...

    @property
    def played_frames(self) -> int:
        """Frames really heard since :meth:`prepare`, silence in gaps not counted, device latency subtracted."""
        ...

    @property
    def first_sound_at(self) -> float | None:
        """time.monotonic() at which the first frame after the last silence reached the device; None before."""
        ...

    @property
    def underruns(self) -> int:
        """How often the device wanted sound in the middle of speech and there was none."""
        ...

    def level(self) -> Level:
        """What is sounding now."""
        ...

    async def close(self) -> None:
        """Release the device. Idempotent."""
        ...


class AudioDevices(Protocol):
    """The sound hardware: real, virtual, or files."""

    def devices(self) -> Devices:
        """Return what is there and what would be used."""
        ...

    async def refresh(self) -> Devices:
        """Look again (hot plugging)."""
        ...

    async def open_microphone(self, name: str = "") -> MicrophoneStream:
        """Open *name*, or the default when it is empty or not there. Raises DeviceError."""
        ...

    def loudspeaker(self, name: str = "") -> Loudspeaker:
        """Return the output *name*, not yet opened; the default when it is empty or not there."""
        ...


class Resampler(Protocol):
    """A stream of mono sound changing its rate. Not shared between streams."""

    def push(self, block: Float32Block) -> Float32Block:
        """Return what *block* allows to compute so far (may be empty)."""
        ...

    def finish(self) -> Float32Block:
        """Return the rest; the resampler is used up."""
        ...


class Vad(Protocol):
    """Voice activity detection on 16 kHz sound."""

    frame_frames: int
    """Frames per verdict (512 for Silero)."""

    def probability(self, frame: Float32Block) -> float:
        """Return how likely *frame*, exactly ``frame_frames`` long, holds speech, 0..1. Stateful; CPU < 2 ms."""
        ...

    def reset(self) -> None:
        """Forget the past."""
        ...


class Hearing(Protocol):
    """One utterance being transcribed."""

    async def push(self, block: Float32Block) -> None:
        """Take the next block at the engine's ``rate_hz``."""
        ...

    async def finish(self) -> Transcript:
        """No more sound follows; return the words. Silence gives an empty transcript, not an error."""
        ...


class SpeechToText(Protocol):
    """An engine that turns sound into words."""

    label: str
    """As shown: "This computer, pocketsphinx"."""
    rate_hz: int
    """What :meth:`Hearing.push` expects."""

    def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AbstractAsyncContextManager[Hearing]:
        """Begin an utterance; leaving the context cancels it. Engines without partials never call *on_partial*.

        Entering is the moment to open connections: it happens at key-down.
        """
        ...

    async def close(self) -> None:
        """Release connections and models."""
        ...


class ChatModel(Protocol):
    """An engine that answers."""

    label: str

    def reply(self, request: ChatRequest) -> AsyncIterator[ReplyPart]:
        """Stream the reply: deltas and tool calls in order, then exactly one ReplyEnd.

        Closing the iterator (``aclosing``) frees the connection at once.
        """
        ...

    async def warm(self) -> None:
        """Open what a request needs (connection, model), so that the next reply does not wait. Never raises."""
        ...

    async def close(self) -> None:
        """Release connections and models."""
        ...


class TextToSpeech(Protocol):
    """An engine that speaks."""

    label: str
    rate_hz: int
    """Of the blocks that :meth:`speak` yields."""
    max_chars: int
    """Longest text it takes in one request."""

    def speak(self, request: SpeechRequest) -> AsyncIterator[Float32Block]:
        """Stream the sound of *request*, first block as early as the engine can. Closing frees the connection."""
        ...

    def voices(self) -> Sequence[Voice]:
        """The voices to choose from; the first is the default."""
        ...

    async def warm(self) -> None:
        """As ChatModel.warm."""
        ...

    async def close(self) -> None:
        """Release connections and models."""
        ...


class TakeWriter(Protocol):
    """A recording being written: on disk from its first block."""

    take: Take

    def write(self, block: Float32Block) -> None:
        """Append *block* (at the take's rate); returns once the system has it. Raises DiskFull, StoreError."""
        ...

    def finish(self, state: TakeState) -> Take:
        """End the file properly and update the row; returns the finished take (duration, peak, envelope)."""
        ...


class TakeSummary(Protocol):
    """What a finished recording is like: see ``core.conversation.Take`` for the units."""

    @property
    def duration_s(self) -> float: ...  # noqa: D102
    @property
    def peak_db(self) -> float: ...  # noqa: D102
    @property
    def envelope(self) -> tuple[float, ...]: ...  # noqa: D102


class TakeSink(Protocol):
    """A recording's file, open for writing. Blocking; a full disk shows as OSError or DiskFull."""

    def write(self, block: Float32Block) -> None:
        """Append *block*; handed to the system when this returns."""
        ...

    def close(self) -> TakeSummary:
        """End the file properly."""
        ...


class TakeFormat(Protocol):
    """How recordings lie on disk: owned by ``audio``, used by ``store``, which knows no sound. Blocking."""

    suffix: str
    """Ending of the file names, with its dot."""

    def create(self, path: Path, rate_hz: int) -> TakeSink:
        """Begin a file that can be read again after a crash at any moment."""
        ...

    def repair(self, path: Path) -> TakeSummary:
        """Mend a file with a torn end; nothing happens to a whole one. Raises AudioFileError where nothing is left."""
        ...

    def load(self, path: Path) -> Clip:
        """Read a recording, also one with a torn end. Raises AudioFileError."""
        ...

    def export(self, path: Path, target: Path) -> None:
        """Copy the recording to *target* in the format of its ending (.wav, .flac, .ogg)."""
        ...


class Store(Protocol):
    """Conversations, messages, takes. Every write is on disk when the coroutine returns."""

    async def begin_take(self, rate_hz: int, conversation_id: int | None) -> TakeWriter:
        """Create the row and the file. ``TakeWriter`` methods are blocking: call them by ``asyncio.to_thread``."""
        ...

    async def update_take(
        self,
        take_id: int,
        *,
        state: TakeState | None = None,
        text: str | None = None,
        engine: str | None = None,
        error: str | None = None,
        conversation_id: int | None = None,
    ) -> Take:
        """Change what is given."""
        ...

    async def take(self, take_id: int) -> Take:
        """Raises StoreError when there is none."""
        ...

    async def takes(self) -> tuple[Take, ...]:
        """All takes, newest first."""
        ...

    async def recover_takes(self) -> tuple[Take, ...]:
        """Mend takes that a crash left half-written: header, duration, state RECORDED. Returns them."""
        ...

    async def load_take(self, take_id: int) -> Clip:
        """Read a recording, also one with a torn end."""
        ...

    async def export_take(self, take_id: int, path: Path) -> None:
        """Copy a recording; the format follows the ending (.wav, .flac, .ogg)."""
        ...

    async def new_conversation(self, title: str) -> ConversationHead:
        """Create a conversation."""
        ...

    async def conversation(self, conversation_id: int) -> Conversation:
        """Read a whole conversation. Raises StoreError when there is none."""
        ...

    async def conversations(self, query: str = "") -> tuple[ConversationHead, ...]:
        """List conversations, newest first; with *query* those whose title or messages match, with snippets."""
        ...

    async def rename_conversation(self, conversation_id: int, title: str) -> None:
        """Set a title."""
        ...

    async def delete_conversation(self, conversation_id: int) -> None:
        """Delete a conversation and its messages; takes stay."""
        ...

    async def add_message(
        self,
        conversation_id: int,
        role: Role,
        text: str,
        *,
        take_id: int | None = None,
        engine: str = "",
        is_complete: bool = True,
    ) -> Message:
        """Append a message."""
        ...

    async def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        heard_chars: int | None = None,
        timings: Timings | None = None,
        is_complete: bool | None = None,
    ) -> Message:
        """Change what is given."""
        ...

    async def delete_message(self, message_id: int) -> None:
        """Delete one message (a reply that is regenerated)."""
        ...

    async def search_texts(self, query: str, limit: int = 5) -> tuple[Message, ...]:
        """Messages and take texts in which *query* occurs, best first (for tools)."""
        ...

    async def add_note(self, text: str) -> int:
        """Keep a note; returns its number."""
        ...

    async def notes(self) -> tuple[str, ...]:
        """All notes, oldest first."""
        ...

    async def close(self) -> None:
        """Finish writing and release the database."""
        ...


class Tools(Protocol):
    """What a model may call. Runs on the voice loop, outside the turn's scope where a call has lasting effects."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as the model is told them."""
        ...

    async def run(self, call: ToolCall) -> ToolResult:
        """Run *call*; never raises: an error is a result that tells the model how to mend its call."""
        ...

    def close(self) -> None:
        """End timers and the like."""
        ...


@dataclass(frozen=True, eq=False)
class EngineSet:
    """The engines of a turn, with their names as shown.

    Attributes:
        preload: imports and builds what is slow, off the loop; never raises. A turn may begin before it is done.
        release: closes what the engines share, after each of them was closed.
    """

    hearing: SpeechToText
    chat: ChatModel
    speech: TextToSpeech
    shown: Engines
    preload: Callable[[], Awaitable[None]]
    release: Callable[[], Awaitable[None]]


class EngineMaker(Protocol):
    """Builds engines from settings, importing what is heavy off the voice loop."""

    async def make(self, settings: Settings) -> EngineSet:
        """Return the engines that *settings* choose. Raises ConfigError, NoKey."""
        ...

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        """Return another recogniser, for retrying a take; the caller closes it."""
        ...

    async def check(self, settings: Settings, provider: str) -> ProviderChecked:
        """Really call *provider*; never raises."""
        ...

    def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        """Look for servers on this machine that speak the OpenAI API and are not configured yet. Never raises."""
        ...


class Secrets(Protocol):
    """Where keys live. Blocking (the keyring may ask the person): call by ``asyncio.to_thread``."""

    def get(self, provider: str) -> str:
        """Return the key, or "" when there is none."""
        ...

    def set(self, provider: str, key: str) -> None:
        """Store the key; an empty one deletes it."""
        ...

    def place(self) -> str:
        """Say where keys are kept, for the person."""
        ...
