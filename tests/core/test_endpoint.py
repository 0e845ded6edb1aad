"""Beginnings and ends do not depend on how the sound was cut, and a take with speech is told from one without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.endpoint import Boundary, Edge, Endpointer, SpeechCount

ONSET, HANGOVER = 300, 800
RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 2000)), max_size=20)


def boundaries(runs: list[tuple[bool, int]]) -> list[Boundary]:
    endpointer = Endpointer(ONSET, HANGOVER)
    found = [endpointer.push(is_speech, frames) for is_speech, frames in runs]
    return [boundary for boundary in (*found, endpointer.finish()) if boundary is not None]


@given(RUNS, st.data())
def test_any_chunking_gives_the_same_boundaries(runs: list[tuple[bool, int]], data: st.DataObject) -> None:
    pieces: list[tuple[bool, int]] = []
    for is_speech, frames in runs:
        cut = data.draw(st.integers(0, frames))
        pieces += [(is_speech, part) for part in (cut, frames - cut)]
    assert boundaries(pieces) == boundaries(runs)


@given(RUNS)
def test_boundaries_alternate_in_order_and_lie_inside(runs: list[tuple[bool, int]]) -> None:
    found = boundaries(runs)
    assert [boundary.edge for boundary in found] == [Edge.STARTED, Edge.ENDED] * (len(found) // 2)
    at = [boundary.at_frames for boundary in found]
    assert at == sorted(at)
    assert all(0 <= frames <= sum(length for _, length in runs) for frames in at)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([(False, 1000), (True, 299)], []),
        ([(False, 1000), (True, 300)], [(Edge.STARTED, 1000), (Edge.ENDED, 1300)]),
        ([(True, 200), (False, 1), (True, 299)], []),
        ([(True, 500), (False, 799), (True, 1)], [(Edge.STARTED, 0), (Edge.ENDED, 1300)]),
        ([(True, 500), (False, 800)], [(Edge.STARTED, 0), (Edge.ENDED, 500)]),
    ],
)
def test_onset_and_hangover_are_counted_in_a_row(
    runs: list[tuple[bool, int]], expected: list[tuple[Edge, int]]
) -> None:
    assert [(boundary.edge, boundary.at_frames) for boundary in boundaries(runs)] == expected


def test_whoever_speaks_may_be_less_certain() -> None:
    endpointer = Endpointer(ONSET, HANGOVER)
    assert not endpointer.is_speech(0.4)
    endpointer.push(True, ONSET)
    assert endpointer.is_speech(0.4)
    assert not endpointer.is_speech(0.3)


@pytest.mark.parametrize(
    ("probabilities", "has_speech"),
    [
        ([], False),
        ([0.0] * 100, False),
        ([0.9] * 2, False),
        ([0.9] * 3, True),
        ([0.49] * 100, False),
        ([0.9, 0.1] * 3, True),
    ],
    ids=["nothing", "silence", "click", "shortest word", "never certain", "hesitant"],
)
def test_a_take_with_enough_voice_has_speech(probabilities: list[float], has_speech: bool) -> None:
    count = SpeechCount(16_000)
    for probability in probabilities:
        count.push(probability, 512)
    assert count.has_speech is has_speech


@given(st.lists(st.integers(1, 512)))
def test_voice_is_counted_in_frames_not_in_pushes(parts: list[int]) -> None:
    whole, cut = SpeechCount(16_000), SpeechCount(16_000)
    whole.push(1.0, sum(parts))
    for frames in parts:
        cut.push(1.0, frames)
    assert whole.voiced_frames == cut.voiced_frames
