"""Spoken English for recognisers, made by flite when it is asked for, and kept for the run.

flite and not espeak-ng: pocketsphinx and Silero take espeak's voice for noise.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

from voiceapp.core.audio import Float32Block, from_pcm16

RATE_HZ = 16_000


@functools.cache
def spoken(text: str, voice: str = "rms") -> Float32Block:
    """Return *text* as flite's *voice* ("rms", "slt", "awb", "kal16") says it: mono at 16 kHz. Do not write into it."""
    if shutil.which("flite") is None:
        raise AssertionError(
            "These tests need spoken sentences: install flite (apt install flite), or run packaging/test."
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file], check=True, capture_output=True, timeout=60)
        with wave.open(str(file), "rb") as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE_HZ, 1, 2)
            samples = from_pcm16(sound.readframes(sound.getnframes()))
    samples.flags.writeable = False
    return samples


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Return how many words of *heard* are wrong, missing or too many, and how many words were *said*."""
    wanted, got = said.split(), heard.split()
    row = list(range(len(got) + 1))
    for number, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], number
        for column, other in enumerate(got, 1):
            substituted = diagonal + (word != other)
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, substituted)
    return row[-1], len(wanted)
