"""Make the short signal sounds in assets/sounds. They are the project's own, computed here, under its MIT licence.

Run: python packaging/make_sounds.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 24_000
SOUNDS: dict[str, tuple[tuple[float, float, float], ...]] = {
    # name: notes as (frequency in Hz, start in s, length in s)
    "listening": ((660.0, 0.0, 0.07),),
    "timer": ((784.0, 0.0, 0.18), (988.0, 0.16, 0.18), (1175.0, 0.32, 0.34)),
}
LEVEL = 0.12
"""Quiet, so that the microphone hears as little as possible of it."""


def note(frequency_hz: float, length_s: float) -> np.ndarray:
    """A soft tone with one overtone, faded in and out so that it does not click."""
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    envelope = np.minimum(1.0, t / 0.008) * np.exp(-4.0 * t / length_s) * np.minimum(1.0, (length_s - t) / 0.01)
    return envelope * (np.sin(2 * np.pi * frequency_hz * t) + 0.25 * np.sin(4 * np.pi * frequency_hz * t))


def main() -> None:
    """Write every sound."""
    folder = Path(__file__).parent.parent / "assets" / "sounds"
    for name, notes in SOUNDS.items():
        sound = np.zeros(round(max(start + length for _hz, start, length in notes) * RATE_HZ) + 1)
        for frequency_hz, start_s, length_s in notes:
            tone = note(frequency_hz, length_s)
            begin = round(start_s * RATE_HZ)
            sound[begin : begin + len(tone)] += tone
        soundfile.write(folder / f"{name}.wav", LEVEL * sound, RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
