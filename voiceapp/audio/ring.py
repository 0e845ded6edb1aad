"""A ring of sound between two threads: one writes, one reads, nobody locks.

A newcomer may ask why not ``queue.Queue``: it locks and allocates per block, and a callback that waits for a lock
is a callback that misses its deadline. Here each index has exactly one writing thread and is published last, which
is all that CPython's memory model asks for.
"""

from __future__ import annotations

import numpy as np

from voiceapp.core.audio import Float32Block


class Ring:
    """Mono float32 frames, first in, first out; one producer thread, one consumer thread.

    Args:
        size_frames: how many frames it holds at most.
    """

    def __init__(self, size_frames: int) -> None:
        self._data: Float32Block = np.zeros(size_frames, dtype=np.float32)
        self._written = 0  # the producer's
        self._discard_to = 0  # the producer's
        self._read = 0  # the consumer's

    @property
    def size_frames(self) -> int:
        """What fits."""
        return len(self._data)

    @property
    def queued_frames(self) -> int:
        """Frames that a reader would still get. Any thread."""
        return max(0, self._written - max(self._read, self._discard_to))

    def write(self, block: Float32Block) -> int:
        """Copy in as much of *block*, shape (frames,), as fits; return that count. Producer's thread."""
        size = len(self._data)
        count = min(len(block), size - (self._written - self._read))
        start = self._written % size
        head = min(count, size - start)
        self._data[start : start + head] = block[:head]
        self._data[: count - head] = block[head:count]
        self._written += count  # publish last
        return count

    def discard(self) -> None:
        """Wish everything queued away; the reader obeys before it reads again. Producer's thread."""
        self._discard_to = self._written

    def read_into(self, out: Float32Block) -> int:
        """Fill *out*, shape (frames,), with what is queued, then zeros; return the count. Consumer's thread."""
        size = len(self._data)
        begin = max(self._read, self._discard_to)
        count = min(len(out), self._written - begin)
        start = begin % size
        head = min(count, size - start)
        out[:head] = self._data[start : start + head]
        out[head:count] = self._data[: count - head]
        out[count:] = 0.0
        self._read = begin + count  # publish last
        return count

    def read(self, most_frames: int) -> Float32Block:
        """Return up to *most_frames* in an array of their own. Consumer's thread."""
        out = np.empty(min(most_frames, self.queued_frames), dtype=np.float32)
        return out[: self.read_into(out)]

    def recent(self, frames: int, before_frames: int = 0) -> Float32Block:
        """Return a copy of *frames* already read, ending *before_frames* before the last one read.

        For meters: it may be torn when the producer has come round meanwhile, which a meter does not mind. Any thread.
        """
        end = max(0, self._read - before_frames)
        where = np.arange(max(0, end - frames), end) % len(self._data)
        return self._data[where]
