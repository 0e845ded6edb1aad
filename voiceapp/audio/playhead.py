"""Which frame is being heard now: the map from blocks handed to the device to the ear's clock.

The callback notes, for each block, when its first frame leaves the device and how many of its frames were sound
rather than padding. Everything a person heard follows from that: positions, the end, the first sound.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_REMEMBERED_BLOCKS = 128  # 2.5 s of 20 ms blocks: more than any device buffers


@dataclass(frozen=True, slots=True)
class _Sent:
    at_s: float
    before_frames: int
    frames: int


class Playhead:
    """Sound sent and heard, in frames of sound (padding is not counted). Times are ``time.monotonic()``.

    Args:
        rate_hz: of the stream.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._blocks: deque[_Sent] = deque(maxlen=_REMEMBERED_BLOCKS)
        self._base_frames = 0
        self.sent_frames = 0

    def sent(self, frames: int, heard_at_s: float) -> None:
        """Note *frames* of sound whose first will be heard at *heard_at_s*. The stream's thread; appends only."""
        self._blocks.append(_Sent(heard_at_s, self.sent_frames, frames))
        self.sent_frames += frames

    def heard_frames(self, now_s: float) -> int:
        """Return how many frames of sound have been heard by *now_s*."""
        for block in reversed(tuple(self._blocks)):
            if block.at_s <= now_s:
                return block.before_frames + min(block.frames, int((now_s - block.at_s) * self._rate_hz))
        return min(self._base_frames, self.sent_frames) if not self._blocks else self._blocks[0].before_frames

    def ends_at_s(self) -> float | None:
        """Return when the last frame sent so far has been heard; None when nothing was sent."""
        if not self._blocks:
            return None
        last = self._blocks[-1]
        return last.at_s + last.frames / self._rate_hz

    def cut(self, now_s: float) -> None:
        """The device dropped what it held at *now_s*: frames not heard by then were never sent. Stream stopped."""
        self._base_frames = self.sent_frames = self.heard_frames(now_s)
        self._blocks.clear()
