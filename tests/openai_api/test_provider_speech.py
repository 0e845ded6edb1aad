"""One voice whatever its model: the way it is reached, long texts, successors, what was spoken before."""

from __future__ import annotations

import asyncio
import base64
import functools
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.fakes.cache import MemoryCache
from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.realtime_speech import Reply, greet
from tests.server.script import SpeechScript, tone
from tests.server.wire import Answer, Request
from voiceapp.core.errors import ModelGone, ProviderDown, Refused
from voiceapp.core.providers import Standing
from voiceapp.core.speech import Basis, SpeechRequest, Usage
from voiceapp.openai_api.kept import KeptAnswers
from voiceapp.openai_api.lessons import LessonBook
from voiceapp.openai_api.probes import Prober
from voiceapp.openai_api.provider_speech import ProviderSpeech
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

HTTP, CHAT = "/audio/speech", "/chat/completions"
REALTIME, AUDIO = "gpt-realtime-2.1-mini", "gpt-audio-1.5"


@asynccontextmanager
async def voice(wire: Wire, model: str = "", **options: Any) -> AsyncIterator[ProviderSpeech]:
    engine = ProviderSpeech(wire, model, **options)
    try:
        yield engine
    finally:
        await engine.close()


async def spoken(engine: ProviderSpeech, text: str, **wishes: Any) -> npt.NDArray[np.float32]:
    blocks = [block async for block in engine.speak(SpeechRequest(text, **wishes))]
    return np.concatenate(blocks or [np.zeros(0, np.float32)])


brief_tone = functools.partial(tone, char_ms=2.0)
"""For long texts: minutes of sound would only keep the server busy."""


def tones(*texts: str) -> npt.NDArray[np.int16]:
    return np.concatenate([brief_tone(text) for text in texts])


def asked_by_socket(server: LoopbackServer) -> list[str]:
    events = [event for session in server.realtime.sessions for _at, event in session.received]
    return [
        e["response"]["input"][0]["content"][0]["text"] for e in events if e["type"] == "response.create"
    ]  # fmt: skip


# --- by chat ------------------------------------------------------------------------------------------------------


