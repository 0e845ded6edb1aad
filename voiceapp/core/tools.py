"""What a model may call: definitions as values, validation of arguments, and the tools that only compute.

Tools with effects are declared here and executed by ``voice.tools``. Every error message is written for the model:
it names the argument and says how to mend the call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from gettext import gettext as _
from typing import Any

from voiceapp.core import arithmetic, dates, units
from voiceapp.core.errors import ToolError
from voiceapp.core.speech import ToolSpec

ARGUMENTS_LIMIT_CHARS = 20_000
Arguments = Mapping[str, Any]


class Effect(StrEnum):
    """What running a tool touches; the stronger ones may be asked about first."""

    NOTHING = "nothing"
    READS_OWN = "reads_own"
    CHANGES_OWN = "changes_own"
    LEAVES = "leaves"


@dataclass(frozen=True)
class Tool:
    """A tool as it is declared. *properties* and *required* are those of its JSON schema."""

    name: str
    description: str
    effect: Effect
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model is told it."""
        schema: dict[str, object] = {
            "type": "object",
            "properties": {name: dict(rules) for name, rules in self.properties.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }
        return ToolSpec(self.name, self.description, schema)


@dataclass(frozen=True)
class Tables:
    """Package data that tools work with."""

    units: units.Units = field(default_factory=dict)
    places: dates.Places = field(default_factory=dict)


def _text(description: str, limit: int = 200) -> dict[str, Any]:
    return {"type": "string", "description": description, "maxLength": limit}


def _number(description: str, kind: str = "integer", low: float = -10_000, high: float = 10_000) -> dict[str, Any]:
    return {"type": kind, "description": description, "minimum": low, "maximum": high}


CURRENT_TIME = Tool(
    "current_time",
    "The date and time now, here or in another place.",
    Effect.NOTHING,
    {"place": _text("A large city or an IANA time zone; leave out for here.")},
)
FIND_DATE = Tool(
    "find_date",
    "The date and weekday of a day, optionally counted on from it, and its distance from today in days.",
    Effect.NOTHING,
    {
        "date": _text("Year-month-day; or month-day or a weekday for the next such day; leave out for today.", 20),
        "add_days": _number("Days later, negative for earlier.", low=-4_000_000, high=4_000_000),
        "add_weeks": _number("Weeks later."),
        "add_months": _number("Months later."),
        "add_years": _number("Years later."),
    },
)
CALCULATE = Tool(
    "calculate",
    "Exact arithmetic: + - * / ^ %, sqrt, parentheses.",
    Effect.NOTHING,
    {"expression": _text('For example "12 * (3.5 + 1)", "20% of 85" or "sqrt(2)".')},
    ("expression",),
)
CONVERT_UNITS = Tool(
    "convert_units",
    "Convert length, area, mass, temperature, volume, speed, data size, time or energy. No currencies.",
    Effect.NOTHING,
    {
        "value": _number("How much.", "number", -1e30, 1e30),
        "from_unit": _text('For example "km", "miles", "°F", "cups", "MB".', 40),
        "to_unit": _text("The unit wanted.", 40),
    },
    ("value", "from_unit", "to_unit"),
)
SET_TIMER = Tool(
    "set_timer",
    "Ring after a while. Lasts as long as the program runs.",
    Effect.CHANGES_OWN,
    {"seconds": _number("From now.", "number", 1, 7 * 86_400), "name": _text("What it is for.", 60)},
    ("seconds",),
)
LIST_TIMERS = Tool("list_timers", "The timers that are running.", Effect.READS_OWN)
CANCEL_TIMER = Tool(
    "cancel_timer",
    "Cancel a timer by number or name; without either the only one, or all with all=true.",
    Effect.CHANGES_OWN,
    {
        "number": _number("As list_timers gives it.", low=1),
        "name": _text("Its name.", 60),
        "all": {"type": "boolean", "description": "Cancel every timer."},
    },
)
ADD_NOTE = Tool(
    "add_note",
    "Keep a note for the person.",
    Effect.CHANGES_OWN,
    {"text": _text("The note in the person's words.", 4000)},
    ("text",),
)
LIST_NOTES = Tool(
    "list_notes", "The person's notes, newest first.", Effect.READS_OWN, {"limit": _number("At most.", low=1, high=50)}
)
SEARCH_OWN = Tool(
    "search_own",
    "Search the person's own transcripts and conversations for words they said or were told.",
    Effect.READS_OWN,
    {"query": _text("One or two significant words."), "limit": _number("At most.", low=1, high=20)},
    ("query",),
)
HELP = Tool("help", "What this assistant can do without a language model.", Effect.NOTHING)

TOOLS = (
    CURRENT_TIME,
    FIND_DATE,
    CALCULATE,
    CONVERT_UNITS,
    SET_TIMER,
    LIST_TIMERS,
    CANCEL_TIMER,
    ADD_NOTE,
    LIST_NOTES,
    SEARCH_OWN,
    HELP,
)


def parsed(tool: Tool, arguments: str) -> Arguments:
    """Return the arguments that a model wrote as JSON, checked; raises ToolError saying how to mend them."""
    if len(arguments) > ARGUMENTS_LIMIT_CHARS:
        raise ToolError(_("The arguments are too long."))
    try:
        values = json.loads(arguments.strip() or "{}")
    except (ValueError, RecursionError):
        raise ToolError(_("The arguments are not valid JSON.")) from None
    if not isinstance(values, dict):
        raise ToolError(_("The arguments must be a JSON object."))
    values = {name: value for name, value in values.items() if value is not None}
    unknown = sorted(set(values) - set(tool.properties))
    if unknown:
        known = ", ".join(tool.properties) or _("none")
        raise ToolError(_("Unknown argument “{name}”; known are: {known}.").format(name=unknown[0][:40], known=known))
    for name in tool.required:
        if name not in values:
            raise ToolError(_("The argument “{name}” is missing.").format(name=name))
    return {name: _checked(name, value, tool.properties[name]) for name, value in values.items()}


def _checked(name: str, value: object, rules: Mapping[str, Any]) -> object:
    kind = rules["type"]
    if kind == "string" and isinstance(value, str):
        if len(value) <= rules["maxLength"]:
            return value
        raise ToolError(_("“{name}” may have {n} characters at most.").format(name=name, n=rules["maxLength"]))
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in ("integer", "number"):
        number = _as_number(value)
        if number is not None and (kind == "number" or number == int(number)):
            if not rules["minimum"] <= number <= rules["maximum"]:
                raise ToolError(
                    _("“{name}” must lie between {low} and {high}.").format(
                        name=name, low=rules["minimum"], high=rules["maximum"]
                    )
                )
            return int(number) if kind == "integer" else number
    raise ToolError(_("“{name}” must be of type {kind}.").format(name=name, kind=kind))


def _as_number(value: object) -> Decimal | None:
    """Return a number, also one that a model put in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)[:40])
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def compute(tool: Tool, given: Arguments, now: datetime, tables: Tables) -> dict[str, Any] | None:
    """Run a tool that only computes; None when *tool* is not one. *now* is aware. Raises ToolError."""
    match tool.name:
        case CURRENT_TIME.name:
            place = given.get("place", "")
            moment = dates.time_in(place, now, tables.places) if place.strip() else now
            return {
                "date": f"{moment:%Y-%m-%d}",
                "time": f"{moment:%H:%M}",
                "weekday": _weekday(moment),
                "place": place,
            }
        case FIND_DATE.name:
            return _found_date(given, now)
        case CALCULATE.name:
            return {"result": arithmetic.shown(arithmetic.evaluate(given["expression"]))}
        case CONVERT_UNITS.name:
            source, target = (units.find(given[key], tables.units) for key in ("from_unit", "to_unit"))
            value = units.convert(given["value"], source, target)
            return {"result": arithmetic.shown(_sensible(value)), "unit": target.symbol}
        case _:
            return None


def _found_date(given: Arguments, now: datetime) -> dict[str, Any]:
    start = dates.day_named(given.get("date", ""), now.date())
    steps = {key: given.get(f"add_{key}", 0) for key in ("days", "weeks", "months", "years")}
    day = dates.shifted(start, **steps)
    return {"date": day.isoformat(), "weekday": _weekday(day), "days_from_today": (day - now.date()).days}


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def _sensible(value: Decimal) -> Decimal:
    """Round to six significant digits: nobody measures finer."""
    return value if value == value.to_integral_value() else Decimal(f"{value:.6g}")
