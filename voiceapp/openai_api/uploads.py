"""Sound as a file to upload. WAV needs no library; smaller formats are passed in by whoever wires the program."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from voiceapp.core.audio import Float32Block, to_pcm16


class UploadEncoder(Protocol):
    """A file growing in memory while the person speaks, so that at release only its end is missing."""

    name: str
    """With the ending by which servers tell the format."""
    mime: str

    @property
    def size_bytes(self) -> int:
        """How large the file is so far, about."""
        ...

    def write(self, block: Float32Block) -> None:
        """Append *block*."""
        ...

    def finish(self) -> bytes:
        """Return the whole file; the encoder is used up."""
        ...


MakeEncoder = Callable[[int], UploadEncoder]
"""Makes an encoder for a rate in Hz."""


HEADER_BYTES = 44


class WavEncoder:
    """16-bit mono WAV: 32 kB a second at 16 kHz, no CPU to speak of."""

    name = "speech.wav"
    mime = "audio/wav"

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._pcm = bytearray()

    @property
    def size_bytes(self) -> int:
        return len(self._pcm) + HEADER_BYTES

    def write(self, block: Float32Block) -> None:
        self._pcm += to_pcm16(block)

    def finish(self) -> bytes:
        return wav_header(len(self._pcm), self._rate_hz) + self._pcm


def wav_file(samples: Float32Block, rate_hz: int) -> bytes:
    """Return *samples* as a WAV file."""
    encoder = WavEncoder(rate_hz)
    encoder.write(samples)
    return encoder.finish()


def wav_header(data_bytes: int, rate_hz: int) -> bytes:
    """Return the 44 bytes before *data_bytes* of 16-bit mono samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16, b"data", data_bytes),
    )
