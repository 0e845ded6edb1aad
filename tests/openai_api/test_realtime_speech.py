"""A voice by the realtime websocket: what is asked for, several texts at once, and everything that can go wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.openai_api.conftest import KEY, QUICK, MakeWire
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.realtime_speech import Reply, converse, greet
from tests.server.script import SpeechScript, tone
from tests.server.spec_check import openai_spec
from voiceapp.core import errors as e
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.speech import Basis, SpeechRequest, Usage
from voiceapp.openai_api import realtime_line
from voiceapp.openai_api.realtime_socket import address_of
from voiceapp.openai_api.realtime_text_to_speech import RealtimeTextToSpeech
from voiceapp.openai_api.wire import Wire

MODEL = "gpt-realtime-2.1-mini"
AGAIN = "Once more."
Sound = npt.NDArray[np.float32]


@asynccontextmanager
async def voice(wire: Wire, model: str = MODEL, **options: Any) -> AsyncIterator[RealtimeTextToSpeech]:
    engine = RealtimeTextToSpeech(wire, model, **options)
    try:
        yield engine
    finally:
        await engine.close()


async def spoken(engine: RealtimeTextToSpeech, text: str, **wishes: Any) -> Sound:
    blocks = [block async for block in engine.speak(SpeechRequest(text, **wishes))]
    return np.concatenate(blocks or [np.zeros(0, np.float32)])


def is_tone_of(text: str, sound: Sound) -> bool:
    return np.array_equal(sound * 32768, tone(text))


async def test_what_is_asked_for(server: LoopbackServer, wire: Wire) -> None:
    usages: list[Usage] = []
    async with voice(wire) as engine:
        manner = {"voice": "cedar", "speed": 1.25, "instructions": "Calm."}
        sound = await spoken(engine, " Good day. ", on_usage=usages.append, **manner)
        assert len(sound) == round(len(tone("Good day.")) / 1.25)
    (session,) = server.realtime.sessions
    assert session.query == {"model": MODEL}
    assert session.request.headers["authorization"] == f"Bearer {KEY}"
    assert "openai-beta" not in session.request.headers
    update, create = (event for _at, event in session.received)
    assert update["session"]["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar", "speed": 1.25,
    }  # fmt: skip
    response = create["response"]
    assert response["conversation"] == "none"
    assert response["output_modalities"] == ["audio"]
    assert response["input"][0]["content"] == [{"type": "input_text", "text": "Good day."}]
    assert response["audio"]["output"]["voice"] == "cedar"
    assert response["instructions"].endswith("Calm.")
    assert response["reasoning"] == {"effort": "minimal"}
    amounts = {"characters": 9.0, "text_in": 40.0, "text_cached": 24.0, "text_out": 10.0, "audio_out": 90.0}
    assert usages == [Usage("openai", MODEL, amounts, Basis.REPORTED)]
    assert wire.table.cost(usages[0]) == pytest.approx((16 * 0.6 + 24 * 0.06 + 10 * 2.4 + 90 * 20) / 1e6)


async def test_what_the_server_says_is_of_the_specification(server: LoopbackServer, wire: Wire) -> None:
    async with voice(wire) as engine:
        await spoken(engine, "Good day.")
    (session,) = server.realtime.sessions
    spec = openai_spec()
    assert [f for _at, event in session.sent for f in spec.schema_errors("RealtimeServerEvent", event)] == []


async def test_one_connection_serves_a_turn_and_texts_do_not_mix(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(first_byte_ms=5, block_ms=20)
    async with voice(wire) as engine:
        await engine.warm()
        await engine.warm()
        texts = ("One of them.", "Another, and a longer one.", "A third.")
        sounds = await asyncio.gather(*(spoken(engine, text) for text in texts))
        assert all(is_tone_of(text, sound) for text, sound in zip(texts, sounds, strict=True))
    assert len(server.realtime.sessions) == 1


async def test_a_voice_or_speed_of_its_own_gets_a_session_of_its_own(server: LoopbackServer, wire: Wire) -> None:
    async with voice(wire, voice="cedar") as engine:
        await engine.warm()
        for wishes in ({"voice": "cedar"}, {"voice": "marin"}, {"voice": "marin", "speed": 2.0}, {"voice": "en-gb"}):
            await spoken(engine, "Hello.", **wishes)
    told = [session.config["audio"]["output"] for session in server.realtime.sessions]
    assert [(t["voice"], t["speed"]) for t in told] == [("cedar", 1.0), ("marin", 1.0), ("marin", 1.5), ("marin", 1.0)]
    await server.until(lambda: all(session.left_with == 1000 for session in server.realtime.sessions))


async def test_leaving_a_clause_cancels_it_and_the_session_goes_on(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(times_real_time=1)
    async with voice(wire) as engine:
        async with aclosing(engine.speak(SpeechRequest("A rather long sentence. " * 20))) as blocks:
            assert len(await anext(blocks)) > 0
        (session,) = server.realtime.sessions
        await server.until(lambda: "response.cancel" in session.types())
        server.script.speech = SpeechScript()
        assert is_tone_of("Next.", await spoken(engine, "Next."))
    assert len(server.realtime.sessions) == 1


async def test_a_clause_that_is_left_before_it_began_is_cancelled_too(server: LoopbackServer, wire: Wire) -> None:
    left = threading.Event()

    async def begins_late(session: Session) -> None:
        await greet(session)
        while (event := await session.receive())["type"] != "response.create":
            pass
        await asyncio.get_running_loop().run_in_executor(None, left.wait)
        await session.send("response.created", response=Reply(session, event["response"]).response("in_progress"))
        await session.receive()

    server.realtime.behave_next(begins_late)
    async with voice(wire) as engine:
        task = asyncio.create_task(spoken(engine, "Never mind."))
        await server.until(lambda: any("response.create" in s.types() for s in server.realtime.sessions))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        left.set()
        await server.until(lambda: any("response.cancel" in one.types() for one in server.realtime.sessions))


# --- what servers do ----------------------------------------------------------------------------------------------


def scene(act: Callable[[Session, Reply], Awaitable[None]]) -> Callable[[Session], Awaitable[None]]:
    """A session that is greeted and updated as usual; *act* answers each wish to speak, except to speak AGAIN."""

    async def behave(session: Session) -> None:
        await greet(session)
        while True:
            event = await session.receive()
            if event["type"] == "session.update":
                await session.send("session.updated", session=session.config)
            elif event["type"] == "response.create":
                reply = Reply(session, event["response"])
                await (reply.speak() if reply.text == AGAIN else act(session, reply))

    return behave


async def odd_pieces(session: Session, reply: Reply) -> None:
    """Odd byte counts, one byte at the beginning, base64 without its padding."""
    await reply.begin()
    pcm = tone(reply.text).tobytes()
    for start, end in ((0, 1), (1, 4), (4, 4), (4, 1001), (1001, len(pcm))):
        encoded = base64.b64encode(pcm[start:end]).decode().rstrip("=")
        await session.send("response.output_audio.delta", **reply.place, delta=encoded)
    await reply.words()
    await reply.done()


async def nulls(session: Session, reply: Reply) -> None:
    """Explicit nulls wherever a field may be missing."""
    await session.send("response.created", response=reply.response("in_progress") | {"usage": None, "output": None})
    await session.send("response.output_audio.delta", **reply.place, delta=None)
    await reply.sound()
    await session.send("response.output_audio_transcript.done", **reply.place, transcript=None)
    await reply.done(usage=None, status_details=None)


async def unknown_events(session: Session, reply: Reply) -> None:
    """Events that nobody knows, and the service's own news."""
    await session.send("response.shiny.delta", delta=3)
    await reply.begin()
    await session.send("rate_limits.updated", rate_limits=[])
    await session.send("conversation.item.added", item=None)
    await reply.sound()
    await reply.words()
    await reply.done()


