"""An image to look at closely, and to paint on with a brush where it is to be changed."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from voiceapp.gui.theme import Theme

ZOOM_STEP = 1.25
ZOOM_MAX = 16.0
UNDO_MAX = 12
PAINT_ALPHA = 120


class MaskCanvas(QWidget):
    """Zooms by the wheel, pans by dragging; while :attr:`is_painting` dragging paints and the right button erases.

    The painting is kept in the image's own pixels, whatever the zoom. ``zoomed`` tells the scale, ``painted`` that
    the mask changed.
    """

    zoomed = Signal(float)
    painted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image = QPixmap()
        self._mask = QImage()
        self._before: list[QImage] = []
        self._strokes = 0
        self._scale, self._is_fitted = 1.0, True
        self._middle = QPointF()
        self._last: QPointF | None = None
        self._dragged_from: QPoint | None = None
        self.is_painting = False
        self.brush_px = 60
        self.setMouseTracking(True)
        self.setMinimumSize(200, 150)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- what is shown ------------------------------------------------------------------------------------

    def show_image(self, image: QImage) -> None:
        """Show *image*, whole, with nothing painted."""
        self._image = QPixmap.fromImage(image)
        self._mask = QImage(image.size(), QImage.Format.Format_Alpha8)
        self._mask.fill(0)
        self._before.clear()
        self._strokes = 0
        self.fit()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see yet."""
        return self._image.isNull()

    @property
    def scale(self) -> float:
        """Screen pixels of the widget per pixel of the image."""
        return self._scale

    def fit(self) -> None:
        """Show the whole image, never larger than it is."""
        self._is_fitted = True
        if self._image.isNull():
            return
        room = min(self.width() / self._image.width(), self.height() / self._image.height())
        self._scale = min(1.0, max(room, 0.01))
        self._middle = QPointF(self._image.width() / 2, self._image.height() / 2)
        self.zoomed.emit(self._scale)
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Enlarge by *factor*; the image's point under *about* stays where it is."""
        about = about or QPointF(self.rect().center())
        fixed = self.to_image(about)
        smallest = min(1.0, self.width() / max(1, self._image.width()), self.height() / max(1, self._image.height()))
        self._scale = min(ZOOM_MAX, max(smallest / 2, self._scale * factor))
        self._is_fitted = False
        self._middle += fixed - self.to_image(about)
        self.zoomed.emit(self._scale)
        self.update()

    def to_image(self, place: QPointF) -> QPointF:
        """Return the image's point under *place* of the widget."""
        return self._middle + (place - QPointF(self.width() / 2, self.height() / 2)) / self._scale

    # --- the mask -----------------------------------------------------------------------------------------

    @property
    def has_mask(self) -> bool:
        """Whether anything is painted."""
        return self._strokes > 0

    def mask_png(self) -> bytes:
        """Return the mask as the service wants it: a PNG of the image's size, transparent where it was painted.

        Empty where nothing was painted.
        """
        if not self.has_mask:
            return b""
        mask = QImage(self._mask.size(), QImage.Format.Format_ARGB32_Premultiplied)
        mask.fill(Qt.GlobalColor.black)
        painter = QPainter(mask)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        painter.drawImage(0, 0, self._mask)
        painter.end()
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        mask.convertToFormat(QImage.Format.Format_ARGB32).save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(data.data())

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._before:
            self._mask = self._before.pop()
            self._strokes -= 1
            self.painted.emit()
            self.update()

    def clear(self) -> None:
        """Take all strokes back."""
        if self.has_mask:
            self._mask.fill(0)
            self._before.clear()
            self._strokes = 0
            self.painted.emit()
            self.update()

    def stroke(self, start: QPointF, end: QPointF, *, is_erasing: bool = False) -> None:
        """Paint, or erase, from *start* to *end*, points of the image."""
        painter = QPainter(self._mask)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)  # a pixel is in the mask or is not
        mode = QPainter.CompositionMode
        painter.setCompositionMode(mode.CompositionMode_Clear if is_erasing else mode.CompositionMode_Source)
        color = Qt.GlobalColor.white
        painter.setPen(QPen(color, self.brush_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if start == end:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(start, self.brush_px / 2, self.brush_px / 2)
        else:
            painter.drawLine(start, end)
        painter.end()
        self.update()

    # --- hands --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.is_empty:
            return
        if self.is_painting and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._before.append(self._mask.copy())
            del self._before[:-UNDO_MAX]
            self._strokes += 1
            self._last = self.to_image(event.position())
            self.stroke(self._last, self._last, is_erasing=event.button() is Qt.MouseButton.RightButton)
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._dragged_from = event.position().toPoint()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            here = self.to_image(event.position())
            is_erasing = bool(event.buttons() & Qt.MouseButton.RightButton)
            self.stroke(self._last, here, is_erasing=is_erasing)
            self._last = here
        elif self._dragged_from is not None:
            here_px = event.position().toPoint()
            self._middle -= QPointF(here_px - self._dragged_from) / self._scale
            self._dragged_from = here_px
            self._is_fitted = False
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._last = None
            self.painted.emit()
        self._dragged_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.is_painting:
            self.mousePressEvent(event)
        elif self._is_fitted and self._scale < 1.0:
            self.zoom(1.0 / self._scale, event.position())
        else:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_fitted:
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("sunken"))
        if self._image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale < 2.0)
        corner = QPointF(self.width() / 2, self.height() / 2) - self._middle * self._scale
        place = QRectF(corner, QPointF(self._image.width(), self._image.height()) * self._scale + corner)
        painter.fillRect(place, self._theme.color("raised"))
        painter.drawPixmap(place, self._image, QRectF(self._image.rect()))
        if self.has_mask or self._last is not None:
            painter.setOpacity(PAINT_ALPHA / 255)
            painter.drawImage(place, self._tinted(), QRectF(self._mask.rect()))
            painter.setOpacity(1.0)
        if self.is_painting and self.underMouse():
            self._draw_brush(painter)

    def _tinted(self) -> QImage:
        tinted = self._mask.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(tinted)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        painter.fillRect(tinted.rect(), self._theme.color("youFill"))
        painter.end()
        return tinted

    def _draw_brush(self, painter: QPainter) -> None:
        here = QPointF(self.mapFromGlobal(self.cursor().pos()))
        radius = self.brush_px * self._scale / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for width, color in ((3, QColor("white")), (1, QColor("black"))):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(here, radius, radius)
