"""One recording in the list: its words or what became of them, its sound as a line, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from voiceapp.core.cleaning import CleanTake
from voiceapp.core.commands import PlayTake, RetryTake
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.settings import Job, Settings
from voiceapp.gui.controls import IconButton
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.take_words import doubts_of, marked_words_of, words_of
from voiceapp.gui.theme import Theme

RETRIED = frozenset({TakeState.RECORDING, TakeState.RECORDED, TakeState.FAILED, TakeState.SILENT, TakeState.CANCELLED})


class Envelope(QWidget):
    """A take's envelope as bars on a line."""

    def __init__(self, theme: Theme, envelope: Sequence[float]) -> None:
        super().__init__()
        self._theme, self._envelope = theme, tuple(envelope)
        self.setFixedHeight(20)
        self.setFixedWidth(128)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("youFill"))
        pitch = self.width() / max(1, len(self._envelope))
        for index, height in enumerate(self._envelope):
            long = max(2.0, min(1.0, height) * 18)
            painter.drawRoundedRect(QRectF(index * pitch, 10 - long / 2, max(1.2, pitch * 0.6), long), 1, 1)


class TakeRow(QWidget):
    """One take: its words or what became of them, and what can be done with it. ``asked`` carries commands."""

    asked = Signal(object)
    export_wanted = Signal(object)
    again_wanted = Signal(object)
    words_wanted = Signal(object)

    def __init__(self, theme: Theme, take: Take) -> None:
        super().__init__()
        self.take, self._theme = take, theme
        self._settings = Settings()
        self.words, self.facts = PlainLabel(), PlainLabel()
        self.words.setWordWrap(True)
        self.facts.setProperty("role", "meta")
        self.play = IconButton(theme, "play", self.tr("Play"))
        self.retry = IconButton(theme, "refresh-cw", self.tr("Turn into words again"))
        self.other = IconButton(theme, "cpu", self.tr("Use another engine"))
        self.export = IconButton(theme, "download", self.tr("Export"))
        self.more = IconButton(theme, "ellipsis", self.tr("More"))
        self.wave = Envelope(theme, take.envelope)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.words)
        under = QHBoxLayout()
        under.setSpacing(12)
        if take.envelope:
            under.addWidget(self.wave)
        under.addWidget(self.facts, 1)
        texts.addLayout(under)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(4)
        row.addWidget(self.play, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for button in (self.retry, self.other, self.export, self.more):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.play.clicked.connect(lambda: self.asked.emit(PlayTake(self.take.id)))
        self.retry.clicked.connect(lambda: self.asked.emit(RetryTake(self.take.id)))
        self.other.clicked.connect(self._choose_engine)
        self.export.clicked.connect(lambda: self.export_wanted.emit(self.take))
        self.more.clicked.connect(self._show_more)
        theme.changed.connect(self._show_words)
        self.show_take(take)

    def show_take(self, take: Take) -> None:
        """Show a newer state of the take."""
        self.take = take
        self._show_words()
        at = datetime.fromtimestamp(take.started_at).astimezone().strftime("%Y-%m-%d %H:%M")
        parts = [at, self.tr("{s} s").format(s=f"{take.duration_s:.1f}")]
        parts += [words for words in (take.engine, take.error if take.text else "") if words]
        self.facts.setText(" · ".join(parts))
        can_retry = take.state in RETRIED
        self.retry.setVisible(can_retry)
        self.other.setVisible(can_retry)

    def show_partial(self, text: str) -> None:
        """Show the words so far of a take that is being turned into words."""
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setText(self.tr("{words}…").format(words=text))

    def _show_words(self) -> None:
        take = self.take
        marked = marked_words_of(take, self._theme)
        self.words.setTextFormat(Qt.TextFormat.RichText if marked else Qt.TextFormat.PlainText)
        self.words.setText(marked or take.text or self._what_became(take))
        self.words.setAccessibleName(words_of(take))
        doubts = doubts_of(take)
        doubtful = self.tr("Doubtful: {words}").format(words=", ".join(doubts))
        self.words.setToolTip(plain_tip(doubtful if doubts else ""))
        self.words.setProperty("role", "problem" if take.state is TakeState.FAILED else "")

    def use_settings(self, settings: Settings) -> None:
        """Learn which engines there are."""
        self._settings = settings

    def _what_became(self, take: Take) -> str:
        return {
            TakeState.RECORDING: self.tr("Recording…"),
            TakeState.RECORDED: self.tr("Recorded, waiting to be turned into words"),
            TakeState.SILENT: self.tr("No speech was found in it"),
            TakeState.FAILED: take.error or self.tr("It could not be turned into words"),
            TakeState.CANCELLED: self.tr("Cancelled with Esc, kept all the same"),
        }.get(take.state, self.tr("No words"))

    def _show_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        again = menu.addAction(self.tr("Turn into words…"))
        again.triggered.connect(lambda: self.again_wanted.emit(self.take))
        again.setEnabled(self.take.state is not TakeState.RECORDING)
        clean = menu.addAction(self.tr("Clean up"))
        clean.triggered.connect(lambda: self.asked.emit(CleanTake(self.take.id)))
        clean.setEnabled(bool(self.take.text))
        save = menu.addAction(self.tr("Save the words…"))
        save.triggered.connect(lambda: self.words_wanted.emit(self.take))
        save.setEnabled(bool(self.take.text))
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _choose_engine(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        usual = self._settings.choice(Job.TRANSCRIPTION).provider
        for provider in self._settings.providers:
            name = provider.name + (self.tr(" (as set)") if provider.name == usual else "")
            act = menu.addAction(name)
            act.triggered.connect(lambda _=False, n=provider.name: self.asked.emit(RetryTake(self.take.id, n)))
        menu.popup(self.other.mapToGlobal(QPoint(0, self.other.height())))
