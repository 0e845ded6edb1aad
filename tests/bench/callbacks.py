"""What each callback on the GUI thread costs: the processor time and the clock time of every event's delivery.

``QApplication.notify`` is where every timer, posted event, paint, key and socket comes by, so it is overridden; the
event dispatcher's own signals would only see whole rounds, and which of the two its Glib form means depends on the
platform. Nested deliveries (a resize that resizes children) belong to the one that the event loop made. Processor
time is that of the GUI thread alone (``time.thread_time``): other programs and other threads cannot lengthen it. Of the
clock's time, what the thread waited for a processor that another program had is left out (Linux tells it); what
remains above the processor time is waiting for the interpreter, or for the window system. The override itself costs
some microseconds per nested delivery, of which there are thousands when a page is made; what it costs at least is
measured at the start and taken off.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

KEPT_FROM_MS = 1.0
PROFILED_FROM_MS = 16.0


@dataclass(frozen=True)
class Callback:
    """One delivery: what it cost and to whom it went. *wall_ms* is without waiting for a processor."""

    cpu_ms: float
    wall_ms: float
    what: str


class _Schedule:
    """How long this thread has waited for a processor so far; always 0 where the system does not tell."""

    def __init__(self) -> None:
        try:
            self._file = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        except OSError:
            self._file = -1

    def waited_s(self) -> float:
        return int(os.pread(self._file, 100, 0).split()[1]) / 1e9 if self._file >= 0 else 0.0


class WatchedApplication(QApplication):
    """Times every delivery that the event loop makes on its thread.

    Attributes:
        callbacks: those since :meth:`forget` that took at least ``KEPT_FROM_MS`` by either clock.
        is_profiled: also say of slow ones where their time went; makes everything slower.
        busy_at_s: the end of the last of them, on the monotonic clock.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._depth = self._nested = 0
        self._hop_s = 0.0
        self._schedule = _Schedule()
        self._gui = threading.get_ident()
        self.callbacks: list[Callback] = []
        self.is_profiled = False
        self.act = ""
        self.busy_at_s = 0.0
        super().__init__(list(arguments))
        self._hop_s = self._calibrated_s()

    def _calibrated_s(self) -> float:
        """Return what the way through the override costs a nested delivery, in the best of some trials."""
        receiver, event = QObject(), QEvent(QEvent.Type.User)
        self._depth = 1

        def best_s(deliver: Callable[[], object]) -> float:
            trials = []
            for _trial in range(5):
                began_s = time.thread_time()
                for _ in range(500):
                    deliver()
                trials.append((time.thread_time() - began_s) / 500)
            return min(trials)

        through_s = best_s(lambda: QApplication.sendEvent(receiver, event))
        direct_s = best_s(lambda: QApplication.notify(self, receiver, event))
        self._depth = 0
        return max(0.0, through_s - direct_s)

    def forget(self) -> None:
        """Begin anew."""
        self.callbacks = []

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Deliver *event*, and time it where the event loop asks."""
        if self._depth or threading.get_ident() != self._gui:
            self._nested += 1
            return super().notify(receiver, event)
        what = f"{type(receiver).__name__} {event.type().name}"
        parent = receiver.parent() if what.startswith("QTimer ") else None
        owner = f" of {type(parent).__name__}" if parent is not None else ""
        self.act = ""
        profile = cProfile.Profile(time.thread_time) if self.is_profiled else None
        self._depth += 1
        self._nested = 0
        queued_s, began_s, began_cpu_s = self._schedule.waited_s(), time.perf_counter(), time.thread_time()
        if profile is not None:
            profile.enable()
        try:
            return super().notify(receiver, event)
        finally:
            if profile is not None:
                profile.disable()
            own_s = self._nested * self._hop_s
            cpu_ms = (time.thread_time() - began_cpu_s - own_s) * 1000
            wall_s = time.perf_counter() - began_s - own_s
            wall_ms = (wall_s - (self._schedule.waited_s() - queued_s)) * 1000
            self._depth -= 1
            if max(cpu_ms, wall_ms) >= KEPT_FROM_MS:
                self.callbacks.append(Callback(cpu_ms, wall_ms, self.act or what + owner))
                self.busy_at_s = time.monotonic()
            if profile is not None and cpu_ms >= PROFILED_FROM_MS:
                print(f"\n=== {cpu_ms:.1f} ms: {self.act or what + owner}")
                pstats.Stats(profile).sort_stats("cumulative").print_stats(22)
