"""The block structure of a reply while it streams in: what is text, where blocks end, what is shown but not read.

Not a Markdown parser for display: it decides per line, from its first characters, and never takes back what it has
handed on. Fed with one character at a time, so the result does not depend on how the text arrived.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Protocol

HEAD_LIMIT_CHARS = 64
"""A line that has not shown what it is by then is text."""

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)", re.DOTALL)
_ITEM = re.compile(r"(?:[-+*]|\d{1,9}[.)])[ \t]")
_HEADING = re.compile(r"#{1,6}[ \t]")
_RULE = re.compile(r"(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*|-+[ \t]*")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*")


class Sink(Protocol):
    """Who takes the pieces. ``end`` is always the position in the source after the piece."""

    def text(self, char: str, end: int) -> None:
        """Take the next character of running text (line breaks inside a paragraph included)."""
        ...

    def block_end(self, end: int, *, is_closed: bool) -> None:
        """A block has ended; *is_closed*: a heading or list item, after which the voice falls."""
        ...

    def code(self, info: str, lines: int, end: int) -> None:
        """A fenced block with *lines* lines has ended."""
        ...

    def table(self, rows: int, end: int) -> None:
        """A table with *rows* rows below its heading has ended."""
        ...

    def formula(self, end: int) -> None:
        """A displayed formula has ended."""
        ...


class _In(Enum):
    HEAD = auto()
    TEXT = auto()
    FENCE = auto()
    TABLE = auto()
    FORMULA = auto()


class BlockScanner:
    """Sorts a reply's characters. All state is that of the text so far."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._where = _In.HEAD
        self._position = 0
        self._head: list[str] = []
        self._in_paragraph = False
        self._is_closed = False  # the current block is a heading or list item
        self._is_heading = False
        self._fence = ""
        self._info = ""
        self._line: list[str] = []
        self._lines = 0
        self._table: list[str] = []
        self._formula_end = ""

    @property
    def is_plain(self) -> bool:
        """True while letters are nothing but text."""
        return self._where is _In.TEXT

    def letters(self, count: int) -> None:
        """Skip *count* letters of running text, taken by the caller."""
        self._position += count

    def feed(self, char: str) -> None:
        """Take the next character."""
        self._position += 1
        match self._where:
            case _In.TEXT:
                self._text(char)
            case _In.HEAD:
                self._start_of_line(char)
            case _In.FENCE:
                self._fenced(char)
            case _In.TABLE:
                self._row(char)
            case _In.FORMULA:
                self._formula(char)

    def finish(self) -> None:
        """No more follows: what is open ends here."""
        match self._where:
            case _In.HEAD:
                self._finish_head()
            case _In.FENCE:
                last = 1 if "".join(self._line).strip() else 0
                self._sink.code(self._info, self._lines + last, self._position)
            case _In.TABLE:
                if self._line:
                    self._table.append("".join(self._line))
                self._end_table()
            case _In.FORMULA:
                self._sink.formula(self._position)
            case _In.TEXT:
                pass
        self._sink.block_end(self._position, is_closed=self._is_closed)

    # --- lines of text ------------------------------------------------------------------------------------

    def _text(self, char: str) -> None:
        if char != "\n":
            self._sink.text(char, self._position)
            return
        self._where = _In.HEAD
        if self._is_heading:
            self._end_block(self._position - 1)
        else:
            self._sink.text(char, self._position)

    def _begin_text(self) -> None:
        """Let what was held back of this line be text."""
        held, self._head = self._head, []
        self._where = _In.TEXT
        self._in_paragraph = True
        before = self._position - len(held)
        for offset, char in enumerate(held, start=1):
            self._sink.text(char, before + offset)

    def _end_block(self, end: int) -> None:
        self._sink.block_end(end, is_closed=self._is_closed)
        self._in_paragraph = self._is_closed = self._is_heading = False

    # --- the first characters of a line -------------------------------------------------------------------

    def _start_of_line(self, char: str) -> None:
        head = self._head
        if char == "\n":
            self._end_head_line()
        elif not head and (char.isspace() or char == ">"):
            return
        elif not head and not (char in "#-+*_=`~|$\\" or char.isdecimal()):
            head.append(char)
            self._begin_text()
        else:
            head.append(char)
            self._judge_head(char)

    def _judge_head(self, char: str) -> None:
        """Decide what the line is as soon as its first characters tell."""
        text = "".join(self._head[: HEAD_LIMIT_CHARS + 1])
        first = text[0]
        if first in "`~" and text[:3] == first * 3:
            if first == "`" and char == "`" and text.strip("`"):
                self._begin_text()  # inline code with three backticks
        elif len(text) > HEAD_LIMIT_CHARS:
            self._begin_text()
        elif _ITEM.fullmatch(text) and self._may_begin_item(text):
            self._begin_item(text)
        elif _HEADING.fullmatch(text):
            self._end_block(self._position - len(self._head))
            self._is_heading = self._is_closed = True
            self._head = []
            self._where = _In.TEXT
            self._in_paragraph = True
        elif first == "|":
            self._begin_table(text)
        elif text in ("$$", "\\["):
            self._end_block(self._position - 2)
            self._formula_end = "$$" if text == "$$" else "\\]"
            self._head, self._line = [], []
            self._where = _In.FORMULA
        elif not self._is_undecided(text):
            self._begin_text()

    def _is_undecided(self, text: str) -> bool:
        if text[0].isdecimal():
            return re.fullmatch(r"\d{1,9}[.)]?", text) is not None
        if text[0] in "$\\":
            return len(text) == 1
        if text[0] == "#":
            return text == "#" * len(text) and len(text) <= 6
        if text[0] in "`~":
            return text == text[0] * len(text)
        return _RULE.fullmatch(text) is not None or text == text[0] * len(text)

    def _may_begin_item(self, text: str) -> bool:
        """A number in the middle of a paragraph is an item only if it is 1, or if a list is under way."""
        return not (text[0].isdecimal() and self._in_paragraph and not self._is_closed and text[:-2] != "1")

    def _begin_item(self, text: str) -> None:
        self._end_block(self._position - len(text))
        self._is_closed = True
        self._in_paragraph = True
        if text[0].isdecimal():
            self._begin_text()
        self._head = []

    def _end_head_line(self) -> None:
        """The line ended while it was still undecided."""
        text = "".join(self._head)
        if text[:3] in ("```", "~~~") and (fence := _FENCE.fullmatch(text)):
            self._end_block(self._position - 1 - len(text))
            self._fence, self._info = fence[1], fence[2].strip()
            self._lines, self._line, self._head = 0, [], []
            self._where = _In.FENCE
        elif not text:
            self._end_block(self._position - 1)
        elif _RULE.fullmatch(text) and (self._in_paragraph or len(text) > 2):
            self._head = []
            self._is_closed = self._is_closed or self._in_paragraph  # underlined: a heading
            self._end_block(self._position - 1)
        elif text.strip("#-+* \t"):
            self._position -= 1
            self._begin_text()
            self._position += 1
            self._text("\n")
        else:
            self._head = []  # an empty item or heading
            self._end_block(self._position - 1)

    def _finish_head(self) -> None:
        if not self._head:
            return
        self._position += 1
        self._end_head_line()
        self._position -= 1
        if self._where is _In.FENCE:
            self._sink.code(self._info, 0, self._position)

    # --- blocks that are shown, not read ------------------------------------------------------------------

    def _fenced(self, char: str) -> None:
        if char != "\n":
            self._line.append(char)
            if len(self._line) < len(self._fence) or self._line[-1] != self._fence[0]:
                return
            line = "".join(self._line[-HEAD_LIMIT_CHARS:]).lstrip(" \t>")
            if len(self._line) > HEAD_LIMIT_CHARS or line != self._fence:
                return
            self._where, self._line = _In.HEAD, []
            self._sink.code(self._info, self._lines, self._position)
        else:
            self._lines, self._line = self._lines + 1, []

    def _begin_table(self, text: str) -> None:
        self._where = _In.TABLE
        self._line, self._head, self._table = list(text), [], []

    def _row(self, char: str) -> None:
        if char != "\n":
            if not self._line and not char.isspace() and char not in "|>":
                self._end_table()
                self._start_of_line(char)
            elif self._line or char == "|":
                self._line.append(char)
            return
        if not self._line:
            self._end_table()
            self._start_of_line(char)
            return
        self._table.append("".join(self._line))
        self._line = []
        if len(self._table) == 2 and not _DELIMITER_ROW.fullmatch(self._table[1]):
            self._replay_rows(self._position)

    def _end_table(self) -> None:
        """The line that begins now is no row: announce the table, or read a lone line as text."""
        rows, self._table, self._line = self._table, [], []
        self._where = _In.HEAD
        if len(rows) < 2:
            self._table = rows
            self._replay_rows(self._position - 1)
            return
        self._end_block(self._position - 1)
        self._sink.table(len(rows) - 2, self._position - 1)

    def _replay_rows(self, end: int) -> None:
        """Lines that looked like a table were none: hand them on as text that ends at *end*."""
        rows, self._table = self._table, []
        self._where, self._in_paragraph = _In.HEAD, True
        for row in rows:
            for char in (*row, "\n"):
                self._sink.text(char, end)

    def _formula(self, char: str) -> None:
        self._line = [*self._line[-1:], char]
        if "".join(self._line) == self._formula_end:
            self._where = _In.TEXT
            self._sink.formula(self._position)
