"""What a realtime session says about its limits counts in the provider's queue, for every wire to it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.openai_api.clock import Clock
from tests.openai_api.conftest import MakeWire
from tests.openai_api.test_live import hear
from tests.openai_api.test_realtime_speech import scene
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session, transcribe
from tests.server.realtime_speech import Reply, greet
from voiceapp.core.errors import RateLimited
from voiceapp.core.speech import SpeechRequest
from voiceapp.openai_api.live_speech_to_text import LiveSpeechToText
from voiceapp.openai_api.queue import ProviderQueue
from voiceapp.openai_api.realtime_text_to_speech import RealtimeTextToSpeech
from voiceapp.openai_api.wire import Wire

SPEAKS, HEARS = "gpt-realtime-2.1-mini", "gpt-live-transcribe"


@pytest.fixture
def wire(make_wire: MakeWire, queue: ProviderQueue) -> Wire:
    return make_wire(queue=queue)


async def tell(session: Session, left: int, resets_s: float = 50.0) -> None:
    """Say that *left* of ten requests are left."""
    requests = {"name": "requests", "limit": 10, "remaining": left, "reset_seconds": resets_s}
    tokens = {"name": "tokens", "limit": 40_000, "remaining": 39_000, "reset_seconds": 1.5}
    await session.send("rate_limits.updated", rate_limits=[requests, tokens])


@scene
async def speak_with_nothing_left(session: Session, reply: Reply) -> None:
    """Speak everything; with each response nothing is left of the allowance."""
    await reply.begin()
    await tell(session, 0)
    await reply.sound()
    await reply.words()
    await reply.done()


async def refuse(session: Session) -> None:
    """Refuse the first text for its number, speak the next."""
    await greet(session)
    is_refused = False
    while True:
        event = await session.receive()
        if event["type"] == "response.create":
            reply = Reply(session, event["response"])
            if is_refused:
                await reply.speak()
                continue
            is_refused = True
            await reply.begin()
            error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slow down."}
            await reply.done("failed", status_details={"type": "failed", "error": error})


async def spoken(engine: RealtimeTextToSpeech, text: str) -> int:
    blocks = [block async for block in engine.speak(SpeechRequest(text))]
    return len(np.concatenate(blocks))


async def test_the_next_text_waits_as_the_session_said(server: LoopbackServer, wire: Wire, clock: Clock) -> None:
    server.realtime.behave_next(speak_with_nothing_left)
    engine = RealtimeTextToSpeech(wire, SPEAKS)
    assert await spoken(engine, "One.")
    assert clock.pauses == []
    assert await spoken(engine, "Two.")
    assert clock.pauses == [pytest.approx(5.0)]  # ten flow back in fifty seconds
    await engine.close()
    (session,) = server.realtime.sessions
    assert session.types().count("response.create") == 2


async def test_it_counts_for_every_wire_to_the_provider_and_for_this_model_alone(
    server: LoopbackServer, wire: Wire, make_wire: MakeWire, queue: ProviderQueue, clock: Clock
) -> None:
    server.realtime.behave_next(speak_with_nothing_left)
    engine = RealtimeTextToSpeech(wire, SPEAKS)
    await spoken(engine, "One.")
    other = make_wire(queue=queue)
    await other.enter("gpt-6-luna")
    assert clock.pauses == []
    await other.enter(SPEAKS)
    assert clock.pauses == [pytest.approx(5.0)]
    await engine.close()


async def test_a_refusal_is_waited_out_and_told_once(
    server: LoopbackServer, make_wire: MakeWire, queue: ProviderQueue, clock: Clock
) -> None:
    told: list[float] = []
    server.realtime.behave_next(refuse)
    engine = RealtimeTextToSpeech(make_wire(queue=queue, on_wait=told.append), SPEAKS)
    assert await spoken(engine, "One.")
    assert len(told) == len(clock.pauses) == 1
    assert told[0] == pytest.approx(clock.pauses[0])
    assert told[0] > 0
    await engine.close()


async def test_where_the_provider_wants_nothing_for_long_it_is_not_asked(
    server: LoopbackServer, wire: Wire, queue: ProviderQueue
) -> None:
    queue.note_refusal(SPEAKS, 40.0)  # by whatever kind of request it was learnt
    engine = RealtimeTextToSpeech(wire, SPEAKS)
    with pytest.raises(RateLimited):
        await spoken(engine, "One.")
    await engine.close()
    assert server.realtime.sessions == []


async def test_what_live_transcription_says_counts_too(server: LoopbackServer, wire: Wire, clock: Clock) -> None:
    async def with_limits(session: Session) -> None:
        await tell(session, 0)
        await transcribe(session)

    server.realtime.behave_next(with_limits)
    assert (await hear(LiveSpeechToText(wire))).text
    assert clock.pauses == []
    assert (await hear(LiveSpeechToText(wire))).text
    assert clock.pauses == [pytest.approx(5.0)]


async def test_a_refused_take_closes_the_lane_for_the_next(
    server: LoopbackServer, wire: Wire, queue: ProviderQueue
) -> None:
    async def refuse_the_take(session: Session) -> None:
        await session.send("session.created", session={"type": "transcription"})
        error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slow down.", "event_id": None}
        await session.send("error", error=error)
        await asyncio.Event().wait()

    server.realtime.behave_next(refuse_the_take)
    with pytest.raises(RateLimited):
        await hear(LiveSpeechToText(wire))
    assert queue.closed_s(HEARS) > 0
