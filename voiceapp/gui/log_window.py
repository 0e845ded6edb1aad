"""The log while the program runs: the newest lines from memory, by level and room, ready to be copied."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.theme import Theme

REFRESH_MS = 500
LINES_MAX = 5000
PORTION_LINES = 500
LEVELS = (("Debug", logging.DEBUG), ("Info", logging.INFO), ("Warning", logging.WARNING), ("Error", logging.ERROR))


_LINE = re.compile(r"^\S+ \S+ (?P<level>[A-Z]+) +voiceapp\.?(?P<room>\w*)")
ReadLog = Callable[[], Sequence[str]]
"""Returns the lines kept in memory, oldest first: "2026-01-31 12:00:00.000 INFO    voiceapp.room: words"."""


@dataclass(frozen=True)
class LogLine:
    """A line and what it is filtered by; *room* is the part of the program ("voice", "audio")."""

    text: str
    level: int = logging.INFO
    room: str = ""


def parsed(text: str) -> LogLine:
    """Return *text* with its level and room; a line in another form counts as information."""
    match = _LINE.match(text)
    if match is None:
        return LogLine(text)
    return LogLine(text, logging.getLevelNamesMapping().get(match["level"], logging.INFO), match["room"])


class LogWindow(QWidget):
    """Follows the log while it is open; reads nothing while it is not."""

    def __init__(self, theme: Theme, read: ReadLog, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        dress(theme, self)
        self._read = read
        self._lines: list[LogLine] = []
        self._last: str | None = None
        self._unread: list[str] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        self.setWindowTitle(self.tr("Log"))
        self.level, self.room = QComboBox(), QComboBox()
        name_box(self.level, self.tr("Least level"))
        name_box(self.room, self.tr("Part of the program"))
        for name, value in LEVELS:
            self.level.addItem(self.tr(name), value)
        self.level.setCurrentIndex(1)
        self.room.addItem(self.tr("Every part"), "")
        self.count = PlainLabel()
        self.count.setProperty("role", "meta")
        copy = QPushButton(self.tr("Copy"))
        copy.setProperty("compact", True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(theme.font(12, is_mono=True))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setMaximumBlockCount(LINES_MAX)
        self.text.setAccessibleName(self.tr("Log"))
        bar = QHBoxLayout()
        for part in (self.level, self.room):
            bar.addWidget(part)
        bar.addWidget(self.count, 1)
        bar.addWidget(copy)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.addLayout(bar)
        whole.addWidget(self.text, 1)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self.level.currentIndexChanged.connect(self._show_all)
        self.room.currentIndexChanged.connect(self._show_all)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)

    def sizeHint(self) -> QSize:
        return QSize(860, 520)

    def open(self) -> None:
        """Show the window in front."""
        self.show()
        self.raise_()
        self.activateWindow()

    def refresh(self) -> None:
        """Append what has been logged since, a portion at a time."""
        unseen = [*self._unread, *self._unseen()]
        new, self._unread = [parsed(text) for text in unseen[:PORTION_LINES]], unseen[PORTION_LINES:]
        if self._unread:
            self._soon.start()
        if not new:
            return
        self._lines = [*self._lines, *new][-LINES_MAX:]
        for room in sorted({line.room for line in new if line.room}):
            if self.room.findData(room) < 0:
                self.room.addItem(room, room)
        wanted = [line.text for line in filter(self._wish(), new)]
        if wanted:
            self.text.appendPlainText("\n".join(wanted))
        self._count()

    def _unseen(self) -> list[str]:
        """Return the lines after the last one seen, which is known by identity: equal lines may follow each other."""
        unseen: list[str] = []
        lines = self._read()
        for text in reversed(lines):
            if text is self._last:
                break
            unseen.append(text)
        if lines:
            self._last = lines[-1]
        return unseen[::-1]

    def _wish(self) -> Callable[[LogLine], bool]:
        """Return what tells whether a line is to be shown."""
        level, room = int(self.level.currentData()), self.room.currentData()
        return lambda line: line.level >= level and (not room or line.room == room)

    def _show_all(self) -> None:
        self.text.setPlainText("\n".join(line.text for line in filter(self._wish(), self._lines)))
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._count()

    def _count(self) -> None:
        wanted = sum(map(self._wish(), self._lines))
        self.count.setText(self.tr("Lines: {n} of {all}").format(n=wanted, all=len(self._lines)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
