"""How much the measuring chain itself adds: clicks of known time, written straight to the sound server.

A click that is written at t can be taken by the sink at its next tick, up to 5 ms later, and never before. The
smallest delay seen bounds how far sample times may lie too late, and a negative one would show them too early.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import time

import numpy as np

from tests.bench.recorder import RATE_HZ, Recording

PLAYBACK, S16LE = 1, 3
CLICK_FRAMES = 480


class _SampleSpec(ctypes.Structure):
    _fields_ = (("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8))


class _BufferAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize"))


class Clicker:
    """A client of PulseAudio's simple API whose first byte starts playback."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(ctypes.util.find_library("pulse-simple") or "libpulse-simple.so.0")
        self._library.pa_simple_new.restype = ctypes.c_void_p
        fault = ctypes.c_int(0)
        spec, unset = _SampleSpec(S16LE, RATE_HZ, 1), 0xFFFFFFFF
        buffer = _BufferAttributes(unset, CLICK_FRAMES * 4, 2, 2, unset)
        words = (None, b"voiceapp bench", PLAYBACK, None, b"clicks")
        arguments = (*words, ctypes.byref(spec), None, ctypes.byref(buffer), ctypes.byref(fault))
        self._stream = ctypes.c_void_p(self._library.pa_simple_new(*arguments))
        if not self._stream:
            raise RuntimeError(f"PulseAudio refuses a playback stream (error {fault.value})")

    def click(self) -> float:
        """Write 10 ms of a tone; return the moment before."""
        tone = (8000 * np.sin(2 * np.pi * 1000 * (np.arange(CLICK_FRAMES) + 0.5) / RATE_HZ)).astype(np.int16).tobytes()
        fault, at_s = ctypes.c_int(0), time.monotonic()
        if self._library.pa_simple_write(self._stream, tone, len(tone), ctypes.byref(fault)) < 0:
            raise RuntimeError(f"PulseAudio takes no sound (error {fault.value})")
        return at_s

    def close(self) -> None:
        """Release the stream."""
        self._library.pa_simple_free(self._stream)


def play_clicks(count: int = 20) -> list[float]:
    """Play clicks at moments that do not fall into step with the sink; return when each was written."""
    clicker = Clicker()
    try:
        written: list[float] = []
        for number in range(count):
            time.sleep(0.060 + 0.0013 * (number % 5))
            written.append(clicker.click())
        time.sleep(0.1)
        return written
    finally:
        clicker.close()


def delays_ms(recording: Recording, written: list[float]) -> list[float]:
    """Return for every click how long after its writing it reached the sink."""
    seen = [recording.first_sound(at_s - 0.02, at_s + 0.06) for at_s in written]
    return [(first - at_s) * 1000 for first, at_s in zip(seen, written, strict=True) if first is not None]
