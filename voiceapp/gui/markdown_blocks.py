"""A reply's Markdown, cut into blocks while it is still being written.

What is settled never changes again, so only the last block is shown anew. Text arriving in any portions gives the
same blocks as text arriving at once: a block is settled only when complete lines after it prove that it ended.

No Qt here. Link reference definitions are not recognised: they would change blocks that are already shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

PROSE_LIMIT_CHARS = 4000
"""A paragraph or list longer than this is shown in pieces, so that showing it again stays cheap."""
TABLE_LIMIT_CHARS = 800
"""The same for a table, which costs several times as much."""
CODE_LIMIT_CHARS = 24_000

_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>[^\n]*)\n")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")


class Kind(StrEnum):
    """What a block is shown as."""

    PROSE = "prose"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True)
class Block:
    """A piece of a reply.

    Attributes:
        start, end: its place in the reply's source, in characters.
        text: Markdown for prose and tables; the code itself for code.
        shift: for prose and tables: the place in the reply of ``text[0]`` (a repeated table head comes before *start*).
        language: of code, as the model named it.
    """

    kind: Kind
    start: int
    end: int
    text: str
    shift: int
    language: str = ""


@cache
def parser(*, is_inline_parsed: bool = True) -> MarkdownIt:
    """Return the parser for replies: CommonMark with tables and strikethrough, raw HTML as text."""
    from markdown_it import MarkdownIt  # 40 ms that the start does without

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")
    return markdown if is_inline_parsed else markdown.disable(["inline", "text_join"])


@dataclass(frozen=True)
class _Fence:
    """An open code fence; *head_chars* of the tail are its opening line (0 in a continued piece)."""

    marks: str
    info: str
    head_chars: int


class BlockScanner:
    """Takes a growing reply, gives its settled blocks one by one and the unsettled tail on request."""

    def __init__(self, prose_limit_chars: int = PROSE_LIMIT_CHARS, code_limit_chars: int = CODE_LIMIT_CHARS) -> None:
        self._prose_limit = prose_limit_chars
        self._table_limit = min(prose_limit_chars, TABLE_LIMIT_CHARS)
        self._code_limit = code_limit_chars
        self._markdown = parser(is_inline_parsed=False)
        self._tail = ""
        self._start = 0
        self._table_head = ""
        self._open_fence: _Fence | None = None
        self._ready: list[Block] = []
        self._is_final = False
        self._searched = 0
        self._is_stale = False

    def push(self, text: str) -> None:
        """The reply grew by *text*."""
        self._tail += text.replace("\r", " ")  # the parser would drop it, and every place after it would be wrong
        self._is_stale = True

    def finish(self) -> None:
        """Nothing more will come: the tail settles too."""
        if not self._is_final:
            self._is_final = self._is_stale = True

    def look(self) -> bool:
        """Parse a few kilobytes if :meth:`next` would have to; return whether there was need, so: come again."""
        if self._ready or not self._is_stale:
            return False
        self._is_stale = self._settle()
        return True

    def next(self) -> Block | None:
        """Return the next settled block; None when more text is needed. Costs one parse of a few kilobytes at most."""
        while not self._ready and self._is_stale and self._settle():
            pass
        if not self._ready:
            self._is_stale = False
            return None
        return self._ready.pop(0)

    def tail(self) -> tuple[Block, ...]:
        """Return the blocks of what is not settled, as they look now. Call when :meth:`next` gives None."""
        if (fence := self._fence()) is not None:
            return (self._code(fence, len(self._tail), len(self._tail)),)
        if not self._tail.strip():
            return ()
        return tuple(self._blocks(self._tail))

    # --- settling -----------------------------------------------------------------------------------------

    def _settle(self) -> bool:
        """Move what is certain from the tail to the ready blocks; return whether there was progress."""
        if not self._table_head and self._open_fence is None and (blank := _BLANK_LINES.match(self._tail)):
            self._advance(blank.end())
        if not self._tail:
            return False
        if (fence := self._fence()) is not None:
            return self._settle_code(fence)
        return self._settle_prose()

    def _settle_code(self, fence: _Fence) -> bool:
        begin = max(fence.head_chars, self._searched)
        closing = re.compile(rf"^ {{0,3}}{fence.marks[0]}{{{len(fence.marks)},}}[ \t]*(?:\n|\Z)", re.MULTILINE)
        found = closing.search(self._tail, begin)
        code_end = found.start() if found else self._certain_end(self._tail, self._code_limit)
        if code_end - fence.head_chars > self._code_limit:
            limit = fence.head_chars + self._code_limit
            cut = self._tail.rfind("\n", fence.head_chars, limit) + 1 or limit
            self._ready.append(self._code(fence, cut, cut))
            self._advance(cut)
            self._open_fence = _Fence(fence.marks, fence.info, 0)
            return True
        if found is not None and (found.group().endswith("\n") or self._is_final):
            self._ready.append(self._code(fence, found.start(), found.end()))
            self._open_fence = None
            self._advance(found.end())
            return True
        if self._is_final:
            self._ready.append(self._code(fence, len(self._tail), len(self._tail)))
            self._advance(len(self._tail))
            return False
        self._searched = self._tail.rfind("\n") + 1
        return False

    def _settle_prose(self) -> bool:
        size = self._prose_limit + self._prose_limit // 4
        while not self._settle_window(size):
            if size >= len(self._tail):
                return False
            size *= 2  # long lines: more must be seen to know where a block ends
        return True

    def _settle_window(self, size: int) -> bool:
        window = self._tail[:size]
        is_whole = len(window) == len(self._tail)
        if not (is_whole and self._is_final):
            window = window[: self._certain_end(window, self._prose_limit)]
        blocks = self._blocks(window)
        settled = 0
        for index, block in enumerate(blocks):
            is_last = index == len(blocks) - 1
            if block.kind is Kind.CODE and _FENCE.match(self._tail, block.start - self._start):
                break  # the fence is searched for its end, not parsed
            is_open = is_last and not (is_whole and self._is_final)
            text = window[block.start - self._start : block.end - self._start]
            if self._is_too_long(text, self._limit(block), is_open=is_open):
                if settled == 0:
                    self._cut(block)
                    return True
                break
            if is_open:
                break
            self._ready.append(block)
            settled = block.end - self._start
        if settled:
            self._advance(settled)
            self._table_head = ""
        return settled > 0

    def _cut(self, block: Block) -> None:
        """Settle the first part of a block that is too long to be shown as one."""
        begin = block.start - self._start
        piece = self._tail[begin : begin + self._limit(block)]
        at = 0
        for found in re.finditer(r"\n(?=\S)", piece):
            at = found.end()
        at = at or piece.rfind("\n") + 1 or piece.rfind(" ") + 1 or len(piece)
        head = self._table_head if begin == 0 else ""
        text = head + piece[:at]
        if block.kind is Kind.TABLE and not head:
            lines = text.split("\n", 2)
            head = f"{lines[0]}\n{lines[1]}\n" if len(lines) > 2 else ""
        self._ready.append(
            Block(block.kind, block.start, block.start + at, text, block.start - (len(text) - at), block.language)
        )
        self._advance(begin + at)
        self._table_head = head if block.kind is Kind.TABLE else ""

    @staticmethod
    def _certain_end(text: str, limit: int) -> int:
        """Return where the last complete line ends; a line longer than *limit* counts as it is."""
        complete = text.rfind("\n") + 1
        return complete if len(text) - complete <= limit else len(text)

    def _limit(self, block: Block) -> int:
        return self._table_limit if block.kind is Kind.TABLE else self._prose_limit

    @staticmethod
    def _is_too_long(text: str, limit: int, *, is_open: bool) -> bool:
        """Tell whether *text* must be cut; an open block's last line may yet become a table's head."""
        certain = text.rstrip("\n").rfind("\n") + 1 if is_open else 0
        return (certain or len(text)) > limit

    def _advance(self, count: int) -> None:
        self._tail = self._tail[count:]
        self._start += count
        self._searched = 0

    # --- looking ------------------------------------------------------------------------------------------

    def _fence(self) -> _Fence | None:
        """Return the fence that the tail begins with."""
        if self._open_fence is not None:
            return self._open_fence
        if self._table_head:
            return None
        found = _FENCE.match(self._tail)
        if found is None or (found["marks"][0] == "`" and "`" in found["info"]):
            return None
        return _Fence(found["marks"], found["info"].strip(), found.end())

    def _code(self, fence: _Fence, code_end: int, end: int) -> Block:
        text = self._tail[fence.head_chars : code_end]
        language = fence.info.split()[0] if fence.info.split() else ""
        start = self._start
        return Block(Kind.CODE, start, start + end, text, start + fence.head_chars, language)

    def _blocks(self, text: str) -> list[Block]:
        """Parse *text*, the beginning of the tail, and return its top-level blocks."""
        head = self._table_head
        source = head + text
        lines = [0]
        for line in source.split("\n"):
            lines.append(lines[-1] + len(line) + 1)
        blocks: list[Block] = []
        for token in self._markdown.parse(source):
            if token.level or token.map is None or token.nesting < 0:
                continue
            first, last = lines[token.map[0]], min(lines[token.map[1]], len(source))
            if last <= len(head):
                continue
            begin = max(first, len(head))
            kind = Kind.PROSE
            language, body = "", source[first:last]
            if token.type in ("fence", "code_block"):
                kind, body = Kind.CODE, token.content
                language = (token.info.split() or [""])[0]
            elif token.type == "table_open":
                kind = Kind.TABLE
            offset = self._start - len(head)
            blocks.append(Block(kind, offset + begin, offset + last, body, offset + first, language))
        return blocks
