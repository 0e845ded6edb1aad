"""The rail's list: conversations under the days of their last turn, and how a row is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from PySide6.QtCore import (
    QCoreApplication,
    QDate,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from voiceapp.core.conversation import ConversationHead
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
HEAD_ROLE = Qt.ItemDataRole.UserRole
DAY_PX, FIRST_DAY_PX, ROW_PX, FOUND_PX = 36, 28, 36, 52
PAGE_HEADS = 200
KEPT_LINES = 2000


@dataclass(frozen=True)
class DayRow:
    """A day's title above its conversations."""

    title: str


@dataclass(frozen=True)
class FoundRow(ConversationHead):
    """A conversation in which a message was found by its meaning."""

    message_id: int = 0


Row = DayRow | ConversationHead


def day_title(day: date, today: date, locale: QLocale) -> str:
    """Return "Today", "Yesterday", "Monday 12 May", or with the year where it is another."""
    days = (today - day).days
    if days == 0:
        return QCoreApplication.translate("ConversationList", "Today")
    if days == 1:
        return QCoreApplication.translate("ConversationList", "Yesterday")
    pattern = "dddd d MMMM" if day.year == today.year else "d MMMM yyyy"
    return locale.toString(QDate(day.year, day.month, day.day), pattern)


def day_of(head: ConversationHead) -> date:
    """Return the day of its last turn, here."""
    return datetime.fromtimestamp(head.updated_at).astimezone().date()


def rows_of(heads: Sequence[ConversationHead], today: date, locale: QLocale, last: date | None = None) -> list[Row]:
    """Return *heads*, newest first, with a title before each day; *last*: the day of the row above them."""
    rows: list[Row] = []
    for head in heads:
        day = day_of(head)
        if day != last:
            rows.append(DayRow(day_title(day, today, locale)))
            last = day
        rows.append(head)
    return rows


