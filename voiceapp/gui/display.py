"""Whether there is a screen to show a window on."""

from __future__ import annotations

from collections.abc import Mapping

_SCREENLESS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Return whether Qt can open a window on *platform* (``sys.platform``) with this *environment*."""
    if not platform.startswith("linux"):
        return True
    wanted = environment.get("QT_QPA_PLATFORM", "")
    if wanted.split(":")[0] in _SCREENLESS:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
