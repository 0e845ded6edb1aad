"""A picture in the conversation: small, with its prompt; a click shows it in the side panel.

One that is kept from view is a place with the reason; the side panel, where the click leads, can show it.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from voiceapp.core.images import StoredImage
from voiceapp.gui.in_background import in_background
from voiceapp.gui.picture_reader import QImageReader
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

WIDTH_PX, HEIGHT_PX = 240, 180
HELD_PX = 64


def fitted(image: StoredImage) -> QSize:
    """Return how large it is shown: its own shape, within the card's limits."""
    whole = QSize(max(1, image.width), max(1, image.height))
    return whole.scaled(QSize(WIDTH_PX, HEIGHT_PX), Qt.AspectRatioMode.KeepAspectRatio)


class ImageCard(QWidget):
    """Decoded beside the window's thread. ``opened`` carries the picture's id."""

    opened = Signal(int)

    def __init__(self, theme: Theme, image: StoredImage) -> None:
        super().__init__()
        self._theme, self._image = theme, image
        self._size = fitted(image)
        self.pixels = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_image(image)

    def set_image(self, image: StoredImage) -> None:
        """Show what has become of the picture."""
        self._image = image
        self.words = self.tr("Kept from view: {found}.").format(found=image.held) if image.held else ""
        self._size = QSize(WIDTH_PX, HELD_PX) if image.held else fitted(image)
        self.setFixedHeight(self._size.height())
        self.setAccessibleName(f"{self.tr('Image: {prompt}').format(prompt=image.prompt)} {self.words}".strip())
        self.setToolTip(plain_tip(f"{image.prompt}\n{self.words}".strip()))
        self.pixels = QImage()
        if not image.held:
            wanted = self._size * self.devicePixelRatioF()
            in_background(self, lambda: _decoded(image.path, wanted), self._show)
        self.update()

    def sizeHint(self) -> QSize:
        return self._size

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0, 0, self._size.width(), self._size.height())
        shape = QPainterPath()
        shape.addRoundedRect(box, 8, 8)
        painter.fillPath(shape, self._theme.color("hover"))
        if self.words:
            self._paint_held(painter, box)
        elif self.pixels.isNull():
            self._theme.paint_icon(
                painter, QRectF(box.center().x() - 10, box.center().y() - 10, 20, 20), "image", "ink3"
            )
        else:
            painter.setClipPath(shape)
            painter.drawImage(box, self.pixels)

    def _paint_held(self, painter: QPainter, box: QRectF) -> None:
        self._theme.paint_icon(painter, QRectF(12, box.center().y() - 10, 20, 20), "shield-check", "ink2")
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.color("ink2"))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(box.adjusted(44, 6, -12, -6), flags, self.words)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and event.position().x() <= self._size.width():
            self.opened.emit(self._image.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._image.id)
            return
        super().keyPressEvent(event)

    def _show(self, image: QImage) -> None:
        self.pixels = image
        self.update()


def _decoded(path: str, size: QSize) -> QImage:
    """Worker thread."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setScaledSize(size)
    return reader.read()
