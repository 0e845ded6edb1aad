"""Sound as values: clips, levels, and the conversions between sample formats.

*frame* = one sample per channel; *block* = what one audio callback carries; *chunk* = one piece from the network.
Everywhere inside voiceapp a block is mono float32, shape ``(frames,)``, nominal range [-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32Block = npt.NDArray[np.float32]

SILENCE_DB = -120.0
"""What digital silence is reported as, in dBFS; the logarithm of zero would not be a number."""

CLIPPED_AT = 0.999
"""A sample at or above this magnitude has met the converter's rail."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A finished piece of sound.

    Attributes:
        samples: mono float32, shape (frames,), range [-1, 1].
        rate_hz: frames per second, > 0.
    """

    samples: Float32Block
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True)
class Level:
    """How loud a stretch of sound was, in dBFS (0 = full scale, :data:`SILENCE_DB` = digital silence)."""

    rms_db: float = SILENCE_DB
    peak_db: float = SILENCE_DB
    is_clipped: bool = False


def to_db(amplitude: float) -> float:
    """Return *amplitude* (>= 0, 1 = full scale) in dBFS, never below :data:`SILENCE_DB`."""
    return max(SILENCE_DB, 20.0 * math.log10(amplitude)) if amplitude > 0.0 else SILENCE_DB


def level_of(block: Float32Block) -> Level:
    """Measure *block*, shape (frames,); an empty block is silence."""
    if len(block) == 0:
        return Level()
    peak = float(np.max(np.abs(block)))
    rms = math.sqrt(float(np.dot(block, block)) / len(block))
    return Level(rms_db=to_db(rms), peak_db=to_db(peak), is_clipped=peak >= CLIPPED_AT)


def clean(samples: npt.NDArray[np.floating]) -> Float32Block:
    """Return *samples* as a valid block: NaN and infinities become silence, the rest is held in [-1, 1]."""
    block = np.nan_to_num(np.asarray(samples, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(block, -1.0, 1.0)


def to_mono(samples: npt.NDArray[np.floating]) -> Float32Block:
    """Mix *samples*, shape (frames,) or (frames, channels), to one channel by averaging."""
    if samples.ndim == 1:
        return np.ascontiguousarray(samples, dtype=np.float32)
    return np.ascontiguousarray(samples.mean(axis=1), dtype=np.float32)


def to_pcm16(block: Float32Block) -> bytes:
    """Encode *block* as 16-bit signed little-endian PCM."""
    return (np.clip(block, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()


def from_pcm16(data: bytes) -> Float32Block:
    """Decode 16-bit signed little-endian mono PCM; *data* must hold an even number of bytes."""
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0
