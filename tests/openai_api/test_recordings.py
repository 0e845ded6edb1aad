"""Finished recordings: formats, streams, doubts, speakers, translation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import faults, sse
from tests.server.audio_answers import json_answer, transcription
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript
from tests.server.wire import Answer, Ending, Framing, Request
from voiceapp.audio.upload import flac_upload, opus_upload
from voiceapp.core.errors import BadRequest, ConfigError, ProviderDown
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.core.transcript import Segment, Word
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.wire import Wire
from voiceapp.openai_api.word_scores import words_in

TRANSCRIPTIONS, TRANSLATIONS = "/audio/transcriptions", "/audio/translations"
SOUND = (0.3 * np.sin(2 * np.pi * 300 * np.arange(32_000) / 16_000)).astype(np.float32)
RECORDING = HearingRequest(is_recording=True)


async def hear(
    engine: HttpSpeechToText, request: HearingRequest = RECORDING, partials: list[str] | None = None
) -> Transcript:
    async with engine.hear(request, None if partials is None else partials.append) as hearing:
        await hearing.push(SOUND)
        return await hearing.finish()


@pytest.mark.parametrize(
    ("model", "form", "streamed"),
    [
        ("gpt-transcribe", "json", "true"),
        ("gpt-4o-transcribe", "json", "true"),
        ("gpt-4o-mini-transcribe-2025-12-15", "json", "true"),
        ("gpt-4o-transcribe-diarize", "json", "true"),
        ("whisper-1", "verbose_json", None),
        ("some-server-model", "json", None),
    ],
)
async def test_each_model_is_asked_for_what_it_gives(
    model: str, form: str, streamed: str | None, server: LoopbackServer, wire: Wire
) -> None:
    partials: list[str] = []
    transcript = await hear(HttpSpeechToText(wire, model), partials=partials)
    (request,) = server.requests_for(TRANSCRIPTIONS)
    assert (request.field("response_format"), request.field("stream")) == (form, streamed)
    assert transcript.text == server.script.hearing.text
    assert bool(transcript.segments) == (form == "verbose_json")
    assert bool(partials) == (streamed is not None)


async def test_words_appear_while_they_come(server: LoopbackServer, wire: Wire) -> None:
    partials: list[str] = []
    await hear(HttpSpeechToText(wire), partials=partials)
    words = server.script.hearing.text.split(" ")
    assert partials == [" ".join(words[: count + 1]) for count in range(len(words))]


async def test_who_wants_no_partials_asks_for_no_stream(server: LoopbackServer, wire: Wire) -> None:
    await hear(HttpSpeechToText(wire))
    assert server.requests_for(TRANSCRIPTIONS)[0].field("stream") is None


async def test_doubts_are_told_where_they_are_offered(server: LoopbackServer, wire: Wire) -> None:
    server.script.hearing = HearingScript("Grüß Zoë von mir.", weak=("Zoë",))
    asked = replace(RECORDING, are_scores_wanted=True)
    streams: tuple[list[str] | None, ...] = (None, [])
    for partials in streams:
        transcript = await hear(HttpSpeechToText(wire, "gpt-4o-transcribe"), asked, partials)
        assert [word.text for word in transcript.words] == ["Grüß", "Zoë", "von", "mir."]
        assert [word.text for word in transcript.words if word.is_weak] == ["Zoë"]
        assert transcript.details.words == transcript.words
    assert (await hear(HttpSpeechToText(wire), asked)).words == ()
    fields = [request.field("include[]") for request in server.requests_for(TRANSCRIPTIONS)]
    assert fields == ["logprobs", "logprobs", None]


def test_doubts_in_other_shapes() -> None:
    words = [{"word": " Hi", "probability": 0.9, "start": 0.0, "end": 0.2}, {"word": "Bob.", "probability": 0.25}]
    assert words_in([{"text": "Hi Bob.", "words": words}]) == (Word("Hi", 0.9), Word("Bob.", 0.25))
    tokens = [{"token": "Hi", "logprob": 0.0}, {"token": ".", "logprob": -9.0}, {"token": " you", "logprob": -0.1}]
    deltas = [{"type": "transcript.text.delta", "logprobs": some} for some in (tokens[:2], tokens[2:])]
    first, second = words_in(deltas)
    assert (first, second.text) == (Word("Hi.", 1.0), "you"), "a full stop makes no word doubtful"
    assert words_in([{"logprobs": [None, {"token": "x"}, {"token": "y", "logprob": "?"}]}]) == ()


@pytest.mark.parametrize("partials", [None, []])
async def test_speakers(partials: list[str] | None, server: LoopbackServer, wire: Wire) -> None:
    asked = replace(RECORDING, are_speakers_told=True, prompt="A quiz.")
    transcript = await hear(HttpSpeechToText(wire), asked, partials)
    (request,) = server.requests_for(TRANSCRIPTIONS)
    assert request.field("model") == "gpt-4o-transcribe-diarize", "the usual model does not tell them"
    assert request.field("response_format") == "diarized_json"
    assert request.field("chunking_strategy") == "auto"
    assert request.field("prompt") is None
    assert transcript.segments == (
        Segment(0.0, 1.0, "What is the capital", "A"),
        Segment(1.0, 1.5, "of France?", "B"),
    )
    if partials is not None:
        assert partials == ["Speaker A: What is the capital", "Speaker A: What is the capital Speaker B: of France?"]


@pytest.mark.parametrize(("model", "used"), [("", "whisper-1"), ("gpt-4o-transcribe", "whisper-1")])
async def test_translation(model: str, used: str, server: LoopbackServer, wire: Wire) -> None:
    server.script.hearing = HearingScript("Wie spät ist es?", english="What time is it?")
    asked = HearingRequest("de", ("Siobhán",), "About clocks.", is_recording=True, is_translated=True)
    transcript = await hear(HttpSpeechToText(wire, model), asked)
    (request,) = server.requests_for(TRANSLATIONS)
    assert request.field("model") == used
    assert request.field("prompt") == "About clocks. Siobhán"
    assert (transcript.text, transcript.is_translation) == ("What time is it?", True)
    assert transcript.segments == (Segment(0.0, 1.0, "What time is it?"),)


async def test_a_server_that_translates_uses_its_own_model(server: LoopbackServer, make_wire: MakeWire) -> None:
    engine = HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE), "large-v3")
    assert (await hear(engine, replace(RECORDING, is_translated=True))).text == server.script.hearing.english
    assert server.requests_for(TRANSLATIONS)[0].field("model") == "large-v3"


async def test_a_server_without_translations_says_so(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always(TRANSLATIONS, faults.error(404, "Not Found"))
    engine = HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE), "m", make_encoder=flac_upload)
    with pytest.raises(BadRequest, match="does not offer this"):
        await hear(engine, replace(RECORDING, is_translated=True))
    assert len(server.requests_for(TRANSLATIONS)) == 1


async def test_speakers_and_translation_at_once_are_refused(server: LoopbackServer, wire: Wire) -> None:
    with pytest.raises(ConfigError):
        await hear(HttpSpeechToText(wire), replace(RECORDING, is_translated=True, are_speakers_told=True))
    assert server.requests_for(TRANSLATIONS) == []


async def test_a_server_that_refuses_times_gives_words(server: LoopbackServer, wire: Wire) -> None:
    def refuses(request: Request) -> Answer:
        if request.field("response_format") == "verbose_json":
            return faults.error(400, "Unsupported value", param="response_format", code="unsupported_value")
        return transcription(server.script.hearing, request)

    server.answer_always(TRANSCRIPTIONS, refuses)
    transcript = await hear(HttpSpeechToText(wire, "whisper-1"))
    assert (transcript.text, transcript.segments) == (server.script.hearing.text, ())


@pytest.mark.parametrize("status", [400, 415, 422, 500])
async def test_a_server_that_reads_only_wav_gets_wav(status: int, server: LoopbackServer, make_wire: MakeWire) -> None:
    def reads_wav(request: Request) -> Answer:
        (file,) = (part for part in request.parts if part.name == "file")
        if not file.data.startswith(b"RIFF"):
            return faults.error(status, "Error opening file: Format not recognised")
        return transcription(server.script.hearing, request)

    server.answer_always(TRANSCRIPTIONS, reads_wav)
    engine = HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE), "m", make_encoder=opus_upload)
    for _twice in range(2):
        assert (await hear(engine)).text == server.script.hearing.text
    names = [part.filename for r in server.requests_for(TRANSCRIPTIONS) for part in r.parts if part.name == "file"]
    assert names[-2:] == ["speech.wav", "speech.wav"]
    assert names.count("speech.ogg") == (3 if status == 500 else 1), "the second recording is WAV at once"


def _words(*ends: bytes) -> Answer:
    deltas = [sse.event({"type": "transcript.text.delta", "delta": word}) for word in ("What", " is")]
    return faults.stream(*deltas, *ends)


DONE = sse.event({"type": "transcript.text.done", "text": "What is"})


@pytest.mark.parametrize(
    "answer",
    [
        _words(DONE),
        _words(DONE, sse.DONE),
        replace(_words(DONE), ending=Ending.CLOSE, framing=Framing.CLOSE),
        _words(b": ping\n\n", DONE),
        faults.stream(*(bytes([byte]) for byte in b"".join(p.data for p in _words(DONE).pieces))),
        faults.stream(*(p.data.replace(b"\n", b"\r\n") for p in _words(DONE).pieces)),
        faults.stream(*(p.data.replace(b"data: ", b"data:") for p in _words(DONE).pieces)),
        json_answer({"text": "What is"}),
    ],
    ids=["usual", "with-done", "closed", "comment", "byte-by-byte", "crlf", "no-space", "stream-ignored"],
)
async def test_streams_of_all_kinds(answer: Answer, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(TRANSCRIPTIONS, answer)
    partials: list[str] = []
    assert (await hear(HttpSpeechToText(wire), partials=partials)).text == "What is"


@pytest.mark.parametrize(
    "answer",
    [
        _words(),
        replace(_words(), ending=Ending.CLOSE),
        replace(_words(), ending=Ending.RESET),
        _words(sse.data({"error": {"message": "The engine stopped.", "type": "server_error"}})),
    ],
    ids=["no-end", "closed-in-the-middle", "reset", "error-inside"],
)
async def test_half_a_transcript_is_not_taken_for_a_whole_one(
    answer: Answer, server: LoopbackServer, wire: Wire
) -> None:
    server.answer_always(TRANSCRIPTIONS, answer)
    partials: list[str] = []
    with pytest.raises(ProviderDown):
        await hear(HttpSpeechToText(wire), partials=partials)
    assert partials[-1] == "What is"


async def test_halves_of_a_character_in_deltas(server: LoopbackServer, wire: Wire) -> None:
    deltas = [sse.event({"type": "transcript.text.delta", "delta": half}) for half in ("Hi \ud83d", "\udc69")]
    server.answer_always(TRANSCRIPTIONS, faults.stream(*deltas, sse.DONE))
    partials: list[str] = []
    assert (await hear(HttpSpeechToText(wire), partials=partials)).text == "Hi 👩"
    assert all(text.encode() for text in partials)


async def test_what_is_spoken_and_what_was_recorded_have_their_own_format(server: LoopbackServer, wire: Wire) -> None:
    engine = HttpSpeechToText(wire, make_encoder=opus_upload, for_recordings=flac_upload)
    await hear(engine, HearingRequest())
    await hear(engine)
    names = [part.filename for r in server.requests_for(TRANSCRIPTIONS) for part in r.parts if part.name == "file"]
    assert names == ["speech.ogg", "speech.flac"]
