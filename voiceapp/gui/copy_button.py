"""A button that copies and says so."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from voiceapp.gui.controls import DrawnButton, IconButton
from voiceapp.gui.theme import Theme

COPIED_MS = 1500


class CopyButton(DrawnButton):
    """Icon and word; after a click a tick and "Copied" for a moment. *text* is asked for at the click."""

    def __init__(self, theme: Theme, name: str, text: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(theme, name, parent)
        self._name, self._text = name, text
        self._back = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._back.timeout.connect(self.update)
        self.clicked.connect(self._copy)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics_px = self.fontMetrics().horizontalAdvance(max(self._name, self.tr("Copied"), key=len))
        return QSize(metrics_px + 16 + 6 + 16 + 8, 28)

    minimumSizeHint = sizeHint

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text())
        self._back.start()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown() or self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        is_done = self._back.isActive()
        middle = self.height() / 2
        words = self.tr("Copied") if is_done else self._name
        painter.setFont(self.theme.font(13, 500))
        width = painter.fontMetrics().horizontalAdvance(words)
        left = self.width() - 8 - width
        icon = QRectF(left - 6 - 16, middle - 8, 16, 16)
        self.theme.paint_icon(painter, icon, "check" if is_done else "copy", "you" if is_done else "ink2")
        painter.setPen(self.theme.color("ink2"))
        painter.drawText(QRectF(left, 0, width + 8, self.height()), Qt.AlignmentFlag.AlignVCenter, words)


class CopyIcon(IconButton):
    """The same as an icon alone."""

    def __init__(self, theme: Theme, name: str, text: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(theme, "copy", name, parent, size_px=28, icon_px=16)
        self._name, self._text = name, text
        self._back = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._back.timeout.connect(lambda: self.set_icon("copy", self._name))
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text())
        self.set_icon("check", self.tr("Copied"))
        self._back.start()
