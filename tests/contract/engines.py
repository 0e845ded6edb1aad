"""Who has to keep the contracts. A new adapter adds one line here and inherits every test.

Each entry opens an engine for one test and closes it after: an async context manager without arguments. What an
engine needs around it (a loopback server with scripted answers) is opened in its entry too. Hearing engines are
given :data:`SENTENCE`, spoken, and must understand it, so a scripted server answers with exactly that; a further
utterance in the same test is the same sentence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tests.fakes import FakeHearing, FakeSpeech, FakeVad
from voiceapp.local.stt import PocketsphinxSpeech
from voiceapp.local.tts import EspeakSpeech
from voiceapp.local.vad import SileroVad
from voiceapp.ports import SpeechToText, TextToSpeech, Vad

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


HEARING: dict[str, Callable[[], AbstractAsyncContextManager[SpeechToText]]] = {
    "fake": fake_hearing,
    "local": local_hearing,
    # further adapters: "openai": ...
}
SPEAKING: dict[str, Callable[[], AbstractAsyncContextManager[TextToSpeech]]] = {
    "fake": fake_speech,
    "local": local_speech,
    # further adapters: "openai": ...
}
VADS: dict[str, Callable[[], Vad]] = {"fake": FakeVad, "local": SileroVad}
