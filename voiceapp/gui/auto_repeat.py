"""Held keys on X11: ask the server for one key-up per key, at the end.

An X server repeats a held key as pairs of key-up and key-down. Qt recognises a pair only when both have already
arrived, so under load a held key seems let go and a take is chopped. The server itself can leave the false key-ups
out; Qt offers no call for that, Xlib does.
"""

from __future__ import annotations

import ctypes
import ctypes.util

from PySide6.QtWidgets import QApplication


def ask_for_true_key_ups(app: QApplication) -> bool:
    """Ask the X server of *app*; return whether it agreed. Elsewhere than on X11 nothing is needed: False."""
    if app.platformName() != "xcb":
        return False
    native = getattr(app, "nativeInterface", lambda: None)()
    display = getattr(native, "display", lambda: 0)()
    name = ctypes.util.find_library("X11") or "libX11.so.6"
    try:
        set_detectable = ctypes.CDLL(name).XkbSetDetectableAutoRepeat
    except (OSError, AttributeError):
        return False
    set_detectable.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    set_detectable.restype = ctypes.c_int
    return bool(display) and bool(set_detectable(display, 1, None))
