"""The simplest take format that keeps the contract: one line with the rate, then float32 samples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiceapp.core.audio import Clip, Float32Block, level_of
from voiceapp.core.errors import AudioFileError


@dataclass(frozen=True)
class Summary:
    duration_s: float
    peak_db: float
    envelope: tuple[float, ...]


def summary_of(clip: Clip) -> Summary:
    peak = float(np.max(np.abs(clip.samples), initial=0.0))
    return Summary(clip.duration_s, level_of(clip.samples).peak_db, (0.0, peak))


class PlainSink:
    def __init__(self, path: Path, rate_hz: int) -> None:
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        self._put(b"%d\n" % rate_hz)

    def write(self, block: Float32Block) -> None:
        self._put(block.tobytes())

    def close(self) -> Summary:
        os.close(self._file)
        return summary_of(PlainTakes().load(self._path))

    def _put(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]


class PlainTakes:
    suffix = ".take"

    def create(self, path: Path, rate_hz: int) -> PlainSink:
        return PlainSink(path, rate_hz)

    def repair(self, path: Path) -> Summary:
        return summary_of(self.load(path))

    def load(self, path: Path) -> Clip:
        head, newline, body = path.read_bytes().partition(b"\n")
        if not newline or not head.isdigit():
            raise AudioFileError("No sound in it.")
        whole = body[: len(body) // 4 * 4]
        return Clip(np.frombuffer(whole, dtype=np.float32), int(head))

    def export(self, path: Path, target: Path) -> None:
        target.write_bytes(path.read_bytes())
