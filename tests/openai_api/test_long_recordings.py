"""Sound over a model's limits: pieces that end in pauses, several at once, nothing twice and nothing missing."""

from __future__ import annotations

import asyncio
import io
import wave
from dataclasses import replace

import numpy as np
import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer, Request
from tests.spoken import spoken
from voiceapp.audio.upload import flac_upload
from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import ProviderDown, TooLong
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.local.stt import PocketsphinxSpeech
from voiceapp.openai_api import speech_to_text
from voiceapp.openai_api.pieces import LEAD_IN_S
from voiceapp.openai_api.speech_to_text import HttpSpeechToText

PATH = "/audio/transcriptions"
RATE_HZ = 16_000
LIVE = HearingRequest()
PAUSE = np.zeros(int(0.5 * RATE_HZ), dtype=np.float32)
SENTENCES = (
    "what time is it",
    "how far is it",
    "good morning to you",
    "please tell me more",
    "the weather is fine today",
    "where is the station",
)


def samples_of(file: bytes) -> Float32Block:
    with wave.open(io.BytesIO(file)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float32) / np.float32(32767)


def file_of(request: Request) -> bytes:
    return next(part.data for part in request.parts if part.name == "file")


def table(**limits: int) -> ModelTable:
    return ModelTable((Model("m", jobs=("transcription",), limits=limits, formats=("json",)),))


async def hear(engine: HttpSpeechToText, sound: Float32Block, request: HearingRequest = LIVE) -> Transcript:
    async with engine.hear(request) as hearing:
        for start in range(0, len(sound), 1600):
            await hearing.push(sound[start : start + 1600])
        return await hearing.finish()


@pytest.fixture
def talk() -> Float32Block:
    """Twelve sentences with half a second between them, the second six less loud."""
    half = np.concatenate([part for text in SENTENCES for part in (spoken(text, "kal16"), PAUSE)])
    return np.concatenate([half, half * np.float32(0.7)])


@pytest.fixture
def engine(make_wire: MakeWire) -> HttpSpeechToText:
    """Takes ten seconds at once."""
    return HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE, table=table(seconds=10)), "m")


