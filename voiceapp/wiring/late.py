"""Engines that are built at their first use, in a worker thread: importing the openai package takes 0.85 s.

Recording, the window and the first key press must not wait for it, so a session begins with these in place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Generic, TypeVar, cast

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.core.moderation import Verdict
from voiceapp.core.speech import ChatRequest, HearingRequest, ReplyPart, SpeechRequest, Voice
from voiceapp.ports import ChatModel, Hearing, Moderator, SpeechToText, TextToSpeech

T = TypeVar("T")


class Late(Generic[T]):
    """A value built once, by the first who needs it; others wait for the same building."""

    def __init__(self, build: Callable[[], Awaitable[T]]) -> None:
        self._build = build
        self._lock = asyncio.Lock()
        self.value: T | None = None

    async def get(self) -> T:
        """Return the value. Raises VoiceAppError where it cannot be built; the next call tries again."""
        async with self._lock:
            if self.value is None:
                try:
                    self.value = await self._build()
                except Exception as error:
                    raise unexpected(error) from error
            return self.value


class LateSpeechToText:
    """Port SpeechToText."""

    def __init__(self, label: str, rate_hz: int, engine: Late[SpeechToText]) -> None:
        self.label = label
        self.rate_hz = rate_hz
        self._engine = engine

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[Hearing]:
        """As SpeechToText.hear."""
        engine = await self._engine.get()
        async with engine.hear(request, on_partial) as hearing:
            yield hearing

    async def close(self) -> None:
        """As SpeechToText.close."""
        if self._engine.value is not None:
            await self._engine.value.close()


class LateChat:
    """Port ChatModel."""

    def __init__(self, label: str, engine: Late[ChatModel]) -> None:
        self.label = label
        self._engine = engine

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        engine = await self._engine.get()
        async with aclosing(cast("AsyncGenerator[ReplyPart, None]", engine.reply(request))) as parts:
            async for part in parts:
                yield part

    async def warm(self) -> None:
        """As ChatModel.warm."""
        await (await self._engine.get()).warm()

    async def close(self) -> None:
        """As ChatModel.close."""
        if self._engine.value is not None:
            await self._engine.value.close()


class LateTextToSpeech:
    """Port TextToSpeech."""

    def __init__(
        self, label: str, rate_hz: int, max_chars: int, voices: Sequence[Voice], engine: Late[TextToSpeech]
    ) -> None:
        self.label = label
        self.rate_hz = rate_hz
        self.max_chars = max_chars
        self._voices = voices
        self._engine = engine

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """As TextToSpeech.speak."""
        engine = await self._engine.get()
        async with aclosing(cast("AsyncGenerator[Float32Block, None]", engine.speak(request))) as blocks:
            async for block in blocks:
                yield block

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices; known without building the engine."""
        return self._voices

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        await (await self._engine.get()).warm()

    async def close(self) -> None:
        """As TextToSpeech.close."""
        if self._engine.value is not None:
            await self._engine.value.close()


class LateModerator:
    """Port Moderator."""

    def __init__(self, label: str, engine: Late[Moderator]) -> None:
        self.label = label
        self._engine = engine

    async def check_texts(self, texts: Sequence[str]) -> tuple[Verdict, ...]:
        """As Moderator.check_texts."""
        return await (await self._engine.get()).check_texts(texts)

    async def check_image(self, image: bytes, mime: str) -> Verdict:
        """As Moderator.check_image."""
        return await (await self._engine.get()).check_image(image, mime)

    async def ready(self) -> None:
        """As Moderator.ready."""
        await self._engine.get()

    async def warm(self) -> None:
        """As Moderator.warm."""
        with suppress(VoiceAppError):  # the check itself will tell
            await (await self._engine.get()).warm()

    async def close(self) -> None:
        """As Moderator.close."""
        if self._engine.value is not None:
            await self._engine.value.close()
