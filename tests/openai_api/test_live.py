"""Live transcription: the take goes out while it is spoken; every way in which servers differ or fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from tests.openai_api.conftest import KEY, MakeWire
from tests.server import realtime
from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session
from tests.server.script import LiveScript
from voiceapp.core.audio import Float32Block, from_pcm16
from voiceapp.core.errors import AuthFailed, BadAnswer, BadRequest, ModelGone, ProviderDown, ProviderError, TimedOut
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.core.transcript import Word
from voiceapp.openai_api.live_speech_to_text import LiveSpeechToText
from voiceapp.openai_api.wire import Wire

RATE_HZ = 24_000
SOUND = (0.3 * np.sin(2 * np.pi * 300 * np.arange(2 * RATE_HZ) / RATE_HZ)).astype(np.float32)
REQUEST = HearingRequest("de", ("Siobhán", "<b>"), "A talk about gardens.", are_scores_wanted=True)
UPDATED, DELTA = "session.updated", "conversation.item.input_audio_transcription.delta"


async def hear(
    engine: LiveSpeechToText,
    request: HearingRequest = REQUEST,
    partials: list[str] | None = None,
    sound: Float32Block = SOUND,
    midway: Callable[[], Awaitable[None]] | None = None,
) -> Transcript:
    async with engine.hear(request, None if partials is None else partials.append) as hearing:
        for start in range(0, len(sound), 480):
            await hearing.push(sound[start : start + 480])
        if midway is not None:
            await midway()
        return await hearing.finish()


def test_the_rate_is_the_services() -> None:
    assert LiveSpeechToText.rate_hz == RATE_HZ


async def test_the_take_is_sent_as_it_is_spoken_and_words_appear(server: LoopbackServer, wire: Wire) -> None:
    partials: list[str] = []

    async def still_talking() -> None:
        await server.until(lambda: bool(server.realtime.sessions) and len(server.realtime.sessions[0].audio) > 90_000)
        session = server.realtime.sessions[0]
        assert "input_audio_buffer.commit" not in session.types(), "the key is still down"
        await server.until(lambda: any(event["type"] == DELTA for _at, event in session.sent))

    kept: list[bytes] = []

    async def midway() -> None:
        await still_talking()
        kept.append(bytes(server.realtime.sessions[0].audio))

    transcript = await hear(LiveSpeechToText(wire), partials=partials, midway=midway)
    assert transcript.text == server.script.live.text == partials[-1]
    assert all(transcript.text.startswith(words) for words in partials)
    assert len(partials) > 3
    assert np.allclose(from_pcm16(kept[0]), SOUND[: len(kept[0]) // 2], atol=1e-3)
    (session,) = server.realtime.sessions
    assert session.types().count("input_audio_buffer.commit") == 1
    assert transcript.usage is not None
    assert (transcript.usage.model, transcript.usage.amounts) == ("gpt-live-transcribe", {"seconds": 2.0})


async def test_what_the_session_is_told(server: LoopbackServer, wire: Wire) -> None:
    await hear(LiveSpeechToText(wire))
    (session,) = server.realtime.sessions
    assert session.query == {"intent": "transcription"}, "a model in the address would make it a conversation"
    assert session.request.headers["authorization"] == f"Bearer {KEY}"
    assert "openai-beta" not in session.request.headers
    assert session.config["type"] == "transcription"
    assert session.config["audio"]["input"] == {
        "format": {"type": "audio/pcm", "rate": 24_000},
        "transcription": {
            "model": "gpt-live-transcribe",
            "languages": ["de"],
            "keywords": ["Siobhán", "b"],
            "prompt": "A talk about gardens.",
        },
        "turn_detection": None,
    }
    assert "include" not in session.config, "this model does not tell doubts"


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("gpt-realtime-whisper", {"language": "de"}),
        ("gpt-4o-transcribe", {"language": "de", "prompt": "A talk about gardens. Siobhán, b"}),
        ("some-model", {"language": "de", "prompt": "A talk about gardens. Siobhán, b"}),
    ],
)
async def test_each_model_gets_what_it_takes(
    model: str, wanted: dict[str, object], server: LoopbackServer, wire: Wire
) -> None:
    await hear(LiveSpeechToText(wire, model))
    session = server.realtime.sessions[0]
    assert session.config["audio"]["input"]["transcription"] == {"model": model} | wanted
    assert session.config.get("include") == (
        ["item.input_audio_transcription.logprobs"] if model == "gpt-4o-transcribe" else None
    )


async def test_compatible_servers_want_the_model_in_the_address(server: LoopbackServer, make_wire: MakeWire) -> None:
    wire = make_wire("", name="shed", kind=ProviderKind.COMPATIBLE)
    assert (await hear(LiveSpeechToText(wire, "whisper-small"))).text == server.script.live.text
    session = server.realtime.sessions[0]
    assert session.query == {"intent": "transcription", "model": "whisper-small"}
    assert "authorization" not in session.request.headers


async def test_silence_commits_nothing(server: LoopbackServer, wire: Wire) -> None:
    assert (await hear(LiveSpeechToText(wire), sound=np.zeros(4800, np.float32))).text == ""
    await server.until(lambda: all(s.left_with is not None for s in server.realtime.sessions))
    assert all("input_audio_buffer.commit" not in s.types() for s in server.realtime.sessions)


async def test_leaving_early_ends_the_session(server: LoopbackServer, wire: Wire) -> None:
    async with LiveSpeechToText(wire).hear(REQUEST) as hearing:
        await hearing.push(SOUND)
        await server.until(lambda: bool(server.realtime.sessions))
    await server.until(lambda: server.realtime.sessions[0].left_with is not None)


async def test_the_tail_of_a_sound_shorter_than_a_message_is_sent(server: LoopbackServer, wire: Wire) -> None:
    heard: list[bytes] = []
    server.script.live = LiveScript(hear=lambda pcm: (heard.append(pcm), "Yes.")[1])  # type: ignore[func-returns-value]
    odd = SOUND[: 2400 * 3 + 77]
    assert (await hear(LiveSpeechToText(wire), sound=odd)).text == "Yes."
    assert len(heard[0]) == 2 * len(odd)


# --- servers that differ ----------------------------------------------------------------------------------


async def until_commit(session: Session) -> None:
    """Greet, take wishes over, and read on to the end of the take."""
    await realtime.open_transcription(session)
    while (event := await session.receive())["type"] != "input_audio_buffer.commit":
        if event["type"] == "session.update":
            await session.send(UPDATED, session=session.config)


async def created_instead_of_added(session: Session) -> None:
    await until_commit(session)
    item = {"id": "i1", "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": None}]}
    await session.send("input_audio_buffer.committed", item_id="i1", previous_item_id=None)
    await session.send("conversation.item.created", item=item, previous_item_id=None)
    await realtime.completed(session, "i1", "Grüß Gott.", 2.0)


async def nulls_everywhere(session: Session) -> None:
    await session.send("session.created", session=None)
    while (await session.receive())["type"] != "input_audio_buffer.commit":
        pass
    await session.send(UPDATED, session={"audio": None, "include": None, "type": "transcription"})
    await session.send("input_audio_buffer.committed", item_id="i1", previous_item_id=None, error=None)
    await session.send(DELTA, item_id="i1", delta=None, logprobs=None)
    kind = "conversation.item.input_audio_transcription.completed"
    await session.send(kind, item_id="i1", transcript="Grüß Gott.", usage=None, logprobs=None, languages=None)


async def error_before_the_greeting(session: Session) -> None:
    await session.send("rate_limits.updated", rate_limits=[])
    await session.send("error", error={"type": "invalid_request_error", "message": "unknown field", "code": None})
    await realtime.transcribe(session)


async def no_committed_event(session: Session) -> None:
    await until_commit(session)
    await realtime.delta(session, "i1", "Grüß ")
    await realtime.completed(session, "i1", "Grüß Gott.", 2.0)


async def two_utterances_out_of_order(session: Session) -> None:
    """A server that ended the first utterance by itself; the second is finished before it."""
    await until_commit(session)
    await session.send("input_audio_buffer.committed", item_id="i1", previous_item_id=None)
    await session.send("input_audio_buffer.committed", item_id="i2", previous_item_id="i1")
    await realtime.completed(session, "i2", "Gott.", 1.0)
    await realtime.completed(session, "i1", "Grüß", 1.0)


async def ended_by_the_server_itself(session: Session) -> None:
    """Server-side detection: everything was committed already, so our own end finds nothing."""
    await realtime.open_transcription(session)
    await session.receive()
    await session.send(UPDATED, session=session.config)
    await session.receive()
    await session.send("input_audio_buffer.committed", item_id="i1", previous_item_id=None)
    await realtime.completed(session, "i1", "Grüß Gott.", 2.0)
    while (await session.receive())["type"] != "input_audio_buffer.commit":
        pass
    error = {"type": "invalid_request_error", "code": "input_audio_buffer_commit_empty", "message": "buffer too small"}
    await session.send("error", error=error)


async def beta_names(session: Session) -> None:
    await session.send("transcription_session.created", session={"object": "realtime.transcription_session"})
    while (event := await session.receive())["type"] != "input_audio_buffer.commit":
        if event["type"] == "session.update":
            told = {"input_audio_transcription": {"model": "gpt-live-transcribe"}}
            await session.send("transcription_session.updated", session=told)
    await session.send("input_audio_buffer.committed", item_id="i1")
    await realtime.completed(session, "i1", "Grüß Gott.", 2.0)


@pytest.mark.parametrize(
    "behaviour",
    [
        created_instead_of_added,
        nulls_everywhere,
        no_committed_event,
        two_utterances_out_of_order,
        ended_by_the_server_itself,
        beta_names,
    ],
)
async def test_servers_that_differ(
    behaviour: Callable[[Session], Awaitable[None]], server: LoopbackServer, wire: Wire
) -> None:
    server.realtime.behave_next(behaviour)
    transcript = await hear(LiveSpeechToText(wire))
    assert transcript.text == "Grüß Gott."
    assert transcript.usage is not None
    assert transcript.usage.amounts["seconds"] == pytest.approx(2.0)


async def test_news_before_the_greeting_are_no_fault(server: LoopbackServer, wire: Wire) -> None:
    server.realtime.behave_next(error_before_the_greeting)
    assert (await hear(LiveSpeechToText(wire))).text == server.script.live.text


async def test_doubts_come_along(server: LoopbackServer, wire: Wire) -> None:
    async def doubts(session: Session) -> None:
        await until_commit(session)
        rows = [{"token": "Grüß", "logprob": -0.1, "bytes": list("Grüß".encode())}]
        rows.append({"token": " Zoë", "logprob": -2.0, "bytes": list(" Zoë".encode())})
        await session.send("input_audio_buffer.committed", item_id="i1", previous_item_id=None)
        kind = "conversation.item.input_audio_transcription.completed"
        await session.send(kind, item_id="i1", content_index=0, transcript="Grüß Zoë", usage=None, logprobs=rows)

    server.realtime.behave_next(doubts)
    transcript = await hear(LiveSpeechToText(wire, "gpt-4o-transcribe"))
    assert transcript.words == (Word("Grüß", 0.9048), Word("Zoë", 0.1353))


# --- servers that fail ------------------------------------------------------------------------------------


async def closes(session: Session) -> None:
    await session.receive()
    await session.socket.close(1011, "internal error")


async def breaks_off(session: Session) -> None:
    await realtime.open_transcription(session)
    await session.receive()
    session.socket.abort()


async def retired(session: Session) -> None:
    await session.socket.close(4000, "invalid_request_error.beta_api_shape_disabled")


async def no_such_model(session: Session) -> None:
    await realtime.open_transcription(session)
    await complains(session)


async def complains(session: Session) -> None:
    """Say what is wrong before any greeting, and nothing more."""
    await session.receive()
    error = {"type": "invalid_request_error", "code": "model_not_found", "message": "The model does not exist"}
    await session.send("error", error=error)
    while True:
        await session.receive()


async def fails_the_item(session: Session) -> None:
    await until_commit(session)
    kind = "conversation.item.input_audio_transcription.failed"
    await session.send(kind, item_id="i1", content_index=0, error={"type": "server_error", "message": "down"})


async def ignores_the_wishes(session: Session) -> None:
    await realtime.open_transcription(session)
    await session.receive()
    told = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-tiny"}}}}
    await session.send(UPDATED, session=told)
    while True:
        await session.receive()


async def rubbish(session: Session) -> None:
    await session.socket.send_text("<html>hello</html>")
    while True:
        await session.receive()


async def says_nothing(session: Session) -> None:
    await until_commit(session)
    await session.receive()


async def never_ends(session: Session) -> None:
    await until_commit(session)
    while True:
        await realtime.delta(session, "i1", "and ")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (closes, ProviderDown),
        (breaks_off, ProviderDown),
        (retired, ProviderError),
        (no_such_model, ModelGone),
        (complains, ModelGone),
        (fails_the_item, ProviderDown),
        (ignores_the_wishes, BadRequest),
        (rubbish, BadAnswer),
        (says_nothing, TimedOut),
        (never_ends, TimedOut),
    ],
)
async def test_faults_are_errors_of_ours(
    behaviour: Callable[[Session], Awaitable[None]],
    kind: type[ProviderError],
    server: LoopbackServer,
    wire: Wire,
) -> None:
    server.realtime.behave_next(behaviour)
    engine = LiveSpeechToText(wire, tail_s=0.3)
    with pytest.raises(kind) as caught:
        await hear(engine)
    assert "OpenAI" in caught.value.message
    assert KEY not in f"{caught.value!r} {caught.value.detail}"


async def test_a_fault_while_speaking_waits_for_the_end(server: LoopbackServer, wire: Wire) -> None:
    server.realtime.behave_next(closes)
    async with LiveSpeechToText(wire).hear(REQUEST) as hearing:
        await hearing.push(SOUND)
        await asyncio.wait((hearing._work,))
        await hearing.push(SOUND)
        with pytest.raises(ProviderDown):
            await hearing.finish()


async def test_a_refused_handshake(server: LoopbackServer, make_wire: MakeWire) -> None:
    engine = LiveSpeechToText(make_wire("sk-test-öäü0123456789"))
    with pytest.raises(AuthFailed):
        await hear(engine)
    assert server.realtime.sessions == []
