"""A screen of the tests' own: Xvfb with a window manager, so that real windows get real focus.

Started before Qt is imported, because Qt reads the environment once. Where Xvfb is missing (macOS, Windows) the
offscreen platform serves, and tests that need a real screen say that they are skipped and why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

SIZE = "2560x1600x24"


@dataclass
class Screen:
    """The processes behind ``DISPLAY``."""

    name: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def stop(self) -> None:
        """End window manager, then server."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=10)


def why_no_screen() -> str:
    """Return why a real screen cannot be had here, or "" when it can."""
    if not sys.platform.startswith("linux"):
        return "a virtual screen is only started on Linux"
    return "" if shutil.which("Xvfb") else "Xvfb is not installed (packaging/test brings it where it may)"


def start() -> Screen:
    """Start a server on a free display and a window manager on it; sets ``DISPLAY`` and Qt's platform."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", SIZE, "-nolisten", "tcp", "-dpi", "96"],
        pass_fds=(writer,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()  # written once the server takes connections
    if not number:
        raise RuntimeError("Xvfb did not start")
    screen = Screen(f":{number}", [server])
    os.environ["DISPLAY"] = screen.name
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    os.environ.pop("WAYLAND_DISPLAY", None)
    if manager := shutil.which("openbox"):
        quiet = subprocess.DEVNULL
        screen.processes.append(subprocess.Popen([manager, "--sm-disable"], stdout=quiet, stderr=quiet))
    return screen
