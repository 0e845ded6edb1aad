"""What a person says about the picture before them: "make it warmer", "only the sky", "back two", "save it".

The phrases are data, per language; a wish is one only if the whole sentence is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WISH_CHARS = 300
_EDGES = " \t\r\n.!?,…"
_SLOT = "{n}"


@dataclass(frozen=True)
class GoBack:
    """To the version so many steps before."""

    steps: int = 1


@dataclass(frozen=True)
class SaveIt:
    """Copy it to the person's pictures."""


@dataclass(frozen=True)
class ChangeIt:
    """Make a new version; *prompt* is the wish in the person's words."""

    prompt: str


ImageWish = GoBack | SaveIt | ChangeIt


@dataclass(frozen=True)
class ImagePhrases:
    """One language's phrases, lower case.

    Attributes:
        polite: words that may stand around a wish.
        back: whole sentences; ``{n}`` stands for a number.
        save: whole sentences.
        change: beginnings; something must follow.
        numbers: number words.
    """

    polite: tuple[str, ...]
    back: tuple[str, ...]
    save: tuple[str, ...]
    change: tuple[str, ...]
    numbers: Mapping[str, int]


def parse_phrases(table: Mapping[str, Any]) -> ImagePhrases:
    """Read a language's table."""
    return ImagePhrases(
        tuple(table["polite"]), tuple(table["back"]), tuple(table["save"]), tuple(table["change"]), table["numbers"]
    )


def image_wish(text: str, languages: Sequence[ImagePhrases]) -> ImageWish | None:
    """Return what *text* wants of the current picture; None where it is about something else."""
    if len(text) > WISH_CHARS:
        return None
    said = " ".join(text.split()).strip(_EDGES)
    for phrases in languages:
        plain = _without_politeness(said.casefold().replace("’", "'"), phrases)
        if plain in phrases.save:
            return SaveIt()
        steps = _steps(plain, phrases)
        if steps is not None:
            return GoBack(steps)
        for beginning in phrases.change:
            if plain.startswith(f"{beginning} "):
                return ChangeIt(said)
    return None


def _steps(plain: str, phrases: ImagePhrases) -> int | None:
    for sentence in phrases.back:
        if plain == sentence:
            return 1
        if _SLOT in sentence:
            pattern = re.escape(sentence).replace(re.escape(_SLOT), r"(\S+)")
            if (match := re.fullmatch(pattern, plain)) is not None:
                number = phrases.numbers.get(match[1]) or (int(match[1]) if match[1].isdecimal() else 0)
                if 0 < number < 100:
                    return number
    return None


def _without_politeness(said: str, phrases: ImagePhrases) -> str:
    is_changed = True
    while is_changed:
        is_changed = False
        for word in phrases.polite:
            shorter = said.removeprefix(f"{word} ").removeprefix(f"{word}, ")
            shorter = shorter.removesuffix(f", {word}").removesuffix(f" {word}").strip(_EDGES)
            is_changed = is_changed or shorter != said
            said = shorter
    return said
