"""Conversion between units of measurement. The table is package data, handed in as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from gettext import gettext as _

from voiceapp.core.errors import ToolError

_EXACT = Context(prec=20)


@dataclass(frozen=True)
class Unit:
    """A unit: ``value * factor + offset`` is the value in its dimension's base unit.

    *symbol* is how it is written ("km"); *names* per language the word for one and for many.
    """

    symbol: str
    dimension: str
    factor: Decimal
    offset: Decimal = Decimal(0)
    names: Mapping[str, tuple[str, str]] | None = None

    def name(self, language: str, *, is_one: bool) -> str:
        """Return the word for the unit in *language*, else its symbol."""
        one, many = (self.names or {}).get(language, (self.symbol, self.symbol))
        return one if is_one else many


Units = Mapping[str, Unit]
"""Every spelling of every unit, lower case where the case does not matter."""


def find(name: str, units: Units) -> Unit:
    """Return the unit called *name*; raises ToolError."""
    spelled = name.strip().removesuffix(".")
    unit = units.get(spelled) or units.get(spelled.lower()) or units.get(spelled.lower().replace(" ", ""))
    if unit is None:
        raise ToolError(
            _("There is no unit called “{name}”. Use common ones such as km, miles, kg, °F, litres, GB, hours.").format(
                name=name[:40]
            )
        )
    return unit


def convert(value: Decimal, source: Unit, target: Unit) -> Decimal:
    """Return *value* of *source* in *target*; raises ToolError when they measure different things."""
    if source.dimension != target.dimension:
        raise ToolError(
            _("{source} measures {one}, {target} measures {other}; they cannot be converted.").format(
                source=source.symbol, one=source.dimension, target=target.symbol, other=target.dimension
            )
        )
    base = _EXACT.fma(value, source.factor, source.offset)
    return _EXACT.divide(_EXACT.subtract(base, target.offset), target.factor)
