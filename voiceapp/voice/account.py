"""One turn's account: what its paid calls may still cost, and what they have consumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from gettext import gettext as _

from voiceapp.core.budget import CostAdded, OverBudget
from voiceapp.core.conversation import Message
from voiceapp.core.events import Event, Notice
from voiceapp.core.settings import Job
from voiceapp.core.speech import Basis, Usage
from voiceapp.core.usage import UsageRow
from voiceapp.voice.metering import Meter

_here: ContextVar[Account | None] = ContextVar("account", default=None)


def account_here() -> Account | None:
    """Return the account of the turn or job that this task, or whoever began it, works for."""
    return _here.get()


def work_on(account: Account) -> None:
    """Let what this task does from now on, and tasks that it begins, be asked about on *account*."""
    _here.set(account)


class Account:
    """What one turn, or one job, consumes. An answer to the budget's question counts for all of it.

    Attributes:
        take_id: the recording that it is about.
        has_rows: something was consumed.
    """

    def __init__(self, meter: Meter, emit: Callable[[Event], None], turn: int | None = None) -> None:
        self.meter = meter
        self.take_id: int | None = None
        self.has_rows = False
        self._emit = emit
        self._turn = turn
        self._message: Message | None = None
        self._early: list[UsageRow] = []
        self._spoken: dict[tuple[str, str, Basis], UsageRow] = {}
        self._asking = asyncio.Lock()
        self._is_allowed = False
        self._refusal: OverBudget | None = None

    # --- before a call ------------------------------------------------------------------------------------

    async def allow(self, job: Job, provider: str = "") -> None:
        """Return at once where there is budget or nothing to pay; otherwise ask. Raises OverBudget."""
        gate = self.meter.gate
        if self._is_allowed or not gate.is_closed:
            return
        name = provider or self.meter.likely(job)[0]
        if not self.meter.may_cost(job, name):
            return
        async with self._asking:  # one question, however many calls of the turn come to it
            if self._refusal is not None:
                raise self._refusal
            if not self._is_allowed and gate.is_closed:
                try:
                    await gate.ask(job, name, self._turn)
                except OverBudget as error:
                    self._refusal = error
                    raise
                self._is_allowed = True

    def announce(self, job: Job, amounts: dict[str, float], *, seconds: float = 0.0, characters: int = 0) -> None:
        """Say before a large job what it will take."""
        estimate = self.meter.estimate(job, amounts, seconds=seconds, characters=characters)
        if estimate.is_large:
            self._emit(Notice(_("This will take {estimate}.").format(estimate=estimate.words)))

    # --- after it -----------------------------------------------------------------------------------------

    def belongs_to(self, message: Message) -> None:
        """All that this turn consumes, so far and from now on, was for *message*."""
        self._message = message
        early, self._early = self._early, []
        for row in early:
            self.meter.add(self._with_ids(row))

    def record(self, job: Job, usage: Usage) -> UsageRow:
        """Keep a call's usage; return it with its price."""
        row = self.meter.priced(job, usage)
        self.has_rows = True
        if self._message is None and self._turn is not None:  # which message it is for will be known soon
            self._early.append(row)
            return row
        row = self._with_ids(row)
        if job is not Job.SPEECH:
            self.meter.add(row)
            return row
        self._emit(CostAdded(row.cost, row.turn, row.conversation_id, row.message_id))
        key = (row.provider, row.model, row.basis)
        self._spoken[key] = _joined(self._spoken[key], row) if key in self._spoken else row
        return row

    def guess(self, job: Job, amounts: dict[str, float], basis: Basis = Basis.ESTIMATED, provider: str = "") -> None:
        """Keep what a call consumed that its service did not tell."""
        name, model = self.meter.likely(job, provider)
        is_paid = self.meter.is_paid(name)
        if job is Job.CHAT and not is_paid:
            amounts = {}  # what answers on this computer need not count in tokens
        self.record(job, Usage(name, model, amounts, basis if is_paid else Basis.MEASURED))

    def close(self) -> None:
        """The turn is over: its clauses become one row a voice, and what was for no message is kept too."""
        early, spoken = self._early, self._spoken
        self._early, self._spoken = [], {}
        for row in early:
            self.meter.add(self._with_ids(row))
        for row in spoken.values():
            self.meter.add(row, is_told=True)

    def _with_ids(self, row: UsageRow) -> UsageRow:
        message = self._message
        return replace(
            row,
            turn=self._turn,
            message_id=message.id if message else None,
            conversation_id=message.conversation_id if message else None,
            take_id=self.take_id,
        )


def _joined(one: UsageRow, other: UsageRow) -> UsageRow:
    kinds = one.amounts.keys() | other.amounts.keys()
    amounts = {kind: one.amounts.get(kind, 0.0) + other.amounts.get(kind, 0.0) for kind in kinds}
    is_known = one.cost_usd is not None and other.cost_usd is not None
    cost = (one.cost_usd or 0.0) + (other.cost_usd or 0.0) if is_known else None
    return replace(one, at_s=other.at_s, amounts=amounts, cost_usd=cost)