async def test_no_sample_is_lost_or_sent_twice(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    await hear(engine, talk)
    pieces = sorted((samples_of(file_of(r)) for r in server.requests_for(PATH)), key=lambda p: _place(p, talk))
    assert len(pieces) >= 3
    assert max(map(len, pieces)) <= 10 * RATE_HZ
    lead_in = int(LEAD_IN_S * RATE_HZ)
    together = np.concatenate([pieces[0], *(piece[lead_in:] for piece in pieces[1:])])
    assert len(together) == len(talk)
    assert np.allclose(together, talk, atol=1e-3)
    for seam in np.cumsum([len(pieces[0]), *(len(piece) - lead_in for piece in pieces[1:-1])]):
        assert float(np.max(np.abs(talk[seam - 800 : seam + 320]))) < 0.02, "cut in a pause"


def _place(piece: Float32Block, talk: Float32Block) -> int:
    """Where the loudest stretch of *piece* lies in *talk*."""
    at = int(np.argmax(np.abs(piece)))
    needle = piece[at : at + 400]
    return int(np.argmin([np.abs(talk[s : s + len(needle)] - needle).sum() for s in range(0, len(talk) - 400)]))


async def test_a_recogniser_hears_every_word_once(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    local = PocketsphinxSpeech()
    loop = asyncio.get_running_loop()

    async def local_words(file: bytes) -> str:
        async with local.hear(HearingRequest()) as hearing:
            await hearing.push(samples_of(file))
            return (await hearing.finish()).text

    def answer(request: Request) -> Answer:
        heard = asyncio.run_coroutine_threadsafe(local_words(file_of(request)), loop)
        return json_answer({"text": heard.result(60)})

    server.answer_always(PATH, answer)
    try:
        transcript = await hear(engine, talk)
    finally:
        await local.close()
    assert len(server.requests_for(PATH)) >= 3
    assert transcript.text.split() == " ".join(SENTENCES * 2).split()
    starts = [segment.start_s for segment in transcript.segments]
    assert starts == sorted(starts)
    assert transcript.segments[-1].end_s == pytest.approx(len(talk) / RATE_HZ, abs=0.01)


async def test_several_at_once_and_no_more(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech_to_text, "AT_ONCE", 2)
    server.script.hearing = replace(server.script.hearing, service_ms=60)
    await hear(engine, np.concatenate([talk, talk]))
    requests = server.requests_for(PATH)
    spans = [(r.uploaded_at, r.done_at or 0.0) for r in requests]
    most = max(sum(1 for begun, done in spans if begun <= at < done) for at, _done in spans)
    assert len(requests) >= 5
    assert most == 2


async def test_a_piece_that_failed_is_tried_again(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    usual = server.usual(PATH)
    broken: list[bytes] = []

    def flaky(request: Request) -> Answer:
        file = file_of(request)
        if not broken:
            broken.append(file)
        if file == broken[0] and len(broken) < 4:  # more often than the wire itself tries
            broken.append(file)
            return faults.error(503)
        return usual(request)

    server.answer_always(PATH, flaky)
    transcript = await hear(engine, talk)
    assert transcript.gaps == ()
    assert len(broken) == 4
    assert transcript.text.count(server.script.hearing.text) == len({file_of(r) for r in server.requests_for(PATH)})


async def test_a_piece_that_stays_without_words_is_named(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    usual = server.usual(PATH)
    bad: set[bytes] = set()

    def respond(request: Request) -> Answer:
        file = file_of(request)
        if not bad:
            bad.add(file)
        return faults.error(503) if file in bad else usual(request)

    server.answer_always(PATH, respond)
    transcript = await hear(engine, talk)
    (gap,) = transcript.gaps
    assert gap.reason == "shed has a problem of its own."
    assert gap.words in transcript.text
    assert gap.words in [segment.text for segment in transcript.segments]
    assert server.script.hearing.text in transcript.text


async def test_where_every_piece_fails_it_is_an_error(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    server.answer_always(PATH, faults.error(500))
    with pytest.raises(ProviderDown):
        await hear(engine, talk)


@pytest.mark.parametrize("make_encoder", [None, flac_upload], ids=["wav", "flac"])
async def test_the_limit_in_bytes_counts_what_is_sent(
    make_encoder: object, make_wire: MakeWire, talk: Float32Block, server: LoopbackServer
) -> None:
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE, table=table(upload_bytes=240_000))
    options = {} if make_encoder is None else {"make_encoder": make_encoder}
    await hear(HttpSpeechToText(wire, "m", **options), talk)  # type: ignore[arg-type]
    sizes = [len(file_of(request)) for request in server.requests_for(PATH)]
    assert max(sizes) <= 240_000
    assert 2 <= len(sizes) <= 5


async def test_a_server_that_finds_it_too_large_gets_halves(
    make_wire: MakeWire, talk: Float32Block, server: LoopbackServer
) -> None:
    usual = server.usual(PATH)

    def small_only(request: Request) -> Answer:
        if len(file_of(request)) <= 200_000:
            return usual(request)
        return (
            faults.error(413)
            if len(file_of(request)) > 300_000
            else faults.error(
                400, "audio duration 8.1 seconds is longer than 6 seconds which is the maximum for this model"
            )
        )

    server.answer_always(PATH, small_only)
    engine = HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE, table=table()), "m")
    transcript = await hear(engine, talk)
    taken = [r for r in server.requests_for(PATH) if r.status == 200]
    assert transcript.text == " ".join([server.script.hearing.text] * len(taken))
    assert [s.start_s for s in transcript.segments] == sorted(s.start_s for s in transcript.segments)
    refused = len(server.requests_for(PATH)) - len(taken)
    await hear(engine, talk)
    assert len([r for r in server.requests_for(PATH) if r.status != 200]) <= refused + 1, "the limit was learnt"


async def test_what_cannot_be_cut_further_is_said(make_wire: MakeWire, server: LoopbackServer) -> None:
    server.answer_always(PATH, faults.error(413))
    engine = HttpSpeechToText(make_wire(name="shed", kind=ProviderKind.COMPATIBLE), "m")
    with pytest.raises(TooLong) as caught:
        await hear(engine, spoken("what time is it", "kal16"))
    assert "saved" in caught.value.hint
    assert len(server.requests_for(PATH)) == 1


async def test_silent_pieces_are_not_sent(engine: HttpSpeechToText, server: LoopbackServer) -> None:
    sound = np.concatenate([spoken("what time is it", "kal16"), np.zeros(24 * RATE_HZ, np.float32)])
    assert (await hear(engine, sound)).text == server.script.hearing.text
    assert len(server.requests_for(PATH)) == 1


async def test_leaving_ends_what_is_on_its_way(
    engine: HttpSpeechToText, talk: Float32Block, server: LoopbackServer
) -> None:
    server.script.hearing = replace(server.script.hearing, service_ms=60_000)
    async with engine.hear(HearingRequest()) as hearing:
        await hearing.push(talk[: 9 * RATE_HZ])
        for start in range(9 * RATE_HZ, len(talk), 1600):
            await hearing.push(talk[start : start + 1600])
        await server.until(lambda: len(server.requests_for(PATH)) > 0)
    await server.until(lambda: all(r.disconnected_at is not None for r in server.requests_for(PATH)))


async def test_speakers_stay_the_same_over_pieces(
    make_wire: MakeWire, talk: Float32Block, server: LoopbackServer
) -> None:
    row = Model(
        "m", jobs=("transcription",), limits={"seconds": 10}, formats=("json", "diarized_json"),
        accepts=frozenset({"known_speakers", "diarize"}),
    )  # fmt: skip
    voices = (("A", 0.0, 3.0, "one"), ("B", 3.0, 3.5, "two"))
    server.script.hearing = replace(server.script.hearing, voices=voices)
    engine = HttpSpeechToText(make_wire(table=ModelTable((row,))), "m")
    transcript = await hear(engine, talk, HearingRequest(is_recording=True, are_speakers_told=True))
    first, *later = server.requests_for(PATH)
    assert later
    assert first.field("known_speaker_names[]") is None
    names = [[part.data.decode() for part in r.parts if part.name == "known_speaker_names[]"] for r in later]
    assert names == [["A"]] * len(later), "B was too short to be recognised by"
    assert all((r.field("known_speaker_references[]") or "").startswith("data:audio/wav;base64,") for r in later)
    labels = [segment.speaker for segment in transcript.segments]
    assert labels[:2] == ["A", "B"]
    assert labels[2::2] == ["A"] * len(later)
    assert "B" not in labels[3::2], "another piece's B may be anybody"
    assert len(set(labels[1::2])) == len(labels[1::2])
