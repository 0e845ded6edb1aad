"""Engines from settings on real wires: what they share, who takes over, what a test finds, who is announced."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.core.test_tokens import jwt
from tests.fakes import FakeSecrets
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.realtime_speech import greet
from tests.store.test_key_command import printing, runs
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import AuthFailed
from voiceapp.core.providers import ModelEnding, ModelsListed, ProviderEvent, ProviderWaiting, Standing, TookOver
from voiceapp.core.settings import ChatApi, Choice, Job, Memory, Provider, ProviderKind, Settings, validated
from voiceapp.core.speech import ChatRequest, HearingRequest, SpeechRequest, TextDelta
from voiceapp.paths import Paths
from voiceapp.ports import EngineSet
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.factory import factory_of

ASKED = ChatRequest("Be brief.", (Line(Role.USER, "Hi."),))
KEY = "sk-test-51b0c8e2d7a94f2c"
ALL_JOBS = tuple(job.value for job in Job)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.below(tmp_path)
    paths.create()
    return paths


@pytest.fixture
def told() -> list[ProviderEvent]:
    return []


@pytest.fixture
def notices() -> list[str]:
    return []


@pytest.fixture
def factory(paths: Paths, told: list[ProviderEvent], notices: list[str]) -> Iterator[EngineFactory]:
    secrets = FakeSecrets()
    for name in ("openai", "first", "second", "azure"):
        secrets.set(name, KEY)
    made = factory_of(paths, secrets, notices.append, told.append)
    yield made
    made.close()


def served_by(*servers: LoopbackServer, fallbacks: tuple[str, ...] = ("second",)) -> Settings:
    """The first server does the turn's jobs, the others take over."""
    names = ("first", "second")[: len(servers)]
    kind = ProviderKind.COMPATIBLE
    providers = tuple(Provider(name, kind, server.base_url) for name, server in zip(names, servers, strict=True))
    settings = replace(Settings(), providers=(*Settings().providers, *providers), fallbacks=fallbacks)
    jobs = {Job.CHAT: "m", Job.TRANSCRIPTION: "w", Job.SPEECH: "s"}
    return validated(replace(settings, jobs={job.value: Choice("first", model) for job, model in jobs.items()}))


async def said_by(engines: EngineSet) -> str:
    return "".join([part.text async for part in engines.chat.reply(ASKED) if isinstance(part, TextDelta)])


async def heard_by(engines: EngineSet) -> str:
    tone = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3200) / engines.hearing.rate_hz)).astype(np.float32)
    async with engines.hearing.hear(HearingRequest()) as hearing:
        await hearing.push(tone)
        return (await hearing.finish()).text


async def spoken_by(engines: EngineSet) -> int:
    return sum([len(block) async for block in engines.speech.speak(SpeechRequest("Good morning."))])


async def close(engines: EngineSet) -> None:
    for engine in (engines.hearing, engines.chat, engines.speech):
        await engine.close()
    await engines.release()


@pytest.mark.parametrize(
    "answer",
    [
        faults.error(500),
        faults.error(401, code="invalid_api_key"),
        faults.error(429, code="insufficient_quota"),
        faults.error(429, code="rate_limit_exceeded", headers={"retry-after": "60"}),
        faults.html(),
        faults.reset_before_headers(),
    ],
    ids=["500", "401", "no credit", "long wait", "web page", "reset"],
)
async def test_the_second_provider_does_a_whole_turn(
    answer: object, factory: EngineFactory, told: list[ProviderEvent]
) -> None:
    with LoopbackServer() as first, LoopbackServer() as second:
        for path in ("/chat/completions", "/audio/transcriptions", "/audio/speech"):
            first.answer_always(path, answer)  # type: ignore[arg-type]
        engines = await factory.make(served_by(first, second))
        assert await heard_by(engines) == second.script.hearing.text
        assert await said_by(engines) == second.script.chat.text
        assert await spoken_by(engines) > 0
        await close(engines)
    took_over = [event for event in told if isinstance(event, TookOver)]
    assert [event.job for event in took_over] == ["transcription", "chat", "speech"]
    assert all(event.reason for event in took_over)


async def test_a_provider_that_is_not_there_gives_way_to_this_computer(
    factory: EngineFactory, told: list[ProviderEvent]
) -> None:
    with LoopbackServer() as gone:
        settings = served_by(gone, fallbacks=("local",))
    engines = await factory.make(settings)
    assert await said_by(engines)
    assert await spoken_by(engines) > 0
    await close(engines)
    assert {event.job for event in told if isinstance(event, TookOver)} == {"chat", "speech"}


