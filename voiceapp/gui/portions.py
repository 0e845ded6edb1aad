"""Work on the window's thread that would take longer than a frame: some of it now, the rest between other events."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer


class Portions(QObject):
    """Does one work at a time; one that is begun while another is under way takes its place.

    A work is an iterator that yields where other events may have their turn; up to there it is done at once.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._work: Iterator[None] = iter(())
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._go_on)

    @property
    def is_under_way(self) -> bool:
        """Whether something is left to do."""
        return self._next.isActive()

    def begin(self, work: Iterator[None]) -> None:
        """Do the first portion of *work*, and the others in the next turns of the event loop."""
        self._work = work
        self._go_on()

    def finish(self) -> None:
        """Do at once what is left."""
        self._next.stop()
        for _portion in self._work:
            pass

    def _go_on(self) -> None:
        self._next.stop()
        if next(self._work, True) is None:
            self._next.start()
