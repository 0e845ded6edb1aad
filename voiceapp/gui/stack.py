"""Children one below the other, each as high as its width asks for.

Qt's box layouts ask every child several times over when one grows; a conversation that grows thirty times a second
needs each asked once, with the answer kept by the child.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


def height_at(widget: QWidget, width_px: int) -> int:
    """Return how high *widget* wants to be at *width_px*."""
    if widget.hasHeightForWidth():
        return max(widget.heightForWidth(width_px), widget.minimumHeight())
    return min(max(widget.sizeHint().height(), widget.minimumHeight()), widget.maximumHeight())


class Stack(QWidget):
    """A column of widgets with gaps.

    Args:
        gap_px: between two children, unless the upper one was added with its own.
    """

    laid_out = Signal()

    def __init__(self, parent: QWidget | None = None, *, gap_px: int = 8) -> None:
        super().__init__(parent)
        self._gap_px = gap_px
        self._items: list[QWidget] = []

    @property
    def items(self) -> tuple[QWidget, ...]:
        return tuple(self._items)

    def add(self, widget: QWidget, index: int | None = None) -> None:
        """Put *widget* at *index*, by default at the end."""
        widget.setParent(self)
        self._items.insert(len(self._items) if index is None else index, widget)
        widget.show()
        self.updateGeometry()
        self._arrange()

    def remove(self, widget: QWidget) -> None:
        """Take *widget* out and dispose of it."""
        self._items.remove(widget)
        widget.hide()
        widget.deleteLater()
        self.updateGeometry()
        self._arrange()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        heights = [height_at(item, width_px) for item in self._items if not item.isHidden()]
        return sum(heights) + self._gap_px * max(0, len(heights) - 1)

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._arrange()
            if self.heightForWidth(self.width()) != self.height():
                self.updateGeometry()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        top = 0
        for item in self._items:
            if item.isHidden():
                continue
            height = height_at(item, self.width())
            item.setGeometry(0, top, self.width(), height)
            top += height + self._gap_px
        self.laid_out.emit()
