"""Within which pace a provider wants to be asked, read from its answers. Pure: times come as arguments.

A provider tells how many requests and tokens are left and when the whole allowance is back; in between it refills
evenly. What is predicted from that only delays: whoever is in a hurry asks anyway once the predicted wait is long,
since the server knows better. A refusal with a wait is a fact and is obeyed by everyone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

KINDS = ("requests", "tokens")
RESERVED = 0.2
"""The part of an allowance that work without hurry leaves to the conversation."""
LONGEST_PREDICTED_S = 60.0
"""A longer prediction is more likely a misunderstanding; the server is asked again after this."""

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


@dataclass(frozen=True)
class Bucket:
    """An allowance of *limit*, of which *left* was there at *seen_at_s*; *per_s* flows back."""

    limit: float
    left: float
    per_s: float
    seen_at_s: float

    def at(self, now_s: float) -> float:
        """Return how much is there at *now_s*."""
        return min(self.limit, self.left + self.per_s * (now_s - self.seen_at_s))

    def wait_s(self, wanted: float, now_s: float) -> float:
        """Return how long until *wanted* is there."""
        missing = wanted - self.at(now_s)
        return 0.0 if missing <= 1e-9 else min(missing / self.per_s, LONGEST_PREDICTED_S)


@dataclass(frozen=True)
class Pace:
    """What one model of a provider allows; *closed_until_s*: it refused, and named this moment."""

    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    closed_until_s: float = 0.0

    def closed_s(self, now_s: float) -> float:
        """Return for how long the provider wants no request at all."""
        return max(0.0, self.closed_until_s - now_s)

    def wait_s(self, now_s: float, *, is_urgent: bool) -> float:
        """Return how long a request should wait; one without hurry leaves :data:`RESERVED` to the others."""
        waits = [self.closed_s(now_s)]
        for bucket in self.buckets.values():
            reserve = 0.0 if is_urgent else min(bucket.limit * RESERVED, bucket.limit - 1)
            waits.append(bucket.wait_s(1 + max(0.0, reserve), now_s))
        return max(waits)

    def sent(self, now_s: float) -> Pace:
        """Return the pace once a request is on its way: until its answer tells, it counts as one."""
        requests = self.buckets.get("requests")
        if requests is None:
            return self
        fewer = replace(requests, left=max(0.0, requests.at(now_s) - 1), seen_at_s=now_s)
        return replace(self, buckets={**self.buckets, "requests": fewer})

    def answered(self, headers: Mapping[str, str], now_s: float) -> Pace:
        """Return the pace after an answer with *headers*; those that say nothing change nothing."""
        found = {kind: bucket for kind in KINDS if (bucket := _bucket(headers, kind, now_s)) is not None}
        return replace(self, buckets={**self.buckets, **found}) if found else self

    def refused(self, wait_s: float, now_s: float) -> Pace:
        """Return the pace after the provider asked to wait *wait_s*."""
        return replace(self, closed_until_s=max(self.closed_until_s, now_s + wait_s))


def span_s(text: str) -> float | None:
    """Return the seconds of "1s", "6m0s", "1h2m3s", "12ms" or "0.5"; None for anything else."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        match = _SPAN.fullmatch(text)
        if match is None or not text:
            return None
        hours, minutes, whole, milliseconds = (float(part or 0) for part in match.groups())
        seconds = hours * 3600 + minutes * 60 + whole + milliseconds / 1000
    return seconds if 0.0 <= seconds < 1e6 else None


def _bucket(headers: Mapping[str, str], kind: str, now_s: float) -> Bucket | None:
    """Read one allowance; None where the numbers are missing or make no sense."""
    limit = _number(headers.get(f"x-ratelimit-limit-{kind}"))
    left = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
    resets_s = span_s(headers.get(f"x-ratelimit-reset-{kind}", ""))
    if limit is None or left is None or resets_s is None or limit < 1 or left > limit:
        return None
    per_s = (limit - left) / resets_s if resets_s > 0 and left < limit else limit
    return Bucket(limit, left, per_s, now_s)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0.0 <= number < 1e12 else None
