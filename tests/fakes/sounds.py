"""Made sounds: mono float32, at 16 kHz unless told otherwise."""

from __future__ import annotations

import numpy as np

from voiceapp.core.audio import Float32Block

RATE_HZ = 16_000


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Float32Block:
    """Digital zeros."""
    return np.zeros(round(seconds * rate_hz), dtype=np.float32)


def tone(seconds: float, hz: float = 440.0, level: float = 0.25, rate_hz: int = RATE_HZ) -> Float32Block:
    """A sine."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(level * np.sin(2 * np.pi * hz * at_s), dtype=np.float32)


def noise(seconds: float, level: float = 0.05, rate_hz: int = RATE_HZ, seed: int = 1) -> Float32Block:
    """White noise with an RMS of *level*."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    return np.clip(level * samples, -1.0, 1.0).astype(np.float32)


def voice_like(seconds: float, rate_hz: int = RATE_HZ) -> Float32Block:
    """A buzz with the rhythm of syllables: speech for fakes, not for real recognisers."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * 120 * overtone * at_s) / overtone for overtone in range(1, 12))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * at_s)
    return np.asarray(0.15 * buzz * syllables, dtype=np.float32)
