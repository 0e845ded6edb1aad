"""A part of the screen: the picture of every screen stands still, and one drags over what matters.

On X11 (and Windows, macOS, where the system allows it; not tested there) Qt takes the picture. On Wayland no program
may, so the desktop is asked by its portal, which brings a dialog of its own (not tested). Esc, or a click without
dragging, takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QScreen,
)
from PySide6.QtWidgets import QWidget

HIDE_MS = 400
"""How long a window manager needs to take a window off the screen before its picture is taken."""
LEAST_PX = 4
SHADE = QColor(0, 0, 0, 110)


class RegionOverlay(QWidget):
    """One screen, standing still under a shade. ``chosen`` carries the part in logical pixels, empty for none."""

    chosen = Signal(QRect)

    def __init__(self, screen: QScreen, picture: QPixmap) -> None:
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.picture = picture
        self._from: QPoint | None = None
        self._part = QRect()
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(self.tr("Drag over the part of the screen that you want to show. Esc takes nothing."))
        self.setScreen(screen)
        self.setGeometry(screen.geometry())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._from = event.position().toPoint()
        else:
            self.chosen.emit(QRect())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        before, self._part = self._part, QRect(self._from, event.position().toPoint()).normalized() & self.rect()
        self.update((before | self._part).adjusted(-80, -32, 80, 32))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            is_enough = min(self._part.width(), self._part.height()) >= LEAST_PX
            self.chosen.emit(self._part if is_enough else QRect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.chosen.emit(QRect())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self.picture)
        painter.fillRect(self.rect(), SHADE)
        if self._part.isEmpty():
            self._say(painter, self.tr("Drag over what you want to show. Enter takes all of it, Esc nothing."))
            return
        ratio = self.picture.devicePixelRatio()
        part = QRect(self._part.topLeft() * ratio, self._part.size() * ratio)
        painter.drawPixmap(self._part, self.picture, part)
        painter.setPen(QPen(QColor("white"), 1))
        painter.drawRect(self._part.adjusted(0, 0, -1, -1))
        size = f"{part.width()} × {part.height()}"
        painter.drawText(self._part.bottomRight() + QPoint(-72, 18), size)

    def _say(self, painter: QPainter, words: str) -> None:
        box = QRect(0, 0, painter.fontMetrics().horizontalAdvance(words) + 40, 44)
        box.moveCenter(QPoint(self.width() // 2, 80))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(QColor("white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


class RegionShot(QObject):
    """Takes one part of the screen. ``taken`` carries it, a null image where there is none; ``failed`` a sentence.

    Args:
        window: stays out of the picture.
    """

    taken = Signal(QImage)
    failed = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.overlays: list[RegionOverlay] = []

    def begin(self) -> None:
        """Hide the window, then let the person choose."""
        self._window.hide()
        QTimer.singleShot(HIDE_MS, self, self._freeze)

    def _freeze(self) -> None:
        for screen in QGuiApplication.screens():
            picture = screen.grabWindow(0)
            if picture.isNull():
                continue
            overlay = RegionOverlay(screen, picture)
            overlay.chosen.connect(lambda part, overlay=overlay: self._end(overlay, part))
            self.overlays.append(overlay)
        if not self.overlays:
            self._window.show()
            self.failed.emit(self.tr("The system gives no picture of the screen."))
            return
        for overlay in self.overlays:
            overlay.showFullScreen()
        here = next((o for o in self.overlays if o.geometry().contains(QCursor.pos())), self.overlays[0])
        here.activateWindow()
        here.setFocus(Qt.FocusReason.OtherFocusReason)

    def _end(self, overlay: RegionOverlay, part: QRect) -> None:
        ratio = overlay.picture.devicePixelRatio()
        pixels = QRect(part.topLeft() * ratio, QSize(round(part.width() * ratio), round(part.height() * ratio)))
        image = overlay.picture.copy(pixels).toImage() if not part.isEmpty() else QImage()
        image.setDevicePixelRatio(1.0)
        overlays, self.overlays = self.overlays, []
        for one in overlays:
            one.close()
            one.deleteLater()
        self._window.show()
        self._window.activateWindow()
        self.taken.emit(image)


def take_region(window: QWidget, then: Callable[[QImage], None], on_failed: Callable[[str], None]) -> QObject:
    """Let the person choose a part of the screen; *then* gets it, null for none. Returns what is at work."""
    if QGuiApplication.platformName().startswith("wayland"):
        from voiceapp.gui.screen_portal import PortalShot

        portal = PortalShot(window)
        portal.taken.connect(then)
        portal.failed.connect(on_failed)
        portal.begin()
        return portal
    shot = RegionShot(window)
    shot.taken.connect(then)
    shot.failed.connect(on_failed)
    shot.begin()
    return shot
