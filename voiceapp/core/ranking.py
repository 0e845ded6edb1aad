"""Joining ranked lists: reciprocal rank fusion, which needs no comparable scores.

A text found by its words and by its meaning stands above one that only one of the two found; how far apart two scores
are does not count, since a full-text score and a cosine cannot be weighed against each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

FLATNESS = 60
"""How little the first places count above the later ones; 60 is what the method's authors found to be robust."""


def fused(*rankings: Sequence[Key], flatness: int = FLATNESS) -> list[tuple[Key, float]]:
    """Return every key of *rankings* (best first, each) with its joint score, best first.

    A key that stands twice in one ranking counts by its better place. Equal scores keep the order of first appearance.
    """
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for place, key in enumerate(dict.fromkeys(ranking), start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (flatness + place)
    return sorted(scores.items(), key=lambda entry: -entry[1])
