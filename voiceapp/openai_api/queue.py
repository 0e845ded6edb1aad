"""The queue before one provider: keeps requests within the pace it asks for, the conversation first.

Shared by every wire to the same provider. A request that may go goes at once, without a turn of the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from voiceapp.core.pace import Pace

UNHURRIED_AT_ONCE = 4
"""Requests without hurry on their way at the same time: a line of connections stays free for the conversation."""
LOOK_AGAIN_S = 0.5
"""How often work without hurry looks whether the conversation has gone through."""


class ProviderQueue:
    """Decides when a request may go. *now* is time.monotonic(); *pause* waits.

    Limits count per model, as services count them: a *lane* is a model's name.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._now = now
        self._pause = pause
        self._paces: dict[str, Pace] = defaultdict(Pace)
        self._urgent_waiting = 0
        self._unhurried = asyncio.Semaphore(UNHURRIED_AT_ONCE)

    @asynccontextmanager
    async def place(self, *, is_urgent: bool) -> AsyncIterator[None]:
        """Hold a place while a request without hurry is on its way; an urgent one needs none."""
        if is_urgent:
            yield
        else:
            async with self._unhurried:
                yield

    def closed_s(self, lane: str) -> float:
        """Return for how long the provider refuses every request for *lane*, by its own word."""
        return self._paces[lane].closed_s(self._now())

    async def enter(self, lane: str, *, is_urgent: bool, longest_s: float) -> None:
        """Wait until a request for *lane* may go. An urgent one does not wait longer than *longest_s* for a guess."""
        wait_s = self._wait_s(lane, is_urgent, longest_s)
        if wait_s > 0:
            self._urgent_waiting += is_urgent
            try:
                await self._pause(wait_s)  # one wait is all that somebody who waits is asked for
                while not is_urgent and (wait_s := self._wait_s(lane, is_urgent, longest_s)) > 0:
                    await self._pause(wait_s)
            finally:
                self._urgent_waiting -= is_urgent
        self._paces[lane] = self._paces[lane].sent(self._now())

    def note_answer(self, lane: str, headers: Mapping[str, str]) -> None:
        """Take in what an answer says about the allowance."""
        self._paces[lane] = self._paces[lane].answered(headers, self._now())

    def note_limits(self, lane: str, limits: object) -> None:
        """Take in what an event of a realtime session says about the allowance."""
        self._paces[lane] = self._paces[lane].told(limits, self._now())

    def note_refusal(self, lane: str, wait_s: float) -> None:
        """Take in that the provider asked to wait."""
        self._paces[lane] = self._paces[lane].refused(wait_s, self._now())

    def _wait_s(self, lane: str, is_urgent: bool, longest_s: float) -> float:
        pace, now_s = self._paces[lane], self._now()
        wait_s = pace.wait_s(now_s, is_urgent=is_urgent)
        if is_urgent:
            return wait_s if wait_s <= longest_s or pace.closed_s(now_s) > 0 else 0.0
        return max(wait_s, LOOK_AGAIN_S) if self._urgent_waiting else wait_s
