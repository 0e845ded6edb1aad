"""Writes a block's Markdown into a QTextDocument and remembers where each word of the source went.

Text is inserted as text, with formats; nothing is ever interpreted as HTML, and images become links to their
address, so a reply can make the window load nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextLength,
    QTextTableCellFormat,
    QTextTableFormat,
)

from voiceapp.gui.markdown_blocks import Block, parser
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from markdown_it.token import Token

CHIP_PAD = "\u2007"
"""Room inside an inline code chip: a figure space set very small, which never breaks and is not copied."""
LINE_BREAK = "\u2028"
DIGIT_PX = 9
"""How much further in an ordered list stands for each digit of its numbers beyond the first."""
QUOTE_DEPTH = int(QTextFormat.Property.UserProperty) + 1
IS_RULE = int(QTextFormat.Property.UserProperty) + 2
IS_CODE = int(QTextFormat.Property.UserProperty) + 3
LIST_MARK = int(QTextFormat.Property.UserProperty) + 4
INDENT_PX = 24
_HEADING_PX = {"h1": (20, 28), "h2": (17, 28), "h3": (15, 24)}
_WORD = re.compile(r"\S+|\s+")


@dataclass(frozen=True)
class Span:
    """*chars* characters of source from *source* stand in the document from *at*; *units* UTF-16 units long there."""

    source: int
    chars: int
    at: int
    units: int


@dataclass
class Written:
    """What a block became: spans in order, and the places of inline code."""

    spans: list[Span] = field(default_factory=list)
    chips: list[tuple[int, int]] = field(default_factory=list)


def utf16_units(text: str) -> int:
    """Return how many positions *text* takes in a QTextDocument."""
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


class MarkdownWriter:
    """Writes blocks at a cursor. One per view; made anew when the look changes."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._markdown = parser()
        self._written = Written()
        self._source = ""
        self._shift = 0
        self._pos = 0
        self._lists: list[int | None] = []
        self._mark_room_px: list[int] = []
        self._quotes = 0
        self._is_item_start = False
        self._is_first = True
        self._line_starts: list[int] = []

    def write(self, cursor: QTextCursor, block: Block, *, is_first: bool) -> Written:
        """Append *block* to the document; *cursor* stands at its end. *is_first*: the document is empty."""
        self._written = Written()
        self._source, self._shift = block.text, block.shift
        self._line_starts = [0, *(m.end() for m in re.finditer("\n", block.text))]
        self._lists, self._quotes, self._is_item_start = [], 0, False
        self._is_first = is_first
        tokens = self._markdown.parse(block.text)
        index = 0
        while index < len(tokens):
            index = self._block(cursor, tokens, index)
        return self._written

    # --- blocks -------------------------------------------------------------------------------------------

    def _block(self, cursor: QTextCursor, tokens: Sequence[Token], index: int) -> int:
        """Write the token at *index*; return the index of the next to be written."""
        token = tokens[index]
        match token.type:
            case "paragraph_open":
                self._paragraph(cursor, bottom_px=4 if token.hidden else 8)
            case "heading_open":
                self._paragraph(cursor, heading=token.tag)
            case "inline":
                self._locate(token)
                heading = tokens[index - 1].tag if tokens[index - 1].type == "heading_open" else ""
                self._inline(cursor, token.children or (), self._text_format(heading))
            case "fence" | "code_block":
                self._nested_code(cursor, token)
            case "hr":
                self._paragraph(cursor, is_rule=True)
            case "table_open":
                return self._table(cursor, tokens, index)
            case _:
                self._nest(cursor, tokens, index)
        return index + 1

    def _nest(self, cursor: QTextCursor, tokens: Sequence[Token], index: int) -> None:
        """Go into or out of a list, an item, a quote."""
        match tokens[index].type:
            case "bullet_list_open" | "ordered_list_open":
                self._open_list(tokens, index)
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._mark_room_px.pop()
            case "list_item_open":
                self._is_item_start = True
                if index + 1 < len(tokens) and tokens[index + 1].type == "list_item_close":
                    self._paragraph(cursor, bottom_px=4)
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1

    def _paragraph(self, cursor: QTextCursor, *, bottom_px: int = 8, heading: str = "", is_rule: bool = False) -> None:
        size = QTextBlockFormat()
        line_px = _HEADING_PX.get(heading, (15, 24))[1]
        size.setLineHeight(line_px, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        size.setBottomMargin(bottom_px)
        if heading and not self._is_first:
            size.setTopMargin(8)
        if heading:
            size.setHeadingLevel(int(heading[1]))
        size.setLeftMargin(self._quotes * 16 + sum(self._mark_room_px))
        if self._quotes:
            size.setProperty(QUOTE_DEPTH, self._quotes)
        if is_rule:
            size.setProperty(IS_RULE, True)
        size.setIndent(len(self._lists))
        if self._lists and self._is_item_start:
            size.setProperty(LIST_MARK, self._mark())
        text = self._text_format(heading)
        if self._is_first:
            cursor.setBlockFormat(size)
            cursor.setBlockCharFormat(text)
            self._is_first = False
        else:
            cursor.insertBlock(size, text)
        self._is_item_start = False

    def _open_list(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        if token.type != "ordered_list_open":
            self._lists.append(None)
            self._mark_room_px.append(0)
            return
        start = int(token.attrGet("start") or 1)
        items = sum(1 for t in tokens[index:] if t.type == "list_item_open" and t.level == token.level + 1)
        self._lists.append(start)
        self._mark_room_px.append(DIGIT_PX * (len(str(start + items - 1)) - 1))

    def _mark(self) -> str:
        """Return the mark of the item that begins."""
        number = self._lists[-1]
        if number is None:
            return "•" if len(self._lists) == 1 else "◦"
        self._lists[-1] = number + 1
        return f"{number}."

    def _nested_code(self, cursor: QTextCursor, token: Token) -> None:
        """Write code that stands inside a list or a quote: lines of code type, framed by whoever paints."""
        self._paragraph(cursor, bottom_px=8)
        size = cursor.blockFormat()
        size.setProperty(IS_CODE, True)
        size.setLeftMargin(size.leftMargin() + 12)
        size.setTopMargin(10)
        size.setBottomMargin(20)
        size.setLineHeight(20, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        cursor.setBlockFormat(size)
        style = QTextCharFormat()
        style.setFont(self._theme.font(13, is_mono=True))
        cursor.insertText(token.content.rstrip("\n").replace("\n", LINE_BREAK), style)

    def _table(self, cursor: QTextCursor, tokens: Sequence[Token], index: int) -> int:
        rows: list[list[tuple[Token, bool, str]]] = []
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                opened = tokens[index - 1]
                rows[-1].append((token, opened.type == "th_open", str(opened.attrGet("style") or "")))
            index += 1
        columns = max((len(row) for row in rows), default=0)
        if columns == 0:
            return index + 1
        form = QTextTableFormat()
        form.setBorder(0)
        form.setBorderCollapse(True)  # else every line ends between two cells
        form.setCellPadding(6)
        form.setCellSpacing(0)
        form.setHeaderRowCount(1)
        form.setWidth(QTextLength(QTextLength.Type.VariableLength, 0))
        table = cursor.insertTable(len(rows), columns, form)
        below = QTextTableCellFormat()
        below.setBottomBorder(1)
        below.setBottomBorderBrush(self._theme.color("line"))
        below.setBottomBorderStyle(QTextTableFormat.BorderStyle.BorderStyle_Solid)
        for row_at, row in enumerate(rows):
            for column, (token, is_head, style) in enumerate(row[:columns]):
                place = table.cellAt(row_at, column)
                place.setFormat(below)
                cell = place.firstCursorPosition()
                align = QTextBlockFormat()
                align.setAlignment(_ALIGNMENT.get(style, Qt.AlignmentFlag.AlignLeft))
                cell.setBlockFormat(align)
                self._locate(token)
                text = self._text_format("th" if is_head else "td")
                self._inline(cell, token.children or (), text)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        last = QTextBlockFormat()
        last.setLineHeight(1, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        cursor.setBlockFormat(last)
        self._is_first = False
        return index + 1

    # --- text ---------------------------------------------------------------------------------------------

    def _text_format(self, tag: str = "") -> QTextCharFormat:
        size_px = _HEADING_PX.get(tag, (15, 24))[0]
        if tag in ("th", "td"):
            size_px = 13
        style = QTextCharFormat()
        is_strong = tag == "th" or tag.startswith("h")
        style.setFont(self._theme.font(size_px, 600 if is_strong else 400))
        if self._quotes:
            style.setForeground(self._theme.color("ink2"))
        return style

    def _inline(self, cursor: QTextCursor, children: Sequence[Token], base: QTextCharFormat) -> None:
        styles = [base]
        for token in children:
            if token.nesting > 0:
                styles.append(self._styled(styles[-1], token))
            elif token.nesting < 0:
                styles.pop()
            else:
                self._piece(cursor, token, styles[-1])

    def _styled(self, base: QTextCharFormat, token: Token) -> QTextCharFormat:
        """Return *base* as changed by an opening mark."""
        style = QTextCharFormat(base)
        match token.type:
            case "strong_open":
                style.setFontWeight(QFont.Weight.DemiBold)
            case "em_open":
                style.setFontItalic(True)
            case "s_open":
                style.setFontStrikeOut(True)
            case "link_open":
                return self._link(style, str(token.attrGet("href") or ""))
        return style

    def _piece(self, cursor: QTextCursor, token: Token, style: QTextCharFormat) -> None:
        match token.type:
            case "softbreak":
                self._put(cursor, " ", style, "\n")
            case "hardbreak":
                self._put(cursor, LINE_BREAK, style, "\n")
            case "code_inline":
                self._chip(cursor, token.content, style)
            case "image":
                self._put(cursor, token.content or "image", self._link(style, str(token.attrGet("src") or "")))
            case _:
                self._put(cursor, token.content, style)

    def _link(self, style: QTextCharFormat, address: str) -> QTextCharFormat:
        linked = QTextCharFormat(style)
        linked.setAnchor(True)
        linked.setAnchorHref(address)
        linked.setForeground(self._theme.color("you"))
        linked.setFontUnderline(True)
        return linked

    def _chip(self, cursor: QTextCursor, text: str, style: QTextCharFormat) -> None:
        mono = QTextCharFormat(style)
        mono.setFont(self._theme.font(13, is_mono=True))
        pad = QTextCharFormat(mono)
        tiny = self._theme.font(2)
        tiny.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 4)
        pad.setFont(tiny)
        start = cursor.position()
        cursor.insertText(CHIP_PAD, pad)
        self._put(cursor, text, mono)
        cursor.insertText(CHIP_PAD, pad)
        self._written.chips.append((start, cursor.position()))

    def _locate(self, token: Token) -> None:
        """Begin to look for words at the source line of *token*."""
        if token.map is not None:
            self._pos = max(self._line_starts[min(token.map[0], len(self._line_starts) - 1)], 0)

    def _put(self, cursor: QTextCursor, text: str, style: QTextCharFormat, written_as: str = "") -> None:
        """Insert *text* and note word by word where it stood in the source."""
        at = cursor.position()
        cursor.insertText(text.replace("\n", LINE_BREAK), style)
        for word in _WORD.findall(text):
            units = utf16_units(word)
            found = self._source.find(written_as or word, self._pos, self._pos + len(word) + 400)
            if found >= 0:
                self._written.spans.append(Span(self._shift + found, len(written_as or word), at, units))
                self._pos = found + len(written_as or word)
            at += units


_ALIGNMENT = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
    "text-align:left": Qt.AlignmentFlag.AlignLeft,
}
