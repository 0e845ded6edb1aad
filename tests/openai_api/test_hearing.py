"""Transcription: what is uploaded, and what comes back."""

from __future__ import annotations

import asyncio
import io
import wave

import numpy as np
import pytest

from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from voiceapp.core.errors import ProviderDown
from voiceapp.core.prompt_echo import is_prompt_echo
from voiceapp.core.speech import HearingRequest, Segment, Transcript
from voiceapp.openai_api.hearing_protocol import hearing_amounts, transcript_from
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.uploads import WavEncoder
from voiceapp.openai_api.wire import Wire

PATH = "/audio/transcriptions"
TONE = (0.3 * np.sin(2 * np.pi * 300 * np.arange(3200) / 16_000)).astype(np.float32)
REQUEST = HearingRequest(language="de", vocabulary=("Siobhán", "Grüne <b>Wiese\n"), prompt="A talk about gardens.")


async def hear(engine: HttpSpeechToText, request: HearingRequest = REQUEST, gain: float = 1.0) -> Transcript:
    async with engine.hear(request) as hearing:
        for start in range(0, len(TONE), 320):
            await hearing.push(TONE[start : start + 320] * np.float32(gain))
        return await hearing.finish()


async def test_the_upload_is_the_sound_that_was_pushed(server: LoopbackServer, wire: Wire) -> None:
    transcript = await hear(HttpSpeechToText(wire))
    assert transcript.text == server.script.hearing.text
    assert transcript.usage is not None
    assert transcript.usage.amounts["seconds"] == pytest.approx(0.2)
    (upload,) = server.requests_for(PATH)
    (part,) = (part for part in upload.parts if part.name == "file")
    assert (part.filename, part.content_type) == ("speech.wav", "audio/wav")
    with wave.open(io.BytesIO(part.data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        samples = np.frombuffer(file.readframes(99_999), dtype="<i2")
    assert np.allclose(samples / 32767, TONE, atol=1e-4)


async def test_the_newest_model_gets_keywords_and_languages(server: LoopbackServer, wire: Wire) -> None:
    await hear(HttpSpeechToText(wire))
    (upload,) = server.requests_for(PATH)
    fields = [(part.name, part.data.decode()) for part in upload.parts if part.name != "file"]
    assert ("model", "gpt-transcribe") in fields
    assert ("languages[]", "de") in fields
    assert [value for name, value in fields if name == "keywords[]"] == ["Siobhán", "Grüne b Wiese"]
    assert ("prompt", "A talk about gardens.") in fields
    assert "language" not in dict(fields)


@pytest.mark.parametrize("model", ["whisper-1", "whisper-large-v3"])
async def test_others_get_the_words_as_a_prompt(model: str, server: LoopbackServer, wire: Wire) -> None:
    await hear(HttpSpeechToText(wire, model))
    (upload,) = server.requests_for(PATH)
    assert upload.field("language") == "de"
    assert upload.field("prompt") == "A talk about gardens. Siobhán, Grüne b Wiese"
    assert upload.field("keywords[]") is None


async def test_diarisation_takes_no_prompt(server: LoopbackServer, wire: Wire) -> None:
    await hear(HttpSpeechToText(wire, "gpt-4o-transcribe-diarize"))
    assert server.requests_for(PATH)[0].field("prompt") is None


async def test_release_waits_for_no_handshake(server: LoopbackServer, wire: Wire) -> None:
    async with HttpSpeechToText(wire).hear(REQUEST) as hearing:
        await hearing.push(TONE)
        await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == "warm transcription"])
        await hearing.finish()
    (warmed,), (upload,) = server.requests_for("/models"), server.requests_for(PATH)
    assert warmed.started_at < upload.started_at
    assert (warmed.connection, upload.connection, server.connections) == (1, 1, 1)


async def test_nothing_pushed_sends_nothing(server: LoopbackServer, wire: Wire) -> None:
    async with HttpSpeechToText(wire).hear(REQUEST) as hearing:
        assert (await hearing.finish()).text == ""
    assert server.requests_for(PATH) == []


async def test_silence_sends_nothing(server: LoopbackServer, wire: Wire) -> None:
    assert (await hear(HttpSpeechToText(wire), gain=0.0)).text == ""
    assert (await hear(HttpSpeechToText(wire), gain=0.001)).text == ""
    assert server.requests_for(PATH) == []


