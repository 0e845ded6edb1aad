"""The only door to sounddevice: imported late, called under one lock, its errors put into our words.

sounddevice costs 64 ms and more to import (it starts PortAudio), so nothing here happens when voiceapp is imported.
PortAudio's open, close and initialise are not safe against each other, hence the lock.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import DeviceError

_LOCK = threading.RLock()

ENCODERS = ("a52",)
"""ALSA's names for surround encoders: to see whether this one opens, PortAudio loaded 80 libraries of ffmpeg, 13 MB."""

OPEN: set[Any] = set()
"""Every open stream of this process, as PortAudio itself is one per process. Changed under its lock only.

PortAudio's threads call into a stream's callback until it is closed, so nobody may forget one before: a stream that was
lost with its session and collected was called all the same, in freed memory (measured: SIGSEGV, SIGILL).
"""


def sounddevice() -> Any:
    """Return the module; raises DeviceError where PortAudio is not installed. Blocking the first time."""
    with _LOCK:
        if "sounddevice" not in sys.modules and not prepare_alsa():
            raise DeviceError(
                _("Sound cannot be used: the system's sound configuration is missing or empty."),
                hint=_("Install it (Debian, Ubuntu: libasound2-data), or see what ALSA_CONFIG_PATH names."),
                detail="ALSA",
            )
        try:
            import sounddevice as module
        except (ImportError, OSError) as error:
            raise DeviceError(
                _("Sound cannot be used: PortAudio is missing."),
                hint=_("Install it (Debian, Ubuntu: libportaudio2; Fedora: portaudio) and start again."),
                detail=type(error).__name__,
            ) from error
        except Exception as error:  # sounddevice.PortAudioError, which cannot be imported now; the next call tries anew
            raise DeviceError(
                _("Sound cannot be used: the system's sound service gave PortAudio an error."),
                hint=_("See that the sound service is running and its configuration is whole."),
                detail=str(error)[:120],
            ) from error
    return module


def prepare_alsa() -> bool:
    """Make ALSA's configuration, in this process only, fit for PortAudio; call it before each initialisation.

    PortAudio opens every device that the configuration names, so what is none is taken out: :data:`ENCODERS`. Returns
    False where no default device is named: PortAudio ends the whole program then (measured: SIGABRT).
    """
    if not sys.platform.startswith("linux"):
        return True
    import ctypes

    try:
        alsa = ctypes.CDLL("libasound.so.2")
        alsa.snd_config_update()  # PortAudio's own call finds the same tree and leaves it as it is
        root, node = ctypes.c_void_p.in_dll(alsa, "snd_config"), ctypes.c_void_p()
        if root.value is None or alsa.snd_config_search(root, b"pcm.default", ctypes.byref(node)) != 0:
            return False
        for name in ENCODERS:
            if alsa.snd_config_search(root, f"pcm.{name}".encode(), ctypes.byref(node)) == 0:
                alsa.snd_config_delete(node)
    except (OSError, AttributeError, ValueError):
        pass  # another ALSA than we know, or none: PortAudio will say
    return True


@contextmanager
def exclusive() -> Iterator[Any]:
    """Hold PortAudio alone and yield sounddevice; PortAudioError becomes DeviceError."""
    module = sounddevice()
    with _LOCK, translated():
        yield module


@contextmanager
def translated(message: str = "") -> Iterator[None]:
    """Turn what sounddevice raises into a DeviceError that says *message*."""
    module = sounddevice()
    try:
        yield
    except (module.PortAudioError, ValueError) as error:
        detail = str(error.args[0]) if error.args else type(error).__name__
        raise DeviceError(
            message or _("The sound device could not be used."),
            hint=_("Check that it is plugged in and that no other program keeps it to itself."),
            detail=detail[:120],
        ) from error


def kept_until_closed(stream: Any) -> Any:
    """Return *stream*, which stays alive until it is closed, whoever else forgets it."""
    close = stream.close

    def close_and_forget(*args: Any) -> None:
        with exclusive():
            close(*args)
            OPEN.discard(stream)

    stream.close = close_and_forget
    with _LOCK:
        OPEN.add(stream)
    return stream


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables for the duration; call it inside :func:`exclusive`.

    libpulse reads PULSE_SINK and PULSE_SOURCE anew for every stream that is opened (measured), so this chooses a
    real device although PortAudio knows PulseAudio only as one device "pulse".
    """
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: value for name, value in values.items() if value})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