async def test_a_short_wait_is_told_with_its_moment(factory: EngineFactory, told: list[ProviderEvent]) -> None:
    with LoopbackServer() as server:
        answer = faults.error(429, code="rate_limit_exceeded", headers={"retry-after-ms": "40"})
        server.answer_next("/chat/completions", answer)
        engines = await factory.make(served_by(server, fallbacks=()))
        assert await said_by(engines) == server.script.chat.text
        await close(engines)
    (waiting,) = (event for event in told if isinstance(event, ProviderWaiting))
    assert waiting.provider == "first"
    assert waiting.resumes_at_s > 0


async def test_lessons_and_answers_outlive_the_program(
    factory: EngineFactory, paths: Paths, openai_server: LoopbackServer
) -> None:
    usual = openai_server.usual("/chat/completions")
    refusal = faults.error(400, "Unsupported parameter: 'stream_options'.", param="stream_options")
    openai_server.answer_always(
        "/chat/completions", lambda request: refusal if "stream_options" in request.json else usual(request)
    )
    settings = replace(served_by(openai_server, fallbacks=()), is_private_speech_cached=True)
    for made in (factory, factory_of(paths, FakeSecrets(), lambda _sentence: None)):
        engines = await made.make(settings)
        await said_by(engines)
        await spoken_by(engines)
        await close(engines)
        made.close()
    assert ["stream_options" in r.json for r in openai_server.requests_for("/chat/completions")] == [True, False, False]
    assert len(openai_server.requests_for("/audio/speech")) == 1


async def test_nothing_is_kept_where_the_person_does_not_want_it(
    factory: EngineFactory, openai_server: LoopbackServer
) -> None:
    engines = await factory.make(replace(served_by(openai_server, fallbacks=()), is_cached=False))
    await spoken_by(engines)
    await spoken_by(engines)
    await close(engines)
    assert len(openai_server.requests_for("/audio/speech")) == 2


@pytest.mark.parametrize(
    ("memory", "is_wanted", "requests"),
    [(Memory.RESENT, False, 2), (Memory.RESENT, True, 1), (Memory.HELD, False, 1)],
)
async def test_speech_of_private_conversations_is_kept_only_where_the_person_wants_it(
    factory: EngineFactory, openai_server: LoopbackServer, memory: Memory, is_wanted: bool, requests: int
) -> None:
    openai = replace(Settings().provider("openai"), base_url=openai_server.base_url, memory=memory)
    settings = replace(Settings(), providers=(Settings().provider("local"), openai)).with_provider("openai")
    engines = await factory.make(replace(settings, is_private_speech_cached=is_wanted))
    await spoken_by(engines)
    await spoken_by(engines)
    await close(engines)
    assert len(openai_server.requests_for("/audio/speech")) == requests


# --- models -----------------------------------------------------------------------------------------------


def on_openai(server: LoopbackServer, **jobs: Choice) -> Settings:
    openai = replace(Settings().provider("openai"), base_url=server.base_url)
    return validated(replace(Settings(), providers=(Settings().provider("local"), openai), jobs=jobs))


async def test_the_list_of_models_is_asked_for_once_a_day_and_brings_ends(
    factory: EngineFactory, told: list[ProviderEvent], openai_server: LoopbackServer
) -> None:
    rows = [{"id": "ft:gpt-4o-mini:acme::1"}, {"id": "gpt-6-luna", "shutdown_date": "2020-01-01"}]
    openai_server.answer_always("/models", json_answer({"object": "list", "data": rows}))
    settings = on_openai(openai_server, chat=Choice("openai", "gpt-6-luna"))
    for _ in range(2):
        engines = await factory.make(settings)
        await engines.preload()
        await close(engines)
    assert len(openai_server.requests_for("/models")) == 1
    assert told[0] == ModelsListed("openai", ("ft:gpt-4o-mini:acme::1", "gpt-6-luna"))
    assert told[1] == ModelEnding("openai", "chat", "gpt-6-luna", date(2020, 1, 1), "")


async def test_a_list_that_does_not_come_is_no_harm(
    factory: EngineFactory, told: list[ProviderEvent], notices: list[str], openai_server: LoopbackServer
) -> None:
    openai_server.answer_always("/models", faults.error(500))
    engines = await factory.make(on_openai(openai_server, chat=Choice("openai")))
    await engines.preload()
    assert await said_by(engines)
    await close(engines)
    assert (told, notices) == ([], [])


def test_an_own_table_that_cannot_be_used_is_told(paths: Paths, notices: list[str]) -> None:
    (paths.config / "models.json").write_text(json.dumps({"models": 7}))
    factory_of(paths, FakeSecrets(), notices.append).close()
    (sentence,) = notices
    assert "models.json" in sentence


