from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core import arithmetic, tools
from voiceapp.core.computing import Computing
from voiceapp.core.errors import ToolError
from voiceapp.resources import tool_tables
from voiceapp.voice.kits.computer import Computer
from voiceapp.voice.kits.own_words import OwnWords
from voiceapp.voice.kits.timers import Timers


def declared(kit: type) -> list[tools.Tool]:
    return [method.__tool__ for method in vars(kit).values() if hasattr(method, "__tool__")]


NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)  # a Friday

SUMS = [
    ("12 * 7", "84"),
    ("12 times 7", "84"),
    ("twelve times seven", "84"),
    ("zwölf mal sieben", "84"),
    ("what is 2 + 3 * 4", "14"),
    ("(2 + 3) * 4", "20"),
    ("2 ^ 10", "1024"),
    ("2^3^2", "512"),
    ("-2 ** 2", "-4"),
    ("0.1 + 0.2", "0.3"),
    ("3,5 + 1,5", "5"),
    ("1,000.5 + 1", "1001.5"),
    ("1.000,5 + 1", "1001.5"),
    ("1,000 / 8", "125"),
    ("10 / 4", "2.5"),
    ("10 / 3", "3.33333333333"),
    ("20% of 85", "17"),
    ("zwanzig prozent von fünfzig", "10"),
    ("50 + 20%", "60"),
    ("200 minus 10 percent", "180"),
    ("sqrt(2)", "1.41421356237"),
    ("square root of 81", "9"),
    ("wurzel aus 81", "9"),
    ("100 geteilt durch 8", "12.5"),
    ("5 squared", "25"),
    ("drei hoch vier", "81"),
    ("2 * pi", "6.28318530718"),
    ("1e3 + 1", "1001"),
    ("10 ** 20", "1e+20"),
    ("7 % 4", "3"),
    ("twenty five plus seventeen", "42"),
]


@pytest.mark.parametrize(("expression", "result"), SUMS)
def test_sums_as_written_and_as_spoken(expression: str, result: str) -> None:
    assert arithmetic.shown(arithmetic.evaluate(expression)) == result


WRONG = [
    ("1 / 0", "zero"),
    ("5 % 0", "zero"),
    ("9 ** 9 ** 9 ** 9", "too large"),
    ("10 ^ 5000", "too large"),
    ("sqrt(0 - 1)", "too large"),
    ("", "not an arithmetic"),
    ("hello", "not an arithmetic"),
    ("__import__('os')", "not an arithmetic"),
    ("(1).__class__", "not an arithmetic"),
    ("[1] * 9", "not an arithmetic"),
    ("1 if 1 else 2", "not an arithmetic"),
    ("(" * 150, "not an arithmetic"),
    ("1" * 201, "too long"),
    ("9" * 150, "not an arithmetic"),
]