async def beta_names(session: Session, reply: Reply) -> None:
    """The names of the retired beta, and no metadata handed back."""
    await session.send("response.created", response={"id": reply.id, "status": "in_progress"})
    data = base64.b64encode(tone(reply.text).tobytes()).decode()
    await session.send("response.audio.delta", **reply.place, delta=data)
    await session.send("response.audio_transcript.done", **reply.place, transcript=reply.text)
    await session.send("response.done", response={"id": reply.id, "status": "completed"})


async def binary_messages(session: Session, reply: Reply) -> None:
    """JSON in binary messages."""
    text = json.dumps({"type": "response.output_audio.delta", **reply.place,
                       "delta": base64.b64encode(tone(reply.text).tobytes()).decode()})  # fmt: skip
    await reply.begin()
    await session.socket.send_bytes(text.encode())
    await reply.words()
    await reply.done()


async def no_ids(session: Session, reply: Reply) -> None:
    """A server that names nothing."""
    data = base64.b64encode(tone(reply.text).tobytes()).decode()
    await session.send("response.output_audio.delta", delta=data)
    await session.send("response.done", response={"status": "completed"})


async def late_error_about_cancelling(session: Session, reply: Reply) -> None:
    """An error about something that does not matter any more."""
    error = {"type": "invalid_request_error", "code": "response_cancel_not_active", "message": "No.", "param": None}
    await session.send("error", error=error)
    await reply.speak()


