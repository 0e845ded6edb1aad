"""The line above the conversation: its title, how many turns it has, what they cost, and the side panel's button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from voiceapp.gui.controls import IconButton, Surface
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.theme import Theme

HEIGHT_PX = 48


class ElidedLabel(PlainLabel):
    """A label that ends in an ellipsis where its room ends; the whole text is its tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(40)

    def whole(self) -> str:
        """The text without its ellipsis."""
        return self._whole

    def set_whole(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setMaximumWidth(self.fontMetrics().horizontalAdvance(text) + 4)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(40, self.width()))
        self.setText(shown)
        self.setToolTip(plain_tip(self._whole if shown != self._whole else ""))


class Header(Surface):
    """Title and turns; ``side_wanted`` when the side panel's button is pressed."""

    side_wanted = Signal()
    notes_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "canvas")
        self._theme = theme
        self.setFixedHeight(HEIGHT_PX)
        dress(theme, self)
        self.title = ElidedLabel()
        self.title.setFont(theme.font(15, 600))
        self.meta = PlainLabel()
        self.meta.setProperty("role", "meta")
        self.side_button = IconButton(theme, "panel-right", self.tr("Side panel (Ctrl+J)"))
        self.side_button.setCheckable(True)
        self.side_button.hide()
        self.side_button.clicked.connect(self.side_wanted)
        self.menu_button = IconButton(theme, "ellipsis", self.tr("What can be done with this conversation"))
        self.menu_button.clicked.connect(self._open_menu)
        self.menu = QMenu(self)
        self.notes = self.menu.addAction(self.tr("Write meeting notes"))
        self.notes.triggered.connect(self.notes_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 8, 1)
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        row.addWidget(self.meta)
        row.addStretch(1)
        row.addWidget(self.menu_button)
        row.addWidget(self.side_button)
        self._row = row
        self.show_conversation("", 0)

    def add(self, widget: QWidget) -> None:
        """Put *widget* before the buttons."""
        self._row.insertWidget(self._row.indexOf(self.menu_button), widget)

    def show_conversation(self, title: str, turns: int, cost: str = "") -> None:
        """Show the title, how many turns the person has had in it, and what they cost."""
        self.title.set_whole(title or self.tr("New conversation"))
        words = self.tr("1 turn") if turns == 1 else self.tr("{n} turns").format(n=turns)
        self.meta.setText(" · ".join(part for part in (words, cost) if part) if turns else "")
        self.menu_button.setVisible(turns > 0)

    def _open_menu(self) -> None:
        self.menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("line"))
