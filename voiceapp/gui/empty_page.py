"""The page before the first turn: how to talk, and what can be done first."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.user_turn import TurnText

ROW_PX = 64


class Headline(QWidget):
    """The words "Hold Space and talk", with the key drawn as a key."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(self.tr("Hold Space and talk"))
        self.setFixedHeight(64)

    def sizeHint(self) -> QSize:
        return QSize(300, 64)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_narrow = self.width() < 480
        font = self._theme.font(28 if is_narrow else 40, 600)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        before, key, after = self.tr("Hold"), self.tr("Space"), self.tr("and talk")
        ink = self._theme.color("ink")
        painter.setPen(ink)
        left, middle = 0.0, Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, 0, self.width(), 60), middle, before)
        left += metrics.horizontalAdvance(before) + 14
        wide = metrics.horizontalAdvance(key) + (48 if is_narrow else 86)
        box = QRectF(left + 0.5, 4.5, wide, 52)
        painter.setPen(QPen(self._theme.color("edge"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(QPen(self._theme.color("edge"), 3))
        painter.drawLine(
            box.bottomLeft() + QRectF(7, 0, 0, 0).topLeft(), box.bottomRight() - QRectF(7, 0, 0, 0).topLeft()
        )
        painter.setPen(ink)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
        painter.drawText(QRectF(box.right() + 14, 0, self.width(), 60), middle, after)


class StartRow(DrawnButton):
    """Something to begin with: icon, title, what it does."""

    def __init__(self, theme: Theme, icon: str, title: str, words: str, *, is_first: bool, is_last: bool) -> None:
        super().__init__(theme, f"{title}. {words}")
        self._icon, self._title, self._words = icon, title, words
        self._is_first, self._is_last = is_first, is_last
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(300, ROW_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self.theme
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("hover" if self.underMouse() or self.isDown() else "raised"))
        top = 0.5 if self._is_first else -20.0
        bottom = self.height() - 0.5 if self._is_last else self.height() + 20.0
        painter.drawRoundedRect(QRectF(0.5, top, self.width() - 1, bottom - top), 12, 12)
        if not self._is_first:
            painter.fillRect(QRectF(0, 0, self.width(), 1), theme.color("line"))
        theme.paint_icon(painter, QRectF(16, 20, 24, 24), self._icon, "ink")
        left = 56
        room = self.width() - left - 56
        painter.setFont(theme.font(13, 600))
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, 13, room, 20), Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(theme.font(13))
        painter.setPen(theme.color("ink2"))
        words = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, 33, room, 20), Qt.AlignmentFlag.AlignVCenter, words)
        theme.paint_icon(painter, QRectF(self.width() - 38, 22, 20, 20), "arrow-right", "ink2")


class EmptyPage(QWidget):
    """Only rows that work now."""

    ask = Signal(str)
    test_devices = Signal()
    add_key = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Headline(theme))
        column.addSpacing(8)
        words = TurnText(theme, color="ink2")
        words.set_words(
            self.tr("Let go when you have finished. The answer arrives in writing and aloud.")
            + "\n"
            + self.tr("Hold again at any time to interrupt."),
            "ink2",
        )
        column.addWidget(words)
        column.addSpacing(32)
        self.try_row = StartRow(
            theme,
            "clock",
            self.tr("Try it: ask what time it is"),
            self.tr("One short question, to see that everything works."),
            is_first=True,
            is_last=False,
        )
        self.test_row = StartRow(
            theme,
            "gauge",
            self.tr("Test microphone and loudspeaker"),
            self.tr("Records three seconds and plays them back."),
            is_first=False,
            is_last=False,
        )
        self.key_row = StartRow(
            theme,
            "key-round",
            self.tr("Add a key, or stay on this computer"),
            self.tr("Without a key, hearing and speaking run locally."),
            is_first=False,
            is_last=True,
        )
        for row in (self.try_row, self.test_row, self.key_row):
            column.addWidget(row)
        self.try_row.clicked.connect(lambda: self.ask.emit(self.tr("What time is it?")))
        self.test_row.clicked.connect(self.test_devices)
        self.key_row.clicked.connect(self.add_key)
