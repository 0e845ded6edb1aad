"""Which parts of code get which colour of the look, by Pygments. Imported by the worker that colours, never earlier."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from pygments import lex  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    _TokenType,
)
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from voiceapp.gui.markdown_writer import utf16_units
from voiceapp.gui.rests import with_rests

Colored = Sequence[Sequence[tuple[int, int, str]]]
"""Per line: (start, length, token of the look) in UTF-16 units."""

_COLORS: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "ink3"),
    (Keyword, "you"),
    (Operator.Word, "you"),
    (Name.Builtin, "you"),
    (Name.Tag, "you"),
    (String, "it"),
    (Number, "it"),
    (Literal, "it"),
    (Name.Decorator, "ink2"),
)

_ONE_AT_A_TIME = Lock()


def colored(code: str, language: str) -> Colored:
    """Colour *code*; an unknown language gives no colours. Worker threads: one at a time works, and rests often."""
    with _ONE_AT_A_TIME:
        return _colored(code, language)


def _colored(code: str, language: str) -> Colored:
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return ()
    lines: list[list[tuple[int, int, str]]] = [[]]
    at = 0
    for kind, text in with_rests(lex(code, lexer)):
        color = next((name for token, name in _COLORS if kind in token), "")
        for index, part in enumerate(text.split("\n")):
            if index:
                lines.append([])
                at = 0
            units = utf16_units(part)
            if color and part.strip():
                lines[-1].append((at, units, color))
            at += units
    return lines
