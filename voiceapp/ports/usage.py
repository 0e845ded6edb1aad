"""Where what calls consumed and cost is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from voiceapp.core.usage import UsageRow


class UsageLog(Protocol):
    """The log of usage. Every write is on disk when the coroutine returns; rows outlive their conversations."""

    async def add(self, rows: Sequence[UsageRow]) -> None:
        """Keep *rows*, all or none; their ids are given here. Raises StoreError, DiskFull."""
        ...

    async def rows(
        self, since_s: float = 0.0, until_s: float | None = None, *, conversation_id: int | None = None
    ) -> tuple[UsageRow, ...]:
        """Return the rows from *since_s* until before *until_s*, oldest first; perhaps of one conversation."""
        ...

    async def spent_usd(self, since_s: float, until_s: float) -> float:
        """Return the sum of the known costs from *since_s* until before *until_s*."""
        ...

    async def export(
        self, path: Path, since_s: float = 0.0, until_s: float | None = None, zone: tzinfo | None = None
    ) -> int:
        """Write these rows to *path* as CSV, times in *zone*; return how many. Raises StoreError, DiskFull."""
        ...


class NoUsageLog:
    """Keeps nothing."""

    async def add(self, rows: Sequence[UsageRow]) -> None:
        """As UsageLog."""

    async def rows(
        self, since_s: float = 0.0, until_s: float | None = None, *, conversation_id: int | None = None
    ) -> tuple[UsageRow, ...]:
        """As UsageLog."""
        return ()

    async def spent_usd(self, since_s: float, until_s: float) -> float:
        """As UsageLog."""
        return 0.0

    async def export(
        self, path: Path, since_s: float = 0.0, until_s: float | None = None, zone: tzinfo | None = None
    ) -> int:
        """As UsageLog, but writes nothing."""
        return 0
