"""How long the GUI thread keeps others waiting: a beat every 5 ms, and what it was doing when one was late.

Looking at another thread's stack keeps its frames alive for a moment, and a QPainter among their locals may outlive its
paintEvent, which Qt does not survive. So stacks are looked at only by a person who hunts a stall: VOICEAPP_STACKS=1.
"""

from __future__ import annotations

import collections
import os
import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 5
LATE_MS = 16.0
_LOOK_S = 0.003
_CALLS = 5


@dataclass(frozen=True)
class Stall:
    """A late beat: how long the GUI thread did not come round, and the stacks seen meanwhile, most often first."""

    ms: float
    stacks: tuple[str, ...]


class Heartbeat:
    """Entered as a context on the GUI thread; measures until it is left."""

    def __init__(self, parent: QObject) -> None:
        self.stalls: list[Stall] = []
        self._gaps_ms: list[float] = []
        self._timer = QTimer(parent, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last_s = 0.0
        self._seen: collections.Counter[str] = collections.Counter()
        self._thread = threading.Thread(target=self._watch, args=(threading.get_ident(),), name="heartbeat")
        self._is_over = threading.Event()

    def __enter__(self) -> Heartbeat:
        self._last_s = time.monotonic()
        self._timer.start()
        if os.environ.get("VOICEAPP_STACKS"):
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._timer.stop()
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def beats(self) -> int:
        """How often the GUI thread came round."""
        return len(self._gaps_ms)

    def report(self) -> str:
        """Say in a few lines how late beats were and what stood in their way."""
        late = np.maximum(0.0, np.array(self._gaps_ms) - BEAT_MS)
        figures = ", ".join(
            f"{name} {value:.1f}"
            for name, value in zip(
                ("median", "p95", "p99", "max"), (*np.percentile(late, (50, 95, 99)), late.max()), strict=True
            )
        )
        lines = [f"{len(late)} beats, late by ms: {figures}; {len(self.stalls)} later than {LATE_MS:g}"]
        for stall in sorted(self.stalls, key=lambda one: -one.ms)[:12]:
            lines += [f"  {stall.ms:.1f} ms", *(f"      {stack}" for stack in stall.stacks[:2])]
        return "\n".join(lines)

    def _beat(self) -> None:
        now_s = time.monotonic()
        gap_ms, self._last_s = (now_s - self._last_s) * 1000.0, now_s
        self._gaps_ms.append(gap_ms)
        seen, self._seen = self._seen, collections.Counter()
        if gap_ms - BEAT_MS > LATE_MS:
            self.stalls.append(Stall(gap_ms, tuple(stack for stack, _count in seen.most_common())))

    def _watch(self, gui: int) -> None:
        while not self._is_over.wait(_LOOK_S):
            if (time.monotonic() - self._last_s) * 1000.0 > LATE_MS / 2:
                self._seen[_stack_of(gui)] += 1


def _stack_of(thread: int) -> str:
    """Return the innermost calls of *thread*.

    Names and numbers only, and no reference to a frame is kept: one would hold the QPainter among its locals beyond
    the end of its paintEvent, which Qt does not survive.
    """
    calls: list[tuple[str, int, str]] = []
    frame = sys._current_frames().get(thread)
    while frame is not None and len(calls) < _CALLS:
        if not frame.f_code.co_filename.startswith("<frozen importlib"):
            calls.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return " < ".join(f"{file.rpartition('/')[2]}:{line} {name}" for file, line, name in calls)
