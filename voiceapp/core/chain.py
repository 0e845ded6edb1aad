"""When the next provider takes a turn over, and for how long the one that failed is left in peace. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from voiceapp.core.errors import (
    AuthFailed,
    BadAnswer,
    CannotSee,
    ModelGone,
    NoCredit,
    NoKey,
    NoNetwork,
    ProviderDown,
    RateLimited,
    TimedOut,
    VoiceAppError,
)

_PASSED_ON = (
    AuthFailed, BadAnswer, CannotSee, ModelGone, NoCredit, NoKey, NoNetwork, ProviderDown, RateLimited, TimedOut,
)  # fmt: skip
REST_S = 30.0
"""A provider that is down would cost every turn its timeout: it is asked last for this long."""
LONG_REST_S = 300.0
"""Keys and credit do not come back by themselves."""


def is_passed_on(error: VoiceAppError) -> bool:
    """Tell whether another provider may do better; a refusal or too long a text is the same everywhere."""
    return isinstance(error, _PASSED_ON)


def is_whole_provider(error: VoiceAppError) -> bool:
    """Tell whether *error* is about the provider as such rather than about one job or model of it."""
    return isinstance(error, AuthFailed | NoCredit | NoKey | NoNetwork)


def rest_s(error: VoiceAppError) -> float:
    """Return for how long whoever raised *error* is asked last."""
    if isinstance(error, RateLimited):
        return error.retry_after_s
    if isinstance(error, CannotSee):  # what is asked next may be without a picture
        return 0.0
    return LONG_REST_S if isinstance(error, NoCredit | NoKey | AuthFailed | ModelGone) else REST_S


def order(names: Sequence[str], resting_until_s: Mapping[str, float], now_s: float) -> tuple[str, ...]:
    """Return *names* as they are to be asked: those that rest come last, otherwise as the person put them."""
    return tuple(sorted(names, key=lambda name: resting_until_s.get(name, 0.0) > now_s))
