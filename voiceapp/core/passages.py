"""Cutting a long text into passages, so that a check can say which part it means.

Passages follow each other without gap or overlap and keep their positions, so joined they are the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PASSAGE_CHARS = 300
_BREAKS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…。！？]+[\"'”’)\]]*\s+"),
    re.compile(r"[,;:，、；：]\s*"),
    re.compile(r"\s+"),
)
"""Where a text is cut, best first: paragraph, line, sentence, part of a sentence, word."""


@dataclass(frozen=True)
class Passage:
    """Characters [start, end) of a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the passage's words."""
        return text[self.start : self.end]


def passages(text: str, max_chars: int = PASSAGE_CHARS) -> tuple[Passage, ...]:
    """Cut *text* into passages of at most *max_chars* characters; parts that are only blank are left out.

    A passage ends where a paragraph does, else a line, a sentence, a clause, a word, wherever the best of these lies
    in its second half; a word longer than a passage is cut.
    """
    found: list[Passage] = []
    start = 0
    while start < len(text):
        end = _end(text, start, max_chars)
        if not text[start:end].isspace():
            found.append(Passage(start, end))
        start = end
    return tuple(found)


def _end(text: str, start: int, max_chars: int) -> int:
    limit = start + max_chars
    if limit >= len(text):
        return len(text)
    half = start + max_chars // 2
    for pattern in _BREAKS:
        ends = [match.end() for match in pattern.finditer(text, start, limit) if match.end() > half]
        if ends:
            return ends[-1]
    return limit
