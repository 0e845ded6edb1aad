"""A streamed reply, cut into clauses to be spoken while it is still being written.

The first clause is early, so that the voice starts soon; later ones are long, for prosody. The rule:

* While fewer than ``EARLY_WORDS`` words have been given out, a clause ends at a sentence end; at a comma, colon or dash
  after ``PAUSE_MIN_WORDS``; before a conjunction after ``CONJUNCTION_MIN_WORDS``; else between any two words after
  ``first_min_words``, but not after a word that leans on the next ("the", "of", a number) and not inside a
  name, until ``first_max_words``. A model at 50 words a second so gives the first clause after about 0.15 s.
* Later a clause ends at a sentence end once it has ``SENTENCE_MIN_CHARS``, and at the last pause once it is as long as
  ``GROWTH`` times what was given out before (at most ``MAX_CHARS``): eight words take 2.5 s to say, in which a model
  writes the next hundred.
* A block (paragraph, item, heading) always ends its clause. Nothing is cut inside a number, an abbreviation, a code
  span, link, emphasis or bracket.

Everything happens character by character, so the result does not depend on how the text arrived. What follows a mark
decides about it: a clause is given out when the next word begins, or at a number or initial when it is complete. Only
the first comma behind a letter is cut at without waiting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from voiceapp.core.blocks import BlockScanner
from voiceapp.core.gaps import Gap, gap_after
from voiceapp.core.guards import Guard
from voiceapp.core.language import DEFAULT_RULES, LanguageRules, Phrases
from voiceapp.core.scripts import (
    CLOSERS,
    DENSE_ENDS,
    DENSE_PAUSES,
    DENSE_SCRIPT,
    LETTER_RUN,
    OPENERS,
)
from voiceapp.core.speakable import speakable

EARLY_WORDS = 5
PAUSE_MIN_WORDS = 3
CONJUNCTION_MIN_WORDS = 5
FIRST_MIN_WORDS = 7
FIRST_MAX_WORDS = 10
SENTENCE_MIN_CHARS = 60
GROWTH = 3
MIN_LIMIT_CHARS = 100
MAX_CHARS = 220
QUOTES = frozenset("\"“”„«»‘‹›'")
OVERFLOW_CHARS = 80
"""How much longer a clause may wait for a pause before it is cut between two words."""
CODE_NAME_CHARS = 24
UNBROKEN_CHARS = 400
"""Text without any place to cut is cut anywhere after this many characters."""


@dataclass(frozen=True)
class Clause:
    """A piece to be spoken.

    Attributes:
        text: what is said; never empty.
        start: position in the reply's Markdown; that of the first clause is 0, each other begins where its
            predecessor ended.
        end: position after the piece. Nothing after the last clause's end is spoken.
    """

    text: str
    start: int
    end: int


class _Cut(NamedTuple):
    """A place to cut, counted from the beginning of the reply."""

    chars: int = 0
    words: float = 0
    position: int = 0


class ClauseSplitter:
    """Turns the deltas of one reply into clauses. One object per reply; not thread-safe."""

    def __init__(
        self,
        rules: LanguageRules = DEFAULT_RULES,
        first_min_words: int = FIRST_MIN_WORDS,
        first_max_words: int = FIRST_MAX_WORDS,
        max_chars: int = MAX_CHARS,
    ) -> None:
        self._rules = rules
        self._first_min_words = first_min_words
        self._first_max_words = first_max_words
        self._max_chars = max_chars
        self._scanner = BlockScanner(self)
        self._guard = Guard()
        self._out: list[Clause] = []
        self._position = 0  # where the tile of the next clause begins
        self._base = _Cut()  # what of the text was cut off already
        self._now = _Cut()
        self._buffer: list[str] = []  # text since the base
        self._given_words = 0.0
        self._given_chars = 0
        self._is_first_of_block = True
        self._word: list[str] = []
        self._token = ""  # the word before the gap
        self._gap: tuple[Gap, _Cut] | None = None  # a place that the next character judges
        self._waiting: tuple[Gap, _Cut] | None = None  # a place that the next whole word judges
        self._pause: _Cut | None = None
        self._space: _Cut | None = None
        self._dense: tuple[Gap, _Cut] | None = None
        self._seen = dict.fromkeys(rules.markers, 0)

    def push(self, delta: str) -> list[Clause]:
        """Take the next piece of the reply; return the clauses that are complete now."""
        index, length = 0, len(delta)
        while index < length:
            self._scanner.feed(delta[index])
            index += 1
            is_inside_word = delta[index - 1].isalpha() and self._scanner.is_plain
            room = UNBROKEN_CHARS - (self._now.chars - self._base.chars)
            if is_inside_word and room > 0 and (run := LETTER_RUN.match(delta, index, index + room)):
                self._letters(run[0])
                index = run.end()
        return self._taken()

    def finish(self) -> list[Clause]:
        """No more follows: return the rest."""
        self._scanner.finish()
        return self._taken()

    def _taken(self) -> list[Clause]:
        out, self._out = self._out, []
        return out

    # --- what the scanner finds ---------------------------------------------------------------------------

    def text(self, char: str, end: int) -> None:
        """Take a character of running text."""
        was_open = self._guard.is_open
        self._guard.feed(char)
        if char.isspace():
            self._space_seen()
        else:
            self._judge_gap(char)
            self._judge_dense(char)
            self._word.append(char)
        self._buffer.append(char)
        dense = 0.5 if char > "\u3000" and DENSE_SCRIPT.match(char) else 0.0
        self._now = _Cut(self._now.chars + 1, self._now.words + dense, end)
        if not (was_open or self._guard.is_open):
            if char < "\u2000" and self._dense is None:
                pass
            elif char in DENSE_ENDS:
                self._dense = (Gap.SENTENCE, self._now)
            elif char in DENSE_PAUSES:
                self._dense = (Gap.PAUSE, self._now)
            elif self._dense and char in CLOSERS:
                self._dense = (self._dense[0], self._now)
        if char == "," and self._is_early:
            self._comma_after_word()
        if self._now.chars - self._base.chars > UNBROKEN_CHARS and not self._guard.is_destination:
            self._emit(self._pause or self._space or self._now)

    def _letters(self, run: str) -> None:
        """Take the rest of a word at once: nothing can be decided inside it."""
        self._scanner.letters(len(run))
        self._guard.letters(run)
        self._word.append(run)
        self._buffer.append(run)
        now = self._now
        self._now = _Cut(now.chars + len(run), now.words, now.position + len(run))

    def block_end(self, end: int, *, is_closed: bool) -> None:
        """Speak what is left of a block."""
        del end
        self._guard.reset()
        self._end_word()
        self._gap = self._waiting = self._dense = None
        self._emit(self._now, is_closed=is_closed)
        self._is_first_of_block = True

    def code(self, info: str, lines: int, end: int) -> None:
        """Announce a block of code."""
        name = (info.split() or [""])[0].strip("{}.").lower()
        plain = "".join(char for char in name[:CODE_NAME_CHARS] if char.isalnum() or char in "+-.")
        name = self._rules.code_names.get(name, plain.capitalize())
        phrases = self._phrases()
        if lines == 1:
            phrase = phrases.code_line_in if name else phrases.code_line
        else:
            phrase = phrases.code_in if name else phrases.code
        self._announce(phrase.format(name=name, count=lines), end)

    def table(self, rows: int, end: int) -> None:
        """Announce a table."""
        phrases = self._phrases()
        self._announce(phrases.table_row if rows == 1 else phrases.table.format(count=rows), end)

    def formula(self, end: int) -> None:
        """Announce a formula."""
        self._announce(self._phrases().formula, end)

    def _announce(self, text: str, end: int) -> None:
        self._give(text, end)

    # --- places to cut ------------------------------------------------------------------------------------

    def _end_word(self) -> str:
        """Count the word that has ended; return it without what encloses it."""
        word = "".join(self._word)
        self._word = []
        bare = word.strip("\"'“”‘’„«»()[]{}*_~`›‹「」")
        if any(char.isalnum() for char in word):
            dense = bool(DENSE_SCRIPT.search(word))
            self._now = _Cut(self._now.chars, self._now.words + (0 if dense else 1), self._now.position)
        lowered = bare.lower().rstrip(".,;:!?")
        for language, words in self._rules.markers.items():
            if lowered in words:
                self._seen[language] += 1
        if self._waiting and bare:
            kind, cut = self._waiting
            self._waiting = None
            if kind is Gap.QUIET_END and bare[:1].isupper() and lowered in self._rules.starters:
                self._sentence(cut)
            elif kind is not Gap.QUIET_END and lowered in self._rules.conjunctions:
                self._conjunction(cut)
        return bare

    def _space_seen(self) -> None:
        if not self._word:
            return
        previous = self._token
        self._token = self._end_word()
        self._dense = None
        if self._guard.is_open or not self._token:
            self._gap = None
            return
        is_number_of_item = self._is_first_of_block and self._now.words - self._base.words <= 1
        if gap := gap_after(self._token, previous, self._rules, may_be_item=is_number_of_item):
            self._gap = (gap, self._now)

    def _judge_gap(self, char: str) -> None:
        """The next word begins with *char*: decide about the gap before it."""
        if self._gap is None or char in OPENERS:
            return
        (kind, cut), self._gap = self._gap, None
        if kind is Gap.QUIET_END:
            self._waiting = (kind, cut)
        elif kind is Gap.NUMBER_END:
            if not char.isdecimal():
                self._sentence(cut)
        elif kind is Gap.SENTENCE and not char.islower():
            self._sentence(cut)
        elif kind in (Gap.SENTENCE, Gap.PAUSE):
            self._pause_at(cut)
        elif kind is Gap.NAME and char.isupper():
            self._words_at(cut, is_leaning=True)
        else:
            self._words_at(cut, is_leaning=kind is Gap.LEANING)

    def _comma_after_word(self) -> None:
        """Cut an early clause at a comma behind a letter at once: nothing that can follow would change its meaning.

        Waiting for the next word, as everywhere else, would cost the first sound a whole token.
        """
        before = self._buffer[-2][-1:] if len(self._buffer) > 1 else ""
        words = self._now.words - self._base.words + 1
        if not before.isalpha() or words < PAUSE_MIN_WORDS or self._guard.is_open:
            return
        if QUOTES.intersection("".join(self._buffer)):
            return  # the closing quotation mark belongs to this clause
        self._token = self._end_word()
        self._gap = None
        self._emit(self._now)

    def _judge_dense(self, char: str) -> None:
        if self._dense is None or char in CLOSERS or char in DENSE_ENDS or char in DENSE_PAUSES:
            return
        (kind, cut), self._dense = self._dense, None
        if kind is Gap.SENTENCE:
            self._sentence(cut)
        else:
            self._pause_at(cut)

    # --- decisions ----------------------------------------------------------------------------------------

    @property
    def _is_early(self) -> bool:
        return self._given_words < EARLY_WORDS

    def _limit_chars(self) -> int:
        return min(self._max_chars, max(MIN_LIMIT_CHARS, GROWTH * self._given_chars))

    def _sentence(self, cut: _Cut) -> None:
        if self._is_early or cut.chars - self._base.chars >= SENTENCE_MIN_CHARS:
            self._emit(cut)
        else:
            self._pause_at(cut)

    def _pause_at(self, cut: _Cut) -> None:
        if self._is_early and cut.words - self._base.words >= PAUSE_MIN_WORDS:
            self._emit(cut)
            return
        self._pause = cut
        if cut.chars - self._base.chars >= self._limit_chars():
            self._emit(cut)

    def _conjunction(self, cut: _Cut) -> None:
        if self._is_early and cut.words - self._base.words >= CONJUNCTION_MIN_WORDS:
            self._emit(cut)

    def _words_at(self, cut: _Cut, *, is_leaning: bool) -> None:
        words, chars = cut.words - self._base.words, cut.chars - self._base.chars
        if self._is_early:
            if words >= self._first_max_words or (words >= self._first_min_words and not is_leaning):
                self._emit(cut)
            elif words >= CONJUNCTION_MIN_WORDS and not is_leaning:
                self._waiting = (Gap.WORDS, cut)
            return
        self._space = cut
        limit = self._limit_chars()
        if chars >= limit and self._pause and self._pause.chars - self._base.chars >= limit // 4:
            self._emit(self._pause)
        elif chars >= limit + OVERFLOW_CHARS and not is_leaning:
            self._emit(cut)

    # --- giving out ---------------------------------------------------------------------------------------

    def _emit(self, cut: _Cut, *, is_closed: bool = False) -> None:
        """Cut at *cut*; give out what is before it, if there is anything to say."""
        size = cut.chars - self._base.chars
        if size <= 0:
            return
        text = "".join(self._buffer)
        self._buffer = [text[size:]] if size < len(text) else []
        words = cut.words - self._base.words
        self._base = cut
        self._is_first_of_block = False
        self._pause = self._later(self._pause)
        self._space = self._later(self._space)
        said = speakable(text[:size], self._phrases(), is_closed=is_closed)
        if said:
            self._given_words += words
            self._give(said, cut.position - (len(text[:size]) - len(text[:size].rstrip())))

    def _later(self, cut: _Cut | None) -> _Cut | None:
        return cut if cut and cut.chars > self._base.chars else None

    def _give(self, text: str, end: int) -> None:
        end = max(end, self._position)
        self._out.append(Clause(text, self._position, end))
        self._position = end
        self._given_chars += len(text)

    def _phrases(self) -> Phrases:
        """Return the phrases of the language that the reply has shown so far."""
        best = max(self._seen, key=lambda language: self._seen[language], default="")
        return self._rules.phrases_in(best if best and self._seen[best] else self._rules.language)


_WORD = re.compile(rf"{DENSE_SCRIPT.pattern}|(?:(?!{DENSE_SCRIPT.pattern})\S)+")
_ADDRESS = re.compile(r"(?<=\])\([^)\s]*\)")
_REACH_CHARS = 80


def heard_chars(clause: Clause, fraction: float, source: str) -> int:
    """Return the position in *source* after the last word of *clause* that was heard whole.

    *fraction* 0..1 of the clause's sound was played; the sound is taken to be evenly spread over its characters.
    Never falls as *fraction* rises. 0 gives the clause's start, 1 its end; of an announcement ("Code in Python…")
    nothing counts as heard before its end.
    """
    if fraction >= 1:
        return clause.end
    shown = source[clause.start : clause.end]
    shown = _ADDRESS.sub(lambda found: " " * len(found[0]), shown)
    heard_to, cursor = fraction * len(clause.text), 0
    for word in _WORD.finditer(clause.text):
        if word.end() > heard_to:
            break
        core = word[0].strip(".,;:!?…\"'()")
        found = shown.find(core, cursor, cursor + _REACH_CHARS + len(core)) if core else -1
        if found >= 0:
            cursor = found + len(core)
            while cursor < len(shown) and shown[cursor] in ".,;:!?…。！？，、":
                cursor += 1
    return clause.start + cursor
