"""Reading what can still be read of a damaged database into a new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from gettext import gettext as _
from pathlib import Path

from voiceapp.store import search

_TABLES = (
    "conversations",
    "takes",
    "messages",
    "notes",
    "images",
    "message_images",
    "verdicts",
    "usage",
    "batch_jobs",
    "batch_lines",
)  # parents first

_ORDER = {"batch_lines": "job_id"}
"""What tables without row ids are read by."""


def salvage(damaged: Path, db: sqlite3.Connection) -> int:
    """Copy every readable row of *damaged* into *db*, which is new; return how many. Never raises for the source."""
    kept = 0
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            kept += sum(_insert(db, table, row) for row in _rows(damaged, table))
        _mend_references(db)
        search.rebuild(db)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    finally:
        db.execute("PRAGMA foreign_keys = ON")
    return kept


def _rows(damaged: Path, table: str) -> Iterator[sqlite3.Row]:
    """Yield what can be read of *table*: from its beginning to the damage, then from its end back to it."""
    for direction in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(f"{damaged.as_uri()}?mode=ro", uri=True)) as source:
                source.row_factory = sqlite3.Row
                source.text_factory = lambda data: data.decode("utf-8", "replace")
                yield from source.execute(f"SELECT * FROM {table} ORDER BY {_ORDER.get(table, 'rowid')} {direction}")
            return
        except sqlite3.Error:
            continue


def _insert(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> int:
    known = {column["name"] for column in db.execute(f"PRAGMA table_info({table})")}
    names = [name for name in row.keys() if name in known]  # noqa: SIM118 -- a Row iterates over values
    marks = ", ".join("?" * len(names))
    try:
        cursor = db.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", [row[name] for name in names]
        )
    except sqlite3.IntegrityError:  # rubbish in a cell
        return 0
    return max(cursor.rowcount, 0)


def _mend_references(db: sqlite3.Connection) -> None:
    """Give messages whose conversation is lost a new one with its number; forget references to lost rows."""
    db.execute(
        """INSERT INTO conversations (id, title, created_at, updated_at, activity)
           SELECT conversation_id, ?, min(created_at), max(created_at), max(id) FROM messages
           WHERE conversation_id NOT IN (SELECT id FROM conversations) GROUP BY conversation_id""",
        [_("Recovered conversation")],
    )
    db.execute("UPDATE images SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM images)")
    db.execute("DELETE FROM message_images WHERE image_id NOT IN (SELECT id FROM images)")
    db.execute("DELETE FROM message_images WHERE message_id NOT IN (SELECT id FROM messages)")
    db.execute("UPDATE messages SET take_id = NULL WHERE take_id NOT IN (SELECT id FROM takes)")
    db.execute("UPDATE takes SET conversation_id = NULL WHERE conversation_id NOT IN (SELECT id FROM conversations)")
