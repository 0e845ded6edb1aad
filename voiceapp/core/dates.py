"""Arithmetic with dates and places, given the moment as an argument.

Time zones come from the system or, on Windows, from the tzdata package; without either a place is an error that
says so, never a wrong time.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from gettext import gettext as _
from zoneinfo import ZoneInfo

from voiceapp.core.errors import ToolError

Places = Mapping[str, str]
"""Names of places, lower case, in any language, to IANA time zones ("tokio": "Asia/Tokyo")."""


def time_in(place: str, now: datetime, places: Places) -> datetime:
    """Return *now* (aware) as the clocks in *place* show it; raises ToolError for an unknown place."""
    zone = places.get(place.strip().lower(), place.strip())
    try:
        return now.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise ToolError(
            _("The time zone of “{place}” is not known here. Give a large city or an IANA name (Asia/Tokyo).").format(
                place=place[:40]
            )
        ) from None


def shifted(day: date, *, days: int = 0, weeks: int = 0, months: int = 0, years: int = 0) -> date:
    """Return *day* moved; the 31st of a shorter month is its last day. Raises ToolError outside the calendar."""
    try:
        month_index = day.year * 12 + day.month - 1 + months + 12 * years
        year, month = divmod(month_index, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=days, weeks=weeks)
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        raise ToolError(_("This date lies outside the calendar (years 1 to 9999).")) from None


def day_named(text: str, today: date) -> date:
    """Return the day that *text* means; raises ToolError.

    An ISO date; month and day ("12-24") or an English weekday for the next such day, today included; "" for today.
    """
    name = text.strip().lower()
    if name in ("", "today"):
        return today
    if name in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS.index(name) - today.weekday()) % 7)
    try:
        if len(name) == 5:
            for year in range(today.year, today.year + 9):  # the next 29 February may be eight years away
                day = _day_or_none(year, name)
                if day is not None and day >= today:
                    return day
        return date.fromisoformat(name)
    except ValueError:
        raise ToolError(_("Write the date as year-month-day, for example 2027-03-01.")) from None


def _day_or_none(year: int, month_and_day: str) -> date | None:
    try:
        return date.fromisoformat(f"{year:04d}-{month_and_day}")
    except ValueError:
        return None


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
