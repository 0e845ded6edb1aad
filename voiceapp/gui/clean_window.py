"""A recording's words as dictated and cleaned up, side by side: read, copied, saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanEvent, CleanProgress, StopCleaning, left_out
from voiceapp.core.notes import parts_of
from voiceapp.gui.copy_button import CopyButton
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

PORTION_CHARS = 4000
"""So much of a text is laid out at once; an hour of speech takes a dozen portions, and other events come between."""


class LongText(QPlainTextEdit):
    """A text that is only read."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFont(theme.font(15))
        self.setAccessibleName(name)
        self._portions: list[str] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._go_on)

    def show_text(self, text: str) -> None:
        """Show *text* from its beginning; what is long follows between other events."""
        self.clear()
        self._portions = parts_of(text, PORTION_CHARS)
        self._go_on()

    def _go_on(self) -> None:
        if not self._portions:
            return
        portion = self._portions.pop(0)
        if self._portions and not portion.endswith("\n"):
            portion += "\n"  # one paragraph of an hour could not be laid out in portions
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(portion)
        if self._portions:
            self._soon.start()


class CleanWindow(QDialog):
    """Shows what ``CleanTake`` brought. Not modal; ``asked`` carries commands. Closing it stops what is under way."""

    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self._take_id: int | None = None
        self._shown = ""
        dress(theme, self)
        self.setWindowTitle(self.tr("Clean up"))
        self.resize(860, 560)
        names = (self.tr("As dictated"), self.tr("Cleaned up"))
        self.raw, self.clean = (LongText(theme, name) for name in names)
        self.state = PlainLabel()
        self.state.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.stop = IconTextButton(theme, "square", self.tr("Stop"))
        self.copy = CopyButton(theme, self.tr("Copy"), lambda: self.text)
        self.save = IconTextButton(theme, "download", self.tr("Save"))
        for button in (self.stop, self.save):
            button.setAutoDefault(False)
        self._lay_out(names)
        self.stop.clicked.connect(self._stop)
        self.save.clicked.connect(self._on_save)
        self.finished.connect(self._stop)
        self._set_busy(is_busy=False)

    def _lay_out(self, names: tuple[str, str]) -> None:
        sides = QGridLayout()
        sides.setHorizontalSpacing(16)
        for at, (name, side) in enumerate(zip(names, (self.raw, self.clean), strict=True)):
            label = PlainLabel(name)
            label.setProperty("role", "secondary")
            label.setBuddy(side)
            sides.addWidget(label, 0, at)
            sides.addWidget(side, 1, at)
            sides.setColumnStretch(at, 1)
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        for button in (self.stop, self.copy, self.save):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addLayout(sides, 1)
        column.addWidget(self.progress)
        column.addLayout(row)

    def handle(self, event: CleanEvent) -> None:
        """Take in that a recording is being cleaned up, how far that is, or how it ended."""
        match event:
            case CleanBegun(take_id):
                self._take_id = take_id
                self.text = self._shown = ""
                for side in (self.raw, self.clean):
                    side.show_text("")
                self.state.setText(self.tr("The words are being cleaned up."))
                self.progress.setRange(0, 0)
                self._set_busy(is_busy=True)
            case CleanProgress(take_id=take_id) if take_id == self._take_id:
                self._show_progress(event)
            case CleanEnded(take_id=take_id) if take_id == self._take_id:
                self.text = event.text
                self.clean.show_text(event.text)
                self.state.setText(self._how_it_ended(event))
                self._set_busy(is_busy=False)

    def _show_progress(self, event: CleanProgress) -> None:
        if event.raw != self._shown:
            self._shown = event.raw
            self.raw.show_text(event.raw)
        if event.parts > 1:
            self.progress.setRange(0, event.parts)
            self.progress.setValue(event.done)
            words = self.tr("The words are being cleaned up: part {n} of {all}.")
            self.state.setText(words.format(n=event.done + 1, all=event.parts))

    def _how_it_ended(self, event: CleanEnded) -> str:
        if event.problem is not None:
            return f"{event.problem.message} {event.problem.hint}".strip()
        if event.is_stopped:
            return self.tr("Stopped. The words stay as they were dictated.")
        if event.raw_parts:
            return left_out(event.raw_parts, event.parts)
        return self.tr("Compared with what was dictated, nothing seems to be lost.")

    def _set_busy(self, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        self.stop.setVisible(is_busy)
        self.progress.setVisible(is_busy)
        for button in (self.copy, self.save):
            button.setVisible(not is_busy)
            button.setEnabled(bool(self.text))

    def _stop(self) -> None:
        if self._is_busy and self._take_id is not None:
            self.asked.emit(StopCleaning(self._take_id))

    def _on_save(self) -> None:
        """Ask where to; the dialog does not block the program."""
        dialog = QFileDialog(self, self.tr("Save the clean text"), str(Path.home() / self.tr("clean text.txt")))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("Text (*.txt)"), self.tr("Markdown (*.md)")])
        dialog.setDefaultSuffix("txt")
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.open()

    def write(self, path: Path) -> None:
        """Save the clean text as *path*; where that fails, say so."""
        try:
            path.write_text(self.text + "\n", encoding="utf-8")
        except OSError as error:
            self.state.setText(self.tr("This could not be saved: {why}.").format(why=error.strerror))
        else:
            self.state.setText(self.tr("Saved as {name}.").format(name=path.name))
