"""The cyclic collector runs on the GUI thread only.

CPython collects on whichever thread happens to allocate. A widget in a cycle, a pixmap or a timer would then be deleted
by the voice loop or inside PortAudio's callback, which Qt does not survive, and a callback would miss its deadline.
So collecting by allocation is switched off, and this object collects between events instead.

A collection takes a millisecond for every ten thousand objects that it looks at, so it must never look at many: after
an import, a burst, and each full collection what is there is set aside (``gc.freeze``). What becomes garbage among that
is found while nobody works with the window.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

SETTLED_MS = 6000
"""So long after the window became usable nothing of the start goes on."""
LOOK_EVERY_MS = 500
"""Counting is nearly free: ten thousand looks cost less than one collection."""
YOUNG = 700
"""So many new container objects are worth a look, as in CPython's own thresholds."""
MIDDLE, OLD = 10_000, 20_000
"""A generation is collected when so many objects have been looked at in the younger one."""
BURST = 20_000
"""So many objects since the last look came all at once, and stay: a month of calls was read, a library imported."""
MODULES = 20
"""So many new modules bring tens of thousands of objects, and they stay."""
SET_ASIDE = 100_000
"""When so many have been set aside, they are all looked at once nobody works with the window."""


class Garbage(QObject):
    """Collects cyclic garbage on the GUI thread, from :meth:`begin` on, as long as it lives.

    Args:
        is_busy: whether the window has something better to do than a full collection, which may take some 10 ms.
        is_left: whether nobody works with the window, so that a tenth of a second would not be seen.
    """

    def __init__(
        self,
        is_busy: Callable[[], bool],
        parent: QObject | None = None,
        is_left: Callable[[], bool] = lambda: (
            QGuiApplication.applicationState() is not Qt.ApplicationState.ApplicationActive
        ),
    ) -> None:
        super().__init__(parent)
        self._is_busy, self._is_left = is_busy, is_left
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._modules = len(sys.modules)
        self._middle = self._old = self._aside = 0
        gc.disable()

    def begin(self) -> None:
        """Begin once the program is loaded: what is there by now stays and is never looked at again."""
        if not self._timer.isActive():
            gc.freeze()
            self._modules = len(sys.modules)
            self._timer.start()
            QTimer.singleShot(SETTLED_MS, self, give_back)

    def look(self) -> None:
        """Do the one thing that is due."""
        young = gc.get_count()[0]
        if len(sys.modules) >= self._modules + MODULES or young > BURST:
            self._modules = len(sys.modules)
            self._aside += self._middle + self._old + (young if young > BURST else 0)
            self._middle = self._old = 0
            gc.freeze()
        elif self._aside > SET_ASIDE and self._is_left() and not self._is_busy():
            self._aside = 0
            gc.unfreeze()
            self._collect_all()
        elif self._old > OLD and not self._is_busy():
            self._collect_all()
        elif self._middle > MIDDLE:
            gc.collect(1)
            self._old, self._middle = self._old + self._middle, 0
        elif young > YOUNG:
            gc.collect(0)
            self._middle += young

    def _collect_all(self) -> None:
        gc.collect(2)
        gc.freeze()
        self._aside += self._old
        self._middle = self._old = 0


def give_back() -> None:
    """Return to the system the memory that only starting needed (3 MB). Only glibc has to be told; 1 ms."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
