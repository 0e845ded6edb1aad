"""Judging a microphone's signal, and the envelope of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.envelope import ENVELOPE_VALUES, Envelope
from voiceapp.core.signal_check import Signal, check_signal, speech_level_db

RATE_HZ = 16_000


def tone(amplitude: float, seconds: float = 1.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 200 * t)).astype(np.float32)


@pytest.mark.parametrize(
    ("amplitude", "verdict"),
    [(0.0, Signal.ZEROS), (0.0005, Signal.NO_SPEECH), (0.003, Signal.TOO_QUIET), (0.1, Signal.GOOD)],
)
def test_levels(amplitude: float, verdict: Signal) -> None:
    assert check_signal(tone(amplitude), RATE_HZ) is verdict


def test_clipped_but_not_by_one_knock() -> None:
    assert check_signal(np.clip(tone(3.0), -1, 1), RATE_HZ) is Signal.CLIPPED
    knock = tone(0.1)
    knock[5] = 1.0
    assert check_signal(knock, RATE_HZ) is Signal.GOOD


def test_pauses_do_not_make_speech_quiet() -> None:
    spoken = np.concatenate([np.zeros(4 * RATE_HZ, dtype=np.float32), tone(0.1)])
    assert speech_level_db(spoken, RATE_HZ) == pytest.approx(-23.0, abs=0.3)
    assert check_signal(np.zeros(0, dtype=np.float32), RATE_HZ) is Signal.ZEROS
    assert check_signal(tone(0.1, 0.01), RATE_HZ) is Signal.GOOD


@given(cuts=st.lists(st.integers(0, 40_000), max_size=8), length=st.integers(0, 40_000))
def test_the_envelope_does_not_depend_on_the_blocks(cuts: list[int], length: int) -> None:
    sound = np.linspace(0, 0.8, length, dtype=np.float32)
    whole, pieces = Envelope(RATE_HZ), Envelope(RATE_HZ)
    whole.push(sound)
    for block in np.split(sound, sorted(cut for cut in cuts if cut <= length)):
        pieces.push(block)
    values = whole.values()
    assert pieces.values() == values
    assert len(values) <= ENVELOPE_VALUES
    assert list(values) == sorted(values)
    assert not length or values[-1] == pytest.approx(float(sound[-1]), abs=1e-4)
