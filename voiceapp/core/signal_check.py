"""What is wrong with what a microphone gives, as a value; the sentences are left to whoever tells the person."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from voiceapp.core.audio import CLIPPED_AT, Float32Block, to_db

TOO_QUIET_DB = -45.0
"""Speech whose loud parts stay below this is hard to recognise."""
NO_SPEECH_DB = -60.0
"""Nothing this quiet is somebody speaking into a microphone."""
CLIPPED_PART = 0.001
"""Clipping of one sample in a thousand is audible; single ones are a knock on the table."""
_WINDOW_S = 0.03
_LOUD_PART = 0.9


class Signal(StrEnum):
    """The verdict on a stretch of sound."""

    GOOD = "good"
    ZEROS = "zeros"
    """The device gives nothing but digital silence: muted, or not allowed to be heard."""
    NO_SPEECH = "no_speech"
    """There is noise, but nothing as loud as speech."""
    TOO_QUIET = "too_quiet"
    CLIPPED = "clipped"
    """The gain is too high: loud parts are cut off."""


def check_signal(samples: Float32Block, rate_hz: int) -> Signal:
    """Judge *samples*, shape (frames,), about a second or more; an empty stretch counts as zeros."""
    loud = np.abs(samples)
    if not loud.any():
        return Signal.ZEROS
    if float(np.mean(loud >= CLIPPED_AT)) >= CLIPPED_PART:
        return Signal.CLIPPED
    level_db = speech_level_db(samples, rate_hz)
    if level_db < NO_SPEECH_DB:
        return Signal.NO_SPEECH
    return Signal.TOO_QUIET if level_db < TOO_QUIET_DB else Signal.GOOD


def speech_level_db(samples: Float32Block, rate_hz: int) -> float:
    """Return how loud the loud parts are (the 90th percentile of 30 ms windows' RMS), in dBFS: pauses do not count."""
    window = max(1, int(_WINDOW_S * rate_hz))
    count = max(1, len(samples) // window)
    padded = np.resize(samples, count * window) if len(samples) < window else samples[: count * window]
    if len(padded) == 0:
        return to_db(0.0)
    rms = np.sqrt(np.mean(np.square(padded.reshape(count, window), dtype=np.float64), axis=1))
    return to_db(float(np.quantile(rms, _LOUD_PART)))
