"""Chat with sound: what is asked for, what comes back, and sounds that the service has forgotten."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ToolCallScript, tone
from tests.server.sound_answers import AUDIO_ID, EXPIRES_AT
from tests.server.wire import Answer, Request
from voiceapp.core.audio import Clip
from voiceapp.core.conversation import SPOKEN_NOTE, Line, Role
from voiceapp.core.errors import BadRequest
from voiceapp.core.speech import (
    ByEar,
    ChatRequest,
    ReplyEnd,
    ReplyPart,
    SoundDelta,
    SoundKept,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.wire import Wire

PATH, MODEL = "/chat/completions", "gpt-audio-1.5"
TAKE = Clip((0.3 * np.sin(np.arange(16_000) / 20)).astype(np.float32), 16_000)
HEARD = ChatRequest("Be brief.", (Line(Role.USER, SPOKEN_NOTE),), by_ear=ByEar(TAKE, True, "cedar", "Calm."))
LONGER = replace(
    HEARD,
    lines=(
        Line(Role.USER, "Hello."),
        Line(Role.ASSISTANT, "Good day.", sound_id="audio_7"),
        Line(Role.USER, SPOKEN_NOTE),
    ),
)


async def parts_of(wire: Wire, request: ChatRequest, model: str = MODEL) -> list[ReplyPart]:
    return [part async for part in CompletionsChat(wire, model).reply(request)]


async def test_sound_goes_out_and_comes_back(server: LoopbackServer, wire: Wire) -> None:
    parts = await parts_of(wire, HEARD)
    (body,) = [request.json for request in server.requests_for(PATH)]
    assert body["modalities"] == ["text", "audio"]
    assert body["audio"] == {"voice": "cedar", "format": "pcm16"}
    assert body["messages"][0] == {"role": "system", "content": "Be brief.\n\nHow you are to sound: Calm."}
    (part,) = body["messages"][1]["content"]
    assert part["input_audio"]["format"] == "wav"
    sound, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(part["input_audio"]["data"])), dtype="float32")
    assert rate_hz == 16_000
    assert np.allclose(sound, TAKE.samples, atol=1e-3)
    text = "".join(part.text for part in parts if isinstance(part, TextDelta))
    assert text == server.script.chat.text
    heard = np.concatenate([part.sound for part in parts if isinstance(part, SoundDelta)])
    assert np.array_equal(heard * 32768, tone(text))
    assert isinstance(parts[-2], SoundKept)
    assert (parts[-2].id, parts[-2].expires_at_s) == (AUDIO_ID, EXPIRES_AT)
    assert isinstance(parts[-1], ReplyEnd)
    assert parts[-1].usage is not None
    assert parts[-1].usage.amounts["audio_in"] == 20.0
    assert parts[-1].usage.amounts["audio_out"] == 90.0
    assert isinstance(parts[0], TextDelta), "words come ahead of their sound"


@pytest.mark.parametrize(
    ("ear", "modalities"),
    [
        (ByEar(TAKE, is_aloud=False), ["text"]),
        (ByEar(None, is_aloud=True), ["text", "audio"]),
        (ByEar(None, is_aloud=False), ["text", "audio"]),
        (None, ["text", "audio"]),
    ],
)
async def test_there_is_always_sound_on_one_side(
    ear: ByEar | None, modalities: list[str], server: LoopbackServer, wire: Wire
) -> None:
    request = replace(HEARD, lines=(Line(Role.USER, "Hi."),), by_ear=ear)
    parts = await parts_of(wire, request)
    assert "".join(part.text for part in parts if isinstance(part, TextDelta)) == server.script.chat.text
    assert server.requests_for(PATH)[0].json["modalities"] == modalities


async def test_a_model_in_writing_gets_neither_sound_nor_wish(server: LoopbackServer, wire: Wire) -> None:
    await parts_of(wire, replace(LONGER, by_ear=HEARD.by_ear), "gpt-6-luna")
    (body,) = [request.json for request in server.requests_for(PATH)]
    assert not {"modalities", "audio"} & body.keys()
    assert [message["content"] for message in body["messages"][1:]] == ["Hello.", "Good day.", SPOKEN_NOTE]


async def test_an_earlier_answer_is_named_by_its_sound(server: LoopbackServer, wire: Wire) -> None:
    await parts_of(wire, LONGER)
    (body,) = [request.json for request in server.requests_for(PATH)]
    assert body["messages"][2] == {"role": "assistant", "audio": {"id": "audio_7"}}


@pytest.mark.parametrize("status", [400, 404])
async def test_a_sound_that_was_forgotten_is_told_in_words(status: int, server: LoopbackServer, wire: Wire) -> None:
    usual = server.usual(PATH)

    def answer(request: Request) -> Answer:
        is_named = any("audio" in message for message in request.json["messages"])
        words = "Audio with id audio_7 was not found or has expired."
        return faults.error(status, words, param="messages.[2].audio.id") if is_named else usual(request)

    server.answer_always(PATH, answer)
    parts = await parts_of(wire, LONGER)
    assert any(isinstance(part, SoundDelta) for part in parts)
    first, second = [request.json["messages"] for request in server.requests_for(PATH)]
    assert first[2] == {"role": "assistant", "audio": {"id": "audio_7"}}
    assert second[2] == {"role": "assistant", "content": "Good day."}


async def test_a_request_that_is_bad_in_itself_is_not_repeated(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(PATH, faults.error(400, "No.", param="messages"))
    with pytest.raises(BadRequest):
        await parts_of(wire, HEARD)
    assert len(server.requests_for(PATH)) == 1


async def test_tools_are_called_by_ear_too(server: LoopbackServer, wire: Wire) -> None:
    clock = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {}})
    usual = server.usual(PATH)
    server.script.chat = replace(server.script.chat, tokens=(), tool_calls=(ToolCallScript("clock", "{}"),))

    def in_writing(request: Request) -> Answer:
        plain: Any = replace(request, json={**request.json, "modalities": ["text"]})
        return usual(plain)

    server.answer_next(PATH, in_writing)
    parts = await parts_of(wire, replace(HEARD, tools=(clock,)))
    assert [part for part in parts if isinstance(part, ToolCall)] == [ToolCall("call_1", "clock", "{}")]
