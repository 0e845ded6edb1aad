"""``voiceapp models``: which models there are for which job, at which price, until when."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from gettext import gettext as _

from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.running import Context, run_job
from voiceapp.core.catalogue import jobs_of, price_of, refreshed
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import OPENAI, ProviderKind
from voiceapp.wiring.factory import factory_of


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: models(context, arguments.job, is_all=arguments.all))


async def models(context: Context, job: str, *, is_all: bool) -> int:
    """List the table's models, or with ``--provider`` those that the provider itself lists, now."""
    today = datetime.now(UTC).date()
    table, names = await _known(context)
    for name in names:
        row = table.find(name)
        jobs = jobs_of(table, name)
        has_ended = row.ends is not None and row.ends <= today
        if (job and job not in jobs) or (has_ended and not is_all):
            continue
        _show(context, name, row, jobs, table, today)
    return 0


async def _known(context: Context) -> tuple[ModelTable, list[str]]:
    keys = keys_of(context)
    factory = factory_of(context.paths, keys, context.output.notice)
    try:
        table = factory.wires.table
        settings = settings_of(context, keys)
        if not context.provider:
            kept, _at = factory.wires.kept_listing(settings.provider(OPENAI.name))
            table = refreshed(table, kept)
            return table, [row.id for row in table.rows]
        provider = settings.provider(context.provider)
        if provider.kind is ProviderKind.LOCAL:
            return table, []
        wire = factory.wires.build(provider)
        try:
            listed = await factory.wires.listing(wire, is_fresh=True)
        finally:
            await wire.close()
    finally:
        factory.close()
    if provider.kind is ProviderKind.OPENAI:
        table = refreshed(table, listed)
    return table, sorted(one.id for one in listed)


def _show(context: Context, name: str, row: Model, jobs: tuple[str, ...], table: ModelTable, today: date) -> None:
    context.output.event(
        "model",
        id=name,
        jobs=list(jobs),
        default_for=list(row.default_for) or None,
        ends=row.ends.isoformat() if row.ends else None,
        is_ending=table.is_ending(name, today),
        replacement=table.replacement(name, today) or None,
        prices=dict(row.prices) or None,
        limits=dict(row.limits) or None,
    )
    facts = [f"{name:<34}", f"{', '.join(jobs) or _('unknown'):<20}"]
    facts.append(f"{price_of(row) or _('price unknown')}")
    if row.limits:
        facts.append("; " + ", ".join(f"{kind} {limit}" for kind, limit in row.limits.items()))
    if row.ends is not None:
        words = _("ended {day}") if row.ends <= today else _("ends {day}")
        facts.append("; " + words.format(day=row.ends.isoformat()))
        if successor := table.replacement(name, today):
            facts.append(_(", then {successor}").format(successor=successor))
    if row.default_for:
        facts.append("; " + _("taken by default"))
    context.output.text(f"{facts[0]} {facts[1]} {''.join(facts[2:])}")
