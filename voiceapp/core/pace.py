"""Within which pace a provider wants to be asked, read from its answers and events. Pure: times come as arguments.

A provider tells how many requests and tokens are left and when the whole allowance is back; in between it refills
evenly. What is predicted from that only delays: whoever is in a hurry asks anyway once the predicted wait is long,
since the server knows better. A refusal with a wait is a fact and is obeyed by everyone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

KINDS = ("requests", "tokens")
HEADERS = ("limit", "remaining", "reset")
FIELDS = ("limit", "remaining", "reset_seconds")
"""What a header of an answer, and what an event of a realtime session, calls an allowance, what is left, and when."""
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
        told = ((kind, [headers.get(f"x-ratelimit-{name}-{kind}", "") for name in HEADERS]) for kind in KINDS)
        return self._with({kind: _bucket(texts, now_s) for kind, texts in told})

    def told(self, limits: object, now_s: float) -> Pace:
        """Return the pace after an event with *limits*, a list of allowances by name; nonsense changes nothing."""
        found: dict[str, Bucket | None] = {}
        for one in limits if isinstance(limits, list) else ():
            if isinstance(one, Mapping) and one.get("name") in KINDS:
                found[one["name"]] = _bucket([str(one.get(name, "")) for name in FIELDS], now_s)
        return self._with(found)

    def _with(self, found: Mapping[str, Bucket | None]) -> Pace:
        known = {kind: bucket for kind, bucket in found.items() if bucket is not None}
        return replace(self, buckets={**self.buckets, **known}) if known else self

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


def _bucket(texts: Sequence[str], now_s: float) -> Bucket | None:
    """Read one allowance: limit, what is left, until when; None where they are missing or make no sense."""
    limit, left, resets_s = _number(texts[0]), _number(texts[1]), span_s(texts[2])
    if limit is None or left is None or resets_s is None or limit < 1 or left > limit:
        return None
    per_s = (limit - left) / resets_s if resets_s > 0 and left < limit else limit
    return Bucket(limit, left, per_s, now_s)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0.0 <= number < 1e12 else None
