"""Full-text search as a decision: how texts are indexed, what a query means, which part of a text is shown.

The index knows words of letters and digits, folded (no case, no accents, ß = ss). Scripts without spaces between
words, and Korean with its endings, are indexed character by character and searched as phrases, so that any part of
them is found. Nothing a person types reaches the database as query syntax: only folded words do.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

MAX_TERMS = 16
MAX_TERM_CHARS = 64
WHOLE_WORD_CHARS = 4
ELLIPSIS = "…"

_SINGLE = (
    (0x1100, 0x11FF),  # Hangul jamo
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3040, 0x30FF),  # kana
    (0x3130, 0x318F),  # Hangul compatibility jamo
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK
    (0xAC00, 0xD7AF),  # Hangul syllables
    (0xF900, 0xFAFF),  # CJK compatibility
    (0x20000, 0x3FFFF),  # CJK extensions
)
_KANA_MARKS = "\u3099\u309a"  # が is not か


def folded(text: str) -> str:
    """Return *text* without case and accents, for comparing."""
    return "".join(_folded_char(char) for char in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=4096)
def _folded_char(char: str) -> str:
    if char.isascii():
        return char.lower()
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(c) or c in _KANA_MARKS
    )
    return unicodedata.normalize("NFC", plain)


def index_text(text: str) -> str:
    """Return what the index is given for *text*: its folded words, single characters for scripts without spaces."""
    return " ".join(word for run in _runs(text) for word in run)


def match_expression(query: str) -> str:
    """Return an FTS5 expression that finds all words of *query*, also when only their beginning was typed.

    Empty when the query has no word. Only quoted folded words, ``*`` and spaces (= and) occur in it.
    """
    return " ".join(_terms(query))


def question_terms(query: str) -> list[str]:
    """Return the words of a question as FTS5 expressions, for finding what has any of them.

    Short words are left out where there are longer ones, and stand for themselves only: "a" would find everything.
    """
    terms = [(term, len(term.strip('"*'))) for term in _terms(query)]
    long = [term for term, length in terms if length >= WHOLE_WORD_CHARS or not term.isascii()]
    return list(dict.fromkeys(long or [term.rstrip("*") for term, _length in terms]))


def _terms(query: str) -> list[str]:
    terms = []
    for run in _runs(query)[:MAX_TERMS]:
        if len(run) == 1 and not _is_single(run[0][0]):
            terms.append(f'"{run[0][:MAX_TERM_CHARS]}"*')
        else:
            terms.append('"' + " ".join(run[:MAX_TERM_CHARS]) + '"')
    return terms


def one_line(text: str) -> str:
    """Return *text* in one line, of its tables the cells alone."""
    return " ".join(_cells(row) if "|" in row else row.strip() for row in text.splitlines() if row.strip()).strip()


def _cells(row: str) -> str:
    """Return a row's cells with dots between them; "" for the rule below a head. Other lines stay as they are."""
    line = row.strip()
    if "-" in line and not line.strip("|:- "):
        return ""
    if len(line) > 1 and line[0] == line[-1] == "|":
        return " · ".join(cell for part in line.strip("|").split("|") if (cell := part.strip()))
    return line


def snippet(text: str, query: str, width: int = 90) -> str:
    """Return about *width* characters of *text* around the first word of *query* that occurs in it."""
    line = " ".join(one_line(text).split())
    place = _first_place(line, query)
    start = max(0, place - width // 3)
    if start > 0:
        space = line.find(" ", start, place)
        start = space + 1 if space >= 0 else start
    end = min(len(line), start + width)
    if end < len(line):
        space = line.rfind(" ", place, end)
        end = space if space > place + width // 3 else end
    head = ELLIPSIS if start > 0 else ""
    tail = ELLIPSIS if end < len(line) else ""
    return f"{head}{line[start:end]}{tail}"


def _first_place(line: str, query: str) -> int:
    """Return where in *line* a word of *query* begins; 0 where none does."""
    flat, origin = "", []
    for index, char in enumerate(line):
        piece = _folded_char(char)
        flat += piece
        origin.extend([index] * len(piece))
    for run in _runs(query):
        needle = "".join(run)
        found = flat.find(needle)
        while found > 0 and flat[found - 1].isalnum() and not _is_single(needle[0]):
            found = flat.find(needle, found + 1)  # the index matches at the beginning of words
        if found >= 0:
            return origin[found]
    return 0


def _runs(text: str) -> list[list[str]]:
    """Split *text*: each run is one word, or the characters of a stretch of a script without spaces."""
    runs: list[list[str]] = []
    word = ""
    is_open = False  # the last run is a stretch that the next character may continue
    for char in folded(text):
        if _is_single(char):
            word = _close(runs, word)
            if is_open:
                runs[-1].append(char)
            else:
                runs.append([char])
            is_open = True
        elif _is_word_char(char):
            word += char
            is_open = False
        else:
            word = _close(runs, word)
            is_open = False
    _close(runs, word)
    return runs


def _close(runs: list[list[str]], word: str) -> str:
    if word:
        runs.append([word])
    return ""


@lru_cache(maxsize=4096)
def _is_word_char(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


@lru_cache(maxsize=4096)
def _is_single(char: str) -> bool:
    point = ord(char)
    return point >= 0x1100 and any(first <= point <= last for first, last in _SINGLE) and _is_word_char(char)
