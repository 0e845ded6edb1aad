"""A stream of sound changing its rate.

A newcomer may ask why the quality is "LQ": every better filter must see further ahead before it answers. Measured in
pieces of 10 ms (soxr 1.1): QQ answers at once but filters nothing (a tone of 11 kHz comes back at 5 kHz as loud as it
was), LQ answers after 30 ms with aliases 115 dB down, HQ after 40 to 50. What is held back at the end costs no time at
all: :meth:`StreamResampler.finish` computes it at once. At the start of a reply it costs the time in which a
synthesiser delivers that much, a tenth of it. Doubling (24 kHz speech to a device of 48 kHz) has a better way: soxr's
engine for variable rates answers after 10 ms, is flat to 11 kHz, where LQ has lost 27 dB, and keeps images 120 dB down.
At other ratios it shifts the sound by a fraction of a sample, so LQ stays. Files, where nobody waits, get HQ.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import soxr

from voiceapp.core.audio import Clip, Float32Block

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]


class StreamResampler:
    """``ports.Resampler``: mono blocks in, mono blocks out. Chunked or whole, the result is the same.

    Args:
        from_hz: rate of what is pushed.
        to_hz: rate of what comes back; the same rate costs nothing.
        quality: soxr's recipes; see the module.
    """

    def __init__(self, from_hz: int, to_hz: int, quality: Quality = "LQ") -> None:
        same = from_hz == to_hz
        is_doubling = to_hz == 2 * from_hz
        self._stream = (
            None if same else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=quality, vr=is_doubling)
        )

    def push(self, block: Float32Block) -> Float32Block:
        """Return what *block* allows to compute so far (may be empty)."""
        if self._stream is None:
            return block
        return np.asarray(self._stream.resample_chunk(np.ascontiguousarray(block)), dtype=np.float32)

    def finish(self) -> Float32Block:
        """Return the rest; the resampler is used up."""
        if self._stream is None:
            return _NOTHING
        return np.asarray(self._stream.resample_chunk(_NOTHING, last=True), dtype=np.float32)


def resampled(clip: Clip, to_hz: int) -> Clip:
    """Return *clip* at *to_hz*, in the best quality that makes sense for sound files."""
    if clip.rate_hz == to_hz or len(clip.samples) == 0:
        return Clip(clip.samples, to_hz)
    return Clip(np.asarray(soxr.resample(clip.samples, clip.rate_hz, to_hz, "HQ"), dtype=np.float32), to_hz)


_NOTHING: Float32Block = np.zeros(0, dtype=np.float32)
