"""Who has to keep the contracts. A new adapter adds one line here and inherits every test.

Each entry opens an engine for one test and closes it after: an async context manager without arguments. What an
engine needs around it (a loopback server with scripted answers) is opened in its entry too. Hearing engines are
given :data:`SENTENCE`, spoken, and must understand it, so a scripted server answers with exactly that; a further
utterance in the same test is the same sentence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tests.fakes import FakeChat, FakeHearing, FakeSpeech, FakeVad
from tests.server.audio_answers import speech
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript, Script, SpeechScript, tone
from tests.server.wire import Answer, Request
from voiceapp.core.settings import OPENAI
from voiceapp.local.chat import LocalChat
from voiceapp.local.stt import PocketsphinxSpeech
from voiceapp.local.tts import EspeakSpeech
from voiceapp.local.vad import SileroVad
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.provider_speech import ProviderSpeech
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import ChatModel, SpeechToText, TextToSpeech, Vad
from voiceapp.resources import local_chat_languages, model_table

SENTENCE = "what is the time in london"


@asynccontextmanager
async def fake_hearing() -> AsyncIterator[SpeechToText]:
    yield FakeHearing(*[SENTENCE] * 4, partial_every_s=0.2)


@asynccontextmanager
async def local_hearing() -> AsyncIterator[SpeechToText]:
    engine = PocketsphinxSpeech()
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def fake_speech() -> AsyncIterator[TextToSpeech]:
    yield FakeSpeech()


@asynccontextmanager
async def local_speech() -> AsyncIterator[TextToSpeech]:
    yield EspeakSpeech()


@asynccontextmanager
async def wire_to(server: LoopbackServer) -> AsyncIterator[Wire]:
    wire = Wire(replace(OPENAI, base_url=server.base_url), lambda: "sk-contract-0123456789", model_table())
    try:
        yield wire
    finally:
        await wire.close()


@asynccontextmanager
async def openai_hearing() -> AsyncIterator[SpeechToText]:
    with LoopbackServer(Script(hearing=HearingScript(SENTENCE))) as server:
        async with wire_to(server) as wire:
            yield HttpSpeechToText(wire)


@asynccontextmanager
async def openai_speech() -> AsyncIterator[TextToSpeech]:
    def at_speed(request: Request) -> Answer:
        def sound(text: str) -> npt.NDArray[np.int16]:
            frames = len(tone(text)) / request.json.get("speed", 1.0)
            return np.resize(tone(text), round(frames))

        return speech(SpeechScript(sound=sound), request)

    with LoopbackServer() as server:
        server.answer_always("/audio/speech", at_speed)
        async with wire_to(server) as wire:
            yield HttpTextToSpeech(wire)


@asynccontextmanager
async def _speech_by(model: str) -> AsyncIterator[TextToSpeech]:
    with LoopbackServer() as server:
        async with wire_to(server) as wire:
            engine = ProviderSpeech(wire, model)
            try:
                yield engine
            finally:
                await engine.close()
        assert server.violations == []


@asynccontextmanager
async def fake_chat() -> AsyncIterator[ChatModel]:
    yield FakeChat(*["I can listen and answer."] * 4)


@asynccontextmanager
async def local_chat() -> AsyncIterator[ChatModel]:
    yield LocalChat(local_chat_languages())


@asynccontextmanager
async def openai_responses() -> AsyncIterator[ChatModel]:
    with LoopbackServer() as server:
        async with wire_to(server) as wire:
            yield ResponsesChat(wire)


@asynccontextmanager
async def openai_completions() -> AsyncIterator[ChatModel]:
    with LoopbackServer() as server:
        async with wire_to(server) as wire:
            yield CompletionsChat(wire)


@asynccontextmanager
async def openai_by_ear() -> AsyncIterator[ChatModel]:
    with LoopbackServer() as server:
        async with wire_to(server) as wire:
            yield CompletionsChat(wire, "gpt-audio-1.5")


HEARING: dict[str, Callable[[], AbstractAsyncContextManager[SpeechToText]]] = {
    "fake": fake_hearing,
    "local": local_hearing,
    "openai": openai_hearing,
}
SPEAKING: dict[str, Callable[[], AbstractAsyncContextManager[TextToSpeech]]] = {
    "fake": fake_speech,
    "local": local_speech,
    "openai": openai_speech,
    "openai-realtime": lambda: _speech_by("gpt-realtime-2.1-mini"),
    "openai-chat": lambda: _speech_by("gpt-audio-1.5"),
}
CHATTING: dict[str, Callable[[], AbstractAsyncContextManager[ChatModel]]] = {
    "fake": fake_chat,
    "local": local_chat,
    "openai-responses": openai_responses,
    "openai-completions": openai_completions,
    "openai-by-ear": openai_by_ear,
}
VADS: dict[str, Callable[[], Vad]] = {"fake": FakeVad, "local": SileroVad}
