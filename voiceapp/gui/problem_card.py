"""What went wrong, what is safe, what to do: a card in the conversation, never a dialog in the way."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QDateTime, QElapsedTimer, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.events import Problem
from voiceapp.gui.controls import Line
from voiceapp.gui.conversation_entries import ProblemCard as Entry
from voiceapp.gui.copy_button import CopyButton
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.quiet_line import Icon
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.user_turn import TurnText

KEY_CODES = frozenset({"no_key", "auth"})
NO_OTHER_ENGINE_HELPS = frozenset({"device", "store", "disk_full", "audio_file", "error", "tool"})
"""Problems of this machine: handing the turn to the engine on this computer would not help."""
WAITING_HELPS = frozenset(
    {"rate_limit", "no_network", "timeout", "down", "bad_answer", "device", "store", "disk_full", "error", "provider"}
)
SETTINGS_HELP = frozenset({"config", "no_credit", "bad_request", "model_gone", "audio_file", "device", "over_budget"})


@dataclass(frozen=True)
class Offers:
    """What can be done about a problem."""

    wants_key: bool = False
    can_try_again: bool = False
    replacement: str = ""
    can_use_local: bool = False
    can_open_settings: bool = False


def offers(problem: Problem, *, has_something_to_retry: bool, is_local: bool) -> Offers:
    """Decide which buttons a problem gets. *is_local*: the engines on this computer already did the work."""
    code = problem.code
    may_retry = has_something_to_retry and (problem.is_retryable or code in WAITING_HELPS or code in KEY_CODES)
    return Offers(
        wants_key=code in KEY_CODES,
        can_try_again=may_retry and code != "no_key",
        replacement=problem.replacement if code == "model_gone" else "",
        can_use_local=not is_local and code not in NO_OTHER_ENGINE_HELPS,
        can_open_settings=code in SETTINGS_HELP,
    )


class ProblemCard(QWidget):
    """A failed turn.

    Signals:
        key_given: a new key was pasted; it is to be checked, then the turn sent.
        try_again, use_local, use_replacement, open_settings: as their buttons say.
    """

    key_given = Signal(str)
    try_again = Signal()
    use_local = Signal()
    use_replacement = Signal(str)
    open_settings = Signal()

    def __init__(self, theme: Theme, entry: Entry, what: Offers, attempt: int = 1) -> None:
        super().__init__()
        self._theme, self._problem = theme, entry.problem
        self._clock = QElapsedTimer()
        self._second = QTimer(self, interval=250)
        self._second.timeout.connect(self._count_down)
        dress(theme, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(17, 15, 20, 12)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        grid.addWidget(Icon(theme, "triangle-alert", "problem", 20, drop_px=4), 0, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        grid.addLayout(column, 0, 1)
        grid.setColumnStretch(1, 1)
        self._say(column, entry)
        self.key = QLineEdit()
        self.check = QPushButton(self.tr("Check and send"))
        self.status = PlainLabel()
        if what.wants_key:
            self._ask_key(column)
        self._buttons(column, what)
        self._details(column, attempt)
        self.setAccessibleName(self.tr("Problem: {what}").format(what=entry.problem.message))

    # --- parts --------------------------------------------------------------------------------------------

    def _say(self, column: QVBoxLayout, entry: Entry) -> None:
        title = TurnText(self._theme, entry.problem.message, weight=600)
        body = TurnText(self._theme, _safe_words(self, entry))
        column.addWidget(title)
        column.addWidget(body)
        body.setVisible(bool(body.words()))

    def _ask_key(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.setContentsMargins(0, 14, 0, 0)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("Paste a key that starts with sk-"))
        self.key.setAccessibleName(self.tr("Key for {name}").format(name=self._problem.provider or "OpenAI"))
        self.key.addAction(
            QAction(self._theme.icon("key-round", "ink3", 16), "", self.key), QLineEdit.ActionPosition.LeadingPosition
        )
        self.key.setMaximumWidth(400)
        self.key.setMinimumWidth(240)
        self.check.setProperty("kind", "primary")
        self.check.setEnabled(False)
        self.key.textChanged.connect(lambda text: self.check.setEnabled(bool(text.strip())))
        self.key.returnPressed.connect(self._give_key)
        self.check.clicked.connect(self._give_key)
        row.addWidget(self.key, 100)
        row.addWidget(self.check)
        row.addStretch(1)
        column.addLayout(row)
        self.status.setProperty("role", "problem")
        self.status.setWordWrap(True)
        self.status.hide()
        column.addWidget(self.status)

    def _buttons(self, column: QVBoxLayout, what: Offers) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.setContentsMargins(0, 10, 0, 14)
        column.addLayout(row)  # first: a button without a parent would be shown as a window of its own
        self.again = self._button(
            row, "refresh-cw", self.tr("Try the same key again") if what.wants_key else self.tr("Try again")
        )
        self.again.clicked.connect(self.try_again)
        self.replace = self._button(row, "repeat-2", self.tr("Use {model}").format(model=what.replacement))
        self.replace.clicked.connect(lambda: self.use_replacement.emit(what.replacement))
        self.local = self._button(row, "laptop", self.tr("Use this computer"))
        self.local.clicked.connect(self.use_local)
        self.settings = self._button(row, "settings", self.tr("Open settings"))
        self.settings.clicked.connect(self.open_settings)
        row.addStretch(1)
        self.again.setVisible(what.can_try_again)
        self.replace.setVisible(bool(what.replacement))
        self.local.setVisible(what.can_use_local)
        self.settings.setVisible(what.can_open_settings)
        if what.can_try_again and self._problem.retry_after_s:
            self._clock.start()
            self._second.start()
            self._count_down()

    def _button(self, row: QHBoxLayout, icon: str, words: str) -> QPushButton:
        button = IconTextButton(self._theme, icon, words)
        row.addWidget(button)
        return button

    def _details(self, column: QVBoxLayout, attempt: int) -> None:
        column.addWidget(Line(self._theme))
        row = QHBoxLayout()
        time = QDateTime.currentDateTime().toString("HH:mm:ss")
        facts = [self._problem.detail or self._problem.code, time, self.tr("attempt {n}").format(n=attempt)]
        details = PlainLabel(" · ".join(facts))
        details.setProperty("role", "meta")
        row.addWidget(details, 1)
        text = "\n".join([self._problem.message, self._problem.hint, self._problem.provider, *facts])
        row.addWidget(CopyButton(self._theme, self.tr("Copy details"), lambda: text))
        row.setContentsMargins(0, 4, 0, 0)
        column.addLayout(row)

    # --- what happens -------------------------------------------------------------------------------------

    def set_checking(self) -> None:
        """The key is being tried."""
        self.check.setEnabled(False)
        self.key.setEnabled(False)
        self.status.hide()
        self.check.setText(self.tr("Checking"))

    def set_refused(self, why: str) -> None:
        """The key was tried and is no good either."""
        self.check.setText(self.tr("Check and send"))
        self.key.setEnabled(True)
        self.check.setEnabled(bool(self.key.text().strip()))
        self.status.setText(why)
        self.status.show()
        self.key.setFocus()

    def set_used(self) -> None:
        """A way out was taken: nothing is to be pressed twice."""
        for button in (self.again, self.replace, self.local, self.check):
            button.setEnabled(False)
        self._second.stop()

    def _give_key(self) -> None:
        key = self.key.text().strip()
        if key and self.check.isEnabled():
            self.key_given.emit(key)

    def _count_down(self) -> None:
        left_s = ceil((self._problem.retry_after_s or 0.0) - self._clock.elapsed() / 1000)
        self.again.setEnabled(left_s <= 0)
        if left_s <= 0:
            self._second.stop()
            self.again.setText(self.tr("Try again"))
        else:
            self.again.setText(self.tr("Try again in {n} s").format(n=left_s))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("problem"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)


def _safe_words(card: QWidget, entry: Entry) -> str:
    """Say what is safe, then what to do."""
    sentences = []
    if entry.take is not None and entry.take.duration_s > 0:
        sentences.append(card.tr("Your {s:.1f} s recording is saved.").format(s=entry.take.duration_s))
    elif entry.message is not None:
        sentences.append(card.tr("What you wrote is saved."))
    if entry.problem.code in KEY_CODES:
        sentences.append(card.tr("Paste a key and it is sent at once, or carry on with the engine on this computer."))
    elif entry.problem.hint:
        sentences.append(entry.problem.hint)
    return " ".join(sentences)
