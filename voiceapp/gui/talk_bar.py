"""The bottom of the window: talk button with its label, mode switch, text entry, and whether replies are spoken."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.checks import DraftKept
from voiceapp.gui.column import column
from voiceapp.gui.controls import Surface, Switch
from voiceapp.gui.dress import dress
from voiceapp.gui.message_entry import MessageEntry
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.strip_text import Word
from voiceapp.gui.talk_button import TalkButton
from voiceapp.gui.theme import Theme

_BUTTON_COLUMN_PX = 104


class KeyLabel(QWidget):
    """A short centred line in which the part between two asterisks is set in semibold: "Hold *Space*"."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._text = ""
        self.setFixedHeight(16)

    def text(self) -> str:
        """The line without its asterisks."""
        return self._text.replace("*", "")

    def set_text(self, text: str) -> None:
        """Show another line."""
        self._text = text
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_BUTTON_COLUMN_PX, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.color("ink"))
        pieces = [(self._theme.font(12, 600 if n % 2 else 400), part) for n, part in enumerate(self._text.split("*"))]
        widths = [QFontMetricsF(font).horizontalAdvance(part) for font, part in pieces]
        x = (self.width() - sum(widths)) / 2
        for (font, part), wide in zip(pieces, widths, strict=True):
            painter.setFont(font)
            painter.drawText(QRectF(x, 0, wide + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, part)
            x += wide


class TalkBar(Surface):
    """Where a person talks or types.

    Attributes:
        sent: a typed message.
        aloud_changed: the reply-aloud switch was moved by the person.
    """

    sent = Signal(str)
    aloud_changed = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "raised", parent)
        dress(theme, self)
        self.button = TalkButton(theme)
        self.label = KeyLabel(theme)
        self.entry = MessageEntry(theme)
        self.aloud = Switch(theme, self.tr("Reply aloud"))
        self.hint = PlainLabel()
        self.hint.setProperty("role", "secondary")
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._is_locked = False
        self._is_small = False
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.entry.sent.connect(self.sent)
        self.aloud.clicked.connect(self.aloud_changed)
        self.set_ready(is_ready=False)
        self._say()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        left.addWidget(self.label, 0, Qt.AlignmentFlag.AlignHCenter)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self.hint, 1)
        top.addWidget(self.aloud)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addStretch(1)
        right.addLayout(top)
        right.addWidget(self.entry)
        self._right = right
        right.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(24)
        self._row.addLayout(left)
        self._row.addLayout(right, 1)
        self._fit()

    def add_above_entry(self, widget: QWidget) -> None:
        """Put *widget* between the hint and the entry."""
        self._right.insertWidget(self._right.indexOf(self.entry), widget)

    # --- what it is told ----------------------------------------------------------------------------------

    def apply(self, event: object) -> None:
        """Take an event of the session: what was not sent is the person's again, to be changed."""
        if isinstance(event, DraftKept):
            self.entry.give_back(event.text)
            self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_ready(self, *, is_ready: bool) -> None:
        """Let the person talk, or not yet."""
        self.button.setEnabled(is_ready)
        self.aloud.setEnabled(is_ready)

    def show_word(self, word: Word) -> None:
        """Show another state."""
        self.button.show_word(word)
        self._say()

    def show_lock(self, is_locked: bool) -> None:
        """Say how a tapped take ends."""
        self._is_locked = is_locked
        self._say()

    def set_small(self, is_small: bool) -> None:
        """Shrink for windows under 560 px: the label becomes a tooltip."""
        if is_small != self._is_small:
            self._is_small = is_small
            self.button.set_small(is_small)
            self.label.setVisible(not is_small)
            self._fit()
            self._say()

    def _say(self) -> None:
        word = self.button.word
        if word is Word.LISTENING:
            text = self.tr("Press to send") if self._is_locked else self.tr("Release to send")
            hint = self.tr("Esc cancels. The recording is kept.")
        elif word in (Word.TRANSCRIBING, Word.THINKING):
            text, hint = self.tr("Esc cancels"), ""
        elif word is Word.SPEAKING:
            text, hint = self.tr("Hold to interrupt"), self.tr("Esc stops the voice.")
        else:
            text, hint = self.tr("Hold *Space*"), self.tr("Hold to talk, or tap to begin and tap to send.")
        self.label.set_text(text)
        self.hint.setText(hint)
        self.button.setToolTip(plain_tip(self.label.text() if self._is_small else ""))

    def _fit(self) -> None:
        left, wide = column(self.width())
        top, bottom = (8, 8) if self._is_small else (9, 10)
        self._row.setContentsMargins(left, top, max(0, self.width() - left - wide), bottom)
        self._row.setSpacing(12 if self._is_small else 24)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LanguageChange:
            self._say()
