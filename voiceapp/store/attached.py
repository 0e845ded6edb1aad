"""Rows of attached files with their messages. Every function runs on the store's thread, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from voiceapp.core.conversation import Message

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment

FOLDER = "attachments"
COLUMNS = "id, message_id, kind, name, file, format, size_bytes, width, height, pages, chars"


def give_to(db: sqlite3.Connection, message_id: int, attachment_ids: Sequence[int]) -> None:
    """Let drafts go with a message."""
    db.executemany(
        "UPDATE attachments SET message_id = ? WHERE id = ? AND message_id IS NULL",
        [(message_id, attachment_id) for attachment_id in attachment_ids],
    )


def with_attachments(db: sqlite3.Connection, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return *messages*, all of one conversation, with what went along with them."""
    messages = tuple(messages)
    if not messages:
        return ()
    rows = db.execute(
        f"SELECT {COLUMNS} FROM attachments WHERE message_id BETWEEN ? AND ? ORDER BY id",
        [min(message.id for message in messages), max(message.id for message in messages)],
    ).fetchall()
    if not rows:
        return messages
    folder = _folder_beside(db)
    given: dict[int, list[Attachment]] = {}
    for row in rows:
        given.setdefault(row["message_id"], []).append(attachment_of(row, folder))
    return tuple(
        replace(message, attachments=tuple(given[message.id])) if message.id in given else message
        for message in messages
    )


def _folder_beside(db: sqlite3.Connection) -> Path:
    """Return where the files lie: beside the database."""
    return Path(db.execute("PRAGMA database_list").fetchone()["file"]).parent / FOLDER


def attachment_of(row: sqlite3.Row, folder: Path) -> Attachment:
    """Return a row as a value; the files lie in *folder*."""
    from voiceapp.core.attachments import Attachment, Kind  # most conversations have none, and the start needs none

    return Attachment(
        row["id"],
        Kind(row["kind"]),
        row["name"],
        str(folder / row["file"]),
        row["format"],
        row["size_bytes"],
        row["width"],
        row["height"],
        row["pages"],
        row["chars"],
    )
