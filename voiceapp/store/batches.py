"""Jobs in batches and their lines: keeps ``ports.batches.BatchStore``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import fields
from gettext import gettext as _
from typing import Any, Protocol, TypeVar

from voiceapp.core.batch import BatchJob, BatchLine, BatchState, LineState, Task
from voiceapp.core.errors import StoreError
from voiceapp.store.conversations import storable

Result = TypeVar("Result")

_LINE_FIELDS = tuple(field.name for field in fields(BatchLine))
_JOBS = """SELECT j.*, count(l.number) AS total, coalesce(sum(l.state = 'done'), 0) AS done,
    coalesce(sum(l.state = 'failed'), 0) AS failed
    FROM batch_jobs j LEFT JOIN batch_lines l ON l.job_id = j.id"""


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


class SqliteBatches:
    """Port BatchStore. *now*: Unix time in seconds."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def begin(
        self, task: Task, provider: str, model: str, token: str, folder: str, lines: Sequence[BatchLine]
    ) -> BatchJob:
        """As BatchStore.begin."""
        values = [task.value, provider, model, token, folder, self._now(), BatchState.WAITING.value]

        def insert(db: sqlite3.Connection) -> BatchJob:
            job_id = db.execute(
                """INSERT INTO batch_jobs (task, provider, model, token, folder, created_at, state)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                values,
            ).lastrowid
            assert job_id is not None
            _put(db, job_id, lines)
            return _read(db, job_id)

        return await self._database.write(insert)

    async def jobs(self) -> tuple[BatchJob, ...]:
        """As BatchStore.jobs."""
        return await self._database.run(
            lambda db: tuple(map(_job, db.execute(f"{_JOBS} GROUP BY j.id ORDER BY j.id DESC")))
        )

    async def job(self, job_id: int) -> BatchJob:
        """As BatchStore.job."""
        return await self._database.run(lambda db: _read(db, job_id))

    async def lines(self, job_id: int) -> tuple[BatchLine, ...]:
        """As BatchStore.lines."""
        return await self._database.run(
            lambda db: tuple(
                map(_line, db.execute("SELECT * FROM batch_lines WHERE job_id = ? ORDER BY number", [job_id]))
            )
        )

    async def change(
        self,
        job_id: int,
        *,
        state: BatchState | None = None,
        file_id: str | None = None,
        batch_id: str | None = None,
        at_service: int | None = None,
        problem: str | None = None,
        usd: float | None = None,
        lines: Sequence[BatchLine] = (),
    ) -> BatchJob:
        """As BatchStore.change."""
        changes = {
            "state": None if state is None else state.value,
            "file_id": file_id,
            "batch_id": batch_id,
            "at_service": at_service,
            "problem": problem,
            "usd": usd,
        }
        given = {name: value for name, value in changes.items() if value is not None}

        def write(db: sqlite3.Connection) -> BatchJob:
            if given:
                names = ", ".join(f"{name} = ?" for name in given)
                db.execute(f"UPDATE batch_jobs SET {names} WHERE id = ?", [*given.values(), job_id])
            _put(db, job_id, lines)
            return _read(db, job_id)

        return await self._database.write(write)


def _put(db: sqlite3.Connection, job_id: int, lines: Sequence[BatchLine]) -> None:
    marks = ", ".join("?" * (len(_LINE_FIELDS) + 1))
    rows = [[job_id, *(_stored(getattr(line, name)) for name in _LINE_FIELDS)] for line in lines]
    db.executemany(f"INSERT OR REPLACE INTO batch_lines (job_id, {', '.join(_LINE_FIELDS)}) VALUES ({marks})", rows)


def _stored(value: Any) -> Any:
    if isinstance(value, LineState):
        return value.value
    return storable(value) if isinstance(value, str) else value


def _read(db: sqlite3.Connection, job_id: int) -> BatchJob:
    row = db.execute(f"{_JOBS} WHERE j.id = ? GROUP BY j.id", [job_id]).fetchone()
    if row is None:
        raise StoreError(_("There is no batch {id}.").format(id=job_id), detail="batch")
    return _job(row)


def _job(row: sqlite3.Row) -> BatchJob:
    names = {field.name for field in fields(BatchJob)} - {"task", "state"}
    return BatchJob(task=Task(row["task"]), state=BatchState(row["state"]), **{name: row[name] for name in names})


def _line(row: sqlite3.Row) -> BatchLine:
    values = {name: row[name] for name in _LINE_FIELDS if name != "state"}
    return BatchLine(state=LineState(row["state"]), **values)
