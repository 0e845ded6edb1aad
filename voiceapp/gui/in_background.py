"""Work that the GUI thread must not wait for, and what to do on it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

T = TypeVar("T")


class _Done(QObject):
    came = Signal(object)


class _Work(QRunnable, Generic[T]):
    def __init__(self, work: Callable[[], T], done: _Done) -> None:
        super().__init__()
        self._work, self._done = work, done

    def run(self) -> None:
        result = self._work()
        try:
            self._done.came.emit(result)
        except RuntimeError:
            return  # the window that asked is gone, and the signal with it


def in_background(owner: QObject, work: Callable[[], T], then: Callable[[T], None]) -> None:
    """Run *work* in a worker thread, then *then* with its result on the GUI thread, if *owner* still lives.

    GUI thread. *work* must not raise and must not touch widgets.
    """
    done = _Done(owner)
    done.came.connect(then)
    done.came.connect(done.deleteLater)
    QThreadPool.globalInstance().start(_Work(work, done))