class ConversationList(QStringListModel):
    """Days and conversations as one list; ``renamed`` carries id and title when the person edited a row.

    Rows are made for the first ``PAGE_HEADS`` conversations, and for as many more whenever the list is scrolled to its
    end: laying out a row costs time, and nobody looks at the five thousandth. Qt asks for every row there is whenever
    some are added; its own model of strings, here empty ones, answers how many there are without any Python.
    """

    renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heads: tuple[ConversationHead, ...] = ()
        self._found: tuple[FoundRow, ...] = ()
        self._hidden: set[int] = set()
        self._shown: list[ConversationHead] = []
        self._made = 0
        self._rows: list[Row] = []
        self._sizes: list[QSize] = []

    def size_of(self, row: int) -> QSize:
        """Return what row number *row* takes."""
        return self._sizes[row]

    def show(self, heads: Sequence[ConversationHead]) -> None:
        """Show *heads*, newest first; nothing is touched where they are the same."""
        if tuple(heads) != self._heads:
            self._heads = tuple(heads)
            self._rebuild()

    def show_found(self, found: Sequence[FoundRow]) -> None:
        """Show below the list what was found by its meaning."""
        if tuple(found) != self._found:
            self._found = tuple(found)
            self._rebuild()

    def hide(self, conversation_id: int, *, is_hidden: bool) -> None:
        """Leave a conversation out while its deletion can still be undone."""
        (self._hidden.add if is_hidden else self._hidden.discard)(conversation_id)
        self._rebuild()

    def row_of(self, conversation_id: int) -> int:
        """Return the row of a conversation, -1 where it has none (yet)."""
        return next(
            (n for n, row in enumerate(self._rows) if isinstance(row, ConversationHead) and row.id == conversation_id),
            -1,
        )

    def _rebuild(self) -> None:
        self._shown = [head for head in self._heads if head.id not in self._hidden]
        self._made = 0
        self._rows = self._next_rows()
        self._sizes = [_size(n, row) for n, row in enumerate(self._rows)]
        self.setStringList([""] * len(self._rows))

    def _next_rows(self) -> list[Row]:
        """Return the rows of the next page; with the last one also what was found by its meaning."""
        last = day_of(self._shown[self._made - 1]) if self._made else None
        page = self._shown[self._made : self._made + PAGE_HEADS]
        rows = rows_of(page, datetime.now().astimezone().date(), QLocale(), last)
        self._made += len(page)
        if self._made == len(self._shown) and self._found:
            listed = {head.id for head in self._shown} | self._hidden
            joined = [row for row in self._found if row.id not in listed]
            rows += [DayRow(self.tr("Found by meaning")), *joined] if joined else []
        return rows

    # --- what Qt asks -------------------------------------------------------------------------------------

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self._made < len(self._shown)

    def fetchMore(self, parent: Index) -> None:
        if not self.canFetchMore(parent):
            return
        rows = self._next_rows()
        first = len(self._rows)
        self._rows += rows
        self._sizes += [_size(n, row) for n, row in enumerate(rows, start=first)]
        self.insertRows(first, len(rows))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == HEAD_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, ConversationHead):
            return plain_tip(row.title)
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._rows[index.row()] if index.isValid() else None
        title = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not isinstance(row, ConversationHead) or not title or title == row.title:
            return False
        self.renamed.emit(row.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if isinstance(self._rows[index.row()], DayRow):
            return Qt.ItemFlag.ItemNeverHasChildren
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable | flag.ItemNeverHasChildren


def _size(number: int, row: Row) -> QSize:
    if isinstance(row, DayRow):
        return QSize(100, DAY_PX if number else FIRST_DAY_PX)
    return QSize(100, FOUND_PX if row.snippet else ROW_PX)


class ConversationDelegate(QStyledItemDelegate):
    """Paints a day's title, or a conversation with its time, and in search results the words that were found."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        rows = view.model()
        assert isinstance(rows, ConversationList)
        self._rows = rows
        self._lines: dict[tuple[str, str, float], QStaticText] = {}

    def _line(self, text: str, font: QFont, room: float = 0.0) -> QStaticText:
        """Return *text* as laid out before: finding its glyphs is most of what a row costs. *room*: elided to it."""
        key = (text, font.key(), room)
        if key not in self._lines:
            if len(self._lines) >= KEPT_LINES:
                self._lines.clear()
            words = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room) if room else text
            line = self._lines[key] = QStaticText(words)
            line.setTextFormat(Qt.TextFormat.PlainText)
            line.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            line.prepare(font=font)
        return self._lines[key]

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._rows.size_of(index.row())  # asked of every row there is, whenever some more are made

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(HEAD_ROLE)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, DayRow):
            painter.setFont(self._theme.font(12))
            painter.setPen(self._theme.color("ink2"))
            painter.drawText(area.adjusted(8, 0, -8, -4), Qt.AlignmentFlag.AlignBottom, row.title)
        elif isinstance(row, ConversationHead):
            state = option.state
            self._paint_row(painter, area, row, state)
        painter.restore()

    def _paint_row(self, painter: QPainter, area: QRectF, row: ConversationHead, state: QStyle.StateFlag) -> None:
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(area, 8, 8)
        line = QRectF(area.left() + 8, area.top(), area.width() - 16, ROW_PX)
        moment = datetime.fromtimestamp(row.updated_at).astimezone()
        words = moment.strftime("%Y-%m-%d" if isinstance(row, FoundRow) else "%H:%M")
        font = self._theme.font(12, is_tabular=True)
        at = self._line(words, font)
        painter.setPen(self._theme.color("ink2" if is_chosen else "ink3"))
        self._draw(painter, line.right() - at.size().width(), line, at, font)
        font = self._theme.font(13, 600 if is_chosen else 400)
        painter.setPen(self._theme.color("ink" if is_chosen else "ink2"))
        title = self._line(row.title, font, line.width() - at.size().width() - 12)
        self._draw(painter, line.left(), line, title, font)
        if row.snippet:
            font = self._theme.font(12)
            painter.setPen(self._theme.color("ink3"))
            below = QRectF(line.left(), area.top() + 28, line.width(), 18)
            found = self._line(" ".join(row.snippet.split()), font, below.width())
            self._draw(painter, below.left(), below, found, font)

    @staticmethod
    def _draw(painter: QPainter, x: float, beside: QRectF, line: QStaticText, font: QFont) -> None:
        """Draw *line* from *x* on, in the middle of the height of *beside*."""
        painter.setFont(font)
        painter.drawStaticText(QPointF(x, beside.center().y() - line.size().height() / 2), line)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setStyleSheet(self._theme.style_sheet("QLineEdit") + "QLineEdit { min-height: 28px; padding: 0 7px; }")
        return editor
