"""How a process of our own is started: with this package, without keys, without what lies where the person stands.

Python looks for modules in the current folder first. A folder from a stranger may hold a ``pypdf.py``; it must not
become part of this program because somebody attaches a PDF there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

NO_WINDOW = int(getattr(subprocess, "CREATE_NO_WINDOW", 0))
"""Windows would flash a console."""
SECRET_PARTS = ("KEY", "TOKEN", "SECRET", "PASSWORD")


def command_of(module: str, *arguments: str) -> tuple[str, ...]:
    """Return what starts *module* of this package with *arguments*."""
    return (sys.executable, "-P", "-m", module, *arguments)


def bare_environment() -> dict[str, str]:
    """Return this process's environment without keys, and with the place where this package was found."""
    environment = {
        name: value for name, value in os.environ.items() if not any(part in name.upper() for part in SECRET_PARTS)
    }
    home = str(Path(__file__).resolve().parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [home, environment.get("PYTHONPATH")]))
    return environment
