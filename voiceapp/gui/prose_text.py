"""A run of prose: several blocks of a reply in one document, selectable, with marks painted over the text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QWidget

from voiceapp.gui.markdown_blocks import Block
from voiceapp.gui.markdown_writer import (
    INDENT_PX,
    IS_CODE,
    IS_RULE,
    LIST_MARK,
    QUOTE_DEPTH,
    MarkdownWriter,
    Written,
)
from voiceapp.gui.selectable_text import SelectableText, plain
from voiceapp.gui.theme import Theme

RUN_LIMIT_CHARS = 4000
"""A run that has grown beyond this gets no further block, so that laying it out anew stays cheap."""
AROUND_PX = 24
"""Frames and marks reach so far beyond their block."""


@dataclass
class _Placed:
    block: Block
    at: int
    written: Written


class ProseText(SelectableText):
    """Blocks of prose, or one table. Only the last block is ever written again; :attr:`writes` counts."""

    def __init__(self, theme: Theme, writer: MarkdownWriter, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._writer = writer
        self._placed: list[_Placed] = []
        self._spoken: tuple[int, int] | None = None
        self._heard: int | None = None
        self._caret_at: int | None = None
        self.writes = 0
        self._marked: list[int] | None = None
        self.document().contentsChanged.connect(self._forget_marks)

    def _forget_marks(self) -> None:
        self._marked = None

    @property
    def block_count(self) -> int:
        return len(self._placed)

    @property
    def chars(self) -> int:
        """Return how much source this run holds."""
        return sum(len(placed.block.text) for placed in self._placed)

    @property
    def is_colored(self) -> bool:
        """Whether something has a colour of its own, which another look makes another."""
        return any(
            form.hasProperty(QTextFormat.Property.ForegroundBrush.value)
            or form.hasProperty(QTextFormat.Property.FrameBorderBrush.value)
            for form in self.document().allFormats()
        )

    def add_block(self, block: Block) -> None:
        """Write *block* at the end."""
        with self.steady() as cursor:
            at = cursor.position()
            written = self._writer.write(cursor, block, is_first=not self._placed)
        self._placed.append(_Placed(block, at, written))
        self.writes += 1
        if self._heard is not None:
            self.set_heard(self._heard)

    def drop_last(self) -> None:
        """Take the last block out again."""
        at = self._placed.pop().at
        cursor = QTextCursor(self.document())
        if not self._placed:
            self.document().clear()
            return
        cursor.beginEditBlock()
        cursor.setPosition(at)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.endEditBlock()

    def write_again(self, writer: MarkdownWriter) -> None:
        """Write everything once more: the look has changed."""
        self._writer = writer
        blocks = [placed.block for placed in self._placed]
        self._placed.clear()
        self.document().clear()
        for block in blocks:
            self.add_block(block)

    # --- what was said and heard --------------------------------------------------------------------------

    def set_spoken(self, start: int, end: int) -> bool:
        """Mark source characters [start, end) as being spoken; empty takes the mark away. True if they are here."""
        places = [p for p in (self._place(start, end),) if p is not None] if end > start else []
        before, self._spoken = self._spoken, places[0] if places else None
        if before != self._spoken:
            self.viewport().update()
        return bool(places)

    def spoken_positions(self) -> tuple[int, int] | None:
        """Return the document positions of the words that are being spoken."""
        return self._spoken

    def text_between(self, start: int, end: int) -> str:
        """Return what stands at document positions [start, end)."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return plain(cursor)

    def struck_text(self) -> str:
        """Return what is struck out because it was not heard."""
        at = self._caret_at
        return "" if at is None else self.text_between(at, self.document().characterCount() - 1)

    def spoken_rect(self) -> QRectF:
        """Return where the spoken words are, in this widget; empty when none are."""
        if self._spoken is None:
            return QRectF()
        rects = self._rects(*self._spoken)
        return rects[0].united(rects[-1]) if rects else QRectF()

    def set_heard(self, heard_chars: int | None) -> None:
        """Strike out what comes after the first *heard_chars* characters of the source; None: all was heard."""
        was, self._heard = self._heard, heard_chars
        self._caret_at = None
        if heard_chars is None:
            if was is not None:
                self.write_again(self._writer)
            return
        if not self._placed or self._placed[-1].block.end <= heard_chars:
            return
        at = self._position_after(heard_chars)
        cursor = QTextCursor(self.document())
        cursor.setPosition(at)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        unheard = QTextCharFormat()
        unheard.setForeground(self.theme.color("ink3"))
        unheard.setFontStrikeOut(True)
        cursor.mergeCharFormat(unheard)
        if self._placed[0].block.start < heard_chars:
            self._caret_at = at
        self.viewport().update()

    def _position_after(self, source: int) -> int:
        """Return the document position of the first word that begins at or after *source*."""
        for placed in self._placed:
            for span in placed.written.spans:
                if span.source + span.chars > source:
                    inside = max(0, source - span.source)
                    is_exact = span.units == span.chars
                    return span.at + (inside if is_exact else 0)
        return max(0, self.document().characterCount() - 1)

    def _place(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the document range of source characters [start, end), without blanks at its ends."""
        found: tuple[int, int] | None = None
        for placed in self._placed:
            if placed.block.end <= start or placed.block.start >= end:
                continue
            spans = placed.written.spans
            first = max(0, bisect_right(spans, start, key=lambda s: s.source) - 1)
            for span in spans[first:]:
                if span.source >= end:
                    break
                if span.source + span.chars <= start:
                    continue
                is_exact = span.units == span.chars
                low = span.at + (max(0, start - span.source) if is_exact else 0)
                high = span.at + (min(span.chars, end - span.source) if is_exact else span.units)
                found = (low, high) if found is None else (found[0], high)
        return found

    # --- painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self.horizontalScrollBar().value(), 0)
        seen = QRectF(event.rect()).adjusted(0, -AROUND_PX, 0, AROUND_PX)
        self._paint_block_marks(painter, seen)
        self._paint_chips(painter, seen)
        if self._spoken is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            for rect in self._rects(*self._spoken):
                painter.setBrush(self.theme.color("itSoft"))
                painter.drawRoundedRect(rect.adjusted(-1, 0, 1, 0), 3, 3)
                painter.fillRect(
                    QRectF(rect.left() - 1, rect.bottom() - 1, rect.width() + 2, 2), self.theme.color("itFill")
                )
        painter.end()
        super().paintEvent(event)
        if self._caret_at is not None and (rects := self._rects(self._caret_at, self._caret_at + 1)):
            over = QPainter(self.viewport())
            over.fillRect(
                QRectF(rects[0].left() + 0.5, rects[0].top() - 1, 2, rects[0].height() + 2), self.theme.color("youFill")
            )

    def _paint_chips(self, painter: QPainter, seen: QRectF) -> None:
        painter.setPen(self.theme.color("line"))
        painter.setBrush(self.theme.color("sunken"))
        for placed in self._placed:
            for start, end in placed.written.chips:
                if not self._bounds(self.document().findBlock(start), seen):
                    continue
                for rect in self._rects(start, end):
                    painter.drawRoundedRect(rect.adjusted(0.5, -0.5, -0.5, 0.5), 4, 4)

    def _paint_block_marks(self, painter: QPainter, seen: QRectF) -> None:
        """Draw list marks, bars beside quotes, frames around code, and rules."""
        if self._marked is None:
            self._marked = self._find_marked()
        metrics = QFontMetricsF(self.theme.font(15))
        for number in self._marked:
            block = self.document().findBlockByNumber(number)
            if not self._bounds(block, seen):
                continue
            if rects := self._line_rects(block, 0, max(1, block.length()), metrics):
                box = rects[0].united(rects[-1]).adjusted(0, -3, 0, 3)
                self._paint_block_mark(painter, block.blockFormat(), box)

    def _find_marked(self) -> list[int]:
        """Return the numbers of the blocks beside or around which something is drawn."""
        found = []
        block = self.document().begin()
        while block.isValid():
            style = block.blockFormat()
            if any(style.hasProperty(mark) for mark in (QUOTE_DEPTH, IS_RULE, IS_CODE, LIST_MARK)):
                found.append(block.blockNumber())
            block = block.next()
        return found

    def _bounds(self, block: QTextBlock, seen: QRectF) -> bool:
        """Tell whether *block* reaches into *seen*."""
        return self.document().documentLayout().blockBoundingRect(block).intersects(seen)

    def _paint_block_mark(self, painter: QPainter, style: QTextBlockFormat, box: QRectF) -> None:
        wide = self.viewport().width()
        for level in range(int(style.property(QUOTE_DEPTH) or 0)):
            painter.fillRect(QRectF(level * 16, box.top(), 2, box.height()), self.theme.color("btn"))
        if style.property(IS_RULE):
            painter.fillRect(QRectF(0, round(box.center().y()), wide, 1), self.theme.color("line"))
        left = style.indent() * INDENT_PX + style.leftMargin()
        if style.property(IS_CODE):
            painter.setPen(self.theme.color("line"))
            painter.setBrush(self.theme.color("sunken"))
            painter.drawRoundedRect(QRectF(left - 11.5, box.top() - 4.5, wide - left + 11, box.height() + 9), 8, 8)
        if mark := style.property(LIST_MARK):
            painter.setFont(self.theme.font(15))
            painter.setPen(self.theme.color("ink2"))
            spot = QRectF(left - 2 * INDENT_PX, box.top() + 3, 2 * INDENT_PX - 7, 30)
            painter.drawText(spot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, str(mark))

    def _rects(self, start: int, end: int) -> list[QRectF]:
        """Return where document positions [start, end) are drawn, a rectangle per line."""
        rects: list[QRectF] = []
        metrics = QFontMetricsF(self.theme.font(15))
        block = self.document().findBlock(start)
        while block.isValid() and block.position() < end:
            rects += self._line_rects(block, start - block.position(), end - block.position(), metrics)
            block = block.next()
        return rects

    def _line_rects(self, block: QTextBlock, start: int, end: int, metrics: QFontMetricsF) -> list[QRectF]:
        rects = []
        origin = self.document().documentLayout().blockBoundingRect(block).topLeft()
        layout = block.layout()
        for index in range(layout.lineCount()):
            line = layout.lineAt(index)
            low = max(start, line.textStart())
            high = min(end, line.textStart() + line.textLength())
            if low >= high and line.textLength():
                continue
            first, last = _x(line, low), _x(line, high)
            baseline = origin.y() + line.y() + line.ascent()
            top = baseline - metrics.ascent() + 1
            left = origin.x() + min(first, last)
            rects.append(QRectF(left, top, abs(last - first), metrics.ascent() + metrics.descent()))
        return rects


def _x(line: object, position: int) -> float:
    """Return where in *line* the cursor at *position* stands; Qt gives it alone or with the position it took."""
    at = line.cursorToX(position)  # type: ignore[attr-defined]
    return float(at[0] if isinstance(at, tuple) else at)