WORKS = (odd_pieces, nulls, unknown_events, beta_names, binary_messages, no_ids, late_error_about_cancelling)


@pytest.mark.parametrize("act", WORKS, ids=lambda act: act.__name__)
async def test_ways_to_differ_that_work(
    act: Callable[[Session, Reply], Awaitable[None]], server: LoopbackServer, wire: Wire
) -> None:
    server.realtime.behaviours["conversation"] = scene(act)
    async with voice(wire) as engine:
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))


async def test_a_session_error_before_its_greeting_is_no_harm(server: LoopbackServer, wire: Wire) -> None:
    async def complains(session: Session) -> None:
        await session.send("error", error={"type": "server_error", "code": None, "message": "Warming up."})
        await converse(session)

    server.realtime.behaviours["conversation"] = complains
    async with voice(wire) as engine:
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))


# --- what goes wrong ----------------------------------------------------------------------------------------------


def told(**fields: Any) -> Callable[[Session, Reply], Awaitable[None]]:
    async def act(session: Session, reply: Reply) -> None:
        error = {"type": "invalid_request_error", "code": None, "message": "No.", "param": None}
        await session.send("error", error=error | {"event_id": reply.wanted["metadata"]["key"]} | fields)

    return act


def ended(status: str, **details: Any) -> Callable[[Session, Reply], Awaitable[None]]:
    async def act(session: Session, reply: Reply) -> None:
        await reply.begin()
        await reply.done(status, status_details={"type": status, **details})

    return act


def text(message: str) -> Callable[[Session, Reply], Awaitable[None]]:
    async def act(session: Session, reply: Reply) -> None:
        await session.socket.send_text(message)

    return act


async def bad_base64(session: Session, reply: Reply) -> None:
    await reply.begin()
    await session.send("response.output_audio.delta", **reply.place, delta="!?")


async def binary_rubbish(session: Session, reply: Reply) -> None:
    await session.socket.send_bytes(b"\xff\xfe\x00rubbish")


async def too_large(session: Session, reply: Reply) -> None:
    await session.socket.send_text("x" * (9 * 1024 * 1024))


async def silent(session: Session, reply: Reply) -> None:
    await reply.begin()
    await reply.words()
    await reply.done()


async def stalls(session: Session, reply: Reply) -> None:
    await reply.begin()
    await reply.piece(tone("x").tobytes())


ENDS = {
    "refused parameter": (told(param="response.audio.output.voice"), e.BadRequest),
    "no credit": (told(type="insufficient_quota", code="insufficient_quota"), e.NoCredit),
    "wrong key": (told(code="invalid_api_key"), e.AuthFailed),
    "model gone": (told(code="model_not_found"), e.ModelGone),
    "error without a name": (told(type="server_error", event_id=None), e.ProviderDown),
    "content filter": (ended("incomplete", reason="content_filter"), e.Refused),
    "cut off": (ended("incomplete", reason="max_output_tokens"), e.ProviderDown),
    "failed": (ended("failed", error={"type": "server_error", "code": "server_error"}), e.ProviderDown),
    "failed without a word": (ended("failed"), e.ProviderDown),
    "turned down": (ended("failed", error={"type": "x", "code": "rate_limit_exceeded"}), e.RateLimited),
    "no sound": (silent, e.BadAnswer),
    "not JSON": (text("<html>"), e.BadAnswer),
    "not an object": (text("[1]"), e.BadAnswer),
    "nested without end": (text("[" * 100_000), e.BadAnswer),
    "binary rubbish": (binary_rubbish, e.BadAnswer),
    "too large": (too_large, e.BadAnswer),
    "bad base64": (bad_base64, e.BadAnswer),
    "stalls": (stalls, e.TimedOut),
}


