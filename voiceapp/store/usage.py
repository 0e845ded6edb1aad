"""The log of usage. Keeps ``ports.UsageLog``."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from voiceapp.core.speech import Basis
from voiceapp.core.usage import UsageRow
from voiceapp.core.usage_report import as_csv
from voiceapp.store.conversations import storable
from voiceapp.store.files import told_as_store_error, write_private
from voiceapp.store.images import Database

_COLUMNS = (
    "at_s", "job", "provider", "model", "amounts", "cost_usd", "basis", "turn", "message_id", "conversation_id",
    "take_id",
)  # fmt: skip
_INSERT = f"INSERT INTO usage ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_FOR_EVER_S = 1e12


class SqliteUsage:
    """Port UsageLog. *database*: the store whose database holds the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, rows: Sequence[UsageRow]) -> None:
        """As UsageLog."""
        values = [_values(row) for row in rows]
        await self._database.write(lambda db: db.executemany(_INSERT, values).rowcount)

    async def rows(
        self, since_s: float = 0.0, until_s: float | None = None, *, conversation_id: int | None = None
    ) -> tuple[UsageRow, ...]:
        """As UsageLog."""
        where, values = "at_s >= ? AND at_s < ?", [since_s, _FOR_EVER_S if until_s is None else until_s]
        if conversation_id is not None:
            where, values = f"conversation_id = ? AND {where}", [conversation_id, *values]

        def read(db: sqlite3.Connection) -> tuple[UsageRow, ...]:
            return tuple(map(_row, db.execute(f"SELECT * FROM usage WHERE {where} ORDER BY id", values)))

        return await self._database.run(read)

    async def spent_usd(self, since_s: float, until_s: float) -> float:
        """As UsageLog."""

        def read(db: sqlite3.Connection) -> float:
            found = db.execute("SELECT total(cost_usd) FROM usage WHERE at_s >= ? AND at_s < ?", [since_s, until_s])
            return float(found.fetchone()[0])

        return await self._database.run(read)

    async def export(
        self, path: Path, since_s: float = 0.0, until_s: float | None = None, zone: tzinfo | None = None
    ) -> int:
        """As UsageLog."""
        rows = await self.rows(since_s, until_s)
        text = await asyncio.to_thread(as_csv, rows, zone)
        with told_as_store_error(path):
            await asyncio.to_thread(write_private, path, text)
        return len(rows)


def _values(row: UsageRow) -> list[object]:
    return [
        row.at_s,
        row.job,
        storable(row.provider),
        storable(row.model),
        json.dumps(dict(row.amounts)),
        row.cost_usd,
        row.basis.value,
        row.turn,
        row.message_id,
        row.conversation_id,
        row.take_id,
    ]


def _row(row: sqlite3.Row) -> UsageRow:
    return UsageRow(
        at_s=row["at_s"],
        job=row["job"],
        provider=row["provider"],
        model=row["model"],
        amounts=_amounts(row["amounts"]),
        cost_usd=row["cost_usd"],
        basis=Basis(row["basis"]),
        turn=row["turn"],
        message_id=row["message_id"],
        conversation_id=row["conversation_id"],
        take_id=row["take_id"],
        id=row["id"],
    )


def _amounts(text: str) -> Mapping[str, float]:
    return {str(kind): float(amount) for kind, amount in json.loads(text).items()}
