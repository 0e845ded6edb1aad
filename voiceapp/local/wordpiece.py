"""BERT's way of cutting text into tokens, uncased: words and marks, then the longest pieces that are known."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD_CHARS = 100
_IDEOGRAPHS = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """Turns texts into token numbers. *vocabulary*: number by piece; pieces inside a word begin with ``##``."""

    def __init__(self, vocabulary: Mapping[str, int], max_tokens: int) -> None:
        self._vocabulary = vocabulary
        self._begin, self._end, self._unknown = (vocabulary[piece] for piece in (BEGIN, END, UNKNOWN))
        self._max = max_tokens
        self._pieces = lru_cache(maxsize=20_000)(self._cut)

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of *text*, begin and end included; what is too long loses its end."""
        found = [self._begin]
        for word in words(text):
            found.extend(self._pieces(word))
            if len(found) >= self._max:
                break
        return [*found[: self._max - 1], self._end]

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) > LONGEST_WORD_CHARS:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((e for e in range(len(word), start, -1) if mark + word[start:e] in self._vocabulary), 0)
            if not end:
                return (self._unknown,)
            pieces.append(self._vocabulary[mark + word[start:end]])
            start = end
        return tuple(pieces)


def words(text: str) -> Iterable[str]:
    """Yield the words and marks of *text*, in lower case and without accents."""
    for word in _clean(text).split():
        plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
        start = 0
        for place, char in enumerate(plain):
            if _is_mark(char):
                if place > start:
                    yield plain[start:place]
                yield char
                start = place + 1
        if start < len(plain):
            yield plain[start:]


def _clean(text: str) -> str:
    return "".join(map(_cleaned, text))


@lru_cache(maxsize=8192)
def _cleaned(char: str) -> str:
    """Leave out control characters; an ideograph is a word of its own."""
    if char.isspace():
        return " "
    if char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Cn", "Co"):
        return ""
    point = ord(char)
    is_ideograph = any(first <= point <= last for first, last in _IDEOGRAPHS)
    return f" {char} " if is_ideograph else char


@lru_cache(maxsize=8192)
def _is_mark(char: str) -> bool:
    return (char.isascii() and char.isprintable() and not char.isalnum()) or unicodedata.category(char)[0] == "P"
