"""Sound files of every kind that libsndfile reads, and a plain sentence for every file that is none.

soundfile is imported late: with its library it costs 60 ms that a window without a file need not wait for.
"""

from __future__ import annotations

import contextlib
import os
from gettext import gettext as _
from pathlib import Path
from typing import Any

from voiceapp.audio.resample import resampled
from voiceapp.core.audio import Clip, clean, to_mono
from voiceapp.core.errors import AudioFileError

_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
ENDINGS = tuple(_FORMATS)
"""What :func:`write` can write."""
_OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
_LOWEST_HZ, _HIGHEST_HZ = 1_000, 768_000
_LONGEST_S = 24 * 3600.0


def read(path: Path, rate_hz: int = 0) -> Clip:
    """Return the sound in *path* as mono, at *rate_hz* (0 = the file's own). NaN and infinities become silence.

    Blocking. Raises AudioFileError with a sentence for the person: missing, a folder, no permission, empty, no sound.
    """
    _check_readable(path)
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            _check_header(path, file)
            samples = file.read(dtype="float32", always_2d=True)
            file_rate_hz = int(file.samplerate)
    except (soundfile.SoundFileError, RuntimeError, TypeError, MemoryError, ValueError) as error:
        raise AudioFileError(
            _("“{name}” is not a sound file that can be read.").format(name=path.name),
            hint=_("WAV, FLAC, OGG, Opus, MP3 and AIFF can be read. Is the ending right?"),
            detail=str(getattr(error, "error_string", type(error).__name__))[:100],
        ) from error
    if len(samples) == 0:
        raise AudioFileError(_("“{name}” holds no sound.").format(name=path.name), detail="0 frames")
    clip = Clip(clean(to_mono(clean(samples))), file_rate_hz)
    return resampled(clip, rate_hz) if rate_hz else clip


def length_s(path: Path) -> float:
    """Return how long the sound in *path* is by its header; 0 where it cannot be told. Blocking."""
    import soundfile

    try:
        return float(soundfile.info(path).duration)
    except (soundfile.SoundFileError, OSError, RuntimeError, TypeError, ValueError):
        return 0.0


def write(path: Path, clip: Clip) -> None:
    """Write *clip* in the format of *path*'s ending: .wav, .flac, .ogg (Vorbis), .opus, .mp3. Blocking.

    The file appears whole or not at all. Raises AudioFileError.
    """
    ending = path.suffix.lower()
    if ending not in _FORMATS:
        raise AudioFileError(
            _("Sound cannot be written as “{ending}”.").format(ending=ending or path.name),
            hint=_("Possible are {endings}.").format(endings=", ".join(_FORMATS)),
        )
    import soundfile

    kind, subtype = _FORMATS[ending]
    if ending == ".opus" and clip.rate_hz not in _OPUS_RATES_HZ:
        clip = resampled(clip, 48_000)
    partial = path.with_name(f".{path.name}.partial")
    try:
        soundfile.write(partial, clip.samples, clip.rate_hz, format=kind, subtype=subtype)
        os.replace(partial, path)
    except (soundfile.SoundFileError, OSError, RuntimeError, ValueError) as error:
        raise AudioFileError(
            _("“{name}” could not be written.").format(name=path.name),
            hint=_("Check that the folder exists, can be written to and has room."),
            detail=type(error).__name__,
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioFileError(_("“{name}” is a folder, not a sound file.").format(name=path.name))
        if not path.exists():
            raise AudioFileError(
                _("There is no file “{path}”.").format(path=path), hint=_("Check the name and the folder.")
            )
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except PermissionError as error:
        raise AudioFileError(_("“{name}” may not be read: permission denied.").format(name=path.name)) from error
    except (OSError, ValueError) as error:
        raise AudioFileError(
            _("“{name}” cannot be read.").format(name=path.name), detail=type(error).__name__
        ) from error
    if is_empty:
        raise AudioFileError(_("“{name}” is empty: 0 bytes.").format(name=path.name))


def _check_header(path: Path, file: Any) -> None:
    """Refuse what no recording can be before memory is asked for."""
    rate_hz, frames, channels = int(file.samplerate), int(file.frames), int(file.channels)
    length_s = frames / rate_hz if rate_hz > 0 else 0.0
    if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ or channels < 1 or length_s > _LONGEST_S:
        raise AudioFileError(
            _("“{name}” has an impossible header.").format(name=path.name),
            hint=_("It may be damaged; try to convert or record it again."),
            detail=f"{rate_hz} Hz, {channels} channels, {frames} frames",
        )
