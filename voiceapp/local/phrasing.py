"""Turns a tool's result into a sentence to be spoken, with the phrases of a language's data file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from voiceapp.core.speech import ToolResult
from voiceapp.local.understanding import Language, Meaning


def sentence(meaning: Meaning, result: ToolResult) -> str:
    """Return what is said about *result*."""
    phrases = meaning.language.phrases
    if result.is_error:
        return phrases["error"].format(message=result.text)
    try:
        answer = json.loads(result.text)
        return _filled(meaning, answer)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return phrases["odd_result"]  # another tool box's result, in a form of its own


def _filled(meaning: Meaning, answer: Mapping[str, Any]) -> str:
    language, data = meaning.language, meaning.intent.data
    fields = {name: shown(name, value, language) for name, value in {**meaning.arguments, **answer}.items()}
    if "time" in answer:
        fields["clock"] = _clock(answer["time"], language)
    for name, (key, none, one, many) in data.get("counts", {}).items():
        count = answer[key] if isinstance(answer[key], int) else len(answer[key])
        fields[name] = (none if count == 0 else one if count == 1 else many).format(n=count, **fields)
    has_name = "reply_named" in data and bool(answer.get("name"))
    lines = [str(data["reply_named" if has_name else "reply"]).format(**fields)]
    if "items" in data:
        lines += [f"- {_item(data['items'], entry, language)}" for entry in answer[data["items"]["key"]]]
    return "\n".join(line.replace("..", ".") if line.endswith("..") else line for line in lines)


def _item(rules: Mapping[str, str], entry: object, language: Language) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    fields = {name: shown(name, value, language) for name, value in entry.items()}
    if not fields.get("name") and "unnamed" in rules:
        fields["name"] = rules["unnamed"].format(**fields)
    if "who" in fields:
        fields["who"] = language.phrases.get(fields["who"], fields["who"])
    return rules["form"].format(**fields)


def shown(name: str, value: object, language: Language) -> str:
    """Return *value* of the field *name* as the language says it."""
    if name in ("seconds", "seconds_left") and isinstance(value, int | float):
        return duration(round(value), language)
    if name == "date" and isinstance(value, str) and len(value) == 10:
        return long_date(date.fromisoformat(value), language)
    if name == "weekday" and isinstance(value, str):
        return str(language.data["weekdays"][_WEEKDAYS.index(value)])
    if name == "place" and isinstance(value, str):
        return value.title() if value.islower() else value
    if name in ("from_unit", "to_unit") and language.data["are_nouns_capital"] and len(str(value)) > 3:
        return str(value).title()
    if isinstance(value, float) or (name == "result" and isinstance(value, str)):
        return str(value).replace(".", language.data["decimal_mark"])
    return str(value)


def duration(seconds: int, language: Language) -> str:
    """Return "1 hour and 5 minutes"."""
    parts = []
    for key, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            one, many, *_rest = language.data["durations"][key]
            parts.append(f"{count} {one if count == 1 else many}")
    if not parts:
        return f"0 {language.data['durations']['s'][1]}"
    joined = f" {language.data['and']} "
    return joined.join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def long_date(day: date, language: Language) -> str:
    """Return "Friday, 20 November 2026"."""
    data = language.data
    return str(data["date_form"]).format(
        weekday=data["weekdays"][day.weekday()], day=day.day, month=data["months"][day.month - 1], year=day.year
    )


def _clock(time: str, language: Language) -> str:
    """Return "2:05 PM" or "14 Uhr 5"."""
    hour, minute = (int(part) for part in time.split(":"))
    if language.data["clock"] == "12":
        return f"{(hour + 11) % 12 + 1}:{minute:02d} {'AM' if hour < 12 else 'PM'}"
    return f"{hour} Uhr {minute}" if minute else f"{hour} Uhr"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
