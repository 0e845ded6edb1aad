"""A job in batches: how far it is, and on demand what became of each of its texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.batch import BatchJob, BatchLine, BatchState, CancelBatch, LineState, ShowBatchLines, Task
from voiceapp.core.money import usd
from voiceapp.gui.controls import IconButton
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.theme import Theme

LINES_PX = 168
Index = QModelIndex | QPersistentModelIndex


class LineModel(QAbstractListModel):
    """The texts of a job, those that failed first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[BatchLine] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{_short(line.source)}: {self._became(line)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join(part for part in (line.source, line.error, line.target) if part))
        return None

    def show(self, lines: Sequence[BatchLine]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.lines = sorted(lines, key=lambda line: (line.state is not LineState.FAILED, line.number))
        self.endResetModel()

    def _became(self, line: BatchLine) -> str:
        match line.state:
            case LineState.FAILED:
                return self.tr("failed: {why}").format(why=line.error or self.tr("no reason was given"))
            case LineState.DONE:
                return Path(line.target).name if "/" in line.target or "\\" in line.target else line.result[:120]
            case LineState.WAITING if line.error:
                return self.tr("is tried again: {why}").format(why=line.error)
            case LineState.WAITING:
                return self.tr("waiting")
            case LineState.SENT:
                return self.tr("sent")


def _short(source: str) -> str:
    return source if source.startswith("conversation:") else Path(source).name


class BatchRow(QWidget):
    """One job. ``asked`` carries commands."""

    asked = Signal(object)

    def __init__(self, theme: Theme, job: BatchJob) -> None:
        super().__init__()
        self.job = job
        self.words, self.facts = PlainLabel(), PlainLabel()
        for label in (self.words, self.facts):
            label.setWordWrap(True)
        self.facts.setProperty("role", "meta")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.cancel = IconButton(theme, "x", self.tr("Cancel"))
        self.more = QPushButton(self.tr("Texts"))
        self.more.setProperty("compact", True)
        self.more.setCheckable(True)
        self.more.setToolTip(self.tr("What became of each text"))
        self.lines = LineModel(self)
        self.list = QListView()
        self.list.setModel(self.lines)
        self.list.setUniformItemSizes(True)
        self.list.setFixedHeight(LINES_PX)
        self.list.setAccessibleName(self.tr("Texts of the job"))
        self.list.hide()
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for widget in (self.words, self.progress, self.facts, self.list):
            texts.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 10, 12, 10)
        row.addLayout(texts, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignTop)
        self.cancel.clicked.connect(lambda: self.asked.emit(CancelBatch(self.job.id)))
        self.more.toggled.connect(self._on_more)
        self.list.activated.connect(self._open)
        self.show_job(job)

    def show_lines(self, lines: Sequence[BatchLine]) -> None:
        """Show what became of each text."""
        self.lines.show(lines)

    def _on_more(self, is_open: bool) -> None:
        self.list.setVisible(is_open)
        if is_open:
            self.asked.emit(ShowBatchLines(self.job.id))

    def _open(self, index: QModelIndex) -> None:
        """Open the file with the result."""
        target = self.lines.lines[index.row()].target
        if target and not target.startswith("conversation:"):
            QDesktopServices.openUrl(QUrl.fromLocalFile(target))

    def show_job(self, job: BatchJob) -> None:
        """Show a newer state of the job."""
        self.job = job
        if self.more.isChecked():
            self.asked.emit(ShowBatchLines(job.id))
        what = {
            Task.TITLE: self.tr("Titles for {n} texts"),
            Task.SUMMARY: self.tr("Summaries of {n} texts"),
            Task.CLEAN: self.tr("{n} texts cleaned up"),
        }[job.task]
        one = {
            Task.TITLE: self.tr("A title for 1 text"),
            Task.SUMMARY: self.tr("A summary of 1 text"),
            Task.CLEAN: self.tr("1 text cleaned up"),
        }[job.task]
        self.words.setText(one if job.total == 1 else what.format(n=job.total))
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
            parts.append(usd(job.usd))
        self.facts.setText(" · ".join(part for part in parts if part))
