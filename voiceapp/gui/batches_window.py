"""Work in batches: what was started, how far it is, and a way to start more."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.batch import (
    BatchChanged,
    BatchesListed,
    BatchEstimated,
    BatchJob,
    BatchState,
    CancelBatch,
    EstimateBatch,
    ListBatches,
    StartBatch,
    Task,
)
from voiceapp.core.events import Event
from voiceapp.gui.controls import IconButton, Line
from voiceapp.gui.dress import dress
from voiceapp.gui.theme import Theme


class BatchRow(QWidget):
    """One job. ``asked`` carries commands."""

    asked = Signal(object)

    def __init__(self, theme: Theme, job: BatchJob) -> None:
        super().__init__()
        self.job = job
        self.words, self.facts = QLabel(), QLabel()
        for label in (self.words, self.facts):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.facts.setProperty("role", "meta")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.cancel = IconButton(theme, "x", self.tr("Cancel"))
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self.words, self.progress, self.facts):
            texts.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 10, 12, 10)
        row.addLayout(texts, 1)
        row.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignTop)
        self.cancel.clicked.connect(lambda: self.asked.emit(CancelBatch(self.job.id)))
        self.show_job(job)

    def show_job(self, job: BatchJob) -> None:
        """Show a newer state of the job."""
        self.job = job
        what = {
            Task.TITLE: self.tr("Titles for {n} transcripts"),
            Task.SUMMARY: self.tr("Summaries of {n} transcripts"),
            Task.CLEAN: self.tr("Clean texts of {n} transcripts"),
        }[job.task]
        self.words.setText(what.format(n=job.total))
        finished = min(job.total, job.done + job.failed + (0 if job.is_over else job.at_service))
        self.progress.setRange(0, max(1, job.total))
        self.progress.setValue(finished)
        self.progress.setVisible(not job.is_over)
        self.cancel.setVisible(not job.is_over and job.state is not BatchState.CANCELLING)
        state = {
            BatchState.WAITING: self.tr("waiting to be sent"),
            BatchState.RUNNING: self.tr("{done} of {total} done, within a day").format(done=finished, total=job.total),
            BatchState.DONE: self.tr("done"),
            BatchState.CANCELLING: self.tr("being cancelled"),
            BatchState.CANCELLED: self.tr("cancelled; {done} done").format(done=job.done),
            BatchState.FAILED: job.problem or self.tr("failed"),
        }[job.state]
        parts = [state, job.model]
        if job.failed and job.state is not BatchState.FAILED:
            parts.append(self.tr("{n} failed").format(n=job.failed))
        if job.usd is not None:
            parts.append(f"${job.usd:.4f}")
        self.facts.setText(" · ".join(part for part in parts if part))


class BatchesWindow(QWidget):
    """The list of jobs. ``asked`` carries commands; events come by :meth:`apply`."""

    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._theme = theme
        dress(theme, self)
        self._rows: dict[int, BatchRow] = {}
        self.setWindowTitle(self.tr("Work in batches"))
        title = QLabel(self.tr("Work in batches"))
        title.setFont(theme.font(20, 600))
        self.note = QLabel(
            self.tr("Titles, summaries and clean texts for a folder of transcripts: at half the price, within a day.")
        )
        self.note.setProperty("role", "secondary")
        self.note.setWordWrap(True)
        self.task = QComboBox()
        self.task.setAccessibleName(self.tr("What to make of the transcripts"))
        for task, words in (
            (Task.SUMMARY, self.tr("Summarise")),
            (Task.CLEAN, self.tr("Clean up")),
            (Task.TITLE, self.tr("Find titles")),
        ):
            self.task.addItem(words, task)
        self.choose = QPushButton(self.tr("Choose a folder…"))
        self.choose.clicked.connect(self._choose)
        start = QHBoxLayout()
        start.addWidget(self.task)
        start.addWidget(self.choose)
        start.addStretch(1)
        self.empty = QLabel(self.tr("Nothing was started yet."))
        self.empty.setProperty("role", "meta")
        self.empty.setContentsMargins(20, 12, 20, 12)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.empty)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        head = QVBoxLayout()
        head.setContentsMargins(20, 0, 20, 12)
        head.setSpacing(8)
        head.addWidget(title)
        head.addWidget(self.note)
        head.addLayout(start)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 20, 0, 0)
        whole.addLayout(head)
        whole.addWidget(Line(theme))
        whole.addWidget(area, 1)
        QShortcut(QKeySequence("Esc"), self).activated.connect(self.close)

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    def open(self) -> None:
        """Show the window with the newest list."""
        self.asked.emit(ListBatches())
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def rows(self) -> tuple[BatchRow, ...]:
        """The rows, newest first."""
        return tuple(sorted(self._rows.values(), key=lambda row: -row.job.id))

    def apply(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case BatchesListed(jobs=jobs):
                for job in reversed(jobs):
                    self._put(job)
            case BatchChanged(job=job):
                self._put(job)
            case BatchEstimated() if self.isVisible():
                self._ask(event)

    def estimate(self, folder: str) -> None:
        """Ask what the chosen task would take for the transcripts in *folder*."""
        self.asked.emit(EstimateBatch(self.task.currentData(), (folder,)))

    def _put(self, job: BatchJob) -> None:
        if job.id in self._rows:
            self._rows[job.id].show_job(job)
            return
        row = BatchRow(self._theme, job)
        row.asked.connect(self.asked)
        self._rows[job.id] = row
        self._column.insertWidget(0, row)
        self.empty.hide()

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder of transcripts"), str(Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.estimate)
        dialog.open()

    def _ask(self, offer: BatchEstimated) -> None:
        """Say what it takes and start on a yes; the question does not block the program."""
        found = offer.estimate
        cost = self.tr("unknown, this model's price is not known") if found.usd is None else f"${found.usd:.4f}"
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Start on {n} texts?").format(n=found.lines))
        box.setInformativeText(
            self.tr("They are sent to {engine}. Cost, about: {cost}. Results are written beside the texts.").format(
                engine=offer.engine, cost=cost
            )
        )
        start = box.addButton(self.tr("Start"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        start.clicked.connect(lambda: self.asked.emit(StartBatch(offer.task, offer.sources)))
        box.open()
