"""From the command to a window that takes the first press, and what it uses while nobody does anything.

Every start is a new process with a data folder of its own, after one that warms the disk cache and the byte code. That
is kept in the measurement's own folder: an environment may forbid writing it (``PYTHONDONTWRITEBYTECODE``), which no
installed program meets and which would measure the compiler.
"Usable": the window is shown, the session ready and the talk button enabled; the program then writes the file named
by its hidden option ``--ready-file``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.processes import cpu_s, pss_mb, rss_mb, tree_of
from tests.bench.report import Report, Series
from tests.bench.stage import screen
from tests.soundcard import running_card

PATIENCE_S = 30.0


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=10, help="starts to measure (default 10)")
    options.add_argument("--settle", type=float, default=10.0, metavar="S", help="wait before memory is read")
    options.add_argument("--idle", type=float, default=20.0, metavar="S", help="how long processor time is watched")


def measure(arguments: argparse.Namespace) -> Report:
    """Start the window again and again; the last one stays for memory and processor time."""
    with screen(), running_card(), tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder:
        starts_ms: list[float] = []
        for number in range(arguments.n + 1):
            with window(Path(folder) / str(number)) as (_process, start_ms):
                starts_ms.append(start_ms)
        with window(Path(folder) / "idle") as (process, start_ms):
            starts_ms.append(start_ms)
            time.sleep(arguments.settle)
            pids = tree_of(process.pid)
            memory_mb, shared_mb, own_mb = rss_mb(pids), pss_mb(pids), rss_mb(pids[:1])
            before_s, began_at = cpu_s(pids), time.monotonic()
            time.sleep(arguments.idle)
            used = (cpu_s(pids) - before_s) / (time.monotonic() - began_at) * 100
    cold, *warm = starts_ms
    series = [
        Series("command → usable window, warm", warm, target="≤ 600"),
        Series("the first start of this run", [cold]),
        Series("idle memory, window process (RSS)", [own_mb], "MB", "≤ 150"),
        Series("idle memory, with children (RSS)", [memory_mb], "MB"),
        Series("idle memory, with children (PSS)", [shared_mb], "MB"),
        Series("idle processor use", [used], "% of a core", "≤ 1"),
    ]
    notes = [
        "usable = window shown, session ready, talk button enabled; local engines, Xvfb, virtual sound card",
        f"memory after {arguments.settle:g} s, processor over {arguments.idle:g} s, {len(pids)} processes",
    ]
    return Report("startup", series, notes)


@contextmanager
def window(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Start the program, wait until it is usable, yield it with the time that took in ms; then end it."""
    folder.mkdir(parents=True)
    ready = folder / "ready"
    command = [sys.executable, "-m", "voiceapp", "--data-dir", str(folder / "data"), "--ready-file", str(ready)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    began_at = time.monotonic()
    with subprocess.Popen(command, env=environment) as process:
        try:
            yield process, (usable_at(ready, process) - began_at) * 1000
        finally:
            process.terminate()


def usable_at(ready: Path, process: subprocess.Popen[bytes]) -> float:
    """Return when the program had written *ready*, right to 2 ms. Raises RuntimeError when it ends or never does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if ready.exists():
            return time.monotonic()
        if process.poll() is not None:
            raise RuntimeError(f"voiceapp ended with status {process.returncode} before its window was usable")
        time.sleep(0.002)
    raise RuntimeError("the window did not become usable")
