"""The kit of tools that only compute: time, dates, arithmetic, units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from voiceapp.core import arithmetic, dates, units
from voiceapp.core.schema import AtMost, Within
from voiceapp.core.tools import Effect, tool

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MANY_DAYS = 4_000_000
MANY = 10_000


@dataclass(frozen=True)
class Tables:
    """Package data that tools work with."""

    units: units.Units = field(default_factory=dict)
    places: dates.Places = field(default_factory=dict)


class Computing:
    """Time, dates, arithmetic and units. *now* is the moment, aware of its zone. Every tool may raise ToolError."""

    def __init__(self, now: Callable[[], datetime], tables: Tables) -> None:
        self._now = now
        self._tables = tables

    @tool(Effect.NOTHING)
    def current_time(
        self, place: Annotated[str | None, "A large city or an IANA time zone; null for here.", AtMost(200)] = None
    ) -> dict[str, Any]:
        """The date and time now, here or in another place."""
        now, place = self._now(), (place or "").strip()
        moment = dates.time_in(place, now, self._tables.places) if place else now
        return {"date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}", "weekday": _weekday(moment), "place": place}

    @tool(Effect.NOTHING)
    def find_date(
        self,
        date: Annotated[
            str | None,
            "Year-month-day; or month-day or a weekday for the next such day; null for today.",
            AtMost(20),
        ] = None,
        add_days: Annotated[int | None, "Days later, negative for earlier.", Within(-MANY_DAYS, MANY_DAYS)] = None,
        add_weeks: Annotated[int | None, "Weeks later.", Within(-MANY, MANY)] = None,
        add_months: Annotated[int | None, "Months later.", Within(-MANY, MANY)] = None,
        add_years: Annotated[int | None, "Years later.", Within(-MANY, MANY)] = None,
    ) -> dict[str, Any]:
        """The date and weekday of a day, optionally counted on from it, and its distance from today in days."""
        today = self._now().date()
        day = dates.shifted(
            dates.day_named(date or "", today),
            days=add_days or 0,
            weeks=add_weeks or 0,
            months=add_months or 0,
            years=add_years or 0,
        )
        return {"date": day.isoformat(), "weekday": _weekday(day), "days_from_today": (day - today).days}

    @tool(Effect.NOTHING)
    def calculate(
        self, expression: Annotated[str, 'For example "12 * (3.5 + 1)", "20% of 85" or "sqrt(2)".', AtMost(200)]
    ) -> dict[str, Any]:
        """Exact arithmetic: + - * / ^ %, sqrt, parentheses."""
        return {"result": arithmetic.shown(arithmetic.evaluate(expression))}

    @tool(Effect.NOTHING)
    def convert_units(
        self,
        value: Annotated[float, "How much.", Within(-1e30, 1e30)],
        from_unit: Annotated[str, 'For example "km", "miles", "°F", "cups", "MB".', AtMost(40)],
        to_unit: Annotated[str, "The unit wanted.", AtMost(40)],
    ) -> dict[str, Any]:
        """Convert length, area, mass, temperature, volume, speed, data size, time or energy. No currencies."""
        source, target = (units.find(name, self._tables.units) for name in (from_unit, to_unit))
        converted = units.convert(Decimal(str(value)), source, target)
        return {"result": arithmetic.shown(_sensible(converted)), "unit": target.symbol}


def _weekday(day: Date) -> str:
    return WEEKDAYS[day.weekday()]


def _sensible(value: Decimal) -> Decimal:
    """Round to six significant digits: nobody measures finer."""
    return value if value == value.to_integral_value() else Decimal(f"{value:.6g}")
