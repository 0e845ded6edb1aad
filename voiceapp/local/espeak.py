"""The espeak-ng library, in this process: one per process, so one lock.

Its C code keeps everything in globals. It makes sound about a thousand times faster than it is heard, so whole
pieces are made under the lock and the lock is never held while somebody listens.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from gettext import gettext as _
from pathlib import Path

import espeakng_loader
import numpy as np

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import ProviderDown
from voiceapp.core.speech import Voice

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000  # without it a missing data file ends the process
_UTF8 = 1
_END_PAUSE = 0x1000
_RATE = 1
_BUFFER_MS = 100
_MAX_PATH_BYTES = 140  # the library keeps its data path in 160 bytes and silently looks elsewhere beyond

_Sound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _CVoice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),  # a priority byte and a tag ended by 0, again and again, then 0
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


@dataclass(eq=False)
class Piece:
    """Text to be made into sound; set *is_aborted* from any thread and the library stops within its next buffer."""

    text: str
    voice: str
    words_per_minute: int
    has_end_pause: bool = False
    is_aborted: bool = False


class Espeak:
    """The library, loaded. Use :func:`library` to get the one of this process. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._piece: Piece | None = None
        self._made: list[Float32Block] = []
        self._voices: tuple[Voice, ...] = ()
        try:
            self._c = ctypes.CDLL(espeakng_loader.get_library_path())
            data = _reachable(espeakng_loader.get_data_path())
            self.rate_hz = int(self._c.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, _DONT_EXIT))
        except (OSError, RuntimeError) as error:
            raise _broken(type(error).__name__) from None
        if self.rate_hz <= 0:
            raise _broken("espeak_Initialize")
        self._c.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_CVoice))
        self._callback = _Sound(self._take)  # C does not keep it alive
        self._c.espeak_SetSynthCallback(self._callback)

    def synthesise(self, piece: Piece) -> Float32Block:
        """Return the sound of *piece* at ``rate_hz``; short or empty when it was aborted. Blocking, about 10 ms."""
        text = piece.text.encode("utf-8", "ignore")
        with self._lock:
            self._piece, self._made = piece, []
            try:
                if self._c.espeak_SetVoiceByName(piece.voice.encode("utf-8", "ignore")) != 0:
                    raise _broken("espeak_SetVoiceByName")
                self._c.espeak_SetParameter(_RATE, piece.words_per_minute, 0)
                flags = _UTF8 | (_END_PAUSE if piece.has_end_pause else 0)
                size = ctypes.c_size_t(len(text) + 1)
                if self._c.espeak_Synth(text, size, 0, 0, 0, flags, None, None) != 0:
                    raise _broken("espeak_Synth")
                return np.concatenate([np.zeros(0, dtype=np.float32), *self._made])
            finally:
                self._piece, self._made = None, []

    def voices(self) -> tuple[Voice, ...]:
        """All voices of the library, by language; the first call reads files for some 40 ms."""
        if not self._voices:
            self._voices = self._listed()
        return self._voices

    def _listed(self) -> tuple[Voice, ...]:
        found: list[tuple[int, str, Voice]] = []
        with self._lock:
            listed = self._c.espeak_ListVoices(None)
            index = 0
            while listed[index]:
                entry = listed[index].contents
                tag = ctypes.string_at(entry.languages)
                language = tag[1:].decode("utf-8", "replace")
                name = (entry.name or b"").decode("utf-8", "replace")
                voice = Voice((entry.identifier or b"").decode("utf-8", "replace"), name, _iso_639_1(language))
                found.append((tag[0], language, voice))
                index += 1
        return tuple(voice for _, _, voice in sorted(found, key=lambda row: (row[2].language, row[0], row[1])))

    def _take(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        """Called by C for every buffer: copy it; 1 stops the library."""
        if self._piece is None or self._piece.is_aborted:
            return 1
        if samples and count > 0:
            self._made.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / 32768.0)
        return 0


@cache
def _library() -> Espeak:
    return Espeak()


_loading = threading.Lock()


def library() -> Espeak:
    """Return the library of this process, loading it at the first call (5 ms). Raises ProviderDown."""
    with _loading:
        return _library()


def _iso_639_1(tag: str) -> str:
    """Reduce "en-gb-x-rp" to "en"; "cmn" and "yue" are what people call zh."""
    base = tag.split("-")[0]
    return {"cmn": "zh", "yue": "zh", "nb": "no"}.get(base, base)


def _reachable(path: str) -> bytes:
    """Return *path* as C takes it; a path that is too long is reached by a link that lives as long as the process."""
    encoded = os.fsencode(path)
    if len(encoded) <= _MAX_PATH_BYTES:
        return encoded
    folder = tempfile.TemporaryDirectory(prefix="voiceapp-")
    _links.append(folder)
    link = Path(folder.name) / "espeak-ng-data"
    link.symlink_to(path, target_is_directory=True)
    return os.fsencode(link)


_links: list[tempfile.TemporaryDirectory[str]] = []


def _broken(detail: str) -> ProviderDown:
    return ProviderDown(
        _("The voice of this computer could not be used."),
        hint=_("Installing voiceapp again brings its files back."),
        detail=detail,
        provider="local",
    )
