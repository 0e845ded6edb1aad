"""Commands of the program as processes of their own, and what every process of these tests gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.loopback import LoopbackServer

PATIENCE_S = 60.0
NO_ENVIRONMENT: Mapping[str, str] = {}


def connected(server: LoopbackServer) -> dict[str, str]:
    """Return what a person sets to use a service."""
    return {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-e2e-not-a-real-key"}


def environment(more: Mapping[str, str] = NO_ENVIRONMENT) -> dict[str, str]:
    """Return this process's environment without any key of a person, plus *more*; no test asks a person's keyring."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return {**kept, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **more}


@dataclass(frozen=True)
class Done:
    """How a command ended. *said*: its standard error, without the program's name."""

    code: int
    out: str
    said: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What ``--json`` wrote."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the events called *name*."""
        return [event for event in self.events if event["event"] == name]


def spoken_of(stderr: str) -> str:
    """Return what the program said; ALSA's own remarks on a loaded machine are not its words."""
    lines = [line for line in stderr.splitlines() if not line.startswith("ALSA lib")]
    return "\n".join(lines).strip().removeprefix("voiceapp: ")


def voiceapp(
    data: Path,
    *words: str | Path,
    env: Mapping[str, str] = NO_ENVIRONMENT,
    stdin: str = "",
    wrapper: tuple[str, ...] = (),
) -> Done:
    """Run ``voiceapp`` with *words* on the data folder *data* to its end."""
    command = [*wrapper, sys.executable, "-m", "voiceapp", *map(str, words), "--data-dir", str(data)]
    done = subprocess.run(
        command, input=stdin, env=environment(env), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, spoken_of(done.stderr))
