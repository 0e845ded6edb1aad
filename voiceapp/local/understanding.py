"""What a person wants, without a language model: patterns of whole sentences, as package data per language.

Works on what is typed and on what a recogniser spells: lower case, no punctuation, number words. A sentence that no
pattern takes whole is not understood; guessing is for language models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from voiceapp.core.arithmetic import plain_number, spelled_numbers

TEXT_LIMIT_CHARS = 1000
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, eq=False)
class Intent:
    """One thing that can be wanted. *tool* empty: answered at once."""

    name: str
    tool: str
    patterns: tuple[re.Pattern[str], ...]
    data: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Meaning:
    """A sentence understood."""

    language: Language
    intent: Intent
    arguments: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Language:
    """One language's data file, ready for use."""

    data: Mapping[str, Any]

    @property
    def code(self) -> str:
        """ISO 639-1."""
        return str(self.data["language"])

    @property
    def phrases(self) -> Mapping[str, str]:
        """What is said."""
        phrases: Mapping[str, str] = self.data["phrases"]
        return phrases

    @cached_property
    def intents(self) -> tuple[Intent, ...]:
        """In the order in which they are tried."""
        return tuple(
            Intent(
                entry["name"],
                entry.get("tool", ""),
                tuple(re.compile(pattern, re.IGNORECASE) for pattern in entry["patterns"]),
                entry,
            )
            for entry in self.data["intents"]
        )

    @cached_property
    def _markers(self) -> frozenset[str]:
        return frozenset(self.data["markers"].split())

    def familiarity(self, text: str) -> int:
        """Return how many words of *text* are frequent ones of this language."""
        return sum(word in self._markers for word in re.findall(r"\w+", text.lower()))

    def understand(self, text: str) -> Meaning | None:
        """Return what *text* wants; None where no pattern takes it."""
        words = self._core(text)
        digits = spelled_numbers(words.lower(), self.code)
        for intent in self.intents:
            shown = words if intent.data.get("input") == "words" else digits
            for pattern in intent.patterns:
                found = pattern.fullmatch(shown)
                if found and (arguments := self._arguments(intent, found)) is not None:
                    return Meaning(self, intent, arguments)
        return None

    def _core(self, text: str) -> str:
        """Return the sentence without what is polite around it."""
        text = " ".join(text.replace("’", "'").split()).strip(" .!?,;")
        start = re.compile(rf"(?:{self.data['fillers']})\b[ ,]+", re.IGNORECASE)
        end = re.compile(rf"[ ,]+(?:{self.data['end_fillers']})", re.IGNORECASE)
        while found := start.match(text):
            text = text[found.end() :]
        words = text.split(" ")
        while len(words) > 1 and end.fullmatch(f" {words[-1]}"):
            words.pop()
        return " ".join(words).strip(" .!?,;")

    def _arguments(self, intent: Intent, found: re.Match[str]) -> dict[str, Any] | None:
        arguments: dict[str, Any] = {}
        for name, wanted in intent.data.get("arguments", {}).items():
            if not isinstance(wanted, list):
                arguments[name] = wanted
                continue
            kind, group = wanted
            text = found.groupdict().get(group)
            if not text or not text.strip():
                continue
            value = self._value(kind, text.strip(), intent)
            if value is None:
                return None
            arguments[name] = value
        return arguments

    def _value(self, kind: str, text: str, intent: Intent) -> object:
        match kind:
            case "words":
                return text
            case "integer":
                return int(text) if text.isdecimal() and len(text) < 8 else 1
            case "number":
                return self._number(text)
            case "duration":
                return self.duration_s(text)
            case "day":
                return self._day(text)
            case "query":
                stop_words = intent.data["stop_words"].split()
                kept = [word for word in text.split() if word.lower() not in stop_words]
                return " ".join(kept)[:200] or None
            case "sum":
                return self._sum(text)
            case _:
                raise ValueError(kind)

    def _number(self, text: str) -> float | int | None:
        if re.fullmatch(rf"{self.data['durations']['ones']}", text, re.IGNORECASE):
            return 1
        try:
            number = Decimal(plain_number(text.rstrip(".,")))
        except InvalidOperation:
            return None
        return int(number) if number == number.to_integral_value() else float(number)

    def _sum(self, text: str) -> str | None:
        """Return *text* if it is a sum: nothing but numbers and operations, and at least one of each."""
        sums = self.data["sums"]
        operators, others = sums["operators"].split(), sums["others"].split()
        pieces = re.findall(r"\d[\d.,]*|[^\W\d_]+|\S", text.lower())
        words = [piece for piece in pieces if piece[0].isalpha()]
        signs = [piece for piece in pieces if not piece[0].isalnum()]
        is_sum = all(word in operators or word in others for word in words) and all(
            sign in "+-*/^%×÷·:().,=" for sign in signs
        )
        has_number = any(piece[0].isdecimal() for piece in pieces)
        has_operation = any(word in operators for word in words) or any(sign in "+-*/^%×÷·:" for sign in signs)
        return text if is_sum and has_number and has_operation else None

    def duration_s(self, text: str) -> float | None:
        """Return the seconds of "5 minutes and 30 seconds", "an hour", "anderthalb Stunden"; None if it is none."""
        words = self.data["durations"]
        text = re.sub(r"\banderthalb\b|\beineinhalb\b", "1.5", text.lower())
        text = re.sub(rf" {words['and_half']}\b(?=$)", " + half", text)
        if text.endswith(" + half"):
            whole = self.duration_s(text.removesuffix(" + half"))
            unit = next((_SECONDS[key] for key in _SECONDS if text.split()[-3] in self._unit_words(key)), 0)
            return whole + unit / 2 if whole and unit else None
        total, rest = 0.0, text
        amount = rf"(?P<half>{words['halves']})|(?P<one>{words['ones']})|(?P<n>\d+(?:[.,]\d+)?)"
        units = "|".join(
            rf"(?P<{key}>{'|'.join(sorted(self._unit_words(key), key=len, reverse=True))})" for key in _SECONDS
        )
        part = re.compile(rf"(?:{self.data['and']} |, ?)?(?:{amount}) ?(?:{units})\b ?", re.IGNORECASE)
        last = 0
        while found := part.match(rest):
            number = 0.5 if found["half"] else 1.0 if found["one"] else float(found["n"].replace(",", "."))
            last = next(_SECONDS[key] for key in _SECONDS if found[key])
            total, rest = total + number * last, rest[found.end() :]
        if rest.isdecimal() and last in (60, 3600) and len(rest) <= 2:  # "eine minute 30"
            total, rest = total + int(rest) * last / 60, ""
        return total if total and not rest else None

    def _unit_words(self, key: str) -> list[str]:
        return [word.lower() for word in self.data["durations"][key]]

    def _day(self, text: str) -> str | None:
        """Return "2027-03-01", "03-01" or an English weekday for what a person calls a day."""
        text = text.lower()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return text
        for index, name in enumerate(self.data["weekdays"]):
            if text == name.lower():
                return _WEEKDAYS[index]
        months = [name.lower() for name in self.data["months"]]
        names = "|".join(months)
        forms = (
            rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?(?P<month>{names})(?:,? (?P<year>\d{{4}}))?",
            rf"(?P<month>{names}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?",
            r"(?P<day>\d{1,2})\. ?(?P<number>\d{1,2})\.? ?(?P<year>\d{4})?",
        )
        for form in forms:
            if found := re.fullmatch(form, text):
                parts = found.groupdict()
                month = int(parts["number"]) if parts.get("number") else months.index(parts["month"]) + 1
                year = f"{parts['year']}-" if parts.get("year") else ""
                return f"{year}{month:02d}-{int(parts['day']):02d}"
        return None


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def language_of(text: str, languages: Sequence[Language]) -> list[Language]:
    """Return *languages*, the one that *text* is most likely in first."""
    return sorted(languages, key=lambda language: -language.familiarity(text))


def understand(text: str, languages: Sequence[Language]) -> Meaning | None:
    """Return what *text* wants, in whichever language takes it."""
    text = text[:TEXT_LIMIT_CHARS]
    for language in language_of(text, languages):
        if meaning := language.understand(text):
            return meaning
    return None
