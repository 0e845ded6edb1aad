"""What a transcript holds beside its text: stretches with times and speakers, words with their certainty, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from gettext import gettext as _

WEAK = 0.5
"""A word of which the recogniser was less sure than this is pointed out."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a transcript, with its place in the clip in seconds; *speaker* where the engine tells."""

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Word:
    """A word as heard, marks included, and how sure the recogniser was of its least certain part, 0-1."""

    text: str
    probability: float

    @property
    def is_weak(self) -> bool:
        """Whether a person had better listen again."""
        return self.probability < WEAK


@dataclass(frozen=True)
class Gap:
    """A stretch of the clip that could not be turned into words, and the sentence that says why."""

    start_s: float
    end_s: float
    reason: str

    @property
    def words(self) -> str:
        """What stands in the text in its place."""
        return _("[{start} to {end} could not be turned into words]").format(
            start=clock(self.start_s), end=clock(self.end_s)
        )


@dataclass(frozen=True)
class Details:
    """A transcript without its text, as it is kept with a take."""

    language: str = ""
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()
    gaps: tuple[Gap, ...] = ()
    is_translation: bool = False


@dataclass(frozen=True)
class Run:
    """A piece of a text; *is_weak* where it is a word that the recogniser was unsure of."""

    text: str
    is_weak: bool = False


def runs(text: str, words: Sequence[Word]) -> tuple[Run, ...]:
    """Return *text* cut where weak *words* begin and end; joined again it is *text*.

    Words that are not found where they should be (the text was changed afterwards) are not marked.
    """
    found: list[Run] = []
    done = at = 0
    for word in words:
        place = text.find(word.text, at) if word.text else -1
        if place < 0:
            continue
        at = place + len(word.text)
        if word.is_weak:
            found += [Run(text[done:place]), Run(word.text, is_weak=True)]
            done = at
    found.append(Run(text[done:]))
    return tuple(run for run in found if run.text)


def speaker_name(label: str) -> str:
    """Return how a speaker is called: "A" and "2" are numbers of a service, a longer label is a name."""
    return _("Speaker {label}").format(label=label) if len(label) <= 2 else label


def clock(seconds: float) -> str:
    """Return "3:07", or "1:02:07" from an hour on."""
    minutes, rest_s = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest_s:02d}" if hours else f"{minutes}:{rest_s:02d}"
