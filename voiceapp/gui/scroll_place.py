"""Where the person looks: at the end, following what comes, or at an entry that must not move when others grow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from voiceapp.gui.stack import Stack

NEAR_END_PX = 24
"""Who stands this close to the end is taken to stand at it."""


class ScrollPlace(QObject):
    """Scrolls *area* so that what is looked at stays in place.

    Args:
        area: what is scrolled.
        stack: the entries on its page; the uppermost one in sight is what is held on to.

    Signals:
        moved: something was scrolled; whether the end is in sight.

    Attributes:
        is_following: the person stands at the end and wants to stay there.
    """

    moved = Signal(bool)

    def __init__(self, area: QScrollArea, stack: Stack) -> None:
        super().__init__(area)
        self._area, self._bar, self._stack = area, area.verticalScrollBar(), stack
        self._is_arranging = False
        self.is_following = True
        self._bar.valueChanged.connect(self._on_scrolled)

    def keep(self, arrange: Callable[[], None]) -> None:
        """Let *arrange* move and size things, then scroll to what was seen before; within itself it does nothing."""
        if self._is_arranging:
            return
        self._is_arranging = True
        try:
            anchor, offset = self._anchor()
            arrange()
            if self.is_following:
                self._scroll_to_end()
            elif anchor is not None:
                self._bar.setValue(self._stack.y() + anchor.y() - offset)
        finally:
            self._is_arranging = False

    def go_to_end(self) -> None:
        """Go to the end and stay there."""
        self.is_following = True
        self._scroll_to_end()

    def go_to(self, top_px: int) -> None:
        """Bring what begins at *top_px* of the page to the upper edge."""
        self._bar.setValue(max(0, top_px))

    def keep_in_sight(self, top_px: int, height_px: int) -> None:
        """Scroll a third of a view ahead when this part of the page is not wholly in sight."""
        seen_px = self._area.viewport().height()
        if top_px < self._bar.value() or top_px + height_px > self._bar.value() + seen_px:
            self._bar.setValue(top_px - seen_px // 3)

    def _anchor(self) -> tuple[QWidget | None, int]:
        """Return the first widget in sight and how far below the edge it begins."""
        value = self._bar.value() - self._stack.y()
        for item in self._stack.items:
            if item.y() + item.height() > value:
                return item, item.y() - value
        return None, 0

    def _scroll_to_end(self) -> None:
        if self._bar.value() != self._bar.maximum():
            self._bar.setValue(self._bar.maximum())
        self.moved.emit(True)

    def _on_scrolled(self, value: int) -> None:
        is_at_end = value >= self._bar.maximum() - NEAR_END_PX
        if not self._is_arranging:
            self.is_following = is_at_end
        self.moved.emit(is_at_end)
