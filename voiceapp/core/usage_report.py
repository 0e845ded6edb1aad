"""A month's rows as the page shows them, and rows as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from voiceapp.core.budget import UsageReport
from voiceapp.core.usage import KINDS, By, UsageRow, days_of, total, totals

COLUMNS = (
    "time", "job", "provider", "model", "cost_usd", "price", "basis", *KINDS,
    "conversation_id", "message_id", "take_id", "turn",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet run a text instead of showing it."""


def report(
    rows: Sequence[UsageRow], month: str, zone: tzinfo | None, *, is_current: bool, budget_usd: float | None
) -> UsageReport:
    """Sum up *rows*, all of *month*."""
    by_day: dict[str, list[UsageRow]] = {day.isoformat(): [] for day in days_of(month)}
    for row in rows:
        by_day.setdefault(datetime.fromtimestamp(row.at_s, zone).date().isoformat(), []).append(row)
    return UsageReport(
        month,
        is_current,
        total(rows),
        {day: totals(of_day, By.JOB) for day, of_day in by_day.items()},
        totals(rows, By.JOB),
        totals(rows, By.PROVIDER),
        totals(rows, By.MODEL),
        budget_usd,
    )


def as_csv(rows: Iterable[UsageRow], zone: tzinfo | None) -> str:
    """Return *rows* as CSV with a heading line, for any spreadsheet; begins with the mark that makes it UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row, zone) for row in rows)
    return "\ufeff" + out.getvalue()


def _cells(row: UsageRow, zone: tzinfo | None) -> list[object]:
    moment = datetime.fromtimestamp(row.at_s, zone)
    moment = moment.astimezone() if zone is None else moment
    price = "unknown" if row.cost_usd is None else ("known" if row.cost_usd else "free")
    return [
        moment.isoformat(timespec="seconds"),
        shown(row.job),
        shown(row.provider),
        shown(row.model),
        "" if row.cost_usd is None else f"{row.cost_usd:.8f}",
        price,
        row.basis.value,
        *(_number(row.amounts.get(kind)) for kind in KINDS),
        *(row.conversation_id, row.message_id, row.take_id, row.turn),
    ]


def _number(amount: float | None) -> object:
    if amount is None:
        return ""
    return int(amount) if amount.is_integer() else round(amount, 3)


def shown(text: str) -> str:
    """Return *text* as a cell that a spreadsheet shows and never runs."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
