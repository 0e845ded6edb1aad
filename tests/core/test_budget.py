"""The budget: when it warns, what an estimate says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.budget import BudgetLevel, Estimate, WhenSpent, crossing, level, refusal
from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import Settings, validated
from voiceapp.core.usage import Cost


@pytest.mark.parametrize(
    ("spent", "budget", "expected"),
    [
        (1e9, None, BudgetLevel.NONE),
        (0.0, 0.0, BudgetLevel.SPENT),
        (3.99, 5.0, BudgetLevel.WITHIN),
        (4.0, 5.0, BudgetLevel.NEAR),
        (4.99, 5.0, BudgetLevel.NEAR),
        (5.0, 5.0, BudgetLevel.SPENT),
    ],
)
def test_levels(spent: float, budget: float | None, expected: BudgetLevel) -> None:
    assert level(spent, budget) is expected


def test_each_threshold_is_told_once() -> None:
    assert crossing(3.9, 4.1, 5.0) == "82% of this month's budget of $5.00 is used."
    assert crossing(4.1, 4.2, 5.0) == ""
    assert crossing(4.9, 5.1, 5.0) == "This month's budget of $5.00 is spent."
    assert crossing(5.1, 9.0, 5.0) == ""
    assert crossing(1.0, 6.0, 5.0) == "This month's budget of $5.00 is spent."
    assert crossing(1.0, 6.0, None) == ""


@given(st.lists(st.floats(0, 3), max_size=30), st.floats(0.01, 20))
def test_a_month_warns_at_most_twice(costs: list[float], budget: float) -> None:
    spent, told = 0.0, []
    for cost in costs:
        told.append(crossing(spent, spent + cost, budget))
        spent += cost
    assert sum(map(bool, told)) <= 2
    assert bool(any(told)) is (level(spent, budget) not in (BudgetLevel.WITHIN, BudgetLevel.NONE))


def test_the_terminal_names_its_way_out() -> None:
    error = refusal(5.03, 5.0, WhenSpent.REFUSE)
    assert (error.code, error.message) == ("over_budget", "This month's budget of $5.00 is spent ($5.03).")
    assert "--over-budget" in error.hint
    assert "--over-budget" not in refusal(5.03, 5.0, WhenSpent.ASK).hint


@pytest.mark.parametrize(
    ("estimate", "is_large", "words"),
    [
        (Estimate(Cost(0.279, 1, is_rough=True), seconds=3720.0), True, "1 h 2 min of sound, about $0.28"),
        (Estimate(Cost(0.001, 1), seconds=30.0), False, "30.0 s of sound, $0.0010"),
        (Estimate(Cost(0.0, 1, 1), characters=25_000), True, "25,000 characters, price unknown"),
        (Estimate(Cost(0.0, 1), seconds=9000.0), False, "2 h 30 min of sound, free"),
        (Estimate(Cost(0.06, 1)), True, "$0.06"),
    ],
)
def test_estimates(estimate: Estimate, is_large: bool, words: str) -> None:
    assert estimate.is_large is is_large
    assert estimate.words == words


@pytest.mark.parametrize("budget", [-0.01, float("nan"), float("inf")])
def test_a_budget_is_an_amount(budget: float) -> None:
    with pytest.raises(ConfigError):
        validated(Settings(budget_usd=budget))
    assert validated(Settings(budget_usd=0.0)).budget_usd == 0.0
