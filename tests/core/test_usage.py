"""Usage: sums that lose nothing, months across time zones, prices that are never a false 0."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.errors import ConfigError
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.money import amount_words, cost_words, duration_words, usd
from voiceapp.core.settings import LOCAL, OPENAI, Provider, ProviderKind
from voiceapp.core.speech import Basis, Usage
from voiceapp.core.usage import (
    KINDS,
    By,
    Cost,
    UsageRow,
    completed,
    cost_usd,
    day_of,
    days_of,
    is_free,
    month_bounds,
    month_of,
    next_month,
    total,
    totals,
)
from voiceapp.core.usage_report import COLUMNS, as_csv, report, shown
from voiceapp.resources import model_table

ZONES = [UTC, *map(ZoneInfo, ("Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Australia/Lord_Howe"))]
TABLE = model_table()

amounts = st.dictionaries(st.sampled_from(KINDS), st.integers(0, 10**9).map(float), max_size=4)
rows = st.builds(
    UsageRow,
    at_s=st.integers(86_400 * 40, 4_000_000_000).map(float),
    job=st.sampled_from(["chat", "speech", "images"]),
    provider=st.sampled_from(["openai", "local"]),
    model=st.sampled_from(["", "gpt-6-luna"]),
    amounts=amounts,
    cost_usd=st.none() | st.floats(0, 1e4),
    basis=st.sampled_from(Basis),
    message_id=st.none() | st.integers(1, 3),
    conversation_id=st.none() | st.integers(1, 3),
)


@given(st.lists(rows, max_size=12), st.sampled_from(By), st.sampled_from(ZONES))
def test_whatever_rows_are_summed_by_nothing_is_lost(some: Sequence[UsageRow], by: By, zone: ZoneInfo) -> None:
    parts, whole = totals(some, by, zone).values(), total(some)
    assert sum(part.cost.calls for part in parts) == whole.cost.calls == len(some)
    assert sum(part.cost.unpriced for part in parts) == whole.cost.unpriced == sum(r.cost_usd is None for r in some)
    assert math.isclose(sum(part.cost.usd for part in parts), whole.cost.usd, abs_tol=1e-6)
    assert math.isclose(whole.cost.usd, math.fsum(row.cost_usd or 0.0 for row in some), abs_tol=1e-6)
    for kind in KINDS:
        assert whole.amounts.get(kind, 0.0) == sum(row.amounts.get(kind, 0.0) for row in some)
        assert sum(part.amounts.get(kind, 0.0) for part in parts) == whole.amounts.get(kind, 0.0)


@given(st.integers(86_400 * 70, 200_000_000_000).map(float), st.sampled_from(ZONES))
def test_a_moment_is_in_its_month_and_in_no_other(at_s: float, zone: ZoneInfo) -> None:
    month = month_of(at_s, zone)
    begin, end = month_bounds(month, zone)
    assert begin <= at_s < end
    assert month_bounds(next_month(month), zone)[0] == end
    assert month_bounds(next_month(month, -1), zone)[1] == begin
    assert day_of(at_s, zone) in days_of(month)


def test_midnight_is_the_persons_midnight() -> None:
    at_s = datetime(2026, 11, 30, 23, 30, tzinfo=UTC).timestamp()
    assert month_of(at_s, UTC) == "2026-11"
    assert month_of(at_s, ZoneInfo("Europe/Berlin")) == "2026-12"
    assert day_of(at_s, ZoneInfo("America/New_York")) == date(2026, 11, 30)
    begin, end = month_bounds("2026-03", ZoneInfo("Europe/Berlin"))  # the clocks go forward
    assert end - begin == 31 * 86_400 - 3600


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-1", "nov", "0001-01", "9999-12"])
def test_what_is_no_month_is_said(month: str) -> None:
    with pytest.raises(ConfigError):
        month_bounds(month, UTC)


# --- prices -----------------------------------------------------------------------------------------------

AZURE = Provider("azure", ProviderKind.AZURE, "https://acme.openai.azure.com")
OLLAMA = Provider("Ollama", ProviderKind.COMPATIBLE, "http://localhost:11434/v1")
ROUTER = Provider("router", ProviderKind.COMPATIBLE, "https://router.example/v1")
HEARD = {"seconds": 60.0}


@pytest.mark.parametrize(
    ("provider", "model", "cost"),
    [
        (OPENAI, "whisper-1", 0.006),
        (AZURE, "whisper-1", 0.006),
        (OPENAI, "gpt-4o-transcribe", None),
        (OPENAI, "nobody-knows-it", None),
        (LOCAL, "", 0.0),
        (OLLAMA, "whisper-1", 0.0),  # a famous name on this computer costs nothing
        (ROUTER, "whisper-1", None),  # and elsewhere nobody knows what
    ],
)
def test_what_a_minute_costs(provider: Provider, model: str, cost: float | None) -> None:
    assert cost_usd(Usage(provider.name, model, HEARD), provider, TABLE) == (
        cost if cost is None else pytest.approx(cost)
    )


def test_a_servers_prices_are_the_persons_own_rows() -> None:
    table = ModelTable((Model("router/whisper-1", prices={"seconds": 0.001}), *TABLE.rows))
    assert cost_usd(Usage("router", "whisper-1", HEARD), ROUTER, table) == pytest.approx(0.06)
    assert cost_usd(Usage("openai", "whisper-1", HEARD), OPENAI, table) == pytest.approx(0.006)


def test_what_was_kept_from_before_costs_nothing_again() -> None:
    assert cost_usd(Usage("openai", "nobody-knows-it", {"characters": 9.0}, Basis.KEPT), OPENAI, TABLE) == 0.0


def test_a_batch_costs_half() -> None:
    usage = Usage("openai", "gpt-6-luna", {"text_in": 1e5})
    assert cost_usd(usage, OPENAI, TABLE, 0.5) == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.5:1/", True),
        ("http://[::1]:8000", True),
        ("localhost:8000", True),
        ("https://localhost.example.com/v1", False),
        ("https://api.example.com/127.0.0.1", False),
        ("", False),
    ],
)
def test_which_servers_run_on_this_computer(url: str, is_here: bool) -> None:
    assert is_free(Provider("x", ProviderKind.COMPATIBLE, url)) is is_here
    assert not is_free(Provider("x", ProviderKind.OPENAI, url))


def test_tokens_that_a_voice_does_not_tell_are_estimated_and_marked() -> None:
    spoken = Usage("openai", "gpt-4o-mini-tts", {"characters": 400.0, "seconds": 30.0}, Basis.MEASURED)
    full = completed(spoken, TABLE.find("gpt-4o-mini-tts"))
    assert full.basis is Basis.ESTIMATED
    assert full.amounts == {"audio_out": 600.0, "text_in": 100.0, "characters": 400.0, "seconds": 30.0}
    assert cost_usd(full, OPENAI, TABLE) == pytest.approx((600 * 12 + 100 * 0.6) / 1e6)
    told = Usage("openai", "gpt-4o-mini-tts", {"text_in": 9.0, "audio_out": 500.0})
    assert completed(told, TABLE.find("gpt-4o-mini-tts")) is told
    assert completed(spoken, TABLE.find("tts-1")) is spoken  # no price, so nothing to estimate for


@given(st.sampled_from([row.id for row in TABLE.rows if "*" not in row.id]), amounts)
def test_a_cost_is_never_negative_nor_a_false_nothing(model: str, some: dict[str, float]) -> None:
    cost = cost_usd(Usage("openai", model, some), OPENAI, TABLE)
    if not TABLE.find(model).prices:
        assert cost is None
    assert cost is None or cost >= 0.0


# --- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(), ""),
        (Cost(0.0, 3), "free"),
        (Cost(0.0, 3, 3), "price unknown"),
        (Cost(0.0, 3, 1), "price unknown"),
        (Cost(0.0004, 1), "$0.0004"),
        (Cost(0.0004, 1, is_rough=True), "about $0.0004"),
        (Cost(0.0004, 2, 1, is_rough=True), "at least $0.0004"),
        (Cost(0.00001, 1), "under $0.0001"),
        (Cost(1234.5, 1), "$1,234.50"),
    ],
)
def test_costs_in_words(cost: Cost, words: str) -> None:
    assert cost_words(cost) == words


def test_amounts_in_words() -> None:
    assert usd(0.0) == "$0"
    told = {"text_in": 1200.0, "text_cached": 900.0, "text_out": 80.0, "reasoning_out": 40.0, "seconds": 12.4}
    assert amount_words(told) == "1,200 tokens in (900 cached) · 80 tokens out · 12.4 s"
    assert amount_words({}) == ""
    assert amount_words({"images": 1.0, "checks": 2.0, "code_runs": 1.0}) == "1 image · 2 checks · 1 run of code"
    assert [duration_words(s) for s in (59.9, 185.0, 7810.0)] == ["59.9 s", "3 min 5 s", "2 h 10 min"]


# --- a month, and the table for spreadsheets --------------------------------------------------------------

ROW = UsageRow(
    datetime(2026, 11, 20, 13, 4, 5, tzinfo=UTC).timestamp(), "chat", "openai", "gpt-6-luna",
    {"text_in": 1234567.0, "text_out": 2.5}, 0.00012345, turn=1, message_id=2, conversation_id=3, take_id=4,
)  # fmt: skip


def test_a_month_has_all_its_days() -> None:
    told = report([ROW], "2026-11", UTC, is_current=True, budget_usd=5.0)
    assert list(told.days) == [f"2026-11-{day:02}" for day in range(1, 31)]
    assert told.days["2026-11-20"]["chat"].cost == ROW.cost
    assert told.total.cost == told.jobs["chat"].cost == told.providers["openai"].cost == ROW.cost


def cells(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_a_spreadsheet_reads_the_rows() -> None:
    unknown, free = replace(ROW, cost_usd=None), replace(ROW, cost_usd=0.0)
    first, second, third = cells(as_csv([ROW, unknown, free], ZoneInfo("Europe/Berlin")))
    assert tuple(first) == COLUMNS
    assert first["time"] == "2026-11-20T14:04:05+01:00"
    assert (first["cost_usd"], first["price"], first["text_in"], first["text_out"]) == (
        "0.00012345", "known", "1234567", "2.5",
    )  # fmt: skip
    assert (first["conversation_id"], first["message_id"], first["take_id"]) == ("3", "2", "4")
    assert (second["cost_usd"], second["price"]) == ("", "unknown")
    assert third["price"] == "free"


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(0)", "＝1", "=cmd|' /C calc'!A0"]
)
def test_no_name_is_run_by_a_spreadsheet(name: str) -> None:
    (row,) = cells(as_csv([replace(ROW, provider=name, model=name)], UTC))
    assert row["provider"] == row["model"] == f"'{name}"
    assert shown("gpt-6-luna") == "gpt-6-luna"


@given(st.text(), st.text())
def test_any_name_comes_back_from_the_table(provider: str, model: str) -> None:
    text = as_csv([replace(ROW, provider=provider, model=model)], UTC)
    (row,) = csv.DictReader(io.StringIO(text[1:], newline=""))
    assert row["provider"].removeprefix("'") == provider.removeprefix("'")
    assert row["model"].removeprefix("'") == model.removeprefix("'")
