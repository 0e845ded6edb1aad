"""Small lines between the turns: an icon with words, nothing heard, the answer to come."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from voiceapp.gui.conversation_entries import NothingHeardLine
from voiceapp.gui.dress import Words, dress
from voiceapp.gui.theme import Theme

DOT_MS = 400
QUIET_DB = -45.0
"""A peak below this is too quiet for speech at arm's length."""


class Icon(QWidget):
    """An icon of the look, painted at the theme's present colours; *drop_px* lower than its place."""

    def __init__(self, theme: Theme, name: str, color: str, size_px: int = 16, *, drop_px: int = 0) -> None:
        super().__init__()
        self._theme, self._name, self._color, self._drop_px = theme, name, color, drop_px
        self.setFixedSize(size_px, size_px + drop_px)

    def paintEvent(self, event: QPaintEvent) -> None:
        spot = QRectF(self.rect()).adjusted(0, self._drop_px, 0, 0)
        self._theme.paint_icon(QPainter(self), spot, self._name, self._color)


class IconLine(QWidget):
    """An icon and a sentence in secondary ink."""

    def __init__(self, theme: Theme, icon: str, color: str, text: str = "") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Icon(theme, icon, color), 0, Qt.AlignmentFlag.AlignTop)
        self._label = Words(theme, text)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self._label, 1)

    def set_text(self, text: str) -> None:
        self._label.setText(text)

    def text(self) -> str:
        return self._label.text()


class CutLine(IconLine):
    """How much of an answer was not heard. The button is made for the first answer that needs it: most do not.

    Signals:
        rest_wanted: the rest is to be spoken.
    """

    rest_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "hand", "ink2")
        self._theme = theme
        self.rest: QPushButton | None = None

    def offer_rest(self, is_offered: bool) -> None:
        """Show the button, or take it away."""
        if self.rest is None and is_offered:
            self.rest = QPushButton(self.tr("Speak the rest"), self)
            self.rest.setProperty("compact", True)
            dress(self._theme, self.rest, "QPushButton")
            self.rest.clicked.connect(self.rest_wanted)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.rest)
            for part in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
                layout.setAlignment(part, Qt.AlignmentFlag.AlignVCenter)  # a button is taller than a line of words
        if self.rest is not None:
            self.rest.setVisible(is_offered)

    def set_speaking(self, is_speaking: bool) -> None:
        """While it is spoken, there is nothing to offer."""
        if self.rest is not None:
            self.rest.setEnabled(not is_speaking)


class NothingHeard(IconLine):
    """Nobody spoke in the take: what level there was, and what that may mean."""

    def __init__(self, theme: Theme, line: NothingHeardLine) -> None:
        super().__init__(theme, "mic-off", "ink3")
        peak_db = line.level.peak_db
        if line.is_zero:
            words = self.tr(
                "I heard nothing: the microphone gives only zeros. It may be muted by a switch or by the system."
            )
        elif peak_db < QUIET_DB:
            words = self.tr(
                "I heard nothing. The loudest sound was {db:.0f} dB, too quiet for speech: is it the right microphone?"
            ).format(db=peak_db)
        else:
            words = self.tr("I heard nothing that sounds like speech. The loudest sound was {db:.0f} dB.").format(
                db=peak_db
            )
        self.set_text(words.replace("-", "−") if "dB" in words else words)


class ThinkingDots(QWidget):
    """Three dots while the first word is awaited. They take turns, or stand still where motion is reduced."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._at = 0
        self._timer = QTimer(self, interval=DOT_MS)
        self._timer.timeout.connect(self._on_tick)
        self.setFixedHeight(24)
        self.setAccessibleName(self.tr("Thinking"))

    def sizeHint(self) -> QSize:
        return QSize(40, 24)

    def showEvent(self, event: object) -> None:
        if not self._theme.is_motion_reduced:
            self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _on_tick(self) -> None:
        self._at = (self._at + 1) % 3
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for index in range(3):
            painter.setBrush(self._theme.color(("ink", "edge", "btn")[(index - self._at) % 3]))
            painter.drawEllipse(QRectF(index * 11, 9, 6, 6))
