"""Recordings: every take, newest first, with what became of it. Nothing that was said is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from voiceapp.core import events as ev
from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanEvent, CleanProgress, CleanTake
from voiceapp.core.commands import ExportTake, ListTakes, PlayTake, RetryTake
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.hearing import ExportTranscript, TakePartial
from voiceapp.core.settings import Job, Settings
from voiceapp.gui.bin import Bin
from voiceapp.gui.controls import IconButton, Line
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.stack import AWAY_PX
from voiceapp.gui.take_words import doubts_of, marked_words_of, words_of
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.clean_window import CleanWindow

SHOWN_MAX = 200
FIRST_ROWS = 3
SLICE_MS = 4.0
RETRIED = frozenset({TakeState.RECORDING, TakeState.RECORDED, TakeState.FAILED, TakeState.SILENT, TakeState.CANCELLED})


class Waveform(QWidget):
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
        self.wave = Waveform(theme, take.envelope)
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


class TakesWindow(QWidget):
    """The list of recordings. ``asked`` carries commands; events come by :meth:`apply`."""

    asked = Signal(object)
    batches_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._theme = theme
        self._settings = Settings()
        dress(theme, self)
        self._rows: dict[int, TakeRow] = {}
        self._waiting: dict[int, Take] = {}
        self._bin = Bin(self)
        self._fill_soon = QTimer(self, singleShot=True, interval=0)
        self._fill_soon.timeout.connect(self._fill)
        self._cleaning: CleanWindow | None = None
        self.setWindowTitle(self.tr("Recordings"))
        title = PlainLabel(self.tr("Recordings"))
        title.setFont(theme.font(20, 600))
        self.note = PlainLabel()
        self.note.setProperty("role", "secondary")
        self.batches = QPushButton(self.tr("Work in batches…"))
        self.batches.setProperty("compact", True)
        self.batches.clicked.connect(self.batches_wanted)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        self._bar = area.verticalScrollBar()
        self._bar.valueChanged.connect(self._fill_soon.start)
        self._bar.rangeChanged.connect(self._fill_soon.start)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 20, 0, 0)
        whole.setSpacing(4)
        head = QVBoxLayout()
        head.setContentsMargins(20, 0, 20, 12)
        head.addWidget(title)
        head.addWidget(self.note)
        head.addWidget(self.batches, 0, Qt.AlignmentFlag.AlignLeft)
        whole.addLayout(head)
        whole.addWidget(Line(theme))
        whole.addWidget(area, 1)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)
        self._count()

    def sizeHint(self) -> QSize:
        return QSize(640, 560)

    def open(self) -> None:
        """Show the window with the newest list."""
        self.asked.emit(ListTakes())
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def rows(self) -> tuple[TakeRow, ...]:
        """The rows that are made, newest first; the others follow as the list is scrolled."""
        return tuple(sorted(self._rows.values(), key=lambda row: -row.take.started_at))

    def apply(self, event: ev.Event) -> None:
        """Take an event of the session."""
        match event:
            case ev.TakesListed(takes=takes):
                self._show(takes[:SHOWN_MAX])
            case ev.TakeChanged(take=take) if take.id in self._rows:
                self._rows[take.id].show_take(take)
            case ev.TakeChanged(take=take) if take.id in self._waiting:
                self._waiting[take.id] = take
            case ev.TakeChanged(take=take) if self.isVisible():
                self._insert(take, 0)
                self._count()
            case TakePartial(take_id, text) if take_id in self._rows:
                self._rows[take_id].show_partial(text)
            case CleanBegun() | CleanProgress() | CleanEnded():
                self._show_cleaning(event)
            case ev.PlaybackChanged(take_id=take_id):
                self._mark_playing(take_id)
            case ev.SessionReady(settings=settings) | ev.SettingsChanged(settings=settings):
                self._settings = settings
                for row in self._rows.values():
                    row.use_settings(settings)

    def _show(self, takes: Sequence[Take]) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.move(0, AWAY_PX)
            self._bin.throw(row)
        self._rows.clear()
        self._waiting = {take.id: take for take in takes}
        for take in takes[:FIRST_ROWS]:
            self._insert(self._waiting.pop(take.id), len(self._rows))
        self._count()
        self._fill_soon.start()

    def _fill(self) -> None:
        """Make rows, a few milliseconds at a time, until they reach a page below what is seen."""
        began_s = perf_counter()
        while self._waiting and self._bar.maximum() < self._bar.value() + self._bar.pageStep():
            self._insert(self._waiting.pop(next(iter(self._waiting))), len(self._rows))
            if (perf_counter() - began_s) * 1000 > SLICE_MS:
                break  # the new range calls again

    def _insert(self, take: Take, place: int) -> None:
        row = TakeRow(self._theme, take)
        row.use_settings(self._settings)
        row.asked.connect(self.asked)
        row.export_wanted.connect(self._export)
        row.again_wanted.connect(self._ask_how)
        row.words_wanted.connect(self._save_words)
        self._rows[take.id] = row
        self._column.insertWidget(place, row)

    def _count(self) -> None:
        takes = [*(row.take for row in self._rows.values()), *self._waiting.values()]
        total_s = sum(take.duration_s for take in takes)
        self.note.setText(
            self.tr("{n} recordings, {min} min {s} s. All stay on this computer.").format(
                n=len(takes), min=int(total_s // 60), s=int(total_s % 60)
            )
            if takes
            else self.tr("What you say is kept here from its first moment.")
        )

    def _mark_playing(self, take_id: int | None) -> None:
        for number, row in self._rows.items():
            row.play.set_icon(
                *(("audio-lines", self.tr("Playing")) if number == take_id else ("play", self.tr("Play")))
            )

    def _ask_how(self, take: Take) -> None:
        """Ask how a take is to be turned into words; nothing of it is answered."""
        from voiceapp.gui.transcribe_dialog import TranscribeDialog

        dialog = TranscribeDialog(self._theme, take, self._settings, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.asked.connect(self.asked)
        dialog.asked.connect(lambda _command: self._rows[take.id].show_partial("") if take.id in self._rows else None)
        dialog.open()

    @property
    def cleaning(self) -> CleanWindow:
        """The words of a recording, cleaned up."""
        if self._cleaning is None:
            from voiceapp.gui.clean_window import CleanWindow

            self._cleaning = CleanWindow(self._theme)
            self._cleaning.asked.connect(self.asked)
        return self._cleaning

    def _show_cleaning(self, event: CleanEvent) -> None:
        """Show the window when it begins; one that was closed since then stays closed."""
        self.cleaning.handle(event)
        if isinstance(event, CleanBegun):
            self.cleaning.show()
            self.cleaning.raise_()
            self.cleaning.activateWindow()

    def _save_words(self, take: Take) -> None:
        """Ask where to; the dialog does not block the program."""
        name = datetime.fromtimestamp(take.started_at).astimezone().strftime("voiceapp %Y-%m-%d %H-%M-%S.txt")
        dialog = QFileDialog(self, self.tr("Save the words"), str(Path.home() / name))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        kinds = {
            "txt": self.tr("Text (*.txt)"),
            "md": self.tr("Markdown (*.md)"),
            "srt": self.tr("SubRip subtitles (*.srt)"),
            "vtt": self.tr("WebVTT subtitles (*.vtt)"),
            "json": self.tr("JSON (*.json)"),
        }
        dialog.setNameFilters(list(kinds.values()))
        dialog.setDefaultSuffix("txt")
        suffixes = {words: suffix for suffix, words in kinds.items()}
        dialog.filterSelected.connect(lambda words: dialog.setDefaultSuffix(suffixes[words]))
        dialog.fileSelected.connect(lambda path: self.asked.emit(ExportTranscript(take.id, path)))
        dialog.open()

    def _export(self, take: Take) -> None:
        """Ask where to; the dialog does not block the program."""
        name = datetime.fromtimestamp(take.started_at).astimezone().strftime("voiceapp %Y-%m-%d %H-%M-%S.wav")
        dialog = QFileDialog(self, self.tr("Export recording"), str(Path.home() / name))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("WAV (*.wav)"), self.tr("FLAC (*.flac)")])
        dialog.setDefaultSuffix("wav")
        dialog.fileSelected.connect(lambda path: self.asked.emit(ExportTake(take.id, path)))
        dialog.open()
