"""The scripted service in a process of its own, and its log as values."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request as the service saw it; times are time.monotonic() seconds."""

    path: str
    body: Any
    uploaded_at: float
    first_byte_at: float
    done_at: float | None
    marks: tuple[tuple[str, float], ...]
    upload_bytes: int
    late_ms: tuple[float, ...]

    def sent(self, mark: str) -> list[float]:
        """Return when the pieces called *mark* were sent."""
        return [at for name, at in self.marks if name == mark]


class Service:
    """``python -m tests.server --script bench``, entered as a context; it speaks *char_ms* for every character."""

    base_url: str

    def __init__(self, char_ms: float = 30.0, script: str = "bench", *options: str) -> None:
        self._options = ["--script", script, "--char-ms", str(char_ms), *options]

    def __enter__(self) -> Service:
        command = [sys.executable, "-m", "tests.server", *self._options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base_url = self._read()["base_url"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def log(self) -> tuple[list[Call], list[str]]:
        """Return the answered requests so far, and what was wrong with any."""
        assert self._process.stdin
        self._process.stdin.write("log\n")
        self._process.stdin.flush()
        log = self._read()
        return [_call(row) for row in log["requests"] if row["first_byte_at"] is not None], log["violations"]

    def _read(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


def _call(row: dict[str, Any]) -> Call:
    return Call(
        path=row["path"].removeprefix("/v1"),
        body=row["json"],
        uploaded_at=row["uploaded_at"],
        first_byte_at=row["first_byte_at"],
        done_at=row["done_at"],
        marks=tuple((name, at) for name, at in row["marks"]),
        upload_bytes=row["upload_bytes"],
        late_ms=tuple(row["late_ms"]),
    )
