"""A window that lists: a title, what is said about it, and rows that scroll."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from voiceapp.gui.controls import Line
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme


class ListWindow(QWidget):
    """*title* and ``note`` above, rows below; Esc closes it.

    ``asked`` carries commands: *newest* whenever the window is opened, others as derived windows like. They put more
    below the note into ``_head``, and their rows into ``_column``, above the stretch at its end.
    """

    asked = Signal(object)

    def __init__(self, theme: Theme, title: str, newest: object, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._theme, self._newest = theme, newest
        dress(theme, self)
        self.setWindowTitle(title)
        heading = PlainLabel(title)
        heading.setFont(theme.font(20, 600))
        self.note = PlainLabel()
        self.note.setProperty("role", "secondary")
        self.note.setWordWrap(True)
        self._head = QVBoxLayout()
        self._head.setContentsMargins(20, 0, 20, 12)
        self._head.setSpacing(8)
        self._head.addWidget(heading)
        self._head.addWidget(self.note)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setAccessibleName(title)
        area.setWidget(inner)
        self._bar = area.verticalScrollBar()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 20, 0, 0)
        whole.addLayout(self._head)
        whole.addWidget(Line(theme))
        whole.addWidget(area, 1)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)
        self.resize(self.sizeHint())  # by itself Qt would make it as low as words that wrap need

    def open(self) -> None:
        """Show the window with the newest list."""
        self.asked.emit(self._newest)
        self.show()
        self.raise_()
        self.activateWindow()
