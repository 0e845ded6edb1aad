"""A text that is longer than an engine takes at once, cut where a voice would pause."""

from __future__ import annotations

import re
import unicodedata

_ENDS = (
    re.compile(r"\n\s*"),
    re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+[」』”’)]*"),
    re.compile(r"[;:—–]\s+|[；：]"),
    re.compile(r",\s+|[、，]"),
    re.compile(r"\s+"),
)
"""Where a piece may end, the best first: a line, a sentence, a half of one, a clause, a word."""
_LEAST_SHARE = 0.4
"""A piece much shorter than allowed makes more seams than it is worth: a lesser place further on is taken instead."""
_LETTER_TOKENS, _SIGN_TOKENS = 0.5, 1.0
"""At most so many tokens a character makes, in alphabets and in other scripts."""


def fitting(text: str, max_chars: int, max_tokens: int = 0) -> tuple[str, ...]:
    """Return *text* in pieces of at most *max_chars* characters (and about *max_tokens* tokens; 0 = any number).

    Joined with the white space between them they are the text: nothing is lost, doubled or cut inside a character. A
    clause that is too long is cut between words, a word that is too long anywhere.
    """
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        room = _room(rest, max(1, max_chars), max_tokens)
        at = len(rest) if room >= len(rest) else _place(rest, room)
        if piece := rest[:at].strip():
            pieces.append(piece)
        rest = rest[at:].lstrip()
    return tuple(pieces)


def _room(text: str, max_chars: int, max_tokens: int) -> int:
    """Return how many characters of *text* are taken at once, at least one."""
    if not max_tokens or len(text) * _SIGN_TOKENS <= max_tokens:
        return max_chars
    tokens = 0.0
    for count, char in enumerate(text[:max_chars]):
        tokens += _LETTER_TOKENS if char < "\u0530" else _SIGN_TOKENS
        if tokens > max_tokens:
            return max(1, count)
    return max_chars


def _place(text: str, room: int) -> int:
    """Return after how many characters, at most *room*, the first piece of *text* ends."""
    head = text[: room + 1]  # a word may end exactly where the room does
    for end in _ENDS:
        places = [found.end() for found in end.finditer(head) if len(head[: found.end()].rstrip()) <= room]
        if places and places[-1] >= _LEAST_SHARE * room:
            return places[-1]
    return _between_characters(text, room)


def _between_characters(text: str, at: int) -> int:
    """Return *at*, or a little less where it would take an accent or a joined sign from its letter."""
    cut = at
    while cut > 1 and (unicodedata.combining(text[cut]) or text[cut] in "\u200d\ufe0f" or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut if cut > 1 else at
