"""An utterance as files to upload: one, or as many as the model's limits ask for, each ending in a pause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from voiceapp.core.audio import SILENCE_DB, Float32Block, from_pcm16, level_of, to_pcm16
from voiceapp.core.cutting import PauseCutter, quietest_frame
from voiceapp.openai_api.uploads import MakeEncoder, UploadEncoder

MAX_UPLOAD_BYTES = 25 * 1024 * 1024
FILLED = 0.95
"""How much of a limit is used: a block more than thought, and the form around the file, must fit in too."""
LEAD_IN_S = 0.2
"""Silence before the first word of a piece that begins in a pause: recognisers lose a word that begins at once."""
LEARN = 0.5
"""From this part of the limit on the sound is listened to for what is quiet in it; most takes never get there."""
SHORTEST_S = 4.0
"""A piece this short is not cut further, whatever the service says of its length."""


@dataclass(frozen=True)
class Limits:
    """What fits into one request."""

    longest_s: float = float("inf")
    longest_bytes: int = MAX_UPLOAD_BYTES

    @staticmethod
    def of(limits: Mapping[str, int]) -> Limits:
        """Read a model's row."""
        return Limits(limits.get("seconds", float("inf")), limits.get("upload_bytes", MAX_UPLOAD_BYTES))

    def halved(self, seconds: float, size_bytes: int) -> Limits:
        """Return limits under which a file that was refused would have been two."""
        return Limits(min(self.longest_s, seconds * 0.55), min(self.longest_bytes, int(size_bytes * 0.55)))


class Piece:
    """One file growing while the sound comes, with its samples until there are words for it.

    Attributes:
        start_s: where its sound begins in the clip, lead-in included; may be before the cut.
        peak_db: its loudest sample.
    """

    def __init__(self, cut_s: float, rate_hz: int, make_encoder: MakeEncoder) -> None:
        lead_in = np.zeros(int(LEAD_IN_S * rate_hz) if cut_s else 0, dtype=np.float32)
        self.cut_s = cut_s
        self.start_s = cut_s - len(lead_in) / rate_hz
        self.peak_db = SILENCE_DB
        self._rate_hz = rate_hz
        self._pcm = bytearray()
        self._encoder: UploadEncoder = make_encoder(rate_hz)
        self._file: bytes | None = None
        if len(lead_in):
            self.write(lead_in)

    def write(self, block: Float32Block) -> None:
        """Append *block*."""
        self._pcm += to_pcm16(block)
        self._encoder.write(block)
        self.peak_db = max(self.peak_db, level_of(block).peak_db)

    @property
    def seconds(self) -> float:
        """How long its sound is."""
        return len(self._pcm) / 2 / self._rate_hz

    @property
    def end_s(self) -> float:
        """Where it ends in the clip."""
        return self.start_s + self.seconds

    @property
    def name(self) -> str:
        """Of the file."""
        return self._encoder.name

    @property
    def mime(self) -> str:
        """Of the file."""
        return self._encoder.mime

    def fullness(self, limits: Limits) -> float:
        """Return how much of *limits* is used; 1 is where it must end."""
        used = max(self.seconds / limits.longest_s, self._encoder.size_bytes / limits.longest_bytes)
        return used / FILLED

    def file(self) -> bytes:
        """Return the whole file; nothing can be appended any more."""
        if self._file is None:
            self._file = self._encoder.finish()
        return self._file

    def samples(self) -> Float32Block:
        """Return the sound, at 16 bit."""
        return from_pcm16(bytes(self._pcm))

    def halves(self, make_encoder: MakeEncoder) -> tuple[Piece, Piece] | None:
        """Return it as two, cut at the quietest moment of its middle; None where it is too short for that."""
        if self.seconds < SHORTEST_S:
            return None
        samples = self.samples()
        at = quietest_frame(samples, self._rate_hz)
        first = self._like(self.start_s, samples[:at], make_encoder)
        second = Piece(self.start_s + at / self._rate_hz, self._rate_hz, make_encoder)
        second.write(samples[at:])
        return first, second

    def again(self, make_encoder: MakeEncoder) -> Piece:
        """Return the same sound in another format."""
        return self._like(self.start_s, self.samples(), make_encoder)

    def drop(self) -> None:
        """Let go of the sound. An encoder left to the collector dies in parts, in any order: its file is ended."""
        self.file()
        self._file = b""
        self._pcm.clear()

    def _like(self, start_s: float, samples: Float32Block, make_encoder: MakeEncoder) -> Piece:
        piece = Piece(0.0, self._rate_hz, make_encoder)
        piece.cut_s, piece.start_s = self.cut_s, start_s
        piece.write(samples)
        return piece


class PieceMaker:
    """Cuts an utterance into pieces while it comes."""

    def __init__(self, rate_hz: int, make_encoder: MakeEncoder) -> None:
        self._rate_hz = rate_hz
        self._make_encoder = make_encoder
        self._cutter = PauseCutter(rate_hz)
        self._frames = 0
        self.current = Piece(0.0, rate_hz, make_encoder)

    def push(self, block: Float32Block, limits: Limits) -> Iterator[Piece]:
        """Take the next block; yield the piece that it completes, if any."""
        self.current.write(block)
        self._frames += len(block)
        fullness = self.current.fullness(limits)
        if fullness > LEARN:
            self._cutter.push(block)
        if self._cutter.is_due(fullness):
            done = self.current
            self.current = Piece(self._frames / self._rate_hz, self._rate_hz, self._make_encoder)
            yield done
