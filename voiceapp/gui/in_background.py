"""Work that the GUI thread must not wait for, and what to do on it afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot


def _nothing(_result: object) -> None:
    """The result was delivered."""


class _Delivery(QObject):
    """Carries a result to the GUI thread: a slot of an object is called in that object's thread, a function is not."""

    came = Signal(object)

    def __init__(self, owner: QObject, then: Callable[[Any], None]) -> None:
        super().__init__(owner)
        self._then = then
        self.came.connect(self._deliver)

    @Slot(object)
    def _deliver(self, result: object) -> None:
        # forget what *then* holds before this object is deleted: it may be the last to hold its own parent
        then, self._then = self._then, _nothing
        self.setParent(None)
        self.deleteLater()
        then(result)


def in_background(owner: QObject, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
    """Run *work* in a worker thread, then *then* with its result on the GUI thread, if *owner* still lives.

    GUI thread. *work* must not raise and must not touch widgets.
    """
    delivery = _Delivery(owner, then)

    def run() -> None:
        result = work()
        try:
            delivery.came.emit(result)
        except RuntimeError:
            return  # the window that asked is gone, and the delivery with it

    threading.Thread(target=run, name="gui-background", daemon=True).start()
