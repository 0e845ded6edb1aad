"""The gate before paid calls: open while there is budget; then the person is asked, and nothing is lost meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from voiceapp.core.budget import (
    Answer,
    BudgetAsked,
    BudgetLevel,
    BudgetSettled,
    WhenSpent,
    level,
    refusal,
)
from voiceapp.core.events import Event
from voiceapp.core.settings import Job


class BudgetGate:
    """Asks once the budget is spent. *spent* returns the month it is and what is spent in it. Voice loop only."""

    def __init__(
        self, emit: Callable[[Event], None], spent: Callable[[], tuple[str, float]], when_spent: WhenSpent
    ) -> None:
        self._emit = emit
        self._spent = spent
        self._when = when_spent
        self._budget_usd: float | None = None
        self._waived_month = ""
        self._count = 0
        self._open: dict[int, asyncio.Future[Answer]] = {}

    def use(self, budget_usd: float | None) -> None:
        """Another budget is in force; questions that it settles are withdrawn."""
        self._budget_usd = budget_usd
        if not self.is_closed:
            self._settle(Answer.ONCE)

    @property
    def is_closed(self) -> bool:
        """Whether a paid call must be asked about now."""
        if self._budget_usd is None or self._when is WhenSpent.ALLOW:
            return False
        month, spent_usd = self._spent()
        return month != self._waived_month and level(spent_usd, self._budget_usd) is BudgetLevel.SPENT

    async def ask(self, job: Job, provider: str, turn: int | None) -> None:
        """Ask the person, and wait. Raises OverBudget where they do not want the call."""
        month, spent_usd = self._spent()
        budget_usd = self._budget_usd or 0.0
        if self._when is WhenSpent.REFUSE:
            raise refusal(spent_usd, budget_usd, self._when)
        self._count += 1
        number, answer = self._count, asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            self._emit(BudgetAsked(number, job.value, provider, spent_usd, budget_usd, turn))
            given = await answer
        finally:
            del self._open[number]
            self._emit(BudgetSettled(number))
        if given is Answer.NO:
            raise refusal(spent_usd, budget_usd, self._when)
        if given is Answer.MONTH:
            self._waived_month = month
            self._settle(Answer.ONCE)

    def answer(self, number: int, answer: Answer) -> None:
        """Take the person's answer; one to a question that is settled already is nothing."""
        waiting = self._open.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _settle(self, answer: Answer) -> None:
        for number in tuple(self._open):
            self.answer(number, answer)