@pytest.mark.parametrize("name", ENDS)
async def test_ends_in_one_clear_error(name: str, server: LoopbackServer, make_wire: MakeWire) -> None:
    act, kind = ENDS[name]
    server.realtime.behaviours["conversation"] = scene(act)
    wire = make_wire(timeouts=replace(QUICK, silence_s=0.2))
    async with voice(wire) as engine:
        with pytest.raises(kind) as raised:
            await spoken(engine, "Hello.")
        assert raised.type is kind
        assert KEY not in repr(raised.value) + str(vars(raised.value))
        assert is_tone_of(AGAIN, await spoken(engine, AGAIN))


CLOSES = [
    (1011, "", e.ProviderDown),
    (1001, "", e.ProviderDown),
    (1000, "", e.ProviderDown),
    (1013, "", e.ProviderDown),
    (1008, "", e.AuthFailed),
    (3000, "invalid_request_error.invalid_api_key", e.AuthFailed),
    (4000, "beta_api_shape_disabled", e.BadRequest),
    (1009, "", e.TooLong),
    (1008, "insufficient_quota", e.NoCredit),
    (None, "", e.ProviderDown),
]


def closes(code: int | None, reason: str, *, is_heard: bool) -> Callable[[Session], Awaitable[None]]:
    async def act(session: Session, reply: Reply) -> None:
        if is_heard:
            await reply.begin()
            await reply.piece(tone("x").tobytes())
        if code is None:
            session.socket.abort()
        else:
            await session.socket.close(code, reason)

    return scene(act)


@pytest.mark.parametrize(("code", "reason", "kind"), CLOSES)
async def test_closed_in_the_middle(
    code: int | None, reason: str, kind: type[e.VoiceAppError], server: LoopbackServer, wire: Wire
) -> None:
    server.realtime.behaviours["conversation"] = closes(code, reason, is_heard=True)
    heard = 0
    async with voice(wire) as engine:
        with pytest.raises(kind):  # noqa: PT012
            async for block in engine.speak(SpeechRequest("Hello.")):
                heard += len(block)
        # after an abrupt end what had come may be lost in the socket, but nothing is heard twice
        assert heard in ((len(tone("x")),) if code is not None else (0, len(tone("x"))))
        assert is_tone_of(AGAIN, await spoken(engine, AGAIN))


@pytest.mark.parametrize(("code", "reason"), [(1001, "session_expired"), (1006, ""), (1011, ""), (1012, "")])
async def test_closed_before_a_sound_is_asked_again(
    code: int, reason: str, server: LoopbackServer, wire: Wire, waits_s: list[float]
) -> None:
    server.realtime.behave_next(closes(None if code == 1006 else code, reason, is_heard=False))
    async with voice(wire) as engine:
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))
    assert len(server.realtime.sessions) == 2
    assert (waits_s == [0.0]) == (code != 1011)


async def test_a_session_that_ended_while_idle_is_opened_anew(server: LoopbackServer, wire: Wire) -> None:
    async def leaves(session: Session) -> None:
        await greet(session)
        await session.receive()

    server.realtime.behave_next(leaves)
    async with voice(wire) as engine:
        await engine.warm()
        await server.until(lambda: bool(server.realtime.sessions and server.realtime.sessions[0].received))
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))


async def test_a_server_that_speaks_one_text_after_the_other(server: LoopbackServer, wire: Wire) -> None:
    async def one_at_a_time(session: Session) -> None:
        await greet(session)
        speaking: asyncio.Task[None] | None = None
        while True:
            event = await session.receive()
            if event["type"] != "response.create":
                continue
            reply = Reply(session, event["response"])
            if speaking is not None and not speaking.done():
                await told(code="conversation_already_has_active_response")(session, reply)
            else:
                speaking = asyncio.create_task(reply.speak())

    server.realtime.behaviours["conversation"] = one_at_a_time
    server.script.speech = SpeechScript(times_real_time=20)
    async with voice(wire) as engine:
        texts = ("The first of them.", "The second one.", "And the third.")
        sounds = await asyncio.gather(*(spoken(engine, text) for text in texts))
    assert all(is_tone_of(text, sound) for text, sound in zip(texts, sounds, strict=True))
    assert len(server.realtime.sessions) == 1


