"""Recordings: every take, newest first, with what became of it. Nothing that was said is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget

from voiceapp.core import events as ev
from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanEvent, CleanProgress
from voiceapp.core.commands import ExportTake, ListTakes
from voiceapp.core.conversation import Take
from voiceapp.core.hearing import ExportTranscript, TakePartial
from voiceapp.core.money import duration_words
from voiceapp.core.settings import Settings
from voiceapp.gui.bin import Bin
from voiceapp.gui.list_window import ListWindow
from voiceapp.gui.stack import AWAY_PX
from voiceapp.gui.take_row import TakeRow
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.clean_window import CleanWindow

SHOWN_MAX = 200
FIRST_ROWS = 3
SLICE_MS = 4.0


class TakesWindow(ListWindow):
    """The list of recordings. ``asked`` carries commands; events come by :meth:`apply`."""

    batches_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, self.tr("Recordings"), ListTakes(), parent)
        self._settings = Settings()
        self._rows: dict[int, TakeRow] = {}
        self._waiting: dict[int, Take] = {}
        self._bin = Bin(self)
        self._fill_soon = QTimer(self, singleShot=True, interval=0)
        self._fill_soon.timeout.connect(self._fill)
        self._cleaning: CleanWindow | None = None
        self.batches = QPushButton(self.tr("Work in batches…"))
        self.batches.setProperty("compact", True)
        self.batches.clicked.connect(self.batches_wanted)
        self._head.addWidget(self.batches, 0, Qt.AlignmentFlag.AlignLeft)
        self._bar.valueChanged.connect(self._fill_soon.start)
        self._bar.rangeChanged.connect(self._fill_soon.start)
        self._count()

    def sizeHint(self) -> QSize:
        return QSize(640, 560)

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
        words = self.tr("1 recording, {length}.") if len(takes) == 1 else self.tr("{n} recordings, {length}.")
        kept = self.tr("Kept on this computer only.")
        self.note.setText(
            f"{words.format(n=len(takes), length=duration_words(total_s))} {kept}"
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
