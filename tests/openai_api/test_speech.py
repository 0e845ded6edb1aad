"""Speech: what is asked for, and sound that starts before it is complete."""

from __future__ import annotations

import base64
import json
import struct
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.openai_api.conftest import QUICK, MakeWire
from tests.server import faults
from tests.server.audio_answers import plain
from tests.server.loopback import LoopbackServer
from tests.server.script import SpeechScript, tone
from tests.server.wire import Answer, Ending, Framing, Request
from voiceapp.core.errors import BadAnswer, ProviderDown, TimedOut, TooLong
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import Basis, SpeechRequest, Usage
from voiceapp.openai_api.sound_stream import SoundDecoder, WrongSound
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire

PATH = "/audio/speech"


async def spoken(engine: HttpTextToSpeech, request: SpeechRequest) -> npt.NDArray[np.float32]:
    return np.concatenate([block async for block in engine.speak(request)] or [np.zeros(0, np.float32)])


async def test_what_is_asked_for(server: LoopbackServer, wire: Wire) -> None:
    usages: list[Usage] = []
    engine = HttpTextToSpeech(wire)
    asked = SpeechRequest(" Good day. ", voice="cedar", speed=1.25, language="en", instructions="Calm.")
    request = replace(asked, on_usage=usages.append)
    assert np.array_equal(await spoken(engine, request) * 32768, tone("Good day."))
    assert server.requests_for(PATH)[0].json == {
        "model": "gpt-4o-mini-tts", "input": "Good day.", "voice": "cedar", "speed": 1.25, "instructions": "Calm.",
        "response_format": "pcm", "stream_format": "sse",
    }  # fmt: skip
    amounts = {"characters": 9.0, "text_in": 14.0, "audio_out": 101.0}
    assert usages == [Usage("openai", "gpt-4o-mini-tts", amounts, Basis.REPORTED)]


async def test_events_are_asked_for_only_where_usage_is_wanted_and_offered(server: LoopbackServer, wire: Wire) -> None:
    usages: list[Usage] = []
    await spoken(HttpTextToSpeech(wire), SpeechRequest("Hi."))
    await spoken(HttpTextToSpeech(wire, "tts-1"), SpeechRequest("Hi.", on_usage=usages.append))
    await spoken(HttpTextToSpeech(wire), SpeechRequest("Ho.", on_usage=usages.append))
    asked = [request.json.get("stream_format") for request in server.requests_for(PATH)]
    assert asked == [None, None, "sse"]
    assert [usage.basis for usage in usages] == [Basis.MEASURED, Basis.REPORTED]


async def test_a_server_that_refuses_events_or_ignores_the_wish(server: LoopbackServer, make_wire: MakeWire) -> None:
    def refuses(request: Request) -> Answer:
        if "stream_format" in request.json:
            return faults.error(400, "Unknown parameter: 'stream_format'.", param="stream_format")
        return plain(tone(request.json["input"]).tobytes(), "audio/pcm")

    usages: list[Usage] = []
    for answer in (refuses, plain(tone("Hi.").tobytes(), "audio/pcm")):
        server.answer_always(PATH, answer)
        sound = await spoken(HttpTextToSpeech(make_wire()), SpeechRequest("Hi.", on_usage=usages.append))
        assert np.array_equal(sound * 32768, tone("Hi."))
    assert [(usage.basis, dict(usage.amounts)) for usage in usages] == [(Basis.MEASURED, {"characters": 3.0})] * 2


async def test_a_voice_of_another_engine_is_not_asked_for(server: LoopbackServer, make_wire: MakeWire) -> None:
    for wire in (make_wire(), make_wire(kind=ProviderKind.COMPATIBLE, name="own")):
        for voice in ("en-gb", "voice_12"):
            await spoken(HttpTextToSpeech(wire, "gpt-4o-mini-tts"), SpeechRequest("Hi.", voice=voice))
    asked = [request.json["voice"] for request in server.requests_for(PATH)]
    assert asked == ["marin", {"id": "voice_12"}, "en-gb", {"id": "voice_12"}]


async def test_a_model_without_instructions_gets_none(server: LoopbackServer, wire: Wire) -> None:
    await spoken(HttpTextToSpeech(wire, "tts-1"), SpeechRequest("Hi.", instructions="Calm."))
    assert server.requests_for(PATH)[0].json == {
        "model": "tts-1", "input": "Hi.", "voice": "alloy", "response_format": "pcm",
    }  # fmt: skip


def test_voices_come_from_the_table(wire: Wire) -> None:
    assert [voice.id for voice in HttpTextToSpeech(wire).voices()][:2] == ["marin", "cedar"]
    assert HttpTextToSpeech(wire, "speaches-ai/Kokoro-82M".lower()).voices()[0].id == "af_heart"
    assert [voice.id for voice in HttpTextToSpeech(wire, "unknown").voices()] == ["alloy"]


async def test_nothing_to_say_sends_nothing(server: LoopbackServer, wire: Wire) -> None:
    engine = HttpTextToSpeech(wire)
    for text in (" \n", "…", "?!", "👩"):
        assert len(await spoken(engine, SpeechRequest(text))) == 0
    with pytest.raises(TooLong):
        await spoken(engine, SpeechRequest("x" * (engine.max_chars + 1)))
    assert server.requests == []


