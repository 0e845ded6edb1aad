"""JSON schemas from Python's own types, in the strict form that services hold a model to, and the check of an answer.

One mechanism for both directions in which a model writes JSON: arguments of tools (from a function's signature) and
structured answers (from a dataclass). Strict means: every key is required, none may be added, what may be left out may
be null. pydantic could do this, but takes 0.28 s to import, which a session without a service would pay as well.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from gettext import gettext as _
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from voiceapp.core.errors import ToolError

Schema = dict[str, Any]
_NAMES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
UNSENT = ("maxLength",)
"""Checked here, but not part of what services accept in a strict schema."""


@dataclass(frozen=True)
class Within:
    """Annotation: a number lies between *low* and *high*."""

    low: float
    high: float


@dataclass(frozen=True)
class AtMost:
    """Annotation: a text has at most *count* characters, a list as many entries."""

    count: int


def arguments_schema(function: Callable[..., Any]) -> Schema:
    """Return the schema of *function*'s parameters, ``self`` left out. A str in ``Annotated`` describes."""
    hints = get_type_hints(function, include_extras=True)
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    return _object({name: schema_of(hints[name]) for name in names})


def schema_of(hint: Any) -> Schema:
    """Return the schema of a type: str, int, float, bool, Literal, list, tuple[x, ...], dataclass, any of these | None.

    Raises TypeError for anything else: that is a fault of the program, found when its module is first used.
    """
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return _annotated(schema_of(inner), notes)
    if get_origin(hint) in (Union, UnionType):
        return _nullable(hint)
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) in (list, tuple):
        return {"type": "array", "items": schema_of(get_args(hint)[0])}
    if is_dataclass(hint) and isinstance(hint, type):
        hints = get_type_hints(hint, include_extras=True)
        return _object({field.name: schema_of(hints[field.name]) for field in fields(hint)})
    if hint in _NAMES:
        return {"type": _NAMES[hint]}
    raise TypeError(f"no schema for {hint!r}")


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(hint: Any) -> Schema:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"no schema for {hint!r}")
    schema = schema_of(kinds[0])
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return schema | {"type": [schema["type"], "null"]}


def _annotated(schema: Schema, notes: list[Any]) -> Schema:
    is_list = "items" in schema
    for note in notes:
        if isinstance(note, str):
            schema["description"] = note
        elif isinstance(note, Within):
            schema |= {"minimum": note.low, "maximum": note.high}
        elif isinstance(note, AtMost):
            schema["maxItems" if is_list else "maxLength"] = note.count
    return schema


# --- what is sent -----------------------------------------------------------------------------------------


def sent(schema: Mapping[str, Any]) -> Schema:
    """Return *schema* without the words that strict services do not accept."""
    return {key: _each(value, sent) for key, value in schema.items() if key not in UNSENT}


def relaxed(schema: Mapping[str, Any]) -> Schema:
    """Return *schema* as servers without strict mode understand it best: optional keys instead of null."""
    plain = {key: _each(value, relaxed) for key, value in schema.items()}
    if isinstance(plain.get("type"), list):
        plain["type"] = next(kind for kind in plain["type"] if kind != "null")
    if "enum" in plain:
        plain["enum"] = [value for value in plain["enum"] if value is not None]
    if "required" in schema and isinstance(schema.get("properties"), Mapping):
        plain["required"] = [name for name in schema["required"] if not is_optional(schema["properties"][name])]
    return plain


def strict(schema: Mapping[str, Any]) -> Schema:
    """Return another library's *schema* (pydantic's) with every object closed and every key required."""
    closed = {key: _each(value, strict) for key, value in schema.items() if key not in ("title", "default")}
    if isinstance(schema.get("properties"), Mapping):
        closed["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        closed |= {"required": list(schema["properties"]), "additionalProperties": False}
    return closed


def _each(value: Any, change: Callable[[Mapping[str, Any]], Schema]) -> Any:
    if isinstance(value, Mapping):
        return change(value)
    return [_each(item, change) for item in value] if isinstance(value, list) else value


def is_optional(schema: Mapping[str, Any]) -> bool:
    """Whether the value may be null, that is: left out."""
    return isinstance(schema.get("type"), list) and "null" in schema["type"]


# --- what came back ---------------------------------------------------------------------------------------


def checked_object(values: object, schema: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return *values* as *schema* wants them, nulls left out. Raises ToolError naming what is wrong and how to mend it.

    Numbers in quotes are forgiven.
    """
    if not isinstance(values, dict):
        raise ToolError(_("The arguments must be a JSON object.") if not path else _wrong_type(path, "object"))
    given = {name: value for name, value in values.items() if value is not None}
    properties = schema["properties"]
    unknown = sorted(set(given) - set(properties))
    if unknown:
        known = ", ".join(properties) or _("none")
        raise ToolError(_("Unknown argument “{name}”; known are: {known}.").format(name=unknown[0][:40], known=known))
    for name in schema["required"]:
        if name not in given and not is_optional(properties[name]):
            raise ToolError(_("The argument “{name}” is missing.").format(name=f"{path}{name}"))
    return {name: checked(f"{path}{name}", value, properties[name]) for name, value in given.items()}


def checked(name: str, value: object, schema: Mapping[str, Any]) -> object:
    """Return *value* as *schema* wants it; *name* is what errors call it. Raises ToolError."""
    kind = schema["type"]
    if isinstance(kind, list):
        kind = kind[0]
    if "enum" in schema and value not in schema["enum"]:
        known = ", ".join(str(one) for one in schema["enum"] if one is not None)
        raise ToolError(_("“{name}” must be one of: {known}.").format(name=name, known=known))
    if kind == "string" and isinstance(value, str):
        return _short(name, value, schema.get("maxLength"))
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "array" and isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            raise ToolError(_("“{name}” may have {n} entries at most.").format(name=name, n=schema["maxItems"]))
        return [checked(f"{name}[{at}]", item, schema["items"]) for at, item in enumerate(value)]
    if kind == "object" and isinstance(value, dict):
        return checked_object(value, schema, f"{name}.")
    if kind in ("integer", "number") and (number := _number(value)) is not None:
        return _limited(name, number, kind, schema)
    raise ToolError(_wrong_type(name, kind))


def _wrong_type(name: str, kind: str) -> str:
    return _("“{name}” must be of type {kind}.").format(name=name.removesuffix("."), kind=kind)


def _short(name: str, value: str, limit: int | None) -> str:
    if limit is not None and len(value) > limit:
        raise ToolError(_("“{name}” may have {n} characters at most.").format(name=name, n=limit))
    return value


def _limited(name: str, number: Decimal, kind: str, schema: Mapping[str, Any]) -> int | Decimal:
    if kind == "integer" and number != int(number):
        raise ToolError(_wrong_type(name, kind))
    if "minimum" in schema and not schema["minimum"] <= number <= schema["maximum"]:
        low, high = schema["minimum"], schema["maximum"]
        raise ToolError(_("“{name}” must lie between {low} and {high}.").format(name=name, low=low, high=high))
    return int(number) if kind == "integer" else number


def _number(value: object) -> Decimal | None:
    """Return a number, also one that a model put in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)[:40])
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
