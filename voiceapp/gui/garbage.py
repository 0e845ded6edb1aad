"""The cyclic collector runs on the GUI thread only.

CPython collects on whichever thread happens to allocate. A widget in a cycle, a pixmap or a timer would then be deleted
by the voice loop or inside PortAudio's callback, which Qt does not survive, and a callback would miss its deadline.
So collecting by allocation is switched off, and this object collects between events instead: young objects often,
all of them only while nobody talks.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LOOK_EVERY_MS = 1000
"""Counting is nearly free: ten thousand looks cost less than one collection."""
YOUNG = 700
"""So many new container objects are worth a look, as in CPython's own thresholds."""
OFTEN = 10
"""A generation is collected after so many collections of the younger one, as in CPython's own thresholds."""


class Garbage(QObject):
    """Collects cyclic garbage on the GUI thread, from :meth:`begin` on, as long as it lives.

    Args:
        is_busy: whether the window has something better to do than a full collection, which may take some 10 ms.
    """

    def __init__(self, is_busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_busy = is_busy
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        gc.disable()

    def begin(self) -> None:
        """Begin once the program is loaded: what is there by now stays and is never looked at again."""
        if not self._timer.isActive():
            gc.freeze()
            self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that is due."""
        young, middle, old = gc.get_count()
        if old > OFTEN and not self._is_busy():
            gc.collect(2)
        elif middle > OFTEN:
            gc.collect(1)
        elif young > YOUNG:
            gc.collect(0)