async def test_sound_starts_before_it_is_complete_and_closing_ends_it(server: LoopbackServer, wire: Wire) -> None:
    server.script.speech = SpeechScript(times_real_time=1)
    async with aclosing(HttpTextToSpeech(wire).speak(SpeechRequest("A rather long sentence. " * 20))) as blocks:
        assert len(await anext(blocks)) > 0
        (request,) = server.requests_for(PATH)
        assert request.done_at is None
    await server.until(lambda: request.disconnected_at is not None)


@pytest.mark.parametrize(
    ("ending", "kind"), [(Ending.CLOSE, ProviderDown), (Ending.RESET, ProviderDown), (Ending.STALL, TimedOut)]
)
async def test_sound_that_breaks_off(
    ending: Ending, kind: type[Exception], server: LoopbackServer, make_wire: MakeWire
) -> None:
    answer = replace(plain(tone("x").tobytes(), "audio/pcm"), ending=ending)
    server.answer_always(PATH, replace(answer, framing=Framing.CHUNKED))
    heard = 0
    with pytest.raises(kind):  # noqa: PT012
        async for block in HttpTextToSpeech(make_wire(timeouts=replace(QUICK, silence_s=0.1))).speak(
            SpeechRequest("x")
        ):
            heard += len(block)
    assert heard == len(tone("x"))


@pytest.mark.parametrize("body", [b"", b"ID3\x04" + bytes(40), b"OggS" + bytes(40)])
async def test_other_sound_than_asked_for(body: bytes, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(PATH, plain(body, "audio/pcm"))
    with pytest.raises(BadAnswer):
        await spoken(HttpTextToSpeech(wire), SpeechRequest("Hi."))


class Doubling:
    """A resampler that repeats every frame."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        assert (from_hz, to_hz) == (12_000, 24_000)

    def push(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.repeat(block, 2)

    def finish(self) -> npt.NDArray[np.float32]:
        return np.ones(1, dtype=np.float32)


def wav(samples: bytes, rate_hz: int, channels: int = 1, code: int = 1, bits: int = 16, extra: bytes = b"") -> bytes:
    align = channels * bits // 8
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, channels, rate_hz, rate_hz * align, align, bits)
    return b"RIFF\xff\xff\xff\xffWAVE" + form + extra + b"data\xff\xff\xff\xff" + samples


async def test_another_rate_is_resampled(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(PATH, plain(wav(struct.pack("<3h", 100, 200, 300), 12_000), "audio/wav"))
    sound = await spoken(HttpTextToSpeech(wire, make_resampler=Doubling), SpeechRequest("Hi."))
    assert list(sound * 32768) == [100, 100, 200, 200, 300, 300, 32768]
    with pytest.raises(BadAnswer):
        await spoken(HttpTextToSpeech(wire), SpeechRequest("Hi."))


def decode(data: bytes, cuts: list[int]) -> npt.NDArray[np.float32]:
    decoder = SoundDecoder()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    blocks = [decoder.push(data[a:b]) for a, b in zip(edges, edges[1:], strict=False)]  # noqa: RUF007
    return np.concatenate([*blocks, decoder.finish()])


SAMPLES = st.lists(st.integers(-32768, 32767), max_size=40)
CUTS = st.lists(st.integers(0, 200), max_size=10)


@given(samples=SAMPLES, cuts=CUTS, list_chunk=st.binary(max_size=9), is_wav=st.booleans())
def test_samples_are_the_same_however_they_are_cut(
    samples: list[int], cuts: list[int], list_chunk: bytes, is_wav: bool
) -> None:
    pcm = struct.pack(f"<{len(samples)}h", *samples)
    pad = bytes(len(list_chunk) % 2)
    extra = struct.pack("<4sI", b"LIST", len(list_chunk)) + list_chunk + pad
    # eight silent frames first: bytes that by chance spell a magic number are not the subject
    data = wav(pcm, 24_000, extra=extra) if is_wav else bytes(16) + pcm
    sound = decode(data, cuts)
    assert list(sound * 32768) == samples if is_wav else list(sound[8:] * 32768) == samples


def test_stereo_and_float_wav() -> None:
    stereo = struct.pack("<4h", 100, 300, -100, -300)
    assert list(decode(wav(stereo, 24_000, channels=2), [50]) * 32768) == [200, -200]
    floats = np.array([0.5, np.nan], dtype="<f4").tobytes()
    assert list(decode(wav(floats, 24_000, code=3, bits=32), [])) == [0.5, 0.0]
    with pytest.raises(WrongSound):
        decode(wav(b"12345678", 24_000, code=1, bits=24), [])


def test_sound_in_events() -> None:
    pcm = struct.pack("<3h", 1, 2, 3)
    events = [{"type": "speech.audio.delta", "audio": base64.b64encode(p).decode()} for p in (pcm[:3], pcm[3:])]
    done = {"type": "speech.audio.done", "usage": {"input_tokens": 3, "output_tokens": 9}}
    data = "".join(f"data: {json.dumps(event)}\n\n" for event in (*events, done)).encode()
    decoder = SoundDecoder()
    assert list(np.concatenate((decoder.push(data), decoder.finish())) * 32768) == [1, 2, 3]
    assert decoder.usage == done["usage"]


@pytest.mark.parametrize("data", [b"RIFF\x00\x00\x00\x00WAVEfmt ", b"data: {oops\n\n    "])
def test_sound_that_is_none(data: bytes) -> None:
    with pytest.raises(NotTheProtocol):
        decode(data, [])
