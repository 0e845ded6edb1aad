"""The monthly budget: when it warns, when it asks, and the commands and events about money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.errors import VoiceAppError
from voiceapp.core.money import cost_words, duration_words, usd
from voiceapp.core.usage import Cost, Total

NEAR_SHARE = 0.8
"""From this part of the budget on the person is warned."""

LARGE_USD = 0.05
LARGE_S = 600.0
LARGE_CHARACTERS = 20_000
"""From here on a job is large: what it will cost is said before it begins."""


class BudgetLevel(StrEnum):
    """How far the month's budget is used up."""

    NONE = "none"  # no budget is set
    WITHIN = "within"
    NEAR = "near"
    SPENT = "spent"


class OverBudget(VoiceAppError):
    """The budget is spent, and the person did not want the call all the same."""

    code = "over_budget"
    is_retryable = True


class WhenSpent(StrEnum):
    """What happens before a paid call once the budget is spent."""

    ASK = "ask"  # the window
    REFUSE = "refuse"  # the terminal
    ALLOW = "allow"  # the terminal with --over-budget


class Answer(StrEnum):
    """The person's answer to BudgetAsked."""

    ONCE = "once"  # this turn or job
    MONTH = "month"  # for the rest of the month
    NO = "no"


def level(spent_usd: float, budget_usd: float | None) -> BudgetLevel:
    """Return how far *budget_usd* is used up."""
    if budget_usd is None:
        return BudgetLevel.NONE
    if spent_usd >= budget_usd:
        return BudgetLevel.SPENT
    return BudgetLevel.NEAR if spent_usd >= NEAR_SHARE * budget_usd else BudgetLevel.WITHIN


def crossing(before_usd: float, after_usd: float, budget_usd: float | None) -> str:
    """Return the warning due when spending goes from *before_usd* to *after_usd*; "" where none is."""
    before, after = level(before_usd, budget_usd), level(after_usd, budget_usd)
    if budget_usd is None or before is after or after is BudgetLevel.WITHIN:
        return ""
    if after is BudgetLevel.SPENT:
        return _("This month's budget of {budget} is spent.").format(budget=usd(budget_usd))
    share = after_usd / budget_usd
    return _("{share:.0%} of this month's budget of {budget} is used.").format(share=share, budget=usd(budget_usd))


def refusal(spent_usd: float, budget_usd: float, when: WhenSpent) -> OverBudget:
    """Return the error of a call that was not made."""
    message = _("This month's budget of {budget} is spent ({spent}).").format(
        budget=usd(budget_usd), spent=usd(spent_usd)
    )
    if when is WhenSpent.REFUSE:
        return OverBudget(message, hint=_("Add --over-budget to go on all the same."), detail="over_budget")
    return OverBudget(message, hint=_("Nothing was sent. What you said and wrote is kept."), detail="over_budget")


@dataclass(frozen=True)
class Estimate:
    """What a job will take, before it begins. *cost* counts its calls; *seconds* of sound, *characters* of text."""

    cost: Cost
    seconds: float = 0.0
    characters: int = 0

    @property
    def is_large(self) -> bool:
        """Whether it should be said before the job begins."""
        if not self.cost.usd and not self.cost.unpriced:
            return False  # free
        is_long = self.seconds >= LARGE_S or self.characters >= LARGE_CHARACTERS
        return is_long or self.cost.usd >= LARGE_USD

    @property
    def words(self) -> str:
        """The estimate in a line: "62 min 0 s of sound, about $0.28"."""
        sizes = [
            _("{length} of sound").format(length=duration_words(self.seconds)) if self.seconds else "",
            _("{n} characters").format(n=f"{self.characters:,}") if self.characters else "",
        ]
        return ", ".join(part for part in (*sizes, cost_words(self.cost)) if part)


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShowUsage:
    """Sum up *month* ("2026-11", "" = this one); answered by UsageListed."""

    month: str = ""


@dataclass(frozen=True)
class ExportUsage:
    """Write the rows of *month* ("" = all) to *path* as CSV; answered by a Notice."""

    path: str
    month: str = ""


@dataclass(frozen=True)
class AnswerBudget:
    """The answer to the BudgetAsked with that *number*."""

    number: int
    answer: Answer


BudgetCommand = ShowUsage | ExportUsage | AnswerBudget

# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CostAdded:
    """A call was paid, or done for nothing. *message_id*: of the reply it was for, None where it was for none."""

    cost: Cost
    turn: int | None = None
    conversation_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True)
class CostsKnown:
    """What the conversation that was opened cost so far, as a whole and per message id."""

    conversation_id: int
    cost: Cost
    messages: Mapping[int, Cost] = field(default_factory=dict)


@dataclass(frozen=True)
class UsageReport:
    """A month summed up.

    *days* has every day of it, and of each its jobs; what is known of *total* counts against *budget_usd*.
    """

    month: str
    is_current: bool
    total: Total = field(default_factory=Total)
    days: Mapping[str, Mapping[str, Total]] = field(default_factory=dict)
    jobs: Mapping[str, Total] = field(default_factory=dict)
    providers: Mapping[str, Total] = field(default_factory=dict)
    models: Mapping[str, Total] = field(default_factory=dict)
    budget_usd: float | None = None


@dataclass(frozen=True)
class UsageListed:
    """The answer to ShowUsage."""

    report: UsageReport


@dataclass(frozen=True)
class BudgetAsked:
    """The budget is spent and *job* wants to call *provider*: go on? The turn waits for AnswerBudget."""

    number: int
    job: str
    provider: str
    spent_usd: float
    budget_usd: float
    turn: int | None = None


@dataclass(frozen=True)
class BudgetSettled:
    """The question with that *number* needs no answer any more."""

    number: int


BudgetEvent = CostAdded | CostsKnown | UsageListed | BudgetAsked | BudgetSettled
