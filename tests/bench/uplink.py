"""From release to transcript over a slow line: half a minute of speech as WAV, FLAC, Opus, and sent while it is spoken.

The real adapters against a loopback server that reads no faster than the line carries. Everything is encoded while the
person speaks; what is measured begins at release. Latency of the line itself is not simulated: it adds the same
round trip to each.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence

import numpy as np

from tests.bench.report import Report, Series
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript, LiveScript
from tests.spoken import RATE_HZ, spoken
from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.upload import can_opus, flac_upload, opus_upload
from voiceapp.core.audio import Float32Block
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.speech import HearingRequest
from voiceapp.openai_api.live_speech_to_text import LiveSpeechToText
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.uploads import MakeEncoder, WavEncoder
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import SpeechToText
from voiceapp.resources import model_table

MBIT_S = (1.0, 5.0, 50.0)
SERVICE_MS = 150.0
BLOCK_S = 0.02
PARAGRAPH = (
    "Every morning the old harbour wakes before the town, and the boats leave one by one without noise. "
    "Nobody on the quay speaks much then, because the work is known and the cold is quite enough. "
    "Later the market opens its doors, and people from all the hills come down to buy fresh fish."
)


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=20, help="takes per format and line (default 20)")
    options.add_argument("--live", type=int, default=5, help="takes sent live per line, in real time (default 5)")
    options.add_argument("--seconds", type=float, default=30.0, help="length of a take (default 30)")


def measure(arguments: argparse.Namespace) -> Report:
    """Measure every format on every line, then live on all lines at once."""
    take = speech_of(arguments.seconds)
    series = asyncio.run(uploads(take, arguments.n))
    series += asyncio.run(lives(take, arguments.live))
    notes = [
        f"{arguments.seconds:.0f} s of synthetic speech, {SERVICE_MS:.0f} ms of service; release → transcript",
        "uploads are encoded while the person speaks, on a connection opened at key-down; live takes run in real time",
    ]
    return Report("uplink", series, notes)


def speech_of(seconds: float) -> Float32Block:
    """Return so much speech at 16 kHz."""
    said = spoken(PARAGRAPH)
    take: Float32Block = np.tile(said, int(seconds * RATE_HZ / len(said)) + 1)[: int(seconds * RATE_HZ)]
    return take


def formats() -> dict[str, MakeEncoder]:
    """Return the formats that can be written here."""
    known: dict[str, MakeEncoder] = {"WAV": WavEncoder, "FLAC": flac_upload}
    return known | ({"Opus": opus_upload} if can_opus() else {})


async def uploads(take: Float32Block, count: int) -> list[Series]:
    """Measure uploads: in every format, on every line."""
    series = []
    for mbit_s in MBIT_S:
        for name, make_encoder in formats().items():
            with served(mbit_s) as server:

                def engine(wire: Wire, make_encoder: MakeEncoder = make_encoder) -> SpeechToText:
                    return HttpSpeechToText(wire, make_encoder=make_encoder)

                values = [await release_ms(server, engine, take, pace=0.0) for _ in range(count)]
                (file,) = (p.data for p in server.requests_for("/audio/transcriptions")[-1].parts if p.name == "file")
            series.append(Series(f"{mbit_s:g} Mbit/s, {name} ({len(file) / 1000:.0f} kB)", values))
    return series


async def lives(take: Float32Block, count: int) -> list[Series]:
    """Measure live takes, on all lines at the same time: each takes as long as its speech."""

    async def on(mbit_s: float) -> Series:
        with served(mbit_s) as server:
            values = [await release_ms(server, LiveSpeechToText, take, pace=1.0) for _ in range(count)]
        return Series(f"{mbit_s:g} Mbit/s, live", values)

    return list(await asyncio.gather(*map(on, MBIT_S)))


def served(mbit_s: float) -> LoopbackServer:
    """Return a server behind a line of so many Mbit/s."""
    server = LoopbackServer()
    server.uplink_bit_s = mbit_s * 1e6
    server.script.hearing = HearingScript(PARAGRAPH, service_ms=SERVICE_MS)
    server.script.live = LiveScript(PARAGRAPH, tail_ms=SERVICE_MS)
    return server


async def release_ms(
    server: LoopbackServer, make: Callable[[Wire], SpeechToText], take: Float32Block, *, pace: float
) -> float:
    """Speak *take*, *pace* times as slowly as real time at most, and return the milliseconds from release to words."""
    provider = Provider("openai", ProviderKind.OPENAI, server.base_url)
    wire = Wire(provider, lambda: "sk-test-0a1b2c3d4e5f6071", model_table())
    engine = make(wire)
    sound = resampled(take, engine.rate_hz)
    size = int(BLOCK_S * engine.rate_hz)
    loop = asyncio.get_running_loop()
    async with engine.hear(HearingRequest("en"), lambda _text: None) as hearing:
        await asyncio.sleep(0.1)  # the connection opens while the person takes breath
        began_s = loop.time()
        for number, start in enumerate(range(0, len(sound), size)):
            await hearing.push(sound[start : start + size])
            if pace:
                await asyncio.sleep(max(0.0, began_s + (number + 1) * BLOCK_S * pace - loop.time()))
        released_s = time.perf_counter()
        transcript = await hearing.finish()
        elapsed_ms = (time.perf_counter() - released_s) * 1000.0
    await engine.close()
    await wire.close()
    assert transcript.text == PARAGRAPH
    return elapsed_ms


def resampled(take: Float32Block, rate_hz: int) -> Float32Block:
    """Return *take* at *rate_hz*."""
    if rate_hz == RATE_HZ:
        return take
    resampler = StreamResampler(RATE_HZ, rate_hz)
    parts: Sequence[Float32Block] = (resampler.push(take), resampler.finish())
    return np.concatenate(parts)
