"""The log of moderation's verdicts. Keeps ``ports.VerdictLog``."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.checks import EVERYTHING, LoggedVerdict, Subject, SubjectKind, VerdictFilter, as_table
from voiceapp.core.errors import StoreError
from voiceapp.core.moderation import CATEGORIES, Checkpoint, Decision, Score
from voiceapp.core.search_text import folded
from voiceapp.store.conversations import storable
from voiceapp.store.files import told_as_store_error, write_private
from voiceapp.store.images import Database

KEPT = 20_000
"""Older lines go: automatic checks would otherwise fill the disk over the years."""


class SqliteVerdicts:
    """Port VerdictLog. *database*: the store whose database holds the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_verdict(self, verdict: LoggedVerdict) -> LoggedVerdict:
        """As VerdictLog."""
        values = _values(verdict)

        def insert(db: sqlite3.Connection) -> LoggedVerdict:
            columns, marks = ", ".join(values), ", ".join("?" * len(values))
            number = db.execute(f"INSERT INTO verdicts ({columns}) VALUES ({marks})", list(values.values())).lastrowid
            assert number is not None
            db.execute("DELETE FROM verdicts WHERE id <= ?", [number - KEPT])
            return _read(db.execute("SELECT * FROM verdicts WHERE id = ?", [number]).fetchone())

        return await self._database.write(insert)

    async def verdicts(
        self, wanted: VerdictFilter = EVERYTHING, limit: int = 500
    ) -> tuple[tuple[LoggedVerdict, ...], int]:
        """As VerdictLog."""

        def read(db: sqlite3.Connection) -> tuple[tuple[LoggedVerdict, ...], int]:
            found = _found(db, wanted)
            return tuple(found[:limit]), len(found)

        return await self._database.run(read)

    async def export_verdicts(self, path: Path, wanted: VerdictFilter = EVERYTHING) -> int:
        """As VerdictLog."""
        forms = {".csv": _csv, ".json": _json}
        form = forms.get(path.suffix.lower())
        if form is None:
            raise StoreError(
                _("The log cannot be written as “{name}”.").format(name=path.name),
                hint=_("Possible endings are .csv and .json."),
            )
        found = await self._database.run(lambda db: _found(db, wanted))
        text = await asyncio.to_thread(form, found)
        with told_as_store_error(path):
            await asyncio.to_thread(write_private, path, text)
        return len(found)

    async def clear_verdicts(self) -> None:
        """As VerdictLog."""
        await self._database.write(lambda db: db.execute("DELETE FROM verdicts").rowcount)


def _found(db: sqlite3.Connection, wanted: VerdictFilter) -> list[LoggedVerdict]:
    conditions, values = ["TRUE"], list[object]()
    for column, choices in (("checkpoint", wanted.checkpoints), ("decision", wanted.decisions)):
        if choices:
            conditions.append(f"{column} IN ({', '.join('?' * len(choices))})")
            values += [choice.value for choice in choices]
    rows = db.execute(f"SELECT * FROM verdicts WHERE {' AND '.join(conditions)} ORDER BY id DESC", values)
    return [verdict for verdict in map(_read, rows) if _matches(verdict, wanted)]


def _matches(verdict: LoggedVerdict, wanted: VerdictFilter) -> bool:
    if wanted.category and wanted.category not in verdict.exceeded:
        return False
    words = folded(f"{verdict.excerpt} {verdict.subject.name}")
    return all(word in words for word in folded(wanted.query).split())


def _values(verdict: LoggedVerdict) -> dict[str, object]:
    scores = [[s.category, s.value, s.is_flagged, list(s.inputs)] for s in verdict.scores]
    return {
        "checked_at": verdict.checked_at,
        "kind": verdict.subject.kind.value,
        "subject_id": verdict.subject.id,
        "name": storable(verdict.subject.name),
        "checkpoint": verdict.checkpoint.value,
        "decision": verdict.decision.value,
        "scores": json.dumps(scores),
        "exceeded": json.dumps(verdict.exceeded),
        "excerpt": storable(verdict.excerpt),
        "digest": verdict.digest,
        "engine": verdict.engine,
        "duration_ms": verdict.duration_ms,
        "problem": verdict.problem,
        "draft": storable(verdict.draft),
    }


def _read(row: sqlite3.Row) -> LoggedVerdict:
    return LoggedVerdict(
        id=row["id"],
        checked_at=row["checked_at"],
        subject=Subject(SubjectKind(row["kind"]), row["subject_id"], row["name"]),
        checkpoint=Checkpoint(row["checkpoint"]),
        decision=Decision(row["decision"]),
        scores=tuple(Score(n, value, flag, tuple(inputs)) for n, value, flag, inputs in json.loads(row["scores"])),
        exceeded=tuple(json.loads(row["exceeded"])),
        excerpt=row["excerpt"],
        digest=row["digest"],
        engine=row["engine"],
        duration_ms=row["duration_ms"],
        problem=row["problem"],
        draft=row["draft"],
    )


def _json(verdicts: list[LoggedVerdict]) -> str:
    return json.dumps([as_table(verdict) for verdict in verdicts], ensure_ascii=False, indent=1) + "\n"


def _csv(verdicts: list[LoggedVerdict]) -> str:
    """One column a category; a field that a spreadsheet would run as a formula is defused."""
    known = dict.fromkeys((*CATEGORIES, *(score.category for verdict in verdicts for score in verdict.scores)))
    out = io.StringIO()
    tables = [as_table(verdict) for verdict in verdicts]
    plain = [name for name in (tables[0] if tables else as_table(_EMPTY)) if name != "scores"]
    writer = csv.writer(out)
    writer.writerow([*plain, *known])
    for table in tables:
        scores = table["scores"]
        assert isinstance(scores, dict)
        writer.writerow([*(_cell(table[name]) for name in plain), *(scores.get(name) for name in known)])
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


_EMPTY = LoggedVerdict(0, 0.0, Subject(SubjectKind.TEXT), Checkpoint.BY_HAND, Decision.PASSED)