async def test_what_a_chat_model_is_asked_for(server: LoopbackServer, wire: Wire) -> None:
    usages: list[Usage] = []
    async with voice(wire, AUDIO) as engine:
        sound = await spoken(engine, " Good day. ", voice="nova", instructions="Calm.", on_usage=usages.append)
    assert np.array_equal(sound * 32768, tone("Good day."))
    (body,) = [request.json for request in server.requests_for(CHAT)]
    assert (body["model"], body["modalities"], body["stream"]) == (AUDIO, ["text", "audio"], True)
    assert body["audio"] == {"voice": "nova", "format": "pcm16"}
    assert body["messages"][0]["content"].endswith("Calm.")
    assert body["messages"][1] == {"role": "user", "content": "Good day."}
    amounts = {"characters": 9.0, "text_in": 30.0, "audio_in": 20.0, "text_cached": 0.0, "text_out": 20.0,
               "audio_out": 90.0, "reasoning_out": 0.0}  # fmt: skip
    assert usages == [Usage("openai", AUDIO, amounts)]
    cost = wire.table.cost(usages[0])
    assert cost == pytest.approx((30 * 2.5 + 20 * 32 + 20 * 10 + 90 * 64) / 1e6)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (faults.stream({"choices": [{"index": 0, "delta": {"content": "No."}, "finish_reason": "stop"}]}), "empty"),
        (faults.stream({"choices": [{"index": 0, "delta": {"audio": {"data": "!?"}}}]}), "rubbish"),
        (faults.html(), "html"),
    ],
)
async def test_a_chat_model_without_sound(answer: Answer, error: str, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(CHAT, answer)
    async with voice(wire, AUDIO) as engine:
        with pytest.raises(Exception, match="answered") as raised:
            await spoken(engine, "Hello.")
    assert error in raised.value.detail  # type: ignore[attr-defined]


async def test_odd_pieces_nulls_and_a_whole_completion(server: LoopbackServer, wire: Wire) -> None:
    pcm = tone("Hello.").tobytes()
    cuts = [base64.b64encode(pcm[a:b]).decode() for a, b in ((0, 1), (1, 8), (8, len(pcm)))]
    deltas: list[dict[str, Any]] = [{"audio": {"id": "a", "transcript": None, "data": None}}, {"audio": None}]
    deltas += [{"audio": {"data": cut}, "content": None} for cut in cuts]
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    streamed = faults.stream(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    audio = {"id": "a", "data": base64.b64encode(pcm).decode(), "transcript": "Hello.", "expires_at": 1}
    message = {"role": "assistant", "content": None, "audio": audio}
    whole = faults.odd_error(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    async with voice(wire, AUDIO) as engine:
        for answer in (streamed, whole):
            server.answer_always(CHAT, answer)
            assert np.array_equal(await spoken(engine, "Hello.") * 32768, tone("Hello."))


@pytest.mark.parametrize(("job", "model"), [("speech", REALTIME), ("speech", AUDIO), ("chat", AUDIO)])
async def test_a_test_of_the_provider_really_asks_them(
    job: str, model: str, server: LoopbackServer, wire: Wire
) -> None:
    prober = Prober(wire, is_responses=True, models={job: model}, listed=(model,))
    found = await prober.try_job(job)
    assert (found.standing, found.model) == (Standing.WORKS, model)
    assert server.realtime.sessions or server.requests_for(CHAT)
    await server.until(lambda: all(session.left_with is not None for session in server.realtime.sessions))


# --- long texts ---------------------------------------------------------------------------------------------------

LONG = ("A sentence of this length fills it up. " * 52).strip()
"""Just above what the successors take at once."""


@pytest.mark.parametrize("model", [REALTIME, AUDIO])
async def test_a_text_over_the_limit_is_cut_and_joined(model: str, server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(sound=brief_tone)
    usages: list[Usage] = []
    async with voice(wire, model) as engine:
        sound = await spoken(engine, LONG, on_usage=usages.append)
    asked = asked_by_socket(server) or [r.json["messages"][-1]["content"] for r in server.requests_for(CHAT)]
    assert len(asked) == 2
    assert " ".join(asked) == LONG
    assert asked[0].endswith("up.")
    assert np.array_equal(sound * 32768, tones(*asked))
    (usage,) = usages
    assert usage.amounts["audio_out"] == 180.0


async def test_a_single_clause_over_the_limit(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(sound=brief_tone)
    text = "word " * 500 + "x" * 4100
    async with voice(wire) as engine:
        sound = await spoken(engine, text)
    asked = [request.json["input"] for request in server.requests_for(HTTP)]
    assert "".join("".join(asked).split()) == "".join(text.split())
    assert all(len(piece) <= 4000 for piece in asked)
    assert np.array_equal(sound * 32768, tones(*asked))


async def test_the_next_piece_is_asked_for_while_the_first_sounds(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(times_real_time=2, sound=brief_tone)
    async with voice(wire) as engine, aclosing(engine.speak(SpeechRequest("word " * 2000))) as blocks:
        await anext(blocks)
        await server.until(lambda: len(server.requests_for(HTTP)) == 2)
        first, second = server.requests_for(HTTP)
        assert first.done_at is None
    await server.until(lambda: first.disconnected_at is not None and second.disconnected_at is not None)
    assert len(server.requests_for(HTTP)) == 2


async def test_a_piece_that_fails_ends_it_with_its_error(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(sound=brief_tone)
    server.answer_next(HTTP, server.usual(HTTP))
    server.answer_next(HTTP, faults.error(400, code="content_policy_violation"), times=2)
    heard = 0
    async with voice(wire) as engine:
        with pytest.raises(Refused):  # noqa: PT012
            async for block in engine.speak(SpeechRequest("word " * 1000)):
                heard += len(block)
    assert heard == len(brief_tone(server.requests_for(HTTP)[0].json["input"]))


# --- successors ---------------------------------------------------------------------------------------------------


def ended(request: Request) -> Answer:
    return faults.error(404, "The model has been shut down.", code="model_not_found")


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "tts-1", ""])
async def test_a_model_that_is_gone_gives_way_once_and_it_is_said(
    model: str, server: LoopbackServer, make_wire: MakeWire
) -> None:
    server.answer_always(HTTP, ended)
    told: list[str] = []
    kept: list[bytes] = []
    usages: list[Usage] = []
    async with voice(make_wire(on_notice=told.append, book=LessonBook(keep=kept.append)), model) as engine:
        wishes: dict[str, Any] = {"voice": "nova", "on_usage": usages.append}
        sounds = await asyncio.gather(spoken(engine, "Hello.", **wishes), spoken(engine, "Again.", **wishes))
        assert [len(sound) for sound in sounds] == [len(tone("Hello.")), len(tone("Again."))]
    (sentence,) = told
    assert (model or "gpt-4o-mini-tts") in sentence
    assert REALTIME in sentence
    assert {usage.model for usage in usages} == {REALTIME}
    assert server.realtime.sessions[0].config["audio"]["output"]["voice"] == "marin"  # the successor has no "nova"
    before = len(server.requests_for(HTTP))
    async with voice(make_wire(on_notice=told.append, book=LessonBook(kept[-1])), model) as engine:
        await engine.warm()
        assert len(await spoken(engine, "The next day.")) == len(tone("The next day."))
    assert len(server.requests_for(HTTP)) == before
    assert len(told) == 1


async def test_a_successor_that_is_gone_too_is_an_error(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(HTTP, ended)
    server.answer_always("/realtime", ended)
    async with voice(wire) as engine:
        with pytest.raises(ModelGone):
            await spoken(engine, "Hello.")


async def test_a_long_text_is_cut_anew_for_a_successor_that_takes_less(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(sound=brief_tone)
    server.answer_always(HTTP, ended)
    async with voice(wire) as engine:
        sound = await spoken(engine, LONG)
    asked = asked_by_socket(server)
    assert len(asked) == 2
    assert np.array_equal(sound * 32768, tones(*asked))


def test_after_the_end_the_table_names_who_is_left() -> None:
    table = model_table()
    for model in ("gpt-4o-mini-tts", "tts-1", "tts-1-hd", "gpt-4o-mini-tts-2025-12-15"):
        assert table.replacement(model, date(2027, 1, 7)) == REALTIME
        assert table.is_ending(model, date(2026, 11, 20))
    assert {"speech", "realtime"} == set(table.find(REALTIME).jobs)


# --- what was spoken before ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [REALTIME, AUDIO])
async def test_what_was_spoken_before_is_not_paid_for_again(
    model: str, server: LoopbackServer, make_wire: MakeWire
) -> None:
    usages: list[Usage] = []
    async with voice(make_wire(kept=KeptAnswers(MemoryCache(), "a")), model) as engine:
        first = await spoken(engine, "Hello.", on_usage=usages.append)
        second = await spoken(engine, "Hello.", on_usage=usages.append)
        other = await spoken(engine, "Hello.", voice="cedar")
    assert np.allclose(first, second, atol=1 / 16_000)
    assert len(other) == len(first)
    assert len(asked_by_socket(server)) + len(server.requests_for(CHAT)) == 2
    assert [usage.basis for usage in usages] == [Basis.REPORTED, Basis.KEPT]


async def test_half_a_sound_and_another_wording_are_not_kept(server: LoopbackServer, make_wire: MakeWire) -> None:
    async def rewords(session: Session) -> None:
        await greet(session)
        while True:
            event = await session.receive()
            if event["type"] == "response.create":
                reply = Reply(session, event["response"])
                await reply.begin()
                await reply.sound()
                await reply.words("Well, since you ask, I could of course tell you something else entirely.")
                await reply.done()

    shelf, told = MemoryCache(), list[str]()
    server.realtime.behaviours["conversation"] = rewords
    async with voice(make_wire(kept=KeptAnswers(shelf, "a"), on_notice=told.append), REALTIME) as engine:
        await spoken(engine, "What time is it?")
        await spoken(engine, "How is the weather?")
        async with aclosing(engine.speak(SpeechRequest("Half of it."))) as blocks:
            await anext(blocks)
    assert shelf.found == {}
    (sentence,) = told
    assert "word for word" in sentence


async def test_what_breaks_off_in_the_middle_is_not_begun_anew(server: LoopbackServer, wire: Wire) -> None:
    async def breaks(session: Session) -> None:
        await greet(session)
        while (event := await session.receive())["type"] != "response.create":
            pass
        reply = Reply(session, event["response"])
        await reply.begin()
        await reply.piece(tone("x").tobytes())
        await session.socket.close(1011)

    server.realtime.behave_next(breaks)
    heard = 0
    async with voice(wire, REALTIME) as engine:
        with pytest.raises(ProviderDown):  # noqa: PT012
            async for block in engine.speak(SpeechRequest("Hello.")):
                heard += len(block)
    assert heard == len(tone("x"))
    assert len(server.realtime.sessions) == 1
