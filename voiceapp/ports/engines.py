"""Who hears, answers and speaks, and what a model may call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from voiceapp.core.audio import Float32Block
from voiceapp.core.events import Engines, ProviderChecked, ServerFound
from voiceapp.core.settings import Settings
from voiceapp.core.speech import (
    ChatRequest,
    HearingRequest,
    ReplyPart,
    SpeechRequest,
    Transcript,
    Voice,
)
from voiceapp.ports.moderation import Moderator


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


@dataclass(frozen=True, eq=False)
class EngineSet:
    """The engines of a turn, with their names as shown.

    Attributes:
        preload: imports and builds what is slow, off the loop; never raises. A turn may begin before it is done.
        release: closes what the engines share, after each of them was closed.
        is_by_ear: the chat model is to hear the recording itself and to speak its answer itself.
        moderation: judges texts and pictures; None where nobody does.
    """

    hearing: SpeechToText
    chat: ChatModel
    speech: TextToSpeech
    shown: Engines
    preload: Callable[[], Awaitable[None]]
    release: Callable[[], Awaitable[None]]
    moderation: Moderator | None = None
    is_by_ear: bool = False


class EngineMaker(Protocol):
    """Builds engines from settings, importing what is heavy off the voice loop."""

    async def make(self, settings: Settings) -> EngineSet:
        """Return the engines that *settings* choose. Raises ConfigError, NoKey."""
        ...

    async def hearing(self, settings: Settings, provider: str) -> SpeechToText:
        """Return another recogniser, for retrying a take; the caller closes it."""
        ...

    async def check(self, settings: Settings, provider: str, jobs: Sequence[str] = ()) -> ProviderChecked:
        """Really call *provider* and try each of *jobs* (values of ``Job``); never raises."""
        ...

    def discover(self, settings: Settings) -> AsyncIterator[ServerFound]:
        """Look for servers on this machine that speak the OpenAI API and are not configured yet. Never raises."""
        ...
