"""Children one below the other, each as high as its width asks for.

Qt's box layouts ask every child several times over when one grows; a conversation that grows thirty times a second
needs each asked once, with the answer kept by the child. And when the width changes, only what is in sight is laid
out at once; the rest keeps its old height and follows in slices of a few milliseconds, nearest first.
"""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

SLICE_MS = 5.0
AROUND_PX = 200
"""So far above and below of what is in sight is laid out at once, too."""
AWAY_PX = -1_000_000


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
        self._placed: set[QWidget] = set()
        self._owed: set[QWidget] = set()
        self._extent = (-1, 0)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._pay)

    @property
    def items(self) -> tuple[QWidget, ...]:
        return tuple(self._items)

    @property
    def is_settled(self) -> bool:
        """Whether every child is laid out at the present width."""
        return not self._owed

    def add(self, widget: QWidget, index: int | None = None) -> None:
        """Put *widget* at *index*, by default at the end."""
        widget.setParent(self)
        self._items.insert(len(self._items) if index is None else index, widget)
        widget.show()
        self._renew()

    def remove(self, widget: QWidget) -> None:
        """Take *widget* out and dispose of it."""
        self.take(widget).deleteLater()

    def _renew(self) -> None:
        self._extent = (-1, 0)
        self.updateGeometry()
        self._arrange()

    def take(self, widget: QWidget) -> QWidget:
        """Take *widget* out, hidden; it stays a child."""
        self._items.remove(widget)
        self._owed.discard(widget)
        self._placed.discard(widget)
        widget.hide()
        self._renew()
        return widget

    def clear(self) -> list[QWidget]:
        """Let go of all children and return them; out of sight, but not hidden, which costs more than moving."""
        gone, self._items = self._items, []
        self._owed.clear()
        self._placed.clear()
        self._later.stop()
        for widget in gone:
            widget.move(0, AWAY_PX)
        self._extent = (-1, 0)
        self.updateGeometry()
        return gone

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        if self._extent[0] == width_px:
            return self._extent[1]
        if width_px != self.width():
            self._owe()
        heights = [self._height_of(item, width_px) for item in self._items if not item.isHidden()]
        return sum(heights) + self._gap_px * max(0, len(heights) - 1)

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._extent = (-1, 0)
            self._arrange()
            if self.heightForWidth(self.width()) != self.height():
                self.updateGeometry()
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._owe()
        self._arrange()

    def _arrange(self) -> None:
        top = 0
        for item in self._items:
            if item.isHidden():
                continue
            height = self._height_of(item, self.width())
            if item in self._owed:
                item.move(0, top)
            else:
                item.setGeometry(0, top, self.width(), height)
                self._placed.add(item)
            top += height + self._gap_px
        if self.isVisible():  # else nobody tells when a child wants another height
            self._extent = (self.width(), max(0, top - self._gap_px))
        self.laid_out.emit()

    # --- what is out of sight -----------------------------------------------------------------------------

    def _height_of(self, item: QWidget, width_px: int) -> int:
        return item.height() if item in self._owed else height_at(item, width_px)

    def _owe(self) -> None:
        """The width is another: what was laid out before and is out of sight can wait."""
        if not self.isVisible():
            self._owed.clear()
            return
        seen = self.visibleRegion().boundingRect().adjusted(0, -AROUND_PX, 0, AROUND_PX)
        for item in self._items:
            if item in self._placed and not item.isHidden() and not item.geometry().intersects(seen):
                self._owed.add(item)
            else:
                self._owed.discard(item)
        if self._owed:
            self._later.start()

    def _pay(self) -> None:
        """Lay out some of what was left."""
        began_s = perf_counter()
        middle = self.visibleRegion().boundingRect().center().y()
        nearest = sorted(self._owed, key=lambda item: abs(item.geometry().center().y() - middle), reverse=True)
        while nearest:
            item = nearest.pop()
            self._owed.discard(item)
            item.resize(self.width(), height_at(item, self.width()))
            if (perf_counter() - began_s) * 1000 > SLICE_MS:
                break
        self._arrange()
        if self.heightForWidth(self.width()) != self.height():
            self.updateGeometry()
        if self._owed:
            self._later.start()
