"""The program as a person in a terminal runs it: a real process, its streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "sk-test-0a1b2c3d4e5f6071"
LIMIT_S = 60.0
WARNINGS = "error,ignore:Setting the shape on a NumPy array:DeprecationWarning"
"""As for the tests themselves: sounddevice 0.5.6 does that in each callback, and numpy 2.5 deprecates it."""


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """The JSON lines, all or those of one kind; every line must be JSON."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        return [line for line in lines if not name or line["event"] == name]

    @property
    def complaint(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        return line


@dataclass
class Terminal:
    """Runs commands with one data folder. *environ* is added to a clean environment."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str | Path) -> list[str]:
        """The command line, with the common options at its end."""
        return [sys.executable, "-m", "voiceapp", *map(str, words), "--data-dir", str(self.data)]

    def clean_environ(self) -> Mapping[str, str]:
        """No key, no screen, no keyring: nothing of the machine that runs the tests."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "DISPLAY", "WAYLAND", "DBUS"))}
        return kept | {"PYTHONWARNINGS": WARNINGS, "NO_PROXY": "127.0.0.1"} | self.environ

    def run(self, *words: str | Path, typed: str | bytes = "") -> Done:
        """Run one command to its end."""
        data = typed.encode() if isinstance(typed, str) else typed
        done = subprocess.run(
            self.command(*words),
            input=data,
            capture_output=True,
            env=self.clean_environ(),
            timeout=LIMIT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command and go on beside it."""
        return subprocess.Popen(
            self.command(*words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.clean_environ(),
        )
