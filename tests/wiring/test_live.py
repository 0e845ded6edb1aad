"""Live transcription with a net: on any fault the take goes out as a whole, and it is said once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import FakeSecrets
from tests.server import faults, realtime
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.script import HearingScript, LiveScript
from voiceapp.core.errors import ProviderError
from voiceapp.core.providers import Standing
from voiceapp.core.settings import Choice, Job, Settings, validated
from voiceapp.core.speech import Basis, HearingRequest, Transcript
from voiceapp.paths import Paths
from voiceapp.ports import EngineSet
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.factory import factory_of

UPLOADS = "/audio/transcriptions"
SPOKEN = HearingRequest()
LIVE, WHOLE = "Heard while it was spoken.", "Heard as a whole."


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def factory(tmp_path: Path, notices: list[str]) -> Iterator[EngineFactory]:
    paths = Paths.below(tmp_path)
    paths.create()
    secrets = FakeSecrets()
    secrets.set("openai", "sk-test-51b0c8e2d7a94f2c")
    made = factory_of(paths, secrets, notices.append)
    yield made
    made.close()


@pytest.fixture
def settings(openai_server: LoopbackServer) -> Settings:
    openai_server.script.live = LiveScript(LIVE)
    openai_server.script.hearing = HearingScript(WHOLE)
    usual = Settings()
    openai = replace(usual.providers[1], base_url=openai_server.base_url)
    jobs = {Job.TRANSCRIPTION.value: Choice("openai"), Job.LIVE_TRANSCRIPTION.value: Choice("openai")}
    return validated(replace(usual, providers=(usual.providers[0], openai), jobs=jobs))


@pytest.fixture
async def engines(factory: EngineFactory, settings: Settings) -> EngineSet:
    return await factory.make(settings)


async def heard_by(
    engines: EngineSet,
    request: HearingRequest = SPOKEN,
    partials: list[str] | None = None,
) -> Transcript:
    engine = engines.hearing
    tone = (0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * engine.rate_hz) / engine.rate_hz)).astype(np.float32)
    async with engine.hear(request, None if partials is None else partials.append) as hearing:
        for start in range(0, len(tone), 480):
            await hearing.push(tone[start : start + 480])
        return await hearing.finish()


async def close(engines: EngineSet) -> None:
    for engine in (engines.hearing, engines.chat, engines.speech):
        await engine.close()
    await engines.release()


async def test_what_was_said_live_is_not_uploaded(
    engines: EngineSet, openai_server: LoopbackServer, notices: list[str]
) -> None:
    partials: list[str] = []
    transcript = await heard_by(engines, partials=partials)
    await close(engines)
    assert (transcript.text, transcript.engine) == (LIVE, "")
    assert partials[-1] == LIVE
    assert engines.hearing.label == engines.shown.hearing == "OpenAI gpt-live-transcribe"
    assert openai_server.requests_for(UPLOADS) == []
    assert notices == []


async def closes_at_once(session: Session) -> None:
    await session.socket.close(1011)


async def closes_while_spoken(session: Session) -> None:
    await realtime.open_transcription(session)
    while (await session.receive())["type"] != "input_audio_buffer.append":
        pass
    await realtime.delta(session, "i1", "Half a")
    await session.socket.close(1011)


async def breaks_after_the_commit(session: Session) -> None:
    await realtime.open_transcription(session)
    while (await session.receive())["type"] != "input_audio_buffer.commit":
        pass
    session.socket.abort()


@pytest.mark.parametrize("behaviour", [closes_at_once, closes_while_spoken, breaks_after_the_commit])
async def test_on_a_fault_the_take_goes_out_as_a_whole(
    behaviour: Callable[[Session], Awaitable[None]],
    engines: EngineSet,
    openai_server: LoopbackServer,
    notices: list[str],
) -> None:
    openai_server.realtime.behave_next(behaviour)
    partials: list[str] = []
    first = await heard_by(engines, partials=partials)
    assert (first.text, first.engine) == (WHOLE, "OpenAI gpt-transcribe")
    assert partials[-1] == WHOLE
    (notice,) = notices
    assert notice.startswith("Live transcription did not work, so the recording was sent as a whole.")
    (upload,) = openai_server.requests_for(UPLOADS)
    assert upload.field("model") == "gpt-transcribe"
    again = await heard_by(engines)
    await close(engines)
    assert again.text == LIVE, "the next take is live again"
    assert len(notices) == 1


async def test_what_the_failed_session_took_is_counted(engines: EngineSet, openai_server: LoopbackServer) -> None:
    openai_server.realtime.behave_next(breaks_after_the_commit)
    transcript = await heard_by(engines)
    await close(engines)
    (spent,) = transcript.spent
    assert (spent.model, spent.basis, spent.amounts) == ("gpt-live-transcribe", Basis.ESTIMATED, {"seconds": 2.0})
    assert transcript.usage is not None
    assert transcript.usage.model == "gpt-transcribe"


async def test_a_server_without_live_sessions_is_not_asked_twice(
    engines: EngineSet, openai_server: LoopbackServer, notices: list[str]
) -> None:
    async def refuses(session: Session) -> None:
        await session.socket.close(4000, "invalid_request_error.beta_api_shape_disabled")

    openai_server.realtime.behave_next(refuses, times=5)
    assert [(await heard_by(engines)).text for _twice in range(2)] == [WHOLE, WHOLE]
    await close(engines)
    assert len(openai_server.realtime.sessions) == 1
    (notice,) = notices
    assert "from now on" in notice


@pytest.mark.parametrize(
    "request_",
    [HearingRequest(is_recording=True), HearingRequest(is_translated=True), HearingRequest(are_speakers_told=True)],
)
async def test_what_only_uploads_give_is_uploaded(
    request_: HearingRequest, engines: EngineSet, openai_server: LoopbackServer, notices: list[str]
) -> None:
    assert (await heard_by(engines, request_)).text
    await close(engines)
    assert openai_server.realtime.sessions == []
    assert notices == []


async def test_where_both_fail_it_is_an_error(engines: EngineSet, openai_server: LoopbackServer) -> None:
    openai_server.realtime.behave_next(closes_at_once)
    openai_server.answer_always(UPLOADS, faults.error(401, code="invalid_api_key"))
    with pytest.raises(ProviderError):
        await heard_by(engines)
    await close(engines)


async def test_without_that_job_nothing_is_live(
    factory: EngineFactory, settings: Settings, openai_server: LoopbackServer
) -> None:
    engines = await factory.make(replace(settings, jobs={Job.TRANSCRIPTION.value: Choice("openai")}))
    assert (await heard_by(engines)).text == WHOLE
    await close(engines)
    assert engines.hearing.rate_hz == 16_000
    assert openai_server.realtime.sessions == []


async def test_a_live_ear_in_front_of_the_local_one(
    factory: EngineFactory, settings: Settings, openai_server: LoopbackServer
) -> None:
    jobs = {Job.LIVE_TRANSCRIPTION.value: Choice("openai", "gpt-realtime-whisper")}
    engines = await factory.make(replace(settings, jobs=jobs))
    assert (await heard_by(engines)).text == LIVE
    await close(engines)
    assert openai_server.realtime.sessions[0].config["audio"]["input"]["transcription"]["model"] == (
        "gpt-realtime-whisper"
    )


async def test_in_a_chain_the_live_ear_is_first(
    factory: EngineFactory, settings: Settings, openai_server: LoopbackServer, notices: list[str]
) -> None:
    engines = await factory.make(replace(settings, fallbacks=("local",)))
    openai_server.realtime.behave_next(closes_at_once)
    assert (await heard_by(engines)).text == WHOLE
    assert (await heard_by(engines)).text == LIVE
    await close(engines)
    assert len(notices) == 1


@pytest.mark.parametrize(
    ("behaviour", "standing"), [(realtime.transcribe, Standing.WORKS), (closes_at_once, Standing.FAILS)]
)
async def test_a_test_really_opens_a_session(
    behaviour: Callable[[Session], Awaitable[None]],
    standing: Standing,
    factory: EngineFactory,
    settings: Settings,
    openai_server: LoopbackServer,
) -> None:
    openai_server.realtime.behave_next(behaviour)
    (check,) = (await factory.check(settings, "openai", (Job.LIVE_TRANSCRIPTION.value,))).jobs
    assert check.standing is Standing.NOT_OFFERED, "none is listed, and none was chosen"
    openai_server.script.models = ("gpt-transcribe", "gpt-live-transcribe")
    (check,) = (await factory.check(settings, "openai", (Job.LIVE_TRANSCRIPTION.value,))).jobs
    assert (check.standing, check.model) == (standing, "gpt-live-transcribe")
    assert (check.latency_ms is not None) == (standing is Standing.WORKS)
    (session,) = openai_server.realtime.sessions
    assert session.types() in ([], ["session.update"])
