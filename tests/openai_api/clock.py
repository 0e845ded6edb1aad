"""Time for tests about waiting: it passes only while somebody pauses."""

from __future__ import annotations

import asyncio


class Clock:
    """Time that passes only while somebody pauses."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.now_s

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)
