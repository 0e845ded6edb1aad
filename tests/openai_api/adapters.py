"""Every adapter as one call, so that a fault can be put to all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from voiceapp.core.conversation import Line, Role
from voiceapp.core.images import ImageOptions, ImageRequest
from voiceapp.core.speech import ChatRequest, HearingRequest, SpeechRequest, TextDelta
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.embeddings import HttpEmbedder
from voiceapp.openai_api.images import HttpImageMaker
from voiceapp.openai_api.moderation import HttpModerator
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire

ASKED = ChatRequest("Be brief.", (Line(Role.USER, "Hi."),))
TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3200) / 16_000)).astype(np.float32)


@dataclass(frozen=True)
class Adapter:
    """One call of one adapter: the path it goes to, a model that is gone and its successor."""

    path: str
    call: Callable[[Wire, str], Awaitable[object]]
    gone: str = ""
    successor: str = ""

    def __str__(self) -> str:
        return self.path


async def _complete(wire: Wire, model: str) -> str:
    return "".join([p.text async for p in CompletionsChat(wire, model).reply(ASKED) if isinstance(p, TextDelta)])


async def _respond(wire: Wire, model: str) -> str:
    return "".join([p.text async for p in ResponsesChat(wire, model).reply(ASKED) if isinstance(p, TextDelta)])


async def _hear(wire: Wire, model: str) -> str:
    async with HttpSpeechToText(wire, model).hear(HearingRequest()) as hearing:
        await hearing.push(TONE)
        return (await hearing.finish()).text


async def _speak(wire: Wire, model: str) -> int:
    async with aclosing(HttpTextToSpeech(wire, model).speak(SpeechRequest("Good morning."))) as blocks:
        return sum([len(block) async for block in blocks])


async def _draw(wire: Wire, model: str) -> list[object]:
    request = ImageRequest("A dot", ImageOptions(model=model))
    async with aclosing(HttpImageMaker(wire).make(request)) as parts:
        return [part async for part in parts]


async def _judge(wire: Wire, model: str) -> object:
    return await HttpModerator(wire, model).check_texts(["hello"])


async def _embed(wire: Wire, model: str) -> object:
    return await HttpEmbedder(wire, model).embed(["hello"])


ADAPTERS = (
    Adapter("/chat/completions", _complete, "gpt-4o", "gpt-6-luna"),
    Adapter("/responses", _respond, "gpt-4o", "gpt-6-luna"),
    Adapter("/audio/transcriptions", _hear, "whisper-1", "gpt-transcribe"),
    Adapter("/audio/speech", _speak),  # its successors speak elsewhere: test_provider_speech
    Adapter("/images/generations", _draw, "gpt-image-1", "gpt-image-2.6-flare"),
    Adapter("/moderations", _judge),
    Adapter("/embeddings", _embed),
)
