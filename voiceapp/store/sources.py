"""Rows of what replies cite and have made. Every function runs on the store's thread, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace

from voiceapp.core.conversation import Message, Source, SourceKind
from voiceapp.store.storable import storable

_COLUMNS = "kind, title, address, file_id, container_id, path, size_bytes"


def put(db: sqlite3.Connection, message_id: int, sources: Sequence[Source]) -> None:
    """Let *sources* be all that message *message_id*, which exists, cites and has made."""
    db.execute("DELETE FROM message_sources WHERE message_id = ?", [message_id])
    rows = [
        [
            message_id,
            one.kind.value,
            *(storable(text) for text in (one.title, one.address, one.file_id, one.container_id, one.path)),
            one.size_bytes,
        ]
        for one in sources
    ]
    db.executemany(f"INSERT INTO message_sources (message_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def with_sources(db: sqlite3.Connection, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return *messages*, all of one conversation, with what they cite and have made."""
    messages = tuple(messages)
    if not messages:
        return ()
    rows = db.execute(
        f"SELECT message_id, {_COLUMNS} FROM message_sources WHERE message_id BETWEEN ? AND ? ORDER BY id",
        [min(message.id for message in messages), max(message.id for message in messages)],
    )
    found: dict[int, list[Source]] = {}
    for row in rows:
        texts = {name: row[name] for name in ("title", "address", "file_id", "container_id", "path")}
        source = Source(SourceKind(row["kind"]), **texts, size_bytes=row["size_bytes"])
        found.setdefault(row["message_id"], []).append(source)
    return tuple(
        replace(message, sources=tuple(found[message.id])) if message.id in found else message for message in messages
    )


def paths(db: sqlite3.Connection) -> frozenset[str]:
    """Return the copies of files that replies have made."""
    rows = db.execute("SELECT path FROM message_sources WHERE kind = ? AND path != ''", [SourceKind.MADE.value])
    return frozenset(row["path"] for row in rows)
