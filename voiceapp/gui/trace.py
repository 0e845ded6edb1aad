"""The last eight seconds of sound, both sides: measured levels with their time, binned for painting. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voiceapp.gui.meter import fraction

TRACE_S = 8.0


@dataclass(frozen=True)
class Bars:
    """Heights 0..1, oldest first; both of the same length."""

    you: tuple[float, ...]
    it: tuple[float, ...]


class Trace:
    """Keeps levels of the last :data:`TRACE_S` seconds. Only what was measured is ever shown."""

    def __init__(self) -> None:
        self._you: deque[tuple[float, float]] = deque()
        self._it: deque[tuple[float, float]] = deque()

    def add_you(self, rms_db: float, now_s: float) -> None:
        """Take a level of the microphone."""
        self._add(self._you, rms_db, now_s)

    def add_it(self, rms_db: float, now_s: float) -> None:
        """Take a level of the loudspeaker."""
        self._add(self._it, rms_db, now_s)

    def is_empty(self, now_s: float) -> bool:
        """Whether eight seconds have passed without a level."""
        return all(not side or side[-1][0] < now_s - TRACE_S for side in (self._you, self._it))

    def bars(self, count: int, now_s: float) -> Bars:
        """Return the eight seconds until *now_s* in *count* bins, each its loudest level.

        Bins are fixed to the clock, not to *now_s*, so that bars move as a whole and do not flicker.
        """
        return Bars(_binned(self._you, count, now_s), _binned(self._it, count, now_s))

    @staticmethod
    def _add(side: deque[tuple[float, float]], rms_db: float, now_s: float) -> None:
        if (height := fraction(rms_db)) > 0.0:
            side.append((now_s, height))
        while side and side[0][0] < now_s - TRACE_S - 1.0:
            side.popleft()


def _binned(side: deque[tuple[float, float]], count: int, now_s: float) -> tuple[float, ...]:
    bins = [0.0] * count
    if count:
        last = int(now_s * count / TRACE_S)
        for at_s, height in side:
            place = count - 1 - (last - int(at_s * count / TRACE_S))
            if 0 <= place < count:
                bins[place] = max(bins[place], height)
    return tuple(bins)
