"""The package's own data files as values. Whoever wires the program hands them on; core reads no files.

May import: core. Reads only what is inside the package, so it works from a wheel, a folder and a frozen program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from voiceapp.core.language import LanguageRules, Phrases
from voiceapp.core.models import ModelTable, parse_models

if TYPE_CHECKING:
    from voiceapp.core.computing import Tables
    from voiceapp.core.documents import DocumentRules
    from voiceapp.core.image_commands import ImagePhrases
    from voiceapp.core.vision import VisionTable

SPOKEN_LANGUAGES = ("en", "de")


@cache
def language_rules(language: str = "en") -> LanguageRules:
    """Return the rules of all languages that are known, together: a reply may change its language.

    *language* (ISO 639-1, may be unknown or empty) is that of the announcements while the reply has not shown its own.
    """
    tables = {name: _table(f"speech_{name}.json") for name in SPOKEN_LANGUAGES}

    def words(key: str) -> frozenset[str]:
        return frozenset(word for table in tables.values() for word in table[key].split())

    return LanguageRules(
        language=language or "en",
        abbreviations=words("abbreviations"),
        closing_abbreviations=words("closing_abbreviations") - words("abbreviations"),
        number_abbreviations=words("number_abbreviations"),
        starters=words("starters"),
        leaning=words("leaning"),
        conjunctions=words("conjunctions"),
        markers={name: frozenset(table["markers"].split()) for name, table in tables.items()},
        phrases={name: Phrases(**table["phrases"]) for name, table in tables.items()},
        code_names=_table("code_names.json"),
    )


@cache
def model_table() -> ModelTable:
    """Return the shipped table of models; the person's own rows are laid over it by ``core.models.merged``."""
    return parse_models(_table("models.json"))


@cache
def vision_table() -> VisionTable:
    """Return what models do with pictures and PDFs."""
    from voiceapp.core.vision import parse_vision

    return parse_vision(_table("vision.json"))


@cache
def document_rules() -> DocumentRules:
    """Return what a service takes as documents to be searched."""
    from voiceapp.core.documents import parse_rules

    return parse_rules(_table("documents.json"))


@cache
def tool_tables() -> Tables:
    """Return the units and places that tools know."""
    from voiceapp.core.computing import Tables
    from voiceapp.core.units import Unit

    found: dict[str, Unit] = {}
    also: dict[str, Unit] = {}
    for symbol, entry in _table("units.json").items():
        names = {language: (entry[language][0], entry[language][1]) for language in SPOKEN_LANGUAGES}
        unit = Unit(symbol, entry["dimension"], Decimal(entry["factor"]), Decimal(entry["offset"]), names)
        found[symbol] = unit
        for name in (symbol, *(name for pair in names.values() for name in pair), *entry["also"]):
            also.setdefault(name.lower(), unit)
    return Tables(units={**also, **found}, places=_table("places.json"))


@cache
def image_phrases() -> tuple[ImagePhrases, ...]:
    """Return what is said about the current picture, per language."""
    from voiceapp.core.image_commands import parse_phrases

    table = _table("image_phrases.json")
    return tuple(parse_phrases(table[language]) for language in SPOKEN_LANGUAGES)


@cache
def local_chat_languages() -> tuple[Mapping[str, Any], ...]:
    """Return what the local chat understands and says, per language, English first."""
    import tomllib

    folder = files("voiceapp") / "data"
    names = (f"local_chat_{language}.toml" for language in SPOKEN_LANGUAGES)
    return tuple(tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in names)


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((files("voiceapp") / "data" / name).read_text(encoding="utf-8"))
    return table