# --- tests of providers -----------------------------------------------------------------------------------


async def test_a_test_tries_every_job_with_a_real_request(
    factory: EngineFactory, openai_server: LoopbackServer
) -> None:
    openai_server.script.models = ("gpt-6-luna", "gpt-realtime-2.1")
    settings = on_openai(openai_server)
    jobs = tuple(job for job in ALL_JOBS if job != "images")
    for _ in range(2):  # nothing comes from the disk
        checked = await factory.check(settings, "openai", jobs)
    found = {one.job: one for one in checked.jobs}
    works = {job for job, one in found.items() if one.standing is Standing.WORKS}
    assert works == {"chat", "transcription", "speech", "moderation", "embeddings", "realtime"}
    assert all(found[job].latency_ms for job in works)
    assert found["realtime"].model == "gpt-realtime-2.1"
    assert [session.query for session in openai_server.realtime.sessions] == [{"model": "gpt-realtime-2.1"}] * 2
    assert found["live_transcription"].standing is Standing.NOT_OFFERED
    paths = [request.path for request in openai_server.requests]
    assert paths.count("/v1/audio/speech") == paths.count("/v1/moderations") == 2
    assert "/v1/images/generations" not in paths


async def test_a_test_says_per_job_what_does_not_work(factory: EngineFactory, openai_server: LoopbackServer) -> None:
    openai_server.answer_always("/audio/speech", faults.error(403))
    openai_server.answer_always("/moderations", faults.error(404, "No such path."))
    openai_server.answer_always("/embeddings", faults.html())
    openai_server.answer_always("/models", faults.error(404, "No such path."))
    checked = await factory.check(on_openai(openai_server), "openai", ("chat", "speech", "moderation", "embeddings"))
    standings = {one.job: one.standing for one in checked.jobs}
    assert standings == {
        "chat": Standing.WORKS,
        "speech": Standing.FAILS,
        "moderation": Standing.NOT_OFFERED,
        "embeddings": Standing.FAILS,
    }
    assert all(one.sentence for one in checked.jobs if one.standing is not Standing.WORKS)


async def test_a_live_session_that_is_refused_is_told(factory: EngineFactory, openai_server: LoopbackServer) -> None:
    openai_server.script.models = ("gpt-realtime-2.1", "gpt-live-transcribe")
    openai_server.answer_always("/realtime", faults.error(403, "Not from here."))
    jobs = ("realtime", "live_transcription")
    checked = await factory.check(on_openai(openai_server), "openai", jobs)
    assert [one.standing for one in checked.jobs] == [Standing.FAILS, Standing.FAILS]

    async def complains(session: Session) -> None:
        await session.send(
            "error", error={"type": "invalid_request_error", "code": "model_not_found", "message": "No."}
        )
        await session.receive()

    del openai_server._always["/realtime"]
    openai_server.realtime.behave_next(complains)
    (refused,) = (await factory.check(on_openai(openai_server), "openai", ("realtime",))).jobs
    assert refused.standing is Standing.FAILS
    assert "gpt-realtime-2.1" in refused.sentence

    async def grumbles(session: Session) -> None:
        await session.send("error", error={"type": "server_error", "code": None, "message": "Warming up."})
        await greet(session)
        await session.receive()

    openai_server.realtime.behave_next(grumbles)
    (works,) = (await factory.check(on_openai(openai_server), "openai", ("realtime",))).jobs
    assert works.standing is Standing.WORKS


async def test_a_wrong_key_is_one_sentence_not_eight(factory: EngineFactory, openai_server: LoopbackServer) -> None:
    openai_server.answer_always("/models", faults.error(401, code="invalid_api_key"))
    checked = await factory.check(on_openai(openai_server), "openai", ALL_JOBS)
    assert checked.problem is not None
    assert checked.problem.code == "auth"
    assert len(openai_server.requests) == 1


async def test_azure_is_asked_by_deployment_with_a_key_or_a_token(paths: Paths, openai_server: LoopbackServer) -> None:
    path = "/openai/deployments/my-chat/chat/completions"
    openai_server.answer_always(path, openai_server.usual("/chat/completions"))
    azure = Provider(
        "azure", ProviderKind.AZURE, openai_server.base_url.removesuffix("/v1"), deployments={"chat": "my-chat"}
    )
    settings = validated(replace(Settings(), providers=(azure,)))
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
    for key in (KEY, token):
        secrets = FakeSecrets()
        secrets.set("azure", key)
        made = factory_of(paths, secrets, lambda _sentence: None)
        openai_server.answer_always("/openai/models", json_answer({"data": [{"id": "gpt-6-luna"}]}))
        checked = await made.check(settings, "azure", ("chat",))
        assert checked.problem is None
        assert checked.jobs[0].standing is Standing.WORKS
        made.close()
    first, second = (request for request in openai_server.requests if request.path == path)
    assert (first.headers["api-key"], first.headers.get("authorization")) == (KEY, None)
    assert (second.headers.get("api-key"), second.headers["authorization"]) == (None, f"Bearer {token}")


