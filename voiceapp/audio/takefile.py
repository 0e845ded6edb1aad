"""Recordings on disk: a WAV of 16-bit mono that can be read again after a crash at any moment.

How: the 44 bytes of the header come first and are true from the first moment (no sound yet). Every block goes to the
system by one write, so a killed process loses nothing that was written; twice a second the header's two lengths are
brought up to date and the file is synced, so a power cut loses about half a second. A torn file is one whose header
says less than there is, or whose last sample is half; :func:`repair` makes it whole again.

A newcomer may ask why not FLAC, at half the size: its frames and seek table need a living encoder, and a torn end costs
up to a frame plus a search. The header is written by hand because soundfile would rewrite it only at its own moments.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio import soundfile_io
from voiceapp.core.audio import Clip, Float32Block, clean, from_pcm16, to_db, to_pcm16
from voiceapp.core.envelope import Envelope
from voiceapp.core.errors import AudioFileError, DiskFull, StoreError, VoiceAppError

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_RIFF_SIZE_AT, _DATA_SIZE_AT = 4, 40
_HEADER_BYTES = 44
_SYNC_S = 0.5
_LONGEST_BYTES = 0xFFFFFFFF - _HEADER_BYTES
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class TakeSummary:
    """What a recording is like: its length, loudest sample (dBFS) and shape (at most 64 values, 0..1)."""

    duration_s: float
    peak_db: float
    envelope: tuple[float, ...]


class TakeFile:
    """A recording being written. Blocking; one thread at a time.

    Args:
        path: where; an existing file is never overwritten.
        rate_hz: frames per second of the blocks.

    Raises:
        DiskFull: no space is left (also by :meth:`write`; what was written stays readable).
        StoreError: the file cannot be made or written.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._frames = 0
        self._synced_frames = 0
        self._envelope = Envelope(rate_hz)
        self._syncing: threading.Thread | None = None
        self._summary: TakeSummary | None = None
        try:
            self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise _fault(error) from error
        try:
            self._put(_header(rate_hz, 0), 0)
        except VoiceAppError:
            os.close(self._file)
            raise

    def write(self, block: Float32Block) -> None:
        """Append *block*, mono float32; the system has it when this returns. Raises DiskFull, StoreError."""
        sound = clean(block)
        data = to_pcm16(sound)
        if (self._frames + len(sound)) * 2 > _LONGEST_BYTES:
            raise StoreError(_("The recording is as long as its file can be."), detail="4 GiB")
        self._put(data, _HEADER_BYTES + 2 * self._frames)
        self._frames += len(sound)
        self._envelope.push(sound)
        if self._frames - self._synced_frames >= _SYNC_S * self._rate_hz:
            self._update_header()
            self._sync_aside()

    def close(self) -> TakeSummary:
        """End the file properly and say what it is like. Idempotent."""
        if self._summary is None:
            self._summary = _summary(self._envelope, self._frames, self._rate_hz)
            try:
                self._update_header()
                os.fsync(self._file)
            except OSError as error:
                raise _fault(error) from error
            finally:
                if self._syncing is not None:
                    self._syncing.join()
                os.close(self._file)
        return self._summary

    def _update_header(self) -> None:
        data_bytes = 2 * self._frames
        self._put(struct.pack("<I", data_bytes), _DATA_SIZE_AT)
        self._put(struct.pack("<I", data_bytes + _HEADER_BYTES - 8), _RIFF_SIZE_AT)
        self._synced_frames = self._frames

    def _sync_aside(self) -> None:
        """Let the disk catch up without letting the next block wait for it."""
        if self._syncing is None or not self._syncing.is_alive():
            self._syncing = threading.Thread(target=_sync, args=(self._file,), name="voiceapp-take-sync", daemon=True)
            self._syncing.start()

    def _put(self, data: bytes, at: int) -> None:
        rest = memoryview(data)
        try:
            os.lseek(self._file, at, os.SEEK_SET)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            raise _fault(error) from error


def repair(path: Path) -> TakeSummary:
    """Mend a recording whose end is torn and say what it is like; a whole one stays as it is.

    Raises AudioFileError where no recording is left to mend, StoreError where the file cannot be written.
    """
    rate_hz, frames, is_whole = _inspect(path)
    envelope = Envelope(rate_hz)
    with path.open("rb" if is_whole else "r+b") as file:
        file.seek(_HEADER_BYTES)
        left = 2 * frames
        while left and (data := file.read(min(left, _CHUNK_BYTES))):
            left -= len(data)
            envelope.push(from_pcm16(data))
        if not is_whole:
            try:
                file.truncate(_HEADER_BYTES + 2 * frames)
                file.seek(0)
                file.write(_header(rate_hz, frames))
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                raise _fault(error) from error
    return _summary(envelope, frames, rate_hz)


def load(path: Path) -> Clip:
    """Read a recording, also one with a torn end. Raises AudioFileError."""
    rate_hz, frames, _is_whole = _inspect(path)
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        return Clip(from_pcm16(file.read(2 * frames)), rate_hz)


class WavTakes:
    """``ports.TakeFormat``: what the composition root gives to the store."""

    suffix = ".wav"

    def create(self, path: Path, rate_hz: int) -> TakeFile:
        return TakeFile(path, rate_hz)

    def repair(self, path: Path) -> TakeSummary:
        return repair(path)

    def load(self, path: Path) -> Clip:
        return load(path)

    def export(self, path: Path, target: Path) -> None:
        soundfile_io.write(target, load(path))


def _inspect(path: Path) -> tuple[int, int, bool]:
    """Return rate, frames that are really there, and whether the header says the same."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
            bytes_there = os.fstat(file.fileno()).st_size - _HEADER_BYTES
    except OSError as error:
        raise AudioFileError(_("The recording cannot be read."), detail=type(error).__name__) from error
    fields = _HEADER.unpack(head) if len(head) == _HEADER_BYTES else ()
    if not fields or fields[0] != b"RIFF" or fields[2:4] != (b"WAVE", b"fmt ") or fields[7] == 0:
        raise AudioFileError(_("Nothing of the recording reached the disk."), detail=f"{len(head)} bytes of header")
    frames = max(0, bytes_there // 2)
    is_whole = bytes_there == 2 * frames == fields[12] and fields[1] == fields[12] + _HEADER_BYTES - 8
    return fields[7], frames, is_whole


def _header(rate_hz: int, frames: int) -> bytes:
    data_bytes = 2 * frames
    riff = (b"RIFF", data_bytes + _HEADER_BYTES - 8, b"WAVE")
    return _HEADER.pack(*riff, b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16, b"data", data_bytes)


def _summary(envelope: Envelope, frames: int, rate_hz: int) -> TakeSummary:
    values = envelope.values()
    return TakeSummary(frames / rate_hz, to_db(envelope.peak), values)


def _sync(file: int) -> None:
    try:
        os.fsync(file)
    except OSError:  # the next write meets the same fault and tells it
        return


def _fault(error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            _("The disk is full: the recording could not go on."),
            hint=_("What was recorded until then is kept. Make room, then go on."),
            detail=errno.errorcode.get(error.errno, ""),
        )
    return StoreError(
        _("The recording could not be written."),
        hint=_("Check that the data folder exists and can be written to."),
        detail=errno.errorcode.get(error.errno or 0, type(error).__name__),
    )
