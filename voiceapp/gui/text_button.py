"""A labelled button with an icon, at the distance the look wants and in the colours in force."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from voiceapp.gui.theme import Theme

ICON_PX, GAP_PX = 16, 6


class IconTextButton(QPushButton):
    """Icon, gap, words."""

    def __init__(self, theme: Theme, icon: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self._theme, self._icon = theme, icon
        self.setIconSize(QSize(ICON_PX + GAP_PX, ICON_PX))
        self._dress()
        theme.changed.connect(self._dress)

    def _dress(self) -> None:
        """Qt knows no gap between icon and words; it is drawn as part of the icon."""
        icon = QIcon()
        for ratio in (1.0, 2.0, 3.0):
            wide = QPixmap(round((ICON_PX + GAP_PX) * ratio), round(ICON_PX * ratio))
            wide.setDevicePixelRatio(ratio)
            wide.fill(Qt.GlobalColor.transparent)
            painter = QPainter(wide)
            painter.drawPixmap(QRect(0, 0, ICON_PX, ICON_PX), self._theme.pixmap(self._icon, "ink", ICON_PX, ratio))
            painter.end()
            icon.addPixmap(wide)
        self.setIcon(icon)
