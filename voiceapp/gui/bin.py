"""Where widgets go that are no longer wanted: deleting a long conversation at once would take a tenth of a second."""

from __future__ import annotations

from time import perf_counter

import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from voiceapp.gui.stack import Stack

SLICE_MS = 3.0


class Bin(QObject):
    """Deletes what is thrown in, between other events, a few milliseconds at a time; stacks child by child."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pending: list[QWidget] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._work)

    @property
    def is_empty(self) -> bool:
        """Whether all of it is gone."""
        return not self._pending

    def throw(self, widget: QWidget) -> None:
        """Delete *widget* soon. It must be out of sight, and nobody may call it any more."""
        self._pending.append(widget)
        self._next.start()

    def _work(self) -> None:
        began_s = perf_counter()
        while self._pending and (perf_counter() - began_s) * 1000 < SLICE_MS:
            widget = self._pending[-1]
            if not shiboken6.isValid(widget):
                self._pending.pop()
            elif isinstance(widget, Stack) and widget.items:
                self._pending += widget.clear()
            else:
                self._pending.pop()
                _delete(widget)
        if self._pending:
            self._next.start()


def _delete(widget: QWidget) -> None:
    """Delete *widget* with all that is in it, and what holds its Python side together: that is no garbage, then."""
    family = [widget, *widget.findChildren(QObject)]
    shiboken6.delete(widget)
    for one in family:
        vars(one).clear()
