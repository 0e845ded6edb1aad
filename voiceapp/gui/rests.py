"""Work beside the window's thread that stands back between its steps.

Every time the window's thread paints or lays out it lets go of the interpreter and has to get it back; from a thread
that computes without a pause it gets it only after a while, each time. One page of forty widgets then takes 30 ms
instead of 5. A thread that rests half of the time makes that a few milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

WORK_S = 0.002
REST_S = 0.004


def with_rests(steps: Iterable[T]) -> Iterator[T]:
    """Yield *steps*, and rest before the next one after every few milliseconds of work. Worker threads only."""
    rested_at_s = time.perf_counter()
    for step in steps:
        yield step
        if time.perf_counter() - rested_at_s > WORK_S:
            time.sleep(REST_S)
            rested_at_s = time.perf_counter()