async def test_a_session_nobody_uses_is_closed(
    server: LoopbackServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime_line, "IDLE_S", 0.05)
    async with voice(wire) as engine:
        await engine.warm()
        await server.until(lambda: any(session.left_with == 1000 for session in server.realtime.sessions))
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))
    assert len(server.realtime.sessions) == 2


async def test_on_an_old_session_nothing_new_is_begun(
    server: LoopbackServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with voice(wire) as engine:
        await spoken(engine, "Hello.")
        monkeypatch.setattr(realtime_line, "SESSION_S", 0.0)
        assert is_tone_of("Again.", await spoken(engine, "Again."))
    assert len(server.realtime.sessions) == 2


async def test_effort_that_is_refused_is_left_out(server: LoopbackServer, wire: Wire) -> None:
    async def act(session: Session, reply: Reply) -> None:
        if "reasoning" in reply.wanted:
            await told(param="response.reasoning", code="unknown_parameter")(session, reply)
        else:
            await reply.speak()

    server.realtime.behaviours["conversation"] = scene(act)
    async with voice(wire) as engine:
        assert is_tone_of("Hello.", await spoken(engine, "Hello."))
    assert len(server.realtime.sessions) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (faults.error(401, code="invalid_api_key"), e.AuthFailed),
        (faults.error(403), e.AuthFailed),
        (faults.error(404, code="model_not_found"), e.ModelGone),
        (faults.error(404), e.BadRequest),
        (faults.error(429, code="insufficient_quota"), e.NoCredit),
        (faults.error(429, headers={"Retry-After": "40"}), e.RateLimited),
        (faults.error(500), e.ProviderDown),
        (faults.html(), e.BadAnswer),
        (faults.redirect("http://127.0.0.1:9/v1/realtime"), e.BadAnswer),
        (faults.reset_before_headers(), e.ProviderDown),
        (faults.close_before_headers(), e.ProviderDown),
        (faults.never(), e.TimedOut),
    ],
    ids=[
        "401",
        "403",
        "model",
        "404",
        "no credit",
        "limit",
        "500",
        "web page",
        "redirect",
        "reset",
        "closed",
        "never",
    ],
)
async def test_the_handshake_is_refused(answer: Any, kind: type, server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always("/realtime", answer)
    wire = make_wire(timeouts=replace(QUICK, connect_s=0.3, first_s=0.3))
    async with voice(wire) as engine:
        await engine.warm()  # never raises
        with pytest.raises(kind) as raised:
            await spoken(engine, "Hello.")
    assert raised.type is kind


async def test_nobody_there_and_no_key(server: LoopbackServer, make_wire: MakeWire) -> None:
    async with voice(make_wire(base_url="http://127.0.0.1:9/v1")) as engine:
        with pytest.raises(e.NoNetwork):
            await spoken(engine, "Hello.")
    async with voice(make_wire(key="")) as engine:
        with pytest.raises(e.NoKey):
            await spoken(engine, "Hello.")
    assert server.realtime.sessions == []


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("https://x.openai.azure.com", "/openai/realtime?api-version=2025-04-01-preview&deployment=talk"),
        ("https://x.openai.azure.com/openai/v1", "/openai/v1/realtime?model=talk"),
    ],
)
def test_azures_addresses(base: str, address: str) -> None:
    provider = Provider("azure", ProviderKind.AZURE, base_url=base)
    assert address_of(provider, {"model": "talk"}) == "wss://x.openai.azure.com" + address


async def test_another_wording_is_told(server: LoopbackServer, wire: Wire) -> None:
    async def act(session: Session, reply: Reply) -> None:
        await reply.begin()
        await reply.sound()
        await reply.words("Sure, I can tell you all about lighthouses and their keepers, where shall I begin?")
        await reply.done()

    server.realtime.behaviours["conversation"] = scene(act)
    reworded: list[str] = []
    async with voice(wire, on_reworded=reworded.append) as engine:
        await spoken(engine, "Tell me about lighthouses.")
    assert reworded == ["Tell me about lighthouses."]


async def test_nothing_to_say_sends_nothing(server: LoopbackServer, wire: Wire) -> None:
    async with voice(wire) as engine:
        for said in ("", "…", "?!"):
            assert len(await spoken(engine, said)) == 0
        with pytest.raises(e.TooLong):
            await spoken(engine, "x" * (engine.max_chars + 1))
    assert server.realtime.sessions == []
