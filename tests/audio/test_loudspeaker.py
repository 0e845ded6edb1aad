"""The loudspeaker: its callback called with arrays, and what the virtual card really gives."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.audio.sounds import chirp, find, until
from tests.soundcard import SoundCard
from voiceapp.audio.device import SoundDevices
from voiceapp.audio.loudspeaker import SoundLoudspeaker
from voiceapp.audio.playhead import Playhead
from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import DeviceError

RATE_HZ = 48_000


class FakeOutput:
    """A device without time: the test asks for its blocks."""

    latency = 0.06

    def __init__(self, fill: Callable[..., None]) -> None:
        self.fill = fill
        self.calls: list[str] = []
        self.called = threading.Condition()
        self.active = True

    def _note(self, what: str) -> None:
        with self.called:
            self.calls.append(what)
            self.called.notify_all()

    def start(self) -> None:
        self._note("start")

    def abort(self) -> None:
        self._note("abort")

    def close(self) -> None:
        self._note("close")

    def pull(self, frames: int = 960, *, underflow: bool = False) -> Float32Block:
        out = np.full((frames, 1), 9.0, dtype=np.float32)
        moment = SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.0)
        self.fill(out, frames, moment, SimpleNamespace(output_underflow=underflow))
        return out[:, 0]

    async def saw(self, *calls: str) -> None:
        def wait() -> bool:
            with self.called:
                return self.called.wait_for(lambda: self.calls == list(calls), 5.0)

        assert await asyncio.to_thread(wait), self.calls


class Bench:
    """A loudspeaker on a fake device."""

    output: FakeOutput

    def __init__(self) -> None:
        self.speaker = SoundLoudspeaker("Fake", RATE_HZ, self._open)

    def _open(self, fill: Callable[..., None]) -> Any:
        self.output = FakeOutput(fill)
        return self.output


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.speaker.prepare()
    yield made
    await made.speaker.close()


def ramp(frames: int) -> Float32Block:
    return np.linspace(0.1, 0.9, frames, dtype=np.float32)


async def test_starts_once_the_device_can_be_filled(bench: Bench) -> None:
    await bench.speaker.play(ramp(3_839))
    assert bench.output.calls == []
    await bench.speaker.play(ramp(1))
    await bench.output.saw("start")
    assert np.array_equal(bench.output.pull(3_839), ramp(3_839))


async def test_a_short_sound_starts_when_it_is_finished(bench: Bench) -> None:
    await bench.speaker.play(ramp(480))
    bench.speaker.finish()
    await bench.output.saw("start")
    out = bench.output.pull()
    assert np.array_equal(out[:480], ramp(480))
    assert not out[480:].any()


async def test_a_slow_source_is_not_held_back_for_long(bench: Bench) -> None:
    await bench.speaker.play(ramp(480))
    await bench.output.saw("start")


async def test_discard_silences_the_device_and_what_comes_next_is_whole(bench: Bench) -> None:
    await bench.speaker.play(ramp(4_800))
    await bench.output.saw("start")
    bench.output.pull()
    bench.speaker.discard()
    assert not bench.output.pull().any()  # at once, even before the abort
    await bench.output.saw("start", "abort")
    await bench.speaker.play(ramp(3_840))
    await bench.output.saw("start", "abort", "start")
    assert np.array_equal(bench.output.pull(3_840), ramp(3_840))
    assert bench.speaker.underruns == 0


async def test_sound_played_right_after_discard_is_not_lost(bench: Bench) -> None:
    for _ in range(20):
        await bench.speaker.play(ramp(4_800))
        bench.speaker.discard()
        await bench.speaker.play(ramp(3_840))
        await until(lambda: not bench.speaker._wants_silence and bench.output.calls[-1:] == ["start"])
        assert np.array_equal(bench.output.pull(3_840), ramp(3_840))
        bench.speaker.discard()


async def test_running_dry_in_mid_speech_is_counted_once_per_gap(bench: Bench) -> None:
    await bench.speaker.play(ramp(3_840))
    await bench.output.saw("start")
    bench.output.pull(3_840)
    for _ in range(3):
        assert not bench.output.pull().any()
    assert bench.speaker.underruns == 0  # nobody knows yet whether more was to come
    await bench.speaker.play(ramp(960))
    bench.output.pull()
    assert bench.speaker.underruns == 1
    bench.speaker.finish()
    bench.output.pull()
    await bench.speaker.play(ramp(960))
    bench.output.pull()
    assert bench.speaker.underruns == 1  # between two sayings it is no underrun


async def test_a_device_that_stops_by_itself_is_an_error(bench: Bench) -> None:
    await bench.speaker.play(ramp(3_840))
    await bench.output.saw("start")
    bench.output.active = False
    async with asyncio.timeout(5):
        with pytest.raises(DeviceError, match="Fake"):
            await bench.speaker.drained()


def test_the_playhead_counts_what_was_heard() -> None:
    head = Playhead(1_000)
    head.sent(20, heard_at_s=10.0)
    head.sent(20, heard_at_s=10.02)
    head.sent(10, heard_at_s=10.10)  # after a gap
    assert [head.heard_frames(t) for t in (9.9, 10.0105, 10.0305, 10.07, 10.1045, 11)] == [0, 10, 30, 40, 44, 50]
    assert head.ends_at_s() == pytest.approx(10.11)
    head.cut(10.0305)
    assert (head.heard_frames(11), head.sent_frames, head.ends_at_s()) == (30, 30, None)
    head.sent(5, heard_at_s=12.0)
    assert [head.heard_frames(t) for t in (11, 12.0035, 13)] == [30, 33, 35]


@pytest.mark.sound
async def test_clauses_are_heard_without_a_gap_though_the_interpreter_stalls(sound_card: SoundCard) -> None:
    sound = chirp(2.0)
    speaker = SoundDevices().loudspeaker()
    await speaker.prepare()
    with sound_card.record_speaker() as heard:
        for number, start in enumerate(range(0, len(sound.samples), 4_800)):
            await speaker.play(sound.samples[start : start + 4_800])
            if number % 5 == 4:
                _hold_the_interpreter(0.045)
        speaker.finish()
        await speaker.drained()
        drained_at_s = time.monotonic()
    await speaker.close()
    found = find(sound.samples, heard.samples)
    assert found.likeness > 0.98
    assert speaker.underruns == 0
    assert speaker.played_frames == len(sound.samples)
    assert speaker.first_sound_at is not None
    assert abs(heard.time_of(found.at) - speaker.first_sound_at) < 0.03
    assert -0.01 < drained_at_s - heard.time_of(found.at + len(sound.samples)) < 0.08


def _hold_the_interpreter(seconds: float) -> None:
    """Keep the GIL in one call, as a large layout or a garbage collection does."""
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        sum(range(40_000))


@pytest.mark.sound
async def test_discard_is_silence_at_the_sink(sound_card: SoundCard) -> None:
    sound = chirp(1.5)
    speaker = SoundDevices().loudspeaker()
    await speaker.prepare()
    with sound_card.record_speaker() as heard:
        playing = asyncio.create_task(speaker.play(sound.samples))
        await until(lambda: speaker.played_frames >= 9_600)
        speaker.discard()
        cut_at_s = time.monotonic()
        playing.cancel()
        await speaker.drained()
        played = speaker.played_frames
        silent_from = heard.seconds
        await until(lambda: heard.seconds > silent_from + 0.15)
    await speaker.close()
    sounding = np.flatnonzero(np.abs(heard.samples) > 1e-3)
    assert heard.time_of(int(sounding[-1])) - cut_at_s < 0.06
    assert abs(len(range(sounding[0], sounding[-1])) - played) < 0.03 * RATE_HZ
