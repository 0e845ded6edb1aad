"""Engines that put what they consume on an account.

Each keeps the port of the one it wraps. It asks the budget's gate before a paid call, passes everything on as it comes,
and at the call's end, however that comes, has the usage: as the service told it, as we measured it, or estimated where
the call was cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import cast

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.settings import Job
from voiceapp.core.speech import (
    Basis,
    ChatRequest,
    HearingRequest,
    ReasoningDelta,
    ReplyEnd,
    ReplyPart,
    SoundDelta,
    SpeechRequest,
    TextDelta,
    ToolCall,
    Transcript,
    Usage,
    Voice,
)
from voiceapp.core.usage import CHARACTERS_PER_TOKEN
from voiceapp.ports import ChatModel, EngineSet, Hearing, SpeechToText, TextToSpeech
from voiceapp.voice.account import Account


def metered(engines: EngineSet, account: Account) -> EngineSet:
    """Return *engines* that put what they consume on *account*."""
    return replace(
        engines,
        hearing=MeteredHearing(engines.hearing, account),
        chat=MeteredChat(engines.chat, account),
        speech=MeteredSpeech(engines.speech, account),
    )


class MeteredHearing:
    """Port SpeechToText. *provider* "" = the one that the settings name."""

    def __init__(self, engine: SpeechToText, account: Account, provider: str = "") -> None:
        self.label = engine.label
        self.rate_hz = engine.rate_hz
        self._engine = engine
        self._account = account
        self._provider = provider

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[Hearing]:
        """As SpeechToText.hear. The gate is at its beginning: live engines are paid while the person speaks."""
        await self._account.allow(Job.TRANSCRIPTION, self._provider)
        if not self._provider and not request.is_recording:
            await self._account.allow(Job.LIVE_TRANSCRIPTION)
        async with self._engine.hear(request, on_partial) as hearing:
            utterance = _MeteredUtterance(hearing, self._account, self.rate_hz, self._provider)
            try:
                yield utterance
            finally:
                utterance.leave()

    async def close(self) -> None:
        """As SpeechToText.close."""
        await self._engine.close()


class _MeteredUtterance:
    def __init__(self, hearing: Hearing, account: Account, rate_hz: int, provider: str) -> None:
        self._hearing = hearing
        self._account = account
        self._rate_hz = rate_hz
        self._provider = provider
        self._frames = 0
        self._is_counted = False

    async def push(self, block: Float32Block) -> None:
        self._frames += len(block)
        await self._hearing.push(block)

    def leave(self) -> None:
        """Count what a live engine has heard of a take that nobody asked it about."""
        spent: tuple[Usage, ...] = () if self._is_counted else getattr(self._hearing, "spent", ())
        for usage in spent:
            self._account.record(Job.TRANSCRIPTION, usage)

    async def finish(self) -> Transcript:
        self._is_counted = True
        seconds = {"seconds": self._frames / self._rate_hz}
        try:
            transcript = await self._hearing.finish()
        except asyncio.CancelledError:  # sent, most likely, and charged
            self._account.guess(Job.TRANSCRIPTION, seconds, provider=self._provider)
            raise
        for usage in transcript.spent:
            self._account.record(Job.TRANSCRIPTION, usage)
        if transcript.usage is not None:
            self._account.record(Job.TRANSCRIPTION, transcript.usage)
        elif transcript.text:  # without a word and without usage nothing was sent
            self._account.guess(Job.TRANSCRIPTION, seconds, Basis.MEASURED, self._provider)
        return transcript


class MeteredChat:
    """Port ChatModel."""

    def __init__(self, engine: ChatModel, account: Account) -> None:
        self.label = engine.label
        self._engine = engine
        self._account = account

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        await self._account.allow(Job.CHAT)
        usage: Usage | None = None
        seen_chars, sound_frames, is_charged = 0, 0, True
        try:
            async with aclosing(cast("AsyncGenerator[ReplyPart, None]", self._engine.reply(request))) as parts:
                async for part in parts:
                    match part:
                        case TextDelta(text) | ReasoningDelta(text):
                            seen_chars += len(text)
                        case ToolCall(arguments=text):
                            seen_chars += len(text)
                        case SoundDelta(sound):
                            sound_frames += len(sound)
                        case ReplyEnd(usage=told):
                            usage = told
                    yield part
        except VoiceAppError:
            is_charged = seen_chars + sound_frames > 0  # refused, or not reached: nothing to pay
            raise
        finally:
            if usage is not None:
                self._account.record(Job.CHAT, usage)
            elif is_charged:
                self._account.guess(Job.CHAT, _chat_amounts(request, seen_chars) | _sounds(request, sound_frames))

    async def warm(self) -> None:
        """As ChatModel.warm."""
        await self._engine.warm()

    async def close(self) -> None:
        """As ChatModel.close."""
        await self._engine.close()


def _chat_amounts(request: ChatRequest, written_chars: int) -> dict[str, float]:
    """Estimate the tokens of a reply whose service did not tell them, or was cut off before it could."""
    rounds = (r.arguments if isinstance(r, ToolCall) else r.text for r in request.tool_rounds)
    tools = (f"{tool.name}{tool.description}{tool.parameters}" for tool in request.tools)
    texts = (request.instructions, *(line.text for line in request.lines), *rounds, *tools)
    return {
        "text_in": float(round(sum(map(len, texts)) / CHARACTERS_PER_TOKEN)) + _attached_tokens(request),
        "text_out": float(round(written_chars / CHARACTERS_PER_TOKEN)),
    }


def _sounds(request: ChatRequest, frames: int) -> dict[str, float]:
    """Estimate what sound takes that went both ways; nothing for a reply in writing."""
    if request.by_ear is None:
        return {}
    from voiceapp.voice.by_ear import sound_amounts

    return sound_amounts(request.by_ear, frames)


def _attached_tokens(request: ChatRequest) -> float:
    """Estimate what pictures and files take, as far as that is known."""
    shown = [one for line in request.lines for one in line.shown]
    if not shown:
        return 0.0
    from voiceapp.core.attachments import ShownPicture

    pictures = sum(one.tokens for one in shown if isinstance(one, ShownPicture))
    return float(pictures + round(sum(len(getattr(one, "text", "")) for one in shown) / CHARACTERS_PER_TOKEN))


class MeteredSpeech:
    """Port TextToSpeech."""

    def __init__(self, engine: TextToSpeech, account: Account) -> None:
        self.label = engine.label
        self.rate_hz = engine.rate_hz
        self.max_chars = engine.max_chars
        self._engine = engine
        self._account = account

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """As TextToSpeech.speak."""
        await self._account.allow(Job.SPEECH)
        told: list[Usage] = []
        frames, is_charged = 0, True
        asked = replace(request, on_usage=told.append)
        try:
            async with aclosing(cast("AsyncGenerator[Float32Block, None]", self._engine.speak(asked))) as blocks:
                async for block in blocks:
                    frames += len(block)
                    yield block
            is_charged = frames > 0  # nothing to pronounce, nothing sent
        except VoiceAppError:
            is_charged = frames > 0
            raise
        finally:
            measured = {"seconds": frames / self.rate_hz, "characters": float(len(request.text))}
            for usage in told:
                self._account.record(Job.SPEECH, replace(usage, amounts=measured | dict(usage.amounts)))
            if is_charged and not told:
                self._account.guess(Job.SPEECH, measured)

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices."""
        return self._engine.voices()

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        await self._engine.warm()

    async def close(self) -> None:
        """As TextToSpeech.close."""
        await self._engine.close()
