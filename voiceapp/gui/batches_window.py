"""Work in batches: what was started, how far it is, and a way to start more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)

from voiceapp.core.batch import (
    BatchChanged,
    BatchesListed,
    BatchEstimated,
    BatchJob,
    BatchLinesShown,
    EstimateBatch,
    ListBatches,
    StartBatch,
    Task,
)
from voiceapp.core.commands import Search
from voiceapp.core.events import ConversationsListed, Event
from voiceapp.gui.batch_row import BatchRow
from voiceapp.gui.batch_sources import ConversationChoice
from voiceapp.gui.list_window import ListWindow
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.portions import Portions
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.theme import Theme

ROWS_AT_ONCE = 3


class BatchesWindow(ListWindow):
    """The list of jobs. ``asked`` carries commands; events come by :meth:`apply`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, self.tr("Work in batches"), ListBatches(), parent)
        self._rows: dict[int, BatchRow] = {}
        self._putting = Portions(self)
        self.note.setText(
            self.tr("Titles, summaries and clean texts for many transcripts: at half the price, within a day.")
        )
        self.task = QComboBox()
        name_box(self.task, self.tr("What to make of the transcripts"))
        for task, words in (
            (Task.SUMMARY, self.tr("Summarise")),
            (Task.CLEAN, self.tr("Clean up")),
            (Task.TITLE, self.tr("Find titles")),
        ):
            self.task.addItem(words, task)
        self.choose = QPushButton(self.tr("Choose what…"))
        self.choose.clicked.connect(self._offer)
        self._conversations: ConversationChoice | None = None
        start = QHBoxLayout()
        start.addWidget(self.task)
        start.addWidget(self.choose)
        start.addStretch(1)
        self._head.addLayout(start)
        self.empty = PlainLabel(self.tr("Nothing was started yet."))
        self.empty.setProperty("role", "meta")
        self.empty.setContentsMargins(20, 12, 20, 12)
        self._column.insertWidget(0, self.empty)

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    @property
    def rows(self) -> tuple[BatchRow, ...]:
        """The rows, newest first."""
        return tuple(sorted(self._rows.values(), key=lambda row: -row.job.id))

    def apply(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case BatchesListed(jobs=jobs):
                self._putting.begin(self._put_all(jobs))
            case BatchChanged(job=job):
                self._put(job)
            case BatchLinesShown(job_id, lines) if job_id in self._rows:
                self._rows[job_id].show_lines(lines)
            case ConversationsListed(heads, "") if self._conversations is not None:
                self._conversations.show_heads(heads)
            case BatchEstimated() if self.isVisible():
                self._ask(event)

    def estimate(self, *sources: str) -> None:
        """Ask what the chosen task would take for *sources*: files, folders, ``conversation:12``."""
        self.asked.emit(EstimateBatch(Task(self.task.currentData()), sources))

    def _put(self, job: BatchJob) -> None:
        if job.id in self._rows:
            self._rows[job.id].show_job(job)
            return
        row = BatchRow(self._theme, job)
        row.asked.connect(self.asked)
        self._rows[job.id] = row
        self._column.insertWidget(sum(number > job.id for number in self._rows), row)
        self.empty.hide()

    def _put_all(self, jobs: Sequence[BatchJob]) -> Iterator[None]:
        """Put in *jobs*, newest first, a few at a time."""
        for number, job in enumerate(jobs, start=1):
            self._put(job)
            if number % ROWS_AT_ONCE == 0:
                yield

    def _offer(self) -> None:
        menu = QMenu(self)
        for words, act in (
            (self.tr("A folder…"), self.choose_folder),
            (self.tr("Files…"), self.choose_files),
            (self.tr("Conversations…"), self.choose_conversations),
        ):
            menu.addAction(words).triggered.connect(lambda _checked=False, act=act: act())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.choose.mapToGlobal(QPoint(0, self.choose.height())))

    def choose_folder(self) -> None:
        """Let the person choose a folder; its transcripts are worked on, those in folders below too."""
        dialog = QFileDialog(self, self.tr("Folder of transcripts"), str(Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.estimate)
        dialog.open()

    def choose_files(self) -> None:
        """Let the person choose transcripts one by one."""
        kinds = self.tr("Transcripts (*.txt *.md *.srt *.vtt)")
        dialog = QFileDialog(self, self.tr("Transcripts"), str(Path.home()), kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda paths: self.estimate(*paths))
        dialog.open()

    def choose_conversations(self) -> None:
        """Let the person choose conversations, once they are listed."""
        self._conversations = ConversationChoice(self._theme, self)
        self._conversations.chosen.connect(lambda sources: self.estimate(*sources))
        self._conversations.finished.connect(self._forget_choice)
        self._conversations.open()
        self.asked.emit(Search())

    def _forget_choice(self) -> None:
        self._conversations = None

    def _ask(self, offer: BatchEstimated) -> None:
        """Say what it takes and start on a yes; the question does not block the program."""
        found = offer.estimate
        cost = self.tr("unknown, this model's price is not known") if found.usd is None else f"${found.usd:.4f}"
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        asked = self.tr("Start on 1 text?") if found.lines == 1 else self.tr("Start on {n} texts?")
        box.setText(asked.format(n=found.lines))
        box.setInformativeText(
            self.tr("They are sent to {engine}. Cost, about: {cost}. Results are written beside the texts.").format(
                engine=offer.engine, cost=cost
            )
        )
        start = box.addButton(self.tr("Start"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        start.clicked.connect(lambda: self.asked.emit(StartBatch(offer.task, offer.sources)))
        box.open()