async def test_leaving_early_sends_nothing(server: LoopbackServer, wire: Wire) -> None:
    async with HttpSpeechToText(wire).hear(REQUEST) as hearing:
        await hearing.push(TONE)
    assert server.requests_for(PATH) == []


async def test_an_echoed_prompt_on_silence_is_dropped(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(PATH, json_answer({"text": "Siobhán."}))
    assert (await hear(HttpSpeechToText(wire))).text == "Siobhán."  # really said
    assert (await hear(HttpSpeechToText(wire), gain=0.005)).text == ""


@pytest.mark.parametrize(
    ("text", "peak_db", "is_echo"),
    [
        ("A talk about gardens", -10.0, True),
        ("a talk, about GARDENS!", -10.0, True),
        ("about gardens", -10.0, False),
        ("about gardens", -60.0, True),
        ("Anna, Ben", -60.0, True),
        ("Ben Anna", -60.0, False),
        ("Good morning", -60.0, False),
        ("", -60.0, False),
    ],
)
def test_echoes(text: str, peak_db: float, is_echo: bool) -> None:
    assert is_prompt_echo(text, "A talk about gardens.", ("Anna", "Ben", "Zoë"), peak_db) is is_echo


async def test_a_failed_upload_is_tried_again_whole(server: LoopbackServer, wire: Wire) -> None:
    server.answer_next(PATH, faults.error(500))
    assert (await hear(HttpSpeechToText(wire))).text == server.script.hearing.text
    first, second = server.requests_for(PATH)
    assert first.field("model") == second.field("model")
    assert [p.data for p in first.parts if p.name == "file"] == [p.data for p in second.parts if p.name == "file"]


async def test_an_error_inside_a_success(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(PATH, json_answer({"error": {"message": "x", "type": "server_error"}}))
    with pytest.raises(ProviderDown):
        await hear(HttpSpeechToText(wire))


def test_kinds_of_answers() -> None:
    verbose = {"text": " Hi. ", "language": "de", "segments": [{"start": 0.0, "end": 0.5, "text": " Hi."}]}
    transcript = transcript_from([verbose], "p", "m", 1.0)
    assert (transcript.text, transcript.language, transcript.segments) == ("Hi.", "de", (Segment(0.0, 0.5, "Hi."),))
    deltas = [{"type": "transcript.text.delta", "delta": d} for d in ("Hi", " there")]
    assert transcript_from(deltas, "p", "m", 1.0).text == "Hi there"
    assert transcript_from([{"text": "Hi"}, {"text": " there"}], "p", "m", 1.0).text == "Hi there"
    assert transcript_from([{"text": "Hi"}, {"text": "Hi there"}], "p", "m", 1.0).text == "Hi there"
    assert transcript_from([{"text": "", "languages": [{"code": "de"}]}], "p", "m", 1.0).language == "de"
    for objects in ([], [{"status": "ok"}]):
        with pytest.raises(NotTheProtocol):
            transcript_from(objects, "p", "m", 1.0)


def test_usage_of_both_kinds() -> None:
    tokens = {"type": "tokens", "input_tokens": 9, "input_token_details": {"audio_tokens": 7, "text_tokens": 2}}
    assert hearing_amounts(tokens) == {"audio_in": 7.0, "text_in": 2.0}
    assert hearing_amounts({"type": "duration", "seconds": 3}) == {"seconds": 3.0}
    assert hearing_amounts(None) == {}


def test_wav_of_nothing_is_still_a_wav() -> None:
    with wave.open(io.BytesIO(WavEncoder(16_000).finish())) as file:
        assert file.getnframes() == 0


async def test_the_file_of_an_utterance_that_is_not_sent_is_ended_all_the_same(wire: Wire) -> None:
    ended: list[int] = []

    class Counted(WavEncoder):
        def finish(self) -> bytes:
            ended.append(1)
            return super().finish()

    async with HttpSpeechToText(wire, make_encoder=Counted).hear(REQUEST) as hearing:
        await hearing.push(TONE)
    assert len(ended) == 1
    await hear(HttpSpeechToText(wire, make_encoder=Counted))
    assert len(ended) == 2
