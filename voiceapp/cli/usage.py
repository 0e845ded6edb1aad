"""``voiceapp usage``: what was used and what it cost; the budget; the table for spreadsheets."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from gettext import gettext as _
from gettext import ngettext

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.installation import stored_settings
from voiceapp.cli.running import Context, run_job
from voiceapp.core.conversation import ConversationHead
from voiceapp.core.errors import ConfigError
from voiceapp.core.money import amount_words, cost_words, job_words, usd
from voiceapp.core.settings import validated
from voiceapp.core.usage import By, Total, UsageRow, month_bounds, month_of, total, totals
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.usage import SqliteUsage

NO_BUDGET = "none"


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: usage(context, arguments))


async def usage(context: Context, arguments: argparse.Namespace) -> int:
    """Sum up a month, all months, or write them as a table."""
    settings, file = stored_settings(context)
    if arguments.budget is not None:
        settings = validated(replace(settings, budget_usd=_budget(arguments.budget)))
        file.save(settings)
    by = By(arguments.by)
    month = arguments.month or ("" if by is By.MONTH or arguments.csv else month_of(time.time(), None))
    begin, end = month_bounds(month, None) if month else (0.0, None)
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        log = SqliteUsage(store)
        if arguments.csv is not None:
            count = await log.export(arguments.csv, begin, end)
            context.output.event("usage_table", file=str(arguments.csv), lines=count)
            context.output.text(str(arguments.csv))
            return 0
        rows = await log.rows(begin, end)
        heads = await store.conversations() if by is By.CONVERSATION else ()
    finally:
        await store.close()
    _tell(context, rows, by, month, heads)
    if settings.budget_usd is not None and (not month or month == month_of(time.time(), None)):
        _tell_budget(context, rows, settings.budget_usd)
    return 0


def _budget(typed: str) -> float | None:
    if typed == NO_BUDGET:
        return None
    try:
        return float(typed.lstrip("$"))
    except ValueError:
        raise ConfigError(_("“{typed}” is no budget. Write 5 or 12.50, or none.").format(typed=typed)) from None


def _tell(
    context: Context, rows: tuple[UsageRow, ...], by: By, month: str, heads: tuple[ConversationHead, ...]
) -> None:
    output, titles = context.output, {str(head.id): head.title for head in heads}
    sums = totals(rows, by)
    in_time = sorted(sums) if by in (By.DAY, By.MONTH) else sorted(sums, key=lambda name: -sums[name].cost.usd)
    for name in in_time:
        found = sums[name]
        output.event("usage", by=by.value, name=name, title=titles.get(name), month=month or None, **_facts(found))
        output.text(_line(_called(by, name, titles), found))
    whole = total(rows)
    output.event("usage_total", month=month or None, **_facts(whole))
    if rows:
        output.text(_line(_("Together"), whole))
    else:
        output.text(_("Nothing was used in {month}.").format(month=month) if month else _("Nothing was used yet."))


def _tell_budget(context: Context, rows: tuple[UsageRow, ...], budget_usd: float) -> None:
    now = month_of(time.time(), None)
    spent = total(row for row in rows if month_of(row.at_s, None) == now).cost.usd
    context.output.event("budget", budget_usd=budget_usd, spent_usd=round(spent, 6))
    words = _("{spent} of this month's budget of {budget} are spent.")
    context.output.text(words.format(spent=usd(spent), budget=usd(budget_usd)))


def _called(by: By, name: str, titles: dict[str, str]) -> str:
    if by is By.JOB:
        return job_words(name)
    if by is By.CONVERSATION:
        return f"{name} {titles.get(name, _('(deleted)'))}" if name else _("(no conversation)")
    return name


def _line(called: str, found: Total) -> str:
    calls = ngettext("{n} call", "{n} calls", found.cost.calls).format(n=found.cost.calls)
    words = " · ".join(part for part in (calls, amount_words(found.amounts)) if part)
    return f"{called:<32}  {cost_words(found.cost):>18}   {words}"


def _facts(found: Total) -> dict[str, object]:
    cost = found.cost
    return {
        "cost_usd": round(cost.usd, 8) if cost.calls > cost.unpriced or not cost.unpriced else None,
        "calls": cost.calls,
        "unpriced": cost.unpriced,
        "is_estimate": cost.is_rough,
        "amounts": dict(found.amounts),
    }
