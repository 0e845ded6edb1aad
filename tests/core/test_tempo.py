"""Faster and slower at the same pitch, whatever the pieces it comes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.audio import Float32Block
from voiceapp.core.tempo import Tempo

RATE_HZ = 24_000


def tone(seconds: float, hz: float = 220.0) -> Float32Block:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def stretched(sound: Float32Block, speed: float, cuts: list[int]) -> Float32Block:
    tempo = Tempo(speed, RATE_HZ)
    edges = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    blocks = [tempo.push(sound[a:b]) for a, b in zip(edges, edges[1:], strict=False)]  # noqa: RUF007
    return np.concatenate([*blocks, tempo.finish()])


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5, 2.0])
def test_the_length_changes_and_the_pitch_does_not(speed: float) -> None:
    sound = stretched(tone(2.0), speed, [1000, 7777, 30_000])
    assert len(sound) == round(2.0 * RATE_HZ / speed)
    middle = sound[RATE_HZ // 8 : -RATE_HZ // 8]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * RATE_HZ / len(middle) == pytest.approx(220.0, abs=2.0)
    envelope = np.abs(middle[: len(middle) // 240 * 240].reshape(-1, 240)).max(axis=1)
    assert envelope.min() > 0.4, "it must not stutter"
    assert envelope.max() < 0.6


@given(cuts=st.lists(st.integers(0, 9000), max_size=6), speed=st.sampled_from([0.5, 0.8, 1.6, 2.0]))
def test_pieces_make_no_difference(cuts: list[int], speed: float) -> None:
    sound = tone(0.4)
    assert np.allclose(stretched(sound, speed, cuts), stretched(sound, speed, []), atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 100, 700])
def test_very_short_sounds(frames: int) -> None:
    assert len(stretched(np.ones(frames, dtype=np.float32), 0.5, [])) == 2 * frames
