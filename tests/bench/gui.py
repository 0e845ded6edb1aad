"""The longest callback on the window's thread, in scenes of normal use: opening, scrolling, resizing, a turn, settings.

Each run is a new process with the program's real window on a screen of its own and a scripted session behind it; it
plays all scenes in one order, so that later ones find a window in which much was done. ``--first-turn`` measures one
more scene with the real session: the first turn with a service, whose package is imported meanwhile. One run more
comes first and is not counted: it leaves the byte code that an installed program has, and compiling holds the
interpreter for tens of milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from tests.bench.report import Report, Series
from tests.bench.stage import screen

PATIENCE_S = 600.0
TARGET = "≤ 16"


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=5, help="runs (default 5)")
    options.add_argument("--only", default="", metavar="PATTERN", help="only scenes with it in their names")
    options.add_argument("--no-turn", action="store_true", help="without the first turn with a service")


def measure(arguments: argparse.Namespace) -> Report:
    """Play all scenes *n* times; report per scene the longest callback of each run."""
    rows: list[dict[str, Any]] = []
    modules = [] if arguments.no_turn or arguments.only else ["tests.bench.gui_first_turn"]
    with screen(), tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as byte_code:
        for module in ("tests.bench.gui_scenes", *modules):
            for number in range(arguments.n + 1):
                found = _rows(module, byte_code, "--only", arguments.only)
                rows += found if number else []
    names = list(dict.fromkeys(row["scene"] for row in rows))
    by_cpu = [Series(name, [row["cpu_ms"] for row in _of(rows, name)], target=TARGET) for name in names]
    by_wall = [Series(f"by the clock: {name}", [row["wall_ms"] for row in _of(rows, name)]) for name in names]
    notes = [
        "a value is the longest callback of one run: processor time of the window's thread, then the same by the clock",
        "the clock's time is without waiting for a processor: what is above the processor time is waiting for the",
        "interpreter, which another thread of the program has, or for the window system",
        "every nested event passes through the measurement; what that costs at least is taken off",
        *_over(rows, names),
    ]
    return Report("gui", by_cpu + by_wall, notes)


def _rows(module: str, byte_code: str, *words: str) -> list[dict[str, Any]]:
    """Run *module* in a process and folder of its own, with what it imports compiled; return what it found."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = byte_code
    with tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder:
        command = [sys.executable, "-m", module, folder, *words]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=True, env=environment
        )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _of(rows: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["scene"] == name]


def _over(rows: list[dict[str, Any]], names: list[str]) -> list[str]:
    """Say which callback was the longest where one took more than a frame."""
    notes = []
    for name in names:
        worst = max(_of(rows, name), key=lambda row: float(row["cpu_ms"]))
        if worst["cpu_ms"] > 16:
            count = sum(row["over_16"] for row in _of(rows, name))
            notes.append(f"over 16 ms: {name}: {worst['cpu_what']}, {worst['cpu_ms']:.1f} ms, {count} times in all")
    return notes
