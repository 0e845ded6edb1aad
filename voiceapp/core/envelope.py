"""The shape of a recording in a few numbers, collected while it is being recorded."""

from __future__ import annotations

import numpy as np

from voiceapp.core.audio import Float32Block

ENVELOPE_VALUES = 64
"""How many numbers an envelope has at most."""


class Envelope:
    """Peaks of equal stretches of a recording whose length nobody knows yet.

    Stretches begin at 10 ms; whenever there are more than twice :data:`ENVELOPE_VALUES`, neighbours are joined, so
    that an hour costs no more memory than a second.

    Args:
        rate_hz: of the recording.
    """

    def __init__(self, rate_hz: int) -> None:
        self._stretch_frames = max(1, rate_hz // 100)
        self._peaks: list[float] = []
        self._open_peak = 0.0
        self._open_frames = 0
        self.peak = 0.0

    def push(self, block: Float32Block) -> None:
        """Take the next *block*, shape (frames,)."""
        loud = np.abs(block)
        while len(loud):
            part = loud[: self._stretch_frames - self._open_frames]
            loud = loud[len(part) :]
            self._open_peak = max(self._open_peak, float(part.max()))
            self._open_frames += len(part)
            if self._open_frames == self._stretch_frames:
                self._close_stretch()

    def _close_stretch(self) -> None:
        self._peaks.append(self._open_peak)
        self.peak = max(self.peak, self._open_peak)
        self._open_peak, self._open_frames = 0.0, 0
        if len(self._peaks) >= 2 * ENVELOPE_VALUES:
            self._peaks = [max(pair) for pair in zip(self._peaks[::2], self._peaks[1::2], strict=True)]
            self._stretch_frames *= 2

    def values(self) -> tuple[float, ...]:
        """Return at most :data:`ENVELOPE_VALUES` peaks in 0..1, in the order of time."""
        self.peak = max(self.peak, self._open_peak)
        peaks = [*self._peaks, self._open_peak] if self._open_frames else list(self._peaks)
        width = -(-len(peaks) // ENVELOPE_VALUES) or 1
        return tuple(round(min(1.0, max(peaks[i : i + width])), 4) for i in range(0, len(peaks), width))
