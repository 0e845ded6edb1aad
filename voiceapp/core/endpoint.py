"""Where speech begins and ends, and whether a take holds any.

Everything is counted in frames, so tests need no clock, and nothing depends on how the sound was cut into blocks.
The verdicts come from a ``Vad``; the numbers here are for Silero at 16 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SPEECH_PROBABILITY = 0.5
"""From here on a frame is taken for speech while it is quiet."""

STILL_SPEECH_PROBABILITY = 0.35
"""While somebody speaks, a frame less certain than :data:`SPEECH_PROBABILITY` is still speech."""

MIN_VOICED_MS = 96
"""Less voice than this in a take is a click or a bump: the shortest words ("hi", "no"), at a normal
level, have 190 ms and more."""


class Edge(StrEnum):
    """What changed."""

    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True)
class Boundary:
    """Speech began or ended at *at_frames*, counted from the first frame; known only after onset or hangover."""

    edge: Edge
    at_frames: int


class Endpointer:
    """Turns verdicts into beginnings and ends.

    Args:
        onset_frames: so much speech in a row is a beginning.
        hangover_frames: so much quiet in a row is an end.
    """

    def __init__(self, onset_frames: int, hangover_frames: int) -> None:
        self.onset_frames = onset_frames
        self.hangover_frames = hangover_frames
        self.is_speaking = False
        self._position_frames = 0
        self._run_frames = 0

    def is_speech(self, probability: float) -> bool:
        """Judge a ``Vad``'s *probability*, with hysteresis."""
        return probability >= (STILL_SPEECH_PROBABILITY if self.is_speaking else SPEECH_PROBABILITY)

    @property
    def quiet_frames(self) -> int:
        """How long whoever speaks has paused by now."""
        return self._run_frames if self.is_speaking else 0

    def push(self, is_speech: bool, frames: int) -> Boundary | None:
        """Take the verdict on the next *frames*; return the boundary that became certain with them."""
        self._position_frames += frames
        if is_speech == self.is_speaking:
            self._run_frames = 0
            return None
        self._run_frames += frames  # length of the run that argues for a change
        if self._run_frames < (self.hangover_frames if self.is_speaking else self.onset_frames):
            return None
        boundary = Boundary(Edge.ENDED if self.is_speaking else Edge.STARTED, self._position_frames - self._run_frames)
        self.is_speaking, self._run_frames = not self.is_speaking, 0
        return boundary

    def finish(self) -> Boundary | None:
        """No more sound follows: whoever still speaks ends where the last speech was."""
        if not self.is_speaking:
            return None
        boundary = Boundary(Edge.ENDED, self._position_frames - self._run_frames)
        self.is_speaking, self._run_frames = False, 0
        return boundary


class SpeechCount:
    """Answers "was there any speech in this take"; judges without hysteresis, by the sum of voiced frames."""

    def __init__(self, rate_hz: int, min_voiced_ms: int = MIN_VOICED_MS) -> None:
        self.voiced_frames = 0
        self._min_voiced_frames = rate_hz * min_voiced_ms // 1000

    def push(self, probability: float, frames: int) -> None:
        """Take the ``Vad``'s *probability* for the next *frames*."""
        if probability >= SPEECH_PROBABILITY:
            self.voiced_frames += frames

    @property
    def has_speech(self) -> bool:
        """Whether enough voice was heard so far."""
        return self.voiced_frames >= self._min_voiced_frames
