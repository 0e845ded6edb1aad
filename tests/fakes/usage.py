"""A log of usage in memory."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from voiceapp.core.errors import StoreError
from voiceapp.core.usage import UsageRow
from voiceapp.core.usage_report import as_csv


class MemoryUsage:
    """Keeps the UsageLog port's promises for as long as it lives; raises ``write_error`` while one is set."""

    def __init__(self, rows: Sequence[UsageRow] = ()) -> None:
        self.kept: list[UsageRow] = list(rows)
        self.write_error: StoreError | None = None

    async def add(self, rows: Sequence[UsageRow]) -> None:
        """As UsageLog."""
        if self.write_error is not None:
            raise self.write_error
        self.kept += [dataclasses.replace(row, id=len(self.kept) + n) for n, row in enumerate(rows, start=1)]

    async def rows(
        self, since_s: float = 0.0, until_s: float | None = None, *, conversation_id: int | None = None
    ) -> tuple[UsageRow, ...]:
        """As UsageLog."""
        return tuple(
            row
            for row in self.kept
            if row.at_s >= since_s
            and (until_s is None or row.at_s < until_s)
            and conversation_id in (None, row.conversation_id)
        )

    async def spent_usd(self, since_s: float, until_s: float) -> float:
        """As UsageLog."""
        return sum(row.cost_usd or 0.0 for row in await self.rows(since_s, until_s))

    async def export(
        self, path: Path, since_s: float = 0.0, until_s: float | None = None, zone: tzinfo | None = None
    ) -> int:
        """As UsageLog."""
        rows = await self.rows(since_s, until_s)
        await asyncio.to_thread(path.write_text, as_csv(rows, zone), encoding="utf-8", newline="")
        return len(rows)
