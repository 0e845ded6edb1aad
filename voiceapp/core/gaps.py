"""The gap between two words: may a voice pause there?

Judged from the word before the gap; what the next character or word must add is named by the kind of gap.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from voiceapp.core.language import LanguageRules
from voiceapp.core.scripts import DENSE_ENDS, DENSE_PAUSES, DENSE_SCRIPT, SPACED_ENDS, SPACED_PAUSES

_NUMBER = re.compile(r"[\d.,:/]+")
_LETTERS_WITH_DOTS = re.compile(r"(?:\w\.)+\w")
_DOTTED_LETTER = re.compile(r"\w\.(?:\w\.)*")


class Gap(Enum):
    """What a gap is."""

    WORDS = auto()
    NAME = auto()  # after a capitalised word: none inside a name, which another capital continues
    LEANING = auto()  # after a word that belongs to the next
    PAUSE = auto()
    SENTENCE = auto()  # unless a small letter follows
    QUIET_END = auto()  # a sentence's end only before a word that begins sentences
    NUMBER_END = auto()  # a sentence's end unless a digit follows


def gap_after(word: str, previous: str, rules: LanguageRules, *, may_be_item: bool) -> Gap | None:
    """Return what the gap after *word* (not empty) is; None where no cut may be. *previous* is the word before.

    *may_be_item*: the word stands first in its block, where a number is that of a list's item.
    """
    mark = word[-1]
    if mark == ".":
        return _after_dot(word, previous, rules, may_be_item=may_be_item)
    if mark in SPACED_ENDS or mark in DENSE_ENDS:
        return Gap.SENTENCE
    if mark in SPACED_PAUSES or mark in DENSE_PAUSES:
        return Gap.PAUSE
    if word.lower() in rules.leaning or _NUMBER.fullmatch(word):
        return Gap.LEANING
    return Gap.NAME if word[:1].isupper() else Gap.WORDS


def _after_dot(word: str, previous: str, rules: LanguageRules, *, may_be_item: bool) -> Gap | None:
    """A dot ends a sentence, an abbreviation, an ordinal number, an initial, or an item's number."""
    stem = word[:-1].lower().lstrip("([„\"'")
    if word.endswith(".."):
        return Gap.SENTENCE
    is_second_letter = len(stem) == 1 and _DOTTED_LETTER.fullmatch(previous)
    spelled = f"{previous.lower()}{stem}" if is_second_letter else stem  # "z. B." is "z.B."
    if spelled in rules.abbreviations or stem in rules.abbreviations:
        return None
    if spelled in rules.closing_abbreviations or stem in rules.closing_abbreviations:
        return Gap.QUIET_END
    if stem in rules.number_abbreviations:
        return Gap.NUMBER_END
    if stem.isdecimal() and may_be_item:
        return None
    if stem.isdecimal() and len(stem) <= 2:  # "am 3. Mai"; a year does end a sentence
        return Gap.QUIET_END
    if len(stem) == 1 and stem.isalpha() and not DENSE_SCRIPT.match(stem):
        return None if word[0].islower() else Gap.QUIET_END
    return Gap.QUIET_END if _LETTERS_WITH_DOTS.fullmatch(stem) else Gap.SENTENCE
