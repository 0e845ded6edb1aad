"""What a test of a provider found, one line per job."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from voiceapp.core.providers import JobCheck, Standing
from voiceapp.core.settings import Job
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_page import note
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

ICONS = {
    Standing.WORKS: ("check", "ink"),
    Standing.FAILS: ("triangle-alert", "problem"),
    Standing.NOT_TRIED: ("ellipsis", "ink3"),
    Standing.NOT_OFFERED: ("x", "ink3"),
}


class Mark(QWidget):
    """The icon of a standing."""

    def __init__(self, theme: Theme, standing: Standing) -> None:
        super().__init__()
        self._theme, self._look = theme, ICONS[standing]
        self.setFixedSize(QSize(16, 20))

    def paintEvent(self, event: QPaintEvent) -> None:
        self._theme.paint_icon(QPainter(self), QRectF(0, 2, 16, 16), *self._look)


class JobChecks(QWidget):
    """The lines; empty and hidden before the first test.

    Signals:
        images_wanted: the person wants the one job tried that costs money.
    """

    images_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._checks: dict[str, JobCheck] = {}
        self._cells: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3, 1)
        self.images = IconTextButton(theme, "image", self.tr("Try images too (costs money)"))
        self.images.clicked.connect(lambda: self.images_wanted.emit())
        self.images.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_checks(self, checks: tuple[JobCheck, ...]) -> None:
        """Show *checks*; those of other jobs stay from before."""
        self._checks |= {one.job: one for one in checks}
        for cell in self._cells:
            self._grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells = []
        shown = [self._checks[job.value] for job in Job if job.value in self._checks]
        for row, one in enumerate(shown):
            self._add_line(row, one)
        self._grid.removeWidget(self.images)
        self._grid.addWidget(self.images, len(shown), 1, 1, 3, Qt.AlignmentFlag.AlignLeft)
        self.images.setVisible(bool(shown) and Job.IMAGES.value not in self._checks)
        self.setVisible(bool(shown))

    def words(self) -> list[str]:
        """Return the lines as text."""
        return [f"{self._name(one.job)}: {self._verdict(one)}" for one in self._checks.values()]

    def _add_line(self, row: int, one: JobCheck) -> None:
        mark, name, verdict = Mark(self._theme, one.standing), PlainLabel(self._name(one.job)), note(self._verdict(one))
        mark.setAccessibleName(self._word(one.standing))
        model = note(one.model)
        for column, cell in enumerate((mark, name, model, verdict)):
            self._grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignTop if column != 3 else Qt.AlignmentFlag(0))
            self._cells.append(cell)

    def _verdict(self, one: JobCheck) -> str:
        if one.latency_ms is not None:
            return self.tr("Works · {n:.0f} ms").format(n=one.latency_ms)
        return one.sentence or self._word(one.standing)

    def _word(self, standing: Standing) -> str:
        return {
            Standing.WORKS: self.tr("Works"),
            Standing.FAILS: self.tr("Does not work"),
            Standing.NOT_TRIED: self.tr("Not tried"),
            Standing.NOT_OFFERED: self.tr("Not offered"),
        }[standing]

    def _name(self, job: str) -> str:
        return {
            Job.CHAT.value: self.tr("Thinking"),
            Job.TRANSCRIPTION.value: self.tr("Hearing"),
            Job.LIVE_TRANSCRIPTION.value: self.tr("Live captions"),
            Job.SPEECH.value: self.tr("Speaking"),
            Job.REALTIME.value: self.tr("Live conversation"),
            Job.IMAGES.value: self.tr("Drawing"),
            Job.MODERATION.value: self.tr("Checking"),
            Job.EMBEDDINGS.value: self.tr("Finding"),
        }[job]
