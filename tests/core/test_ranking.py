"""Ranked lists joined: what both found stands first, and no order of the lists or scale of scores matters."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.ranking import fused

KEYS = st.lists(st.integers(0, 30), unique=True)


def test_what_both_found_stands_above_what_one_found_first() -> None:
    assert next(key for key, _score in fused(["a", "b", "c"], ["d", "b", "e"])) == "b"


def test_equal_places_keep_the_order_of_the_lists() -> None:
    assert [key for key, _score in fused(["words"], ["meaning"])] == ["words", "meaning"]


def test_a_key_given_twice_counts_once_by_its_better_place() -> None:
    assert fused(["a", "b", "a"]) == fused(["a", "b"])


@given(KEYS, KEYS)
def test_every_key_is_ranked_once_and_scores_fall(one: list[int], other: list[int]) -> None:
    joined = fused(one, other)
    assert sorted(key for key, _score in joined) == sorted({*one, *other})
    assert all(before[1] >= after[1] for before, after in pairwise(joined))


@given(KEYS)
def test_one_list_keeps_its_order(one: list[int]) -> None:
    assert [key for key, _score in fused(one, [])] == one
