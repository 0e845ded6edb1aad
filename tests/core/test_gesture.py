"""Hold to talk, tap to toggle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.gesture import TAP_MS, GestureState, Talk, ended, press, release


def test_hold_talks_while_held() -> None:
    state, talk = press(GestureState(), 0.0)
    assert talk is Talk.START
    state, talk = release(state, TAP_MS + 1)
    assert talk is Talk.END
    assert not state.is_talking


def test_tap_toggles() -> None:
    state, _ = press(GestureState(), 0.0)
    state, talk = release(state, TAP_MS - 1)
    assert talk is None
    assert state.is_locked
    state, talk = press(state, 5000.0)
    assert talk is Talk.END
    state, talk = release(state, 5010.0)
    assert talk is None
    assert not state.is_locked


def test_repeated_key_down_changes_nothing() -> None:
    state, _ = press(GestureState(), 0.0)
    assert press(state, 500.0) == (state, None)


def test_an_end_from_elsewhere_forgets_the_lock() -> None:
    state, _ = press(GestureState(), 0.0)
    state, _ = release(state, 10.0)
    state, talk = press(ended(state), 1000.0)
    assert talk is Talk.START


@given(st.lists(st.tuples(st.booleans(), st.floats(1, 1000)), max_size=30))
def test_starts_and_ends_alternate(keys: list[tuple[bool, float]]) -> None:
    state, at_ms, is_talking = GestureState(), 0.0, False
    for is_down, gap_ms in keys:
        at_ms += gap_ms
        state, talk = (press if is_down else release)(state, at_ms)
        if talk is not None:
            assert (talk is Talk.START) != is_talking
            is_talking = talk is Talk.START
        assert state.is_talking == is_talking
