"""A row of words of which one is chosen: the views of a page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.theme import Theme


class _Segment(DrawnButton):
    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setText(text)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 26, 28)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            painter.setPen(QPen(self.theme.color("ink"), 1))
            painter.setBrush(self.theme.color("raised"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(self.theme.font(13, 500 if self.isChecked() else 400))
        painter.setPen(self.theme.color("ink" if self.isChecked() or self.underMouse() else "ink2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Segments(QWidget):
    """Words side by side; ``chosen`` carries the number of the one that was clicked. Left and right change it."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, words: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        for number, text in enumerate(words):
            segment = _Segment(theme, text)
            self._group.addButton(segment, number)
            row.addWidget(segment, 1)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    def button(self, number: int) -> DrawnButton:
        """Return one of them."""
        button = self._group.button(number)
        assert isinstance(button, DrawnButton)
        return button

    def choose(self, number: int) -> None:
        """Choose as a click does."""
        if self._group.checkedId() != number:
            self._group.button(number).setChecked(True)
            self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        number = (self._group.checkedId() + step) % len(self._group.buttons())
        self.choose(number)
        self._group.button(number).setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("hover"))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
