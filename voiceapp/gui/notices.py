"""Lines above the conversation that tell what a person should know and ends no turn. Never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.settings import Settings
from voiceapp.gui.column import column
from voiceapp.gui.controls import IconButton
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

KEPT_MAX = 3


@dataclass(frozen=True)
class NoticeAction:
    """A button of a notice: *text* and what it does; the notice closes with it. *is_undo*: Ctrl+Z presses it too."""

    text: str
    act: Callable[[], None]
    is_undo: bool = False


@dataclass(frozen=True)
class NoticeText:
    """A notice: sentence, hint, buttons. *dismiss* names the closing button; *for_ms*: closes itself after that.

    *is_settled*: whether new settings leave nothing to tell.
    """

    message: str
    hint: str = ""
    actions: tuple[NoticeAction, ...] = ()
    is_problem: bool = False
    dismiss: str = ""
    on_dismissed: Callable[[], None] | None = None
    for_ms: int = 0
    is_settled: Callable[[Settings], bool] | None = None


class NoticeLine(QWidget):
    """One notice. ``closed`` once it is done with, however that came."""

    closed = Signal()

    def __init__(self, theme: Theme, notice: NoticeText) -> None:
        super().__init__()
        self._theme, self.notice = theme, notice
        self._is_open = True
        words = PlainLabel(notice.message)
        words.setFont(theme.font(13, 500))
        words.setWordWrap(True)
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(words)
        if notice.hint:
            hint = PlainLabel(notice.hint)
            hint.setProperty("role", "secondary")
            hint.setWordWrap(True)
            texts.addWidget(hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 10, 10, 10)
        row.setSpacing(8)
        row.addLayout(texts, 1)
        for action in notice.actions:
            row.addWidget(self._button(action.text, action.act))
        if notice.dismiss:
            row.addWidget(self._button(notice.dismiss, self._dismissed, "quiet"))
        else:
            close = IconButton(theme, "x", self.tr("Close"), icon_px=16)
            close.clicked.connect(lambda: self._finish(self._dismissed))
            row.addWidget(close)
        self.setAccessibleName(notice.message)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(lambda: self._finish(self._dismissed))
        if notice.for_ms:
            self._timer.start(notice.for_ms)

    @property
    def can_undo(self) -> bool:
        """Whether it tells of something that can be taken back."""
        return any(action.is_undo for action in self.notice.actions)

    def undo(self) -> None:
        """Do as its button says that takes back what was done."""
        self._finish(next(action.act for action in self.notice.actions if action.is_undo))

    def finish(self) -> None:
        """Close as if the person had dismissed it."""
        self._finish(self._dismissed)

    def _button(self, text: str, act: Callable[[], None], kind: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setProperty("compact", True)
        button.setProperty("kind", kind)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoDefault(True)  # Enter presses it, as Space belongs to talking
        button.clicked.connect(lambda: self._finish(act))
        return button

    def withdraw(self) -> None:
        """Close it without doing anything: what it was about is settled."""
        self._finish(lambda: None)

    def _dismissed(self) -> None:
        if self.notice.on_dismissed is not None:
            self.notice.on_dismissed()

    def _finish(self, act: Callable[[], None]) -> None:
        if self._is_open:
            self._is_open = False
            self._timer.stop()
            act()
            self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_problem = self.notice.is_problem
        painter.setPen(self._theme.color("problem" if is_problem else "line"))
        painter.setBrush(self._theme.color("problemSoft" if is_problem else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        icon, color = ("triangle-alert", "problem") if is_problem else ("info", "ink2")
        self._theme.paint_icon(painter, QRectF(14, (self.height() - 20) // 2, 20, 20), icon, color)


class Notices(QWidget):
    """At most three notices, newest below; an older one gives way. Hidden while there are none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        dress(theme, self)
        self._lines: list[NoticeLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 8, 0, 0)
        self._column.setSpacing(8)
        self._undo = QShortcut(QKeySequence("Ctrl+Z"), self, enabled=False)  # otherwise it is the text fields'
        self._undo.activated.connect(self.undo)
        self.hide()

    @property
    def shown(self) -> tuple[NoticeText, ...]:
        """The notices that can be seen now."""
        return tuple(line.notice for line in self._lines)

    def add(self, notice: NoticeText) -> NoticeLine:
        """Show *notice*; one with the same words gives way to it."""
        for line in [line for line in self._lines if line.notice.message == notice.message]:
            line.finish()
        while len(self._lines) >= KEPT_MAX:
            self._lines[0].finish()
        line = NoticeLine(self._theme, notice)
        line.closed.connect(lambda: self._remove(line))
        self._lines.append(line)
        self._column.addWidget(line)
        self._on_lines()
        return line

    def undo(self) -> None:
        """Take back what the newest notice that can tells about."""
        line = next((line for line in reversed(self._lines) if line.can_undo), None)
        if line is not None:
            line.undo()

    def use(self, settings: Settings) -> None:
        """Close what was about other settings than *settings*."""
        for line in tuple(self._lines):
            if line.notice.is_settled is not None and line.notice.is_settled(settings):
                line.withdraw()

    def finish_all(self) -> None:
        """Close all, as on leaving: what waits for its undo to pass is done now."""
        for line in tuple(self._lines):
            line.finish()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left, wide = column(self.width())
        self._column.setContentsMargins(left, 8, max(0, self.width() - left - wide), 0)

    def _remove(self, line: NoticeLine) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._on_lines()

    def _on_lines(self) -> None:
        self.setVisible(bool(self._lines))
        self._undo.setEnabled(any(line.can_undo for line in self._lines))
