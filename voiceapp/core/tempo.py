"""Speech faster or slower at the same pitch, as a stream (WSOLA: overlapped pieces, each taken where it fits best)."""

from __future__ import annotations

import numpy as np

from voiceapp.core.audio import Float32Block

PIECE_S = 0.03
"""About two periods of a low voice: shorter pieces change the pitch, longer ones stutter."""
REACH_S = 0.008
"""How far from its place a piece is looked for: one period of a low voice."""


class Tempo:
    """A stream of mono sound, *speed* times as fast. Costs about 1 % of a core while sound comes.

    What comes out is as long as what goes in divided by *speed*, to within a piece.
    """

    def __init__(self, speed: float, rate_hz: int) -> None:
        self._size = 2 * round(PIECE_S * rate_hz / 2)
        self._reach = round(REACH_S * rate_hz)
        self._step = self._size // 2
        self._window = np.hanning(self._size + 1)[: self._size].astype(np.float32)
        self._speed = speed
        self._sound: Float32Block = np.zeros(0, dtype=np.float32)
        self._first = 0  # which frame of the stream self._sound begins with
        self._count = 0  # pieces given out
        self._last = 0  # where the last piece was taken
        self._tail: Float32Block = np.zeros(self._step, dtype=np.float32)
        self._in_frames = self._out_frames = 0

    def push(self, block: Float32Block) -> Float32Block:
        """Return what *block* allows to compute so far; may be empty."""
        self._in_frames += len(block)
        self._sound = np.concatenate((self._sound, block))
        return self._taken(self._first + len(self._sound))

    def finish(self) -> Float32Block:
        """Return the rest; the stream is used up."""
        wanted = round(self._in_frames / self._speed) - self._out_frames
        silence = np.zeros(2 * self._size + 2 * self._reach, dtype=np.float32)
        self._sound = np.concatenate((self._sound, silence))
        rest = [self._taken(self._first + len(self._sound)), self._tail]
        return np.concatenate(rest)[: max(0, wanted)]

    def _taken(self, end: int) -> Float32Block:
        """Take pieces as long as their whole neighbourhood is there, up to frame *end*."""
        out: list[Float32Block] = []
        while True:
            place = round(self._count * self._step * self._speed)
            if max(place + self._reach, self._last + self._step) + self._size > end:
                break
            at = self._best(place)
            piece = self._sound[at - self._first : at - self._first + self._size] * self._window
            out.append(self._tail + piece[: self._step])
            self._tail = piece[self._step :]
            self._count, self._last = self._count + 1, at
        self._forget()
        sound = np.concatenate(out).astype(np.float32) if out else np.zeros(0, dtype=np.float32)
        self._out_frames += len(sound)
        return sound

    def _best(self, place: int) -> int:
        """Return where, near *place*, the sound goes on most like the last piece would have."""
        if not self._count:
            return 0
        low = max(self._first, place - self._reach)
        expected = self._sound[self._last + self._step - self._first :][: self._size]
        region = self._sound[low - self._first : place + self._reach + self._size - self._first]
        return low + int(np.argmax(np.correlate(region, expected, "valid")))

    def _forget(self) -> None:
        """Let go of what no later piece can be taken from."""
        place = round(self._count * self._step * self._speed) - self._reach
        keep_from = max(self._first, min(place, self._last + self._step))
        self._sound = self._sound[keep_from - self._first :]
        self._first = keep_from
