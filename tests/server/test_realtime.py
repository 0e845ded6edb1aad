"""The realtime endpoint itself, with a plain websocket client."""

from __future__ import annotations

import base64
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.server.loopback import LoopbackServer
from tests.server.realtime import Session, client_event_faults
from tests.server.script import LiveScript, Script
from tests.server.spec_check import openai_spec

UPDATE = {
    "type": "session.update",
    "session": {
        "type": "transcription",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "gpt-live-transcribe"},
                "turn_detection": None,
            }
        },
    },
}
SECOND = base64.b64encode(bytes(48_000)).decode()


def address(server: LoopbackServer) -> str:
    return f"ws://127.0.0.1:{server.port}/v1/realtime?intent=transcription"


async def told(socket: ClientConnection, last: str) -> list[dict[str, Any]]:
    """Return the events up to the first of type *last*."""
    events: list[dict[str, Any]] = []
    async for message in socket:
        events.append(json.loads(message))
        if events[-1]["type"].endswith(last):
            return events
    raise AssertionError(f"closed before {last}")


async def test_an_utterance_comes_back_as_words() -> None:
    with LoopbackServer(Script(live=LiveScript("one two three", word_s=0.5))) as server:
        async with connect(address(server)) as socket:
            await told(socket, "session.created")
            for event in (UPDATE, {"type": "input_audio_buffer.append", "audio": SECOND}):
                await socket.send(json.dumps(event))
            before = await told(socket, ".delta")
            await socket.send(json.dumps({"type": "input_audio_buffer.commit"}))
            after = await told(socket, ".completed")
        (session,) = server.realtime.sessions
        await server.until(lambda: session.left_with is not None)
    events = [*before, *after]
    assert "".join(e["delta"] for e in events if e["type"].endswith(".delta")) == "one two three"
    assert events[-1]["transcript"] == "one two three"
    assert events[-1]["usage"] == {"type": "duration", "seconds": 1.0}
    assert [fault for e in events for fault in openai_spec().schema_errors("RealtimeServerEvent", e)] == []
    assert session.types() == ["session.update", "input_audio_buffer.append", "input_audio_buffer.commit"]
    assert session.config["audio"]["input"]["transcription"]["model"] == "gpt-live-transcribe"
    assert (session.left_with, server.violations) == (1000, [])


async def test_what_is_against_the_specification_is_noted() -> None:
    assert client_event_faults(UPDATE) == []
    assert client_event_faults({"type": "transcription_session.update", "session": {}}) != []
    assert client_event_faults({"type": "input_audio_buffer.append"}) != []
    assert client_event_faults({"type": "input_audio_buffer.commit", "audio": ""}) != []
    loud = {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"output": {"voice": "marin", "loud": 1}}},
    }
    assert client_event_faults(loud) == ["realtime session.update: unknown field session/audio/output/'loud'"]
    assert client_event_faults({"type": "nonsense"}) == ["realtime: unknown client event 'nonsense'"]
    assert client_event_faults([]) != []


async def test_a_behaviour_of_its_own_and_an_abrupt_end() -> None:
    async def breaks_off(session: Session) -> None:
        await session.receive()
        session.socket.abort()

    with LoopbackServer() as server:
        server.realtime.behave_next(breaks_off)
        async with connect(address(server)) as socket:
            await socket.send(json.dumps(UPDATE))
            await socket.wait_closed()
        assert socket.close_code == 1006
        assert server.violations == []
