"""Work in slices of a few milliseconds: entries to build, replies to write, and the window waits for neither."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

from voiceapp.gui.reply_view import ReplyView

FRAME_MS = 33
"""Growing replies are shown at most thirty times a second."""
SLICE_MS = 4.0
"""How long is worked before other events are let through."""


class WorkSlices(QObject):
    """Writes the replies that grew, then builds the entries that are due; the newest first.

    Args:
        build: builds the entry of this key.

    Signals:
        finished: nothing is left to do.
    """

    finished = Signal()

    def __init__(self, build: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._build = build
        self._due: list[str] = []
        self._growing: dict[str, ReplyView] = {}
        self._frame = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._frame.timeout.connect(self.work)
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self.work)

    @property
    def has_work(self) -> bool:
        """Whether something is left to do."""
        return bool(self._due or self._growing)

    def add_growing(self, key: str, view: ReplyView) -> None:
        """Write with the next frame what *view* has not shown yet."""
        self._growing[key] = view
        if not self._frame.isActive() and not self._next.isActive():
            self._frame.start()

    def add_due(self, keys: list[str]) -> None:
        """Build these entries too, the last of them first, after all that are due already."""
        self._due = keys + self._due

    def forget(self, key: str) -> None:
        """The reply called *key* is gone."""
        self._growing.pop(key, None)

    def clear(self) -> None:
        """Nothing of what was asked for is wanted any more."""
        self._due.clear()
        self._growing.clear()

    def work(self) -> None:
        """Work for one slice, and again once other events had their turn."""
        begun = perf_counter()
        while self.has_work:
            if self._growing:
                self._write_newest()
            else:
                self._build(self._due.pop())
            if (perf_counter() - begun) * 1000 > SLICE_MS:
                break
        if self.has_work:
            self._next.start()
        else:
            self.finished.emit()

    def _write_newest(self) -> None:
        key = next(reversed(self._growing))
        view = self._growing[key]
        view.step()
        if not view.has_work:
            self._growing.pop(key, None)
