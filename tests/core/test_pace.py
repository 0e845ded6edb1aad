"""A provider's pace: read from headers, kept without a clock of its own, never a reason to wait for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.pace import LONGEST_PREDICTED_S, Pace, span_s


def told(left: int, limit: int = 100, resets: str = "60s", kind: str = "requests") -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(left),
        f"x-ratelimit-reset-{kind}": resets,
    }


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0), ("6m0s", 360.0), ("1h2m3s", 3723.0), ("12ms", 0.012), ("1.5s", 1.5), ("7", 7.0), ("59.7", 59.7),
        ("", None), ("soon", None), ("-1", None), ("s", None), ("1d", None), ("nan", None),
    ],
)  # fmt: skip
def test_spans_are_read_in_every_form(text: str, seconds: float | None) -> None:
    assert span_s(text) == (None if seconds is None else pytest.approx(seconds))


def test_nothing_is_known_before_the_first_answer() -> None:
    assert Pace().wait_s(0.0, is_urgent=False) == 0.0
    assert Pace().answered({"content-type": "x"}, 0.0) == Pace()


def test_an_empty_allowance_is_waited_for_as_it_flows_back() -> None:
    pace = Pace().answered(told(0, resets="60s"), 10.0)
    assert pace.wait_s(10.0, is_urgent=True) == pytest.approx(0.6)  # 100 in a minute
    assert pace.wait_s(10.3, is_urgent=True) == pytest.approx(0.3)
    assert pace.wait_s(11.0, is_urgent=True) == 0.0


def test_work_without_hurry_leaves_a_fifth_to_the_conversation() -> None:
    pace = Pace().answered(told(20), 0.0)
    assert pace.wait_s(0.0, is_urgent=True) == 0.0
    assert pace.wait_s(0.0, is_urgent=False) > 0.0
    assert Pace().answered(told(30), 0.0).wait_s(0.0, is_urgent=False) == 0.0


def test_a_limit_of_one_can_be_used_by_everyone() -> None:
    assert Pace().answered(told(1, limit=1), 0.0).wait_s(0.0, is_urgent=False) == 0.0


def test_requests_on_their_way_count_until_an_answer_tells() -> None:
    pace = Pace().answered(told(2, limit=2, resets="10s"), 0.0).sent(0.0).sent(0.0)
    assert pace.wait_s(0.0, is_urgent=True) > 0.0


def test_tokens_run_out_too() -> None:
    pace = Pace().answered(told(0, limit=60_000, kind="tokens"), 0.0)
    assert pace.wait_s(0.0, is_urgent=True) > 0.0


def test_a_refusal_closes_for_everybody_and_the_longest_counts() -> None:
    pace = Pace().refused(30.0, 100.0).refused(5.0, 101.0)
    assert pace.closed_s(110.0) == pytest.approx(20.0)
    assert pace.wait_s(110.0, is_urgent=True) == pytest.approx(20.0)
    assert pace.closed_s(131.0) == 0.0


@pytest.mark.parametrize(
    "headers",
    [told(5, limit=3), told(0, limit=0), told(-1), told(0, resets="soon"), {"x-ratelimit-remaining-requests": "0"}],
)
def test_numbers_without_sense_are_not_obeyed(headers: dict[str, str]) -> None:
    assert Pace().answered(headers, 0.0).wait_s(0.0, is_urgent=True) == 0.0


def event(left: object, limit: object = 100, resets_s: object = 60, name: object = "requests") -> object:
    return [{"name": name, "limit": limit, "remaining": left, "reset_seconds": resets_s}]


@pytest.mark.parametrize("resets_s", [60, 60.0, "60s"])
def test_an_event_of_a_session_says_the_same_as_headers(resets_s: object) -> None:
    headers = Pace().answered(told(3), 5.0)
    assert Pace().told(event(3, resets_s=resets_s), 5.0) == headers
    both = headers.told(event(0, 60_000, 30, "tokens"), 6.0)
    assert both.buckets["requests"] == headers.buckets["requests"]
    assert both.wait_s(6.0, is_urgent=True) > 0.0


@pytest.mark.parametrize(
    "limits",
    [
        None, {}, "none left", [], [None], [3], [{}], event(5, limit=3), event(0, limit=0), event(-1), event(None),
        event(True), event(0, resets_s=-1), event(0, resets_s=None), event(0, resets_s=float("nan")), event([]),
        event(0, name="images"), event(0, name=["requests"]), event(0, name=None),
    ],
)  # fmt: skip
def test_an_event_without_sense_is_not_obeyed(limits: object) -> None:
    assert Pace().told(limits, 0.0) == Pace()


@given(st.integers(0, 1000), st.integers(1, 1000), st.floats(0, 1e5), st.floats(0, 1e5), st.booleans())
def test_no_guess_holds_up_for_long(left: int, limit: int, resets_s: float, later_s: float, is_urgent: bool) -> None:
    pace = Pace().answered(told(left, limit, f"{resets_s}s"), 0.0).sent(0.0)
    assert 0.0 <= pace.wait_s(later_s, is_urgent=is_urgent) <= LONGEST_PREDICTED_S
