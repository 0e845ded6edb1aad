"""Sounds that can be found again in a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voiceapp.core.audio import Clip, Float32Block


def chirp(seconds: float, rate_hz: int = 48_000, low_hz: float = 300.0, high_hz: float = 3_000.0) -> Clip:
    """A rising tone: unlike itself at every other time, and never silent for long."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * (low_hz * t + (high_hz - low_hz) * t**2 / (2 * seconds))
    return Clip((0.5 * np.sin(phase + 0.5)).astype(np.float32), rate_hz)


@dataclass(frozen=True)
class Found:
    """Where a sound is in a recording, and how like it is (1 = the same up to its loudness)."""

    at: int
    likeness: float


def find(sound: Float32Block, recording: Float32Block) -> Found:
    """Look for *sound* in *recording* at the same rate."""
    if len(recording) < len(sound):
        return Found(0, 0.0)
    size = len(recording) + len(sound)
    product = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(sound, size)), size)
    at = int(np.argmax(product[: len(recording) - len(sound) + 1]))
    there = recording[at : at + len(sound)]
    norm = float(np.linalg.norm(there) * np.linalg.norm(sound))
    return Found(at, float(np.dot(there, sound)) / norm if norm else 0.0)


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Wait for *condition*, which another thread or the sound card brings about; TimeoutError when it does not."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for across the hardware
            await asyncio.sleep(0.002)