@pytest.mark.parametrize(("expression", "reason"), WRONG)
def test_a_wrong_sum_says_what_is_wrong(expression: str, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        arithmetic.evaluate(expression)


@given(st.text(alphabet="0123456789.,+-*/^%() sqrtpiofmal", max_size=40))
def test_any_text_is_a_number_or_a_tool_error(expression: str) -> None:
    with contextlib.suppress(ToolError):
        assert arithmetic.evaluate(expression).is_finite()


COMPUTING = tools.tools_of(Computing(lambda: NOW, tool_tables()))
TOOLS = {tool.name: tool for kit in (Computing, Timers, OwnWords, Computer) for tool in declared(kit)}


def compute(name: str, **given: Any) -> dict[str, Any]:
    tool, method = next((tool, method) for tool, method in COMPUTING.items() if tool.name == name)
    answer: dict[str, Any] = method(**tools.parsed(tool, json.dumps(given)))
    return answer


CONVERSIONS = [
    (5, "miles", "km", "8.04672"),
    (100, "°C", "°F", "212"),
    (72, "degrees fahrenheit", "celsius", "22.2222"),
    (-40, "F", "C", "-40"),
    (2, "Stunden", "Minuten", "120"),
    (1, "GB", "MB", "1000"),
    (1, "GiB", "MiB", "1024"),
    (10, "Pfund", "kg", "5"),
    (10, "pounds", "kg", "4.53592"),
    (3, "cups", "ml", "709.765"),
    (100, "km/h", "mph", "62.1371"),
    (1, "acre", "m²", "4046.86"),
]


@pytest.mark.parametrize(("value", "source", "target", "result"), CONVERSIONS)
def test_units(value: float, source: str, target: str, result: str) -> None:
    assert compute("convert_units", value=value, from_unit=source, to_unit=target)["result"] == result


@pytest.mark.parametrize(("source", "target", "reason"), [("km", "kg", "length"), ("km", "quux", "quux")])
def test_units_that_do_not_fit(source: str, target: str, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        compute("convert_units", value=1, from_unit=source, to_unit=target)


def test_every_unit_has_one_meaning_per_spelling() -> None:
    table = tool_tables().units
    for unit in table.values():
        assert table[unit.symbol] == unit


@pytest.mark.parametrize(
    ("place", "time", "weekday"),
    [
        ("", "14:05", "Friday"),
        ("Tokyo", "23:05", "Friday"),
        ("Neuseeland", "03:05", "Saturday"),
        ("UTC", "14:05", "Friday"),
    ],
)
def test_the_time_here_and_elsewhere(place: str, time: str, weekday: str) -> None:
    answer = compute("current_time", place=place)
    assert (answer["time"], answer["weekday"]) == (time, weekday)


@pytest.mark.parametrize("place", ["Atlantis", "../../etc/passwd", "x\x00y", "/etc/localtime", "Europe"])
def test_an_unknown_place_is_an_error_never_a_wrong_time(place: str) -> None:
    with pytest.raises(ToolError, match="not known here"):
        compute("current_time", place=place)


@pytest.mark.parametrize(
    ("given", "date", "weekday", "distance"),
    [
        ({}, "2026-11-20", "Friday", 0),
        ({"add_days": 3}, "2026-11-23", "Monday", 3),
        ({"add_weeks": -2}, "2026-11-06", "Friday", -14),
        ({"date": "2026-12-24"}, "2026-12-24", "Thursday", 34),
        ({"date": "2027-01-31", "add_months": 1}, "2027-02-28", "Sunday", 100),
        ({"date": "2024-02-29", "add_years": 1}, "2025-02-28", "Friday", -630),
    ],
)
def test_dates(given: dict[str, Any], date: str, weekday: str, distance: int) -> None:
    assert compute("find_date", **given) == {"date": date, "weekday": weekday, "days_from_today": distance}


@pytest.mark.parametrize("given", [{"date": "24.12.2026"}, {"add_years": 9000}, {"add_days": -3_000_000}])
def test_dates_that_do_not_exist(given: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        compute("find_date", **given)


ARGUMENTS = [
    ("{", "not valid JSON"),
    ("[]", "JSON object"),
    ("{}", "“expression” is missing"),
    ('{"expression": 5}', "must be of type string"),
    ('{"expression": "1", "extra": 2}', "Unknown argument “extra”"),
    (json.dumps({"expression": "1" * 300}), "200 characters"),
    ("[" * 19_000, "not valid JSON"),
    ("x" * 30_000, "too long"),
]


@pytest.mark.parametrize(("arguments", "reason"), ARGUMENTS)
def test_wrong_arguments_tell_the_model_how_to_mend_them(arguments: str, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        tools.parsed(TOOLS["calculate"], arguments)


@pytest.mark.parametrize("seconds", ["true", '"soon"', "0", "1e9", "NaN", "Infinity"])
def test_numbers_are_checked(seconds: str) -> None:
    with pytest.raises(ToolError, match="seconds"):
        tools.parsed(TOOLS["set_timer"], f'{{"seconds": {seconds}}}')


def test_numbers_in_quotes_and_nulls_are_forgiven() -> None:
    assert tools.parsed(TOOLS["set_timer"], '{"seconds": "90", "name": null}') == {"seconds": 90}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_schemas_are_valid_and_closed(tool: tools.Tool) -> None:
    schema = tool.spec.parameters
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(schema["properties"])  # type: ignore[call-overload]
    assert tool.description
