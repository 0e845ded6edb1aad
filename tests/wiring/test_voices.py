"""Voices and models that hear, from settings on real wires."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import FakeSecrets
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import tone
from voiceapp.core.audio import Clip
from voiceapp.core.conversation import Line, Role
from voiceapp.core.providers import ProviderEvent, TookOver
from voiceapp.core.settings import ChatApi, Choice, Job, Provider, ProviderKind, Settings, validated
from voiceapp.core.speech import ByEar, ChatRequest, SoundDelta, SpeechRequest
from voiceapp.paths import Paths
from voiceapp.ports import EngineSet
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.factory import factory_of

REALTIME, AUDIO = "gpt-realtime-2.1-mini", "gpt-audio-1.5"


@pytest.fixture
def told() -> list[ProviderEvent]:
    return []


@pytest.fixture
def factory(tmp_path: Path, told: list[ProviderEvent]) -> Iterator[EngineFactory]:
    paths = Paths.below(tmp_path)
    paths.create()
    secrets = FakeSecrets()
    for name in ("openai", "second"):
        secrets.set(name, "sk-test-51b0c8e2d7a94f2c")
    made = factory_of(paths, secrets, lambda _notice: None, told.append)
    yield made
    made.close()


def openai_at(server: LoopbackServer, **models: str) -> Settings:
    """OpenAI at *server* does the turn's jobs, some with models of their own."""
    settings = Settings()
    local, openai, *more = settings.providers
    settings = replace(settings, providers=(local, replace(openai, base_url=server.base_url), *more))
    settings = settings.with_provider("openai")
    jobs = {**settings.jobs, **{job: Choice("openai", model) for job, model in models.items()}}
    return validated(replace(settings, jobs=jobs))


@asynccontextmanager
async def engines_of(factory: EngineFactory, settings: Settings) -> AsyncIterator[EngineSet]:
    engines = await factory.make(settings)
    try:
        yield engines
    finally:
        for engine in (engines.hearing, engines.chat, engines.speech):
            await engine.close()
        await engines.release()


async def spoken(engines: EngineSet, text: str, voice: str = "", speed: float = 1.0) -> int:
    return sum([len(block) async for block in engines.speech.speak(SpeechRequest(text, voice, speed))])


async def test_a_session_is_opened_early_for_the_chosen_voice_and_serves_the_turn(factory: EngineFactory) -> None:
    with LoopbackServer() as server:
        settings = replace(openai_at(server, speech=REALTIME), voice="cedar", speed=1.25)
        async with engines_of(factory, settings) as engines:
            assert engines.speech.label == f"OpenAI {REALTIME}"
            assert engines.speech.voices()[0].id == "marin"
            await engines.speech.warm()
            await server.until(lambda: any(one.received for one in server.realtime.sessions))
            (session,) = server.realtime.sessions
            assert session.config["audio"]["output"]["voice"] == "cedar"
            assert session.config["audio"]["output"]["speed"] == 1.25
            for text in ("The first clause.", "The second."):
                assert await spoken(engines, text, "cedar", 1.25) == round(len(tone(text)) / 1.25)
        assert len(server.realtime.sessions) == 1
        await server.until(lambda: session.left_with == 1000)
        assert server.violations == []


async def test_where_the_session_cannot_be_opened_the_next_voice_speaks(
    factory: EngineFactory, told: list[ProviderEvent]
) -> None:
    with LoopbackServer() as first, LoopbackServer() as second:
        first.answer_always("/realtime", faults.error(500))
        settings = openai_at(first, speech=REALTIME)
        other = Provider("second", ProviderKind.COMPATIBLE, second.base_url)
        second.script.models = ("kokoro-v1",)
        settings = replace(settings, providers=(*settings.providers, other), fallbacks=("second",))
        async with engines_of(factory, settings) as engines:
            assert await spoken(engines, "Good morning.") == len(tone("Good morning."))
        assert len(second.requests_for("/audio/speech")) == 1
    assert [event.job for event in told if isinstance(event, TookOver)] == [Job.SPEECH.value]


@pytest.mark.parametrize(
    ("model", "is_wanted", "is_by_ear"),
    [(AUDIO, True, True), (AUDIO, False, False), ("gpt-6-luna", True, False), ("", True, False)],
)
async def test_who_hears_by_itself(model: str, is_wanted: bool, is_by_ear: bool, factory: EngineFactory) -> None:
    with LoopbackServer() as server:
        settings = replace(openai_at(server, chat=model), is_by_ear=is_wanted)
        async with engines_of(factory, settings) as engines:
            assert engines.is_by_ear is is_by_ear
    async with engines_of(factory, Settings()) as engines:
        assert not engines.is_by_ear


async def test_a_model_that_hears_is_asked_by_the_protocol_that_has_sound(factory: EngineFactory) -> None:
    take = Clip(np.full(16_000, 0.2, dtype=np.float32), 16_000)
    request = ChatRequest("Be brief.", (Line(Role.USER, "…"),), by_ear=ByEar(take))
    with LoopbackServer() as server:
        settings = openai_at(server, chat=AUDIO)
        openai = replace(settings.provider("openai"), chat_api=ChatApi.RESPONSES)
        settings = replace(settings, providers=(settings.providers[0], openai))
        async with engines_of(factory, settings) as engines:
            parts = [part async for part in engines.chat.reply(request)]
        assert any(isinstance(part, SoundDelta) for part in parts)
        assert server.requests_for("/responses") == []
        assert server.violations == []
