"""Which failures another provider may mend, and who is asked last meanwhile."""

from __future__ import annotations

import pytest

from voiceapp.core import errors as e
from voiceapp.core.chain import LONG_REST_S, REST_S, is_passed_on, order, rest_s


@pytest.mark.parametrize(
    ("error", "passed", "rests_s"),
    [
        (e.ProviderDown("x"), True, REST_S),
        (e.NoNetwork("x"), True, REST_S),
        (e.TimedOut("x"), True, REST_S),
        (e.BadAnswer("x"), True, REST_S),
        (e.NoCredit("x"), True, LONG_REST_S),
        (e.NoKey("x"), True, LONG_REST_S),
        (e.AuthFailed("x"), True, LONG_REST_S),
        (e.ModelGone("x", model="m"), True, LONG_REST_S),
        (e.RateLimited("x", retry_after_s=42.0), True, 42.0),
        (e.Refused("x"), False, REST_S),
        (e.TooLong("x"), False, REST_S),
        (e.BadRequest("x"), False, REST_S),
        (e.StoreError("x"), False, REST_S),
    ],
)
def test_what_is_passed_on(error: e.VoiceAppError, passed: bool, rests_s: float) -> None:
    assert is_passed_on(error) is passed
    assert rest_s(error) == rests_s


def test_who_rests_is_asked_last_and_comes_back() -> None:
    resting = {"a": 10.0}
    assert order(("a", "b", "c"), resting, 5.0) == ("b", "c", "a")
    assert order(("a", "b", "c"), resting, 10.0) == ("a", "b", "c")
    assert order(("a", "b"), {"a": 10.0, "b": 10.0}, 5.0) == ("a", "b")
