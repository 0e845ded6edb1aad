"""The ring behaves as a deque of bounded length, whatever is done to it."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.audio.ring import Ring

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 40)),
        st.tuples(st.just("read"), st.integers(0, 40)),
        st.tuples(st.just("discard"), st.just(0)),
    ),
    max_size=60,
)


@given(size=st.integers(1, 32), steps=STEPS)
def test_as_a_deque(size: int, steps: list[tuple[str, int]]) -> None:
    ring, model = Ring(size), deque[float]()
    discarded = 0  # still occupies room until the reader has been there
    number = 0
    for what, count in steps:
        if what == "write":
            block = np.arange(number, number + count, dtype=np.float32)
            number += count
            taken = ring.write(block)
            assert taken == min(count, size - len(model) - discarded)
            model.extend(block[:taken].tolist())
        elif what == "read":
            out = np.full(count, -1.0, dtype=np.float32)
            expected = [model.popleft() for _ in range(min(count, len(model)))]
            assert ring.read_into(out) == len(expected)
            assert out.tolist() == expected + [0.0] * (count - len(expected))
            discarded = 0
        else:
            ring.discard()
            discarded += len(model)
            model.clear()
        assert ring.queued_frames == len(model)


def test_recent_returns_what_was_read_last() -> None:
    ring = Ring(8)
    for start in range(0, 18, 3):
        ring.write(np.arange(start, start + 3, dtype=np.float32))
        ring.read(3)
    assert ring.recent(4).tolist() == [14, 15, 16, 17]
    assert ring.recent(2, before_frames=3).tolist() == [13, 14]
    assert Ring(8).recent(4).tolist() == []