async def test_a_token_that_a_command_prints_is_renewed_before_it_ends_and_when_it_is_refused(
    paths: Paths, openai_server: LoopbackServer
) -> None:
    path = "/openai/deployments/my-chat/chat/completions"
    openai_server.answer_always(path, openai_server.usual("/chat/completions"))
    lives_s = (200, 3600, 3600, 3600)  # the first is good, but not for long
    tokens = [jwt(exp=time.time() + life_s, number=number) for number, life_s in enumerate(lives_s)]
    azure = Provider(
        "azure",
        ProviderKind.AZURE,
        openai_server.base_url.removesuffix("/v1"),
        deployments={"chat": "my-chat"},
        key_command=printing(paths.data, *tokens),
    )
    notices: list[str] = []
    made = factory_of(paths, FakeSecrets(), notices.append)
    wire = await asyncio.to_thread(made.wires.build, azure)
    body = {"model": "my-chat", "messages": []}
    for _time in range(2):
        async with wire.post("chat", body):
            pass
    openai_server.answer_next(path, faults.error(401, code="invalid_token"))
    with pytest.raises(AuthFailed):
        async with wire.post("chat", body):
            pass
    async with wire.post("chat", body):
        pass
    sent = [request.headers["authorization"] for request in openai_server.requests if request.path == path]
    assert sent == [f"Bearer {tokens[number]}" for number in (1, 1, 1, 2)]
    assert [request.headers.get("api-key") for request in openai_server.requests] == [None] * 4
    assert runs(paths.data) == 3
    assert notices == []
    await wire.close()
    made.close()


async def test_a_command_that_gives_no_key_is_said_at_once(paths: Paths, openai_server: LoopbackServer) -> None:
    shed = Provider("shed", ProviderKind.COMPATIBLE, openai_server.base_url, key_command="no-such-command-anywhere")
    made = factory_of(paths, FakeSecrets(), lambda _sentence: None)
    checked = await made.check(validated(replace(Settings(), providers=(shed,))), "shed", ("chat",))
    assert checked.problem is not None
    assert "no-such-command-anywhere" in checked.problem.message
    assert openai_server.requests == []
    made.close()


async def test_wires_to_the_same_provider_share_its_queue(
    factory: EngineFactory, openai_server: LoopbackServer
) -> None:
    provider = on_openai(openai_server).provider("openai")
    one, other = await asyncio.gather(*(asyncio.to_thread(factory.wires.build, provider) for _ in range(2)))
    assert one.queue is other.queue
    for wire in (one, other):
        await wire.close()


@pytest.mark.parametrize(
    ("kind", "memory", "kept"),
    [
        (ProviderKind.OPENAI, Memory.RESENT, False),
        (ProviderKind.OPENAI, Memory.HELD, True),
        (ProviderKind.COMPATIBLE, Memory.HELD, False),
    ],
)
async def test_the_service_remembers_only_where_that_was_chosen(
    kind: ProviderKind, memory: Memory, kept: bool, paths: Paths, openai_server: LoopbackServer
) -> None:
    provider = Provider("mine", kind, base_url=openai_server.base_url, chat_api=ChatApi.RESPONSES, memory=memory)
    settings = validated(Settings(providers=(provider,), jobs={"chat": Choice("mine", "gpt-6-luna", "low")}))
    said = "The capital of France is Paris."
    first = replace(ASKED, conversation_key="voiceapp-1")
    second = replace(first, lines=(*first.lines, Line(Role.ASSISTANT, said), Line(Role.USER, "And now?")))
    for request in (first, second):  # each by engines of their own, as after a restart
        factory = factory_of(paths, FakeSecrets(mine=KEY), lambda _sentence: None)
        engines = await factory.make(settings)
        async for _part in engines.chat.reply(request):
            pass
        await engines.chat.close()
        await engines.release()
        factory.close()
    bodies = [request.json for request in openai_server.requests_for("/responses")]
    assert [body["store"] for body in bodies] == [kept, kept]
    assert (bodies[1].get("previous_response_id") == "resp_1") is kept
    assert [len(body["input"]) for body in bodies] == [1, 1 if kept else 3]
    assert {body["reasoning"]["effort"] for body in bodies} == {"low"}
