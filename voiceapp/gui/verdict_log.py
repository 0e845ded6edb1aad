"""The log of verdicts: filtered, looked into, exported, emptied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.check_words import outcome, place, what, why
from voiceapp.core.checks import (
    CheckDone,
    ClearVerdicts,
    ExportVerdicts,
    ListVerdicts,
    LoggedVerdict,
    VerdictFilter,
    VerdictsListed,
)
from voiceapp.core.moderation import STOPPING, Checkpoint, Decision
from voiceapp.gui.controls import Line
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.theme import Theme

ROW_PX = 64
SEARCH_AFTER_MS = 250
RELOAD_AFTER_MS = 300
Index = QModelIndex | QPersistentModelIndex


class VerdictModel(QAbstractListModel):
    """The lines that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts: tuple[LoggedVerdict, ...] = ()

    def show_verdicts(self, verdicts: Sequence[LoggedVerdict]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.verdicts = tuple(verdicts)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own default
        return 0 if parent.isValid() else len(self.verdicts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        verdict = self.verdicts[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return verdict
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{outcome(verdict.decision)}: {what(verdict)}. {why(verdict)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(verdict.excerpt or verdict.subject.name)
        return None


class _Rows(QStyledItemDelegate):
    """Draws a line: what became of it and when, the excerpt, what was too much."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        verdict: LoggedVerdict = index.data(Qt.ItemDataRole.UserRole)
        theme, rect = self._theme, QRectF(option.rect)
        painter.save()
        state = option.state
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, theme.color("hover"))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), theme.color("line"))
        is_over = verdict.decision in (Decision.SHOWN, *STOPPING)
        ink = "problem" if is_over else "ink2"
        icon = "triangle-alert" if verdict.problem else "flag" if is_over else "check"
        theme.paint_icon(painter, QRectF(rect.left() + 16, rect.top() + 9, 14, 14), icon, ink)
        inner = rect.adjusted(36, 7, -16, 0)
        self._line(painter, QRectF(inner.left(), inner.top(), inner.width(), 16), outcome(verdict.decision), ink, 500)
        at = datetime.fromtimestamp(verdict.checked_at).astimezone().strftime("%d %b %H:%M")
        painter.setFont(theme.font(12, is_tabular=True))
        painter.setPen(theme.color("ink3"))
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), 16), Qt.AlignmentFlag.AlignRight, at)
        self._line(painter, QRectF(inner.left(), inner.top() + 17, inner.width(), 16), what(verdict), "ink")
        below = " · ".join(words for words in (place(verdict.checkpoint), why(verdict)) if words)
        self._line(painter, QRectF(inner.left(), inner.top() + 34, inner.width(), 16), below, "ink3")
        painter.restore()

    def _line(self, painter: QPainter, rect: QRectF, words: str, color: str, weight: int = 400) -> None:
        painter.setFont(self._theme.font(12, weight))
        painter.setPen(self._theme.color(color))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class VerdictLogView(QWidget):
    """The third view of the page.

    Signals:
        wanted: a command.
        opened: a ``LoggedVerdict`` the person wants to see.
        draft_wanted: the text of one that was held back, to go into the entry.
    """

    wanted = Signal(object)
    opened = Signal(object)
    draft_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.model = VerdictModel()
        self._total = 0
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.reload)
        self._make_filter()
        self.list = QListView()
        self.list.setModel(self.model)
        self._rows = _Rows(theme)  # Qt does not keep it
        self.list.setItemDelegate(self._rows)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("Verdicts"))
        self.list.setStyleSheet("QListView { background: transparent; }")
        self.list.activated.connect(self._open)
        self.list.clicked.connect(self._open)
        theme.changed.connect(self.list.viewport().update)
        self._make_foot()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._filters)
        whole.addWidget(Line(theme))
        whole.addWidget(self.empty)
        whole.addWidget(self.list, 1)
        whole.addWidget(Line(theme))
        whole.addWidget(self.draft)
        whole.addLayout(self._foot)
        self._show_count()

    def _make_filter(self) -> None:
        self.query = QLineEdit()
        self.query.setPlaceholderText(self.tr("Find a text or file"))
        self.query.setAccessibleName(self.tr("Find a text or file"))
        self.query.setClearButtonEnabled(True)
        self.query.textChanged.connect(lambda: self._soon.start(SEARCH_AFTER_MS))
        self.decision, self.checkpoint = QComboBox(), QComboBox()
        for words, decisions in (
            (self.tr("All results"), ()),
            (self.tr("Flagged"), (Decision.SHOWN, Decision.BLOCKED)),
            (self.tr("Held back"), tuple(STOPPING)),
            (self.tr("Not checked"), (Decision.UNCHECKED, Decision.HELD)),
            (self.tr("Fine"), (Decision.PASSED,)),
        ):
            self.decision.addItem(words, decisions)
        self.checkpoint.addItem(self.tr("Everywhere"), ())
        for checkpoint in Checkpoint:
            words = place(checkpoint)
            self.checkpoint.addItem(words[:1].upper() + words[1:], (checkpoint,))
        name_box(self.decision, self.tr("Result"))
        name_box(self.checkpoint, self.tr("Where it was checked"))
        boxes = QHBoxLayout()
        boxes.setSpacing(8)
        for box in (self.decision, self.checkpoint):
            box.setSizePolicy(box.sizePolicy().Policy.Ignored, box.sizePolicy().verticalPolicy())
            box.activated.connect(lambda _index: self.reload())
            boxes.addWidget(box, 1)
        self._filters = QVBoxLayout()
        self._filters.setContentsMargins(16, 12, 16, 12)
        self._filters.setSpacing(8)
        self._filters.addWidget(self.query)
        self._filters.addLayout(boxes)

    def _make_foot(self) -> None:
        self.empty = PlainLabel(self.tr("What is checked is listed here."))
        self.empty.setProperty("role", "secondary")
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(16, 12, 16, 12)
        self.count = PlainLabel()
        self.count.setProperty("role", "meta")
        self.clear, self.export = QPushButton(self.tr("Clear")), QPushButton(self.tr("Export…"))
        self.draft = QPushButton(self.tr("Put its text into the entry"))
        self.draft.setProperty("kind", "quiet")
        self.draft.hide()
        self.clear.setProperty("kind", "quiet")
        for button in (self.clear, self.export, self.draft):
            button.setProperty("compact", True)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(16, 8, 12, 8)
        self._foot.setSpacing(4)
        self._foot.addWidget(self.count, 1)
        self._foot.addWidget(self.clear)
        self._foot.addWidget(self.export)
        self.clear.clicked.connect(self._ask_clear)
        self.export.clicked.connect(self._choose_target)
        self.draft.clicked.connect(self._give_draft)

    # --- what it is told ----------------------------------------------------------------------------------

    def apply(self, event: object) -> None:
        """Take an event of the session."""
        match event:
            case VerdictsListed():
                self._total = event.total
                self.model.show_verdicts(event.verdicts)
                self._show_count()
            case CheckDone() if self.isVisible():
                self._soon.start(RELOAD_AFTER_MS)

    def reload(self) -> None:
        """Ask for the lines once more."""
        self.wanted.emit(ListVerdicts(self.filter()))

    def filter(self) -> VerdictFilter:
        """Return what is chosen above the list."""
        return VerdictFilter(
            self.query.text().strip(), tuple(self.checkpoint.currentData()), tuple(self.decision.currentData())
        )

    def _show_count(self) -> None:
        shown = len(self.model.verdicts)
        is_filtered = self.filter() != VerdictFilter()
        self.empty.setVisible(not shown)
        self.list.setVisible(bool(shown))
        self.empty.setText(self.tr("Nothing like this.") if is_filtered else self.tr("What is checked is listed here."))
        self.count.setText(
            self.tr("{n} of {total}").format(n=shown, total=self._total) if shown < self._total else str(shown)
        )
        self.draft.hide()
        self.clear.setText(self.tr("Clear"))
        for button in (self.clear, self.export):
            button.setEnabled(bool(shown))

    # --- what the person does -----------------------------------------------------------------------------

    def _open(self, index: QModelIndex) -> None:
        verdict: LoggedVerdict = index.data(Qt.ItemDataRole.UserRole)
        self.draft.setVisible(bool(verdict.draft))
        if not verdict.draft:
            self.opened.emit(verdict)

    def _give_draft(self) -> None:
        verdict = self.list.currentIndex().data(Qt.ItemDataRole.UserRole)
        if verdict is not None:
            self.draft_wanted.emit(verdict.draft)

    def _ask_clear(self) -> None:
        """The first press asks, the second one clears: there is no way back."""
        if self.clear.text() == self.tr("Clear"):
            self.clear.setText(self.tr("Really clear all?"))
        else:
            self.wanted.emit(ClearVerdicts())

    def _choose_target(self) -> None:
        dialog = QFileDialog(self, self.tr("Export verdicts"), str(Path.home() / "voiceapp verdicts.csv"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("Table (*.csv)"), self.tr("JSON (*.json)")])
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(self.export_to)
        dialog.open()

    def export_to(self, path: str) -> None:
        """Write the lines that are wanted, also those beyond the ones shown."""
        self.wanted.emit(ExportVerdicts(path, self.filter()))
