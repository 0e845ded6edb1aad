"""The meter: every call's usage comes here, is priced, told, and written down beside the work.

Nothing waits for it: a row is queued and written by :meth:`Meter.run`; the month's sum is kept in memory, so that the
question whether there is budget left costs a comparison.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import tzinfo
from gettext import gettext as _
from typing import Any

from voiceapp.core.budget import CostAdded, CostsKnown, Estimate, UsageReport, WhenSpent, crossing
from voiceapp.core.errors import ConfigError, StoreError
from voiceapp.core.events import Event, Notice
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Job, Provider, Settings
from voiceapp.core.speech import Basis, Usage
from voiceapp.core.usage import (
    By,
    Cost,
    UsageRow,
    completed,
    cost_usd,
    is_free,
    month_bounds,
    month_of,
    price_row,
    total,
    totals,
)
from voiceapp.core.usage_report import report
from voiceapp.ports import UsageLog
from voiceapp.voice.budget_gate import BudgetGate

log = logging.getLogger("voiceapp.voice")


class Meter:
    """Prices, counts and keeps usage. Voice loop only.

    Args:
        usage_log: where rows are kept.
        table: models with their prices.
        emit: gets CostAdded, BudgetAsked and warnings.
        wall: Unix time in seconds.
        zone: whose days and months count; None = this computer's.
        when_spent: what happens at a paid call when the budget is spent.
    """

    def __init__(
        self,
        usage_log: UsageLog,
        table: ModelTable,
        emit: Callable[[Event], None],
        wall: Callable[[], float],
        zone: tzinfo | None = None,
        when_spent: WhenSpent = WhenSpent.ASK,
    ) -> None:
        self.log = usage_log
        self.zone = zone
        self.gate = BudgetGate(emit, self.spent_usd, when_spent)
        self._table = table
        self._emit = emit
        self._wall = wall
        self._settings = Settings()
        self._month = ""
        self._spent_usd = 0.0
        self._unwritten: list[UsageRow] = []
        self._has_rows = asyncio.Event()
        self._models: dict[tuple[str, str], str] = {}

    async def open(self, settings: Settings) -> None:
        """Begin with *settings*; with a budget, learn what is spent this month. Raises StoreError."""
        self.use(settings)
        if settings.budget_usd is not None:  # otherwise nothing asks for it before run() knows it
            await self._learn()

    async def _learn(self) -> None:
        month = self.month()
        spent_usd = await self.log.spent_usd(*month_bounds(month, self.zone))
        self._month, self._spent_usd = month, spent_usd + known_usd(self._unwritten)

    def use(self, settings: Settings) -> None:
        """New settings are in force: providers, budget."""
        self._settings = settings
        self.gate.use(settings.budget_usd)

    def month(self) -> str:
        """Return the month it is: "2026-11"."""
        return month_of(self._wall(), self.zone)

    def spent_usd(self) -> tuple[str, float]:
        """Return the month it is and what is spent in it, as far as prices are known."""
        month = self.month()
        if month != self._month:
            self._month, self._spent_usd = month, 0.0
        return month, self._spent_usd

    # --- calls --------------------------------------------------------------------------------------------

    def priced(self, job: Job, usage: Usage, share: float = 1.0) -> UsageRow:
        """Return *usage*'s row with its cost; what a price needs and the service did not tell is estimated."""
        provider = self.provider(usage.provider)
        cost: float | None = None
        if provider is not None:
            if not is_free(provider):
                usage = completed(usage, price_row(self._table, provider, usage.model))
            cost = cost_usd(usage, provider, self._table, share)
        if usage.model and usage.basis is not Basis.ESTIMATED:
            self._models[usage.provider, job.value] = usage.model
        return UsageRow(self._wall(), job.value, usage.provider, usage.model, dict(usage.amounts), cost, usage.basis)

    def add(self, row: UsageRow, *, is_told: bool = False) -> None:
        """Keep *row*. *is_told*: CostAdded was emitted for it already."""
        if not is_told:
            self._emit(CostAdded(row.cost, row.turn, row.conversation_id, row.message_id))
        _month, before = self.spent_usd()
        self._spent_usd = before + (row.cost_usd or 0.0)
        warning = crossing(before, self._spent_usd, self._settings.budget_usd)
        if warning:
            self._emit(Notice(warning, _("Once it is spent you are asked before every further paid call.")))
        self._unwritten.append(row)
        self._has_rows.set()

    def estimate(self, job: Job, amounts: dict[str, float], *, seconds: float = 0.0, characters: int = 0) -> Estimate:
        """Return what a job on the provider in force will cost, before it begins."""
        provider, model = self.likely(job)
        row = self.priced(job, Usage(provider, model, amounts, Basis.ESTIMATED))
        return Estimate(row.cost, seconds, characters)

    def provider(self, name: str) -> Provider | None:
        """Return the provider called *name*, None for one that is gone from the settings."""
        try:
            return self._settings.provider(name)
        except ConfigError:
            return None

    def likely(self, job: Job, provider: str = "") -> tuple[str, str]:
        """Return who does *job* and, as far as it is known before an answer, with which model."""
        choice = self._settings.choice(job)
        name = provider or choice.provider
        known = self.provider(name)
        model = choice.model if name == choice.provider else ""
        model = model or (known.deployments.get(job.value, "") if known else "")
        model = model or self._models.get((name, job.value), "")
        is_openais = known is not None and known.kind.value in ("openai", "azure")
        return name, model or (self._table.default(job.value) if is_openais else "")

    def is_paid(self, provider: str) -> bool:
        """Whether calls to *provider* may cost something."""
        known = self.provider(provider)
        return known is None or not is_free(known)

    def may_cost(self, job: Job, provider: str) -> bool:
        """Whether *job* at *provider* may cost something: checks that are free by the price table do not."""
        if job is not Job.MODERATION or not self.is_paid(provider):
            return self.is_paid(provider)
        check = Usage(provider, self.likely(job, provider)[1], {"checks": 1.0}, Basis.ESTIMATED)
        return self.priced(job, check).cost_usd != 0.0

    # --- what was kept ------------------------------------------------------------------------------------

    async def report(self, month: str = "") -> UsageReport:
        """Sum up *month*, "" = this one. Raises StoreError, ConfigError."""
        await self.flush()
        current = self.month()
        chosen = month or current
        rows = await self.log.rows(*month_bounds(chosen, self.zone))
        budget = self._settings.budget_usd
        return await asyncio.to_thread(report, rows, chosen, self.zone, is_current=chosen == current, budget_usd=budget)

    async def tell_costs(self, conversation_id: int) -> None:
        """Emit what a conversation cost so far."""
        try:
            await self.flush()
            rows = await self.log.rows(conversation_id=conversation_id)
        except StoreError as error:
            log.warning("costs of a conversation cannot be read: %s", error.message)
            return
        by_message = totals(rows, By.MESSAGE)
        messages = {int(number): found.cost for number, found in by_message.items() if number}
        self._emit(CostsKnown(conversation_id, total(rows).cost, messages))

    # --- writing ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write rows as they come, for as long as the session lasts."""
        if not self._month:
            await self._heeding(self._learn())
        while True:
            await self._has_rows.wait()
            await self._heeding(self.flush())

    async def close(self) -> None:
        """Write what is left."""
        await self._heeding(self.flush())

    async def _heeding(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreError as error:
            self._emit(Notice(error.message, error.hint, is_problem=True))

    async def flush(self) -> None:
        """Write what is not written yet. Raises StoreError; the rows are then lost to the log, not to the sum."""
        self._has_rows.clear()
        rows, self._unwritten = self._unwritten, []
        if not rows:
            return
        await self.log.add(rows)
        if self._settings.budget_usd is not None:
            await self._learn()  # another process may have spent something too


def known_usd(rows: Sequence[UsageRow]) -> float:
    """Return the sum of the costs that are known."""
    return sum((row.cost for row in rows), Cost()).usd
