"""Importing in small steps, so that a window that shares the interpreter does not feel it.

Importing the openai package runs half a second of Python in one go. Every time the window's thread calls into Qt it
lets go of the interpreter and has to get it back from the importing thread, so one paint could take a tenth of a
second. While this is in force, worker threads that import stand back after every few milliseconds of work, at the
border between two modules.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

WORK_S = 0.003
REST_S = 0.005
HASTY = frozenset({"MainThread", "voice-loop"})
"""Threads that must not wait: the window's, and the one that carries the sound."""


class Breather(MetaPathFinder):
    """Finds nothing. Asked before every module that is not imported yet, it lets a worker thread rest."""

    def __init__(self) -> None:
        self._rested_at_s: dict[int, float] = {}

    def begin(self) -> None:
        """From now on imports in worker threads are gentle."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Imports are as they were."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return None, perhaps after a rest: others find."""
        thread = threading.current_thread()
        if thread.name not in HASTY:
            now_s, number = time.perf_counter(), threading.get_ident()
            if now_s - self._rested_at_s.setdefault(number, now_s) > WORK_S:
                time.sleep(REST_S)
                self._rested_at_s[number] = time.perf_counter()
        return None


def import_ahead(names: Iterable[str]) -> threading.Thread:
    """Import modules of these names in a worker thread, one after the other, before anybody wants them."""

    def work() -> None:
        for name in names:
            importlib.import_module(name)

    thread = threading.Thread(target=work, name="import-ahead", daemon=True)
    thread.start()
    return thread
