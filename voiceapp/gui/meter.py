"""A level meter's needle: quick to rise, slower to fall, with the peak held. Pure; time arrives as an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

ATTACK_MS = 30.0
RELEASE_MS = 180.0
PEAK_HOLD_MS = 800.0
FLOOR_DB = -54.0
CEILING_DB = -3.0


def fraction(level_db: float) -> float:
    """Return where *level_db* stands between the meter's floor and its ceiling, 0..1."""
    return min(1.0, max(0.0, (level_db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)))


@dataclass(frozen=True)
class Meter:
    """The needle at *at_ms*: ``value`` and held ``peak`` in 0..1, and the ``target`` it moves to."""

    value: float = 0.0
    target: float = 0.0
    peak: float = 0.0
    peaked_at_ms: float = -math.inf
    at_ms: float = 0.0

    @property
    def is_at_rest(self) -> bool:
        """Whether waiting changes nothing any more."""
        return self.value == 0.0 and self.peak == 0.0 and self.target == 0.0

    def advanced(self, now_ms: float) -> Meter:
        """Return the needle after the time until *now_ms*."""
        elapsed_ms = max(0.0, now_ms - self.at_ms)
        pace_ms = ATTACK_MS if self.target > self.value else RELEASE_MS
        value = self.target + (self.value - self.target) * math.exp(-elapsed_ms / pace_ms)
        if value < 0.005 and self.target == 0.0:
            value = 0.0
        peak = self.peak if now_ms - self.peaked_at_ms < PEAK_HOLD_MS else 0.0
        return replace(self, value=value, peak=max(peak, 0.0), at_ms=now_ms)

    def pushed(self, rms_db: float, peak_db: float, now_ms: float) -> Meter:
        """Return the needle that now heads for a new measurement."""
        now = self.advanced(now_ms)
        peak = fraction(peak_db)
        if peak > 0.0 and peak >= now.peak:
            return replace(now, target=fraction(rms_db), peak=peak, peaked_at_ms=now_ms)
        return replace(now, target=fraction(rms_db))

    def released(self, now_ms: float) -> Meter:
        """Return the needle whose signal has ended: it falls to zero."""
        return replace(self.advanced(now_ms), target=0.0)
