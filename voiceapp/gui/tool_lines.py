"""Tools in the conversation: one that was used, opened by a click, and one that waits for the person's permission."""

from __future__ import annotations

import json

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.conversation import ToolUse
from voiceapp.core.tool_events import Answer, PermissionAsked, done_words, running_words
from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.quiet_line import Icon
from voiceapp.gui.theme import Theme
from voiceapp.gui.user_turn import TurnText

SHOWN_CHARS = 20_000
LINES_MAX = 12


class ToolUseLine(QWidget):
    """A tool that was used: one line, opened by a click to what was asked and answered."""

    def __init__(self, theme: Theme, use: ToolUse, *, is_running: bool = False) -> None:
        super().__init__()
        dress(theme, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.toggle = Fold(theme, "")
        column.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        self.asked = Details(theme, "", self.tr("What was asked"))
        self.answered = Details(theme, "", self.tr("What was answered"))
        parts: list[QWidget] = []
        for title, details in (
            (self.tr("Asked"), self.asked),
            (self.tr("Error") if use.is_error else self.tr("Answer"), self.answered),
        ):
            label = PlainLabel(title)
            label.setProperty("role", "problem" if use.is_error and details is self.answered else "meta")
            label.setContentsMargins(22, 4, 0, 0)
            parts += [label, details]
        self._parts = parts
        self.set_use(use, is_running=is_running)
        for part in parts:
            part.setVisible(False)
            column.addWidget(part)
        self.toggle.toggled.connect(self._on_toggled)

    def set_use(self, use: ToolUse, *, is_running: bool = False) -> None:
        """Show how far it is."""
        if is_running:
            words = running_words(use.name)
        elif use.is_error:
            words = self.tr("{name} did not work").format(name=shown_name(use.name))
        else:
            words = done_words(use.name) or self.tr("Used {name}").format(name=shown_name(use.name))
        self.toggle.set_words(words, _duration(use.duration_ms))
        self.asked.set_text(readable(use.arguments))
        self.answered.set_text(readable(use.result))

    def _on_toggled(self, is_open: bool) -> None:
        for part in self._parts:
            part.setVisible(is_open)
        self.updateGeometry()


class Details(QPlainTextEdit):
    """Text as it went over the wire, in the code font, as high as it needs up to a dozen lines."""

    def __init__(self, theme: Theme, text: str, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFont(theme.font(13, is_mono=True))
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show *text*, as high as it needs."""
        shown = text[:SHOWN_CHARS] + ("…" if len(text) > SHOWN_CHARS else "")
        if shown != self.toPlainText():
            self.setPlainText(shown)
        lines = min(LINES_MAX, max(1, sum(1 + len(line) // 90 for line in text[:2000].splitlines())))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 34)


class PermissionCard(QWidget):
    """Asks whether a tool may run. Not modal: talking, typing and Esc go on as ever.

    Signals:
        answered: a ``core.tool_events.Answer``.
    """

    answered = Signal(object)

    def __init__(self, theme: Theme, asked: PermissionAsked) -> None:
        super().__init__()
        self._theme = theme
        dress(theme, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(17, 15, 20, 14)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        grid.addWidget(Icon(theme, "hand", "ink2", 20, drop_px=4), 0, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        grid.addLayout(column, 0, 1)
        grid.setColumnStretch(1, 1)
        title = self.tr("May “{name}” be used?").format(name=shown_name(asked.tool))
        column.addWidget(TurnText(theme, title, weight=600))
        column.addWidget(TurnText(theme, asked.touches))
        if asked.arguments.strip() not in ("", "{}"):
            column.addSpacing(8)
            self.details = Details(theme, readable(asked.arguments), self.tr("With"))
            column.addWidget(self.details)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.setContentsMargins(0, 12, 0, 0)
        column.addLayout(row)
        self.buttons: dict[Answer, QPushButton] = {}
        for answer, words, kind in (
            (Answer.ONCE, self.tr("Allow once"), "primary"),
            (Answer.ALWAYS, self.tr("Always"), ""),
            (Answer.DENY, self.tr("Not now"), ""),
            (Answer.NEVER, self.tr("Never"), "quiet"),
        ):
            row.addWidget(self._button(answer, words, kind))
        row.addStretch(1)
        self.setAccessibleName(title)

    def _button(self, answer: Answer, words: str, kind: str) -> QPushButton:
        button = QPushButton(words)
        button.setProperty("kind", kind)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(True)  # Enter presses it, as Space belongs to talking
        button.clicked.connect(lambda: self._answer(answer))
        self.buttons[answer] = button
        return button

    def _answer(self, answer: Answer) -> None:
        for button in self.buttons.values():
            button.setEnabled(False)
        self.answered.emit(answer)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("edge"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)


class Fold(DrawnButton):
    """A line that opens and closes what is below it; *aside* stands behind it in a lighter ink."""

    def __init__(self, theme: Theme, text: str, aside: str = "") -> None:
        super().__init__(theme, f"{text} {aside}".strip())
        self.setText(text)
        self._aside = aside
        self.setCheckable(True)

    def set_words(self, text: str, aside: str = "") -> None:
        """Say something else."""
        self._aside = aside
        self.setText(text)
        self.setAccessibleName(f"{text} {aside}".strip())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        aside = self.fontMetrics().horizontalAdvance(self._aside)
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + aside + 72, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color = "ink2" if self.underMouse() else "ink3"
        self.theme.paint_icon(painter, QRectF(0, 4, 16, 16), "terminal", color)
        painter.setFont(self.theme.font(12))
        painter.setPen(self.theme.color(color))
        left = 22
        for words in filter(None, (self.text(), self._aside)):
            painter.drawText(QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            left += painter.fontMetrics().horizontalAdvance(words) + 8
        arrow = "chevron-down" if self.isChecked() else "chevron-right"
        self.theme.paint_icon(painter, QRectF(left - 4, 4, 16, 16), arrow, color)


def shown_name(name: str) -> str:
    """Return a tool's name for people: "shed.add", "set timer"."""
    server, separator, rest = name.partition("__")
    return f"{server}.{rest}" if separator else name.replace("_", " ")


def readable(text: str) -> str:
    """Return JSON with its fields on lines of their own; other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_plain(one)}" for key, one in value.items()) or "–"
    return text


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _duration(duration_ms: float) -> str:
    if duration_ms < 100:
        return ""  # nobody waited
    return f"{duration_ms / 1000:.1f} s"
