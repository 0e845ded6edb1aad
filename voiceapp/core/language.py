"""What the spoken rendering must know of a language: words that carry a dot, words that lean on the next, phrases.

Values only. The full tables are package data and are read by ``voiceapp.resources``; the defaults here are what is
true of most languages, so that a splitter without tables is usable, not good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Words = frozenset[str]


@dataclass(frozen=True)
class Phrases:
    """Words said in place of what cannot be read aloud. ``{name}`` and ``{count}`` are filled in."""

    code: str = "Code, {count} lines, is in the window."
    code_line: str = "Code, one line, is in the window."
    code_in: str = "Code in {name}, {count} lines, is in the window."
    code_line_in: str = "Code in {name}, one line, is in the window."
    table: str = "A table with {count} rows is in the window."
    table_row: str = "A table with one row is in the window."
    formula: str = "A formula is in the window."
    inline_formula: str = "a formula"
    inline_code: str = "code"
    times: str = "times"
    less: str = "less than"
    greater: str = "greater than"
    number: str = "number"
    sharp: str = "sharp"


@dataclass(frozen=True)
class LanguageRules:
    """The tables of one or several languages. All words are lower case, abbreviations without their last dot.

    Attributes:
        language: ISO 639-1 of the phrases when the reply has not shown its language yet.
        abbreviations: never end a sentence ("dr", "z.b", "e.g").
        closing_abbreviations: may end one, where a sentence starter follows ("etc", "usw", "p.m").
        number_abbreviations: abbreviations before a digit only ("no", "nr", "fig").
        starters: words that begin a sentence rather than continue it, when capitalised.
        leaning: words after which nobody pauses: articles, prepositions, auxiliaries.
        conjunctions: words before which one may pause.
        markers: per language its most frequent words, by which a reply's language is told.
        phrases: per language.
        code_names: spoken names of code languages ("py": "Python").
    """

    language: str = "en"
    abbreviations: Words = frozenset({"dr", "mr", "mrs", "ms", "prof", "st", "e.g", "i.e", "z.b", "d.h", "vs", "ca"})
    closing_abbreviations: Words = frozenset({"etc", "usw", "a.m", "p.m", "u.s", "u.a"})
    number_abbreviations: Words = frozenset({"no", "nr", "fig"})
    starters: Words = frozenset(
        {"the", "this", "that", "it", "he", "she", "we", "you", "they", "i", "das", "die", "der"}
    )
    leaning: Words = frozenset({"the", "a", "an", "of", "to", "in", "on", "at", "der", "die", "das", "ein", "eine"})
    conjunctions: Words = frozenset({"and", "but", "or", "because", "und", "aber", "oder", "weil"})
    markers: Mapping[str, Words] = field(default_factory=dict)
    phrases: Mapping[str, Phrases] = field(default_factory=lambda: {"en": Phrases()})
    code_names: Mapping[str, str] = field(default_factory=dict)

    def phrases_in(self, language: str) -> Phrases:
        """Return the phrases of *language*, else of the rules' own language, else the English ones."""
        return self.phrases.get(language) or self.phrases.get(self.language) or Phrases()


DEFAULT_RULES = LanguageRules()
