"""The row of the settings with the data folder: which one and why, another one looked at, everything taken along."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.data_folder import Candidate, Kind, Standing, Why, candidate_words, next_words, size_words, why_words
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.gui.in_background import in_background
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_page import Facts, note, side_by_side
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

STEPS = 1000


class FolderDesk(Protocol):
    """The data folder as a setting. Everything but :meth:`standing` takes long: worker threads."""

    def standing(self) -> Standing:
        """Return how it stands. Raises VoiceAppError."""
        ...

    def examine(self, folder: Path) -> Candidate:
        """Look at another folder. Raises VoiceAppError where it cannot be used."""
        ...

    def take_along(self, folder: Path, go_on: Callable[[int, int], bool]) -> None:
        """Copy everything there, to be used from the next start; *go_on* gets bytes done and all of them.

        Where it answers False, all that was copied is taken away and an exception of its own raised.
        """
        ...

    def use(self, folder: Path) -> None:
        """Use another folder as it is from the next start."""
        ...

    def stay(self) -> None:
        """Take back what was to hold from the next start."""
        ...


class DataFolderRow(QWidget):
    """The control of the row. Nothing is changed before one of its buttons was pressed."""

    told = Signal(int, str)
    """From the worker: thousandths done, and in words."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__()
        self._desk, self._restart = facts.folder, facts.restart
        self._candidate: Candidate | None = None
        self._is_busy = False
        self._stopping = threading.Event()
        self.path = note(facts.data_dir or self.tr("not known yet"))
        self.why, self.words, self.problem = note(""), note(""), PlainLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.open = IconTextButton(theme, "folder", self.tr("Open"))
        self.open.setEnabled(bool(facts.data_dir))
        self.change = QPushButton(self.tr("Change…"))
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName(self.tr("Copied so far"))
        self.take = QPushButton(self.tr("Take everything along"))
        self.use = QPushButton()
        self.restart = QPushButton(self.tr("Restart now"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self._lay_out()
        self.open.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(facts.data_dir)))
        self.change.clicked.connect(self._pick)
        self.take.clicked.connect(self._take)
        self.use.clicked.connect(self._use)
        self.cancel.clicked.connect(self._cancel)
        self.restart.clicked.connect(self._start_anew)
        self.told.connect(self._show_progress)
        self._show()

    def _lay_out(self) -> None:
        answers = (self.take, self.use, self.restart, self.cancel)
        for button in (self.open, self.change, *answers):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for line in (self.path, self.why):
            column.addWidget(line)
        column.addLayout(side_by_side(self.open, self.change))
        for part in (self.words, self.progress, self.problem):
            column.addWidget(part)
        column.addLayout(side_by_side(*answers))

    # --- what is shown ------------------------------------------------------------------------------------

    def _show(self, problem: str = "") -> None:
        """Show how it stands, with the question that is open."""
        standing = self._standing()
        found = self._candidate
        self._say(self.problem, problem)
        if standing is None:
            for widget in (self.why, self.words, self.progress, self.take, self.use, self.restart, self.cancel):
                widget.hide()
            self.change.hide()
            return
        is_named = standing.why is Why.NAMED
        self.path.setText(standing.folder)
        self._say(self.why, "" if standing.why is Why.USUAL else why_words(standing))
        self._say(self.words, candidate_words(found) if found is not None else next_words(standing))
        self.change.setVisible(not is_named)
        self.change.setEnabled(not self._is_busy)
        self.progress.setVisible(self._is_busy and found is not None)
        may_answer = found is not None and not self._is_busy
        self.take.setVisible(may_answer and found is not None and found.can_take_along)
        self.use.setVisible(may_answer and found is not None and found.can_use)
        if found is not None:
            is_history = found.contents.kind is Kind.HISTORY
            self.use.setText(self.tr("Use what is there") if is_history else self.tr("Start there empty"))
        has_next = found is None and not self._is_busy and bool(standing.next)
        self.restart.setVisible(has_next and self._restart is not None)
        self.cancel.setVisible(found is not None or has_next)
        self.cancel.setText(self.tr("Stay with this folder") if has_next else self.tr("Cancel"))

    def _standing(self) -> Standing | None:
        if self._desk is None:
            return None
        try:
            return self._desk.standing()
        except VoiceAppError as error:
            self._say(self.problem, f"{error.message} {error.hint}".strip())
            return None

    @staticmethod
    def _say(label: QLabel, words: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))

    def _show_progress(self, done: int, words: str) -> None:
        self.progress.setValue(done)
        if self._is_busy and not self._stopping.is_set():
            self.words.setText(words)

    # --- what the person does -----------------------------------------------------------------------------

    def _pick(self) -> None:
        start = str(Path(self.path.text()).parent)
        if chosen := QFileDialog.getExistingDirectory(self, self.tr("Keep the data in"), start):
            self.look_at(Path(chosen))

    def look_at(self, folder: Path) -> None:
        """Look at *folder* and ask what is to become of it."""
        desk = self._desk
        if desk is not None and not self._is_busy:
            self._candidate = None
            self._do(lambda: desk.examine(folder))

    def _take(self) -> None:
        desk, found = self._desk, self._candidate
        if desk is None or found is None:
            return
        self._stopping.clear()
        self.progress.setValue(0)
        shown = -1

        def go_on(done: int, whole: int) -> bool:
            nonlocal shown
            if (step := STEPS * done // max(1, whole)) != shown:
                shown = step
                told = self.tr("{done} of {whole} are copied and verified.")
                self.told.emit(step, told.format(done=size_words(done), whole=size_words(whole)))
            return not self._stopping.is_set()

        self._do(lambda: desk.take_along(Path(found.folder), go_on))

    def _use(self) -> None:
        desk, found = self._desk, self._candidate
        if desk is not None and found is not None:
            self._do(lambda: desk.use(Path(found.folder)))

    def _cancel(self) -> None:
        desk = self._desk
        if self._is_busy:
            self._stopping.set()
            self.words.setText(self.tr("What was copied is taken away again."))
        elif self._candidate is not None:
            self._candidate = None
            self._show()
        elif desk is not None:
            self._do(desk.stay)

    def _start_anew(self) -> None:
        if self._restart is not None:
            self._restart()
            QApplication.closeAllWindows()

    def _do(self, work: Callable[[], object]) -> None:
        """Do *work* in a thread; what it finds, or why it failed, is shown."""

        def safely() -> object:
            try:
                return work()
            except Exception as error:
                return error

        self._is_busy = True
        self._show()
        in_background(self, safely, self._on_done)

    def _on_done(self, result: object) -> None:
        self._is_busy = False
        self._candidate = result if isinstance(result, Candidate) else None
        is_stopped, self._stopping = self._stopping.is_set(), threading.Event()
        if isinstance(result, Exception) and not is_stopped:
            error = unexpected(result)
            self._show(f"{error.message} {error.hint}".strip())
        else:
            self._show()
