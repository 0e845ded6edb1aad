"""Attached files: rows beside the messages, files in a folder of their own. Keeps ``ports.attachments``."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from voiceapp.core.attachments import Attachment, Kind, Prepared
from voiceapp.core.conversation import Message
from voiceapp.core.errors import StoreError
from voiceapp.store.files import told_as_store_error
from voiceapp.store.storable import storable

Result = TypeVar("Result")
FOLDER = "attachments"
SWEPT_AFTER_S = 3600.0
"""A younger file without a row may be one that another process is about to keep."""
_COLUMNS = "id, message_id, kind, name, file, format, size_bytes, width, height, pages, chars"


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


# --- with messages: on the store's thread, inside a transaction -----------------------------------------------


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
        f"SELECT {_COLUMNS} FROM attachments WHERE message_id BETWEEN ? AND ? ORDER BY id",
        [min(message.id for message in messages), max(message.id for message in messages)],
    ).fetchall()
    if not rows:
        return messages
    folder = _folder_beside(db)
    given: dict[int, list[Attachment]] = {}
    for row in rows:
        given.setdefault(row["message_id"], []).append(_attachment(row, folder))
    return tuple(
        replace(message, attachments=tuple(given[message.id])) if message.id in given else message
        for message in messages
    )


def _folder_beside(db: sqlite3.Connection) -> Path:
    """Return where the files lie: beside the database."""
    return Path(db.execute("PRAGMA database_list").fetchone()["file"]).parent / FOLDER


def _attachment(row: sqlite3.Row, folder: Path) -> Attachment:
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


# --- drafts ---------------------------------------------------------------------------------------------------


class FileAttachments:
    """Port AttachmentStore.

    Args:
        data: the data folder; ``attachments`` lies in it, beside the database.
        database: the store whose database holds the rows.
        now: Unix time in seconds.
    """

    def __init__(self, data: Path, database: Database, now: Callable[[], float]) -> None:
        self.folder = data / FOLDER
        self._database = database
        self._now = now

    async def add(self, prepared: Prepared) -> Attachment:
        """As AttachmentStore.add: the file first, so that no row speaks of a file that is not there."""
        name = f"{uuid.uuid4().hex}.{prepared.format}"
        await asyncio.to_thread(self._write_file, name, prepared.data)
        values = {
            "kind": prepared.kind.value,
            "name": storable(prepared.name),
            "file": name,
            "format": prepared.format,
            "size_bytes": len(prepared.data),
            "width": prepared.width,
            "height": prepared.height,
            "pages": prepared.pages,
            "chars": len(prepared.text),
            "text": "" if prepared.kind is Kind.TEXT else storable(prepared.text),
            "created_at": self._now(),
        }

        def insert(db: sqlite3.Connection) -> Attachment:
            columns, marks = ", ".join(values), ", ".join("?" * len(values))
            number = db.execute(f"INSERT INTO attachments ({columns}) VALUES ({marks})", [*values.values()]).lastrowid
            row = db.execute(f"SELECT {_COLUMNS} FROM attachments WHERE id = ?", [number]).fetchone()
            return _attachment(row, self.folder)

        try:
            return await self._database.write(insert)
        except StoreError:
            with suppress(OSError):
                (self.folder / name).unlink()
            raise

    async def drafts(self) -> tuple[Attachment, ...]:
        """As AttachmentStore.drafts."""
        query = f"SELECT {_COLUMNS} FROM attachments WHERE message_id IS NULL ORDER BY id"
        return await self._database.run(lambda db: tuple(_attachment(row, self.folder) for row in db.execute(query)))

    async def read(self, attachment: Attachment) -> tuple[bytes, str]:
        """As AttachmentStore.read."""
        path = Path(attachment.path)
        with told_as_store_error(path):
            data = await asyncio.to_thread(path.read_bytes)
        if attachment.kind is not Kind.PDF:
            return data, ""

        def text(db: sqlite3.Connection) -> str:
            row = db.execute("SELECT text FROM attachments WHERE id = ?", [attachment.id]).fetchone()
            return str(row["text"]) if row is not None else ""

        return data, await self._database.run(text)

    async def remove(self, attachment_id: int) -> None:
        """As AttachmentStore.remove."""

        def delete(db: sqlite3.Connection) -> list[str]:
            rows = db.execute(
                "DELETE FROM attachments WHERE id = ? AND message_id IS NULL RETURNING file", [attachment_id]
            )
            return [row["file"] for row in rows]

        await self._unlink(await self._database.write(delete))

    async def sweep(self) -> int:
        """As AttachmentStore.sweep."""
        known = await self._database.run(lambda db: {row["file"] for row in db.execute("SELECT file FROM attachments")})
        return await self._unlink(await asyncio.to_thread(self._orphans, known))

    # --- inside -------------------------------------------------------------------------------------------

    def _orphans(self, known: set[str]) -> list[str]:
        before_s, found = self._now() - SWEPT_AFTER_S, []
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                with suppress(OSError):
                    if entry.name not in known and entry.stat().st_mtime < before_s:
                        found.append(entry.name)
        return found

    async def _unlink(self, names: Sequence[str]) -> int:
        def unlink() -> None:
            for name in names:
                with suppress(OSError):  # gone already, or in use: a file too many harms nobody
                    (self.folder / name).unlink()

        await asyncio.to_thread(unlink)
        return len(names)

    def _write_file(self, name: str, data: bytes) -> None:
        """Worker thread: whole and on the disk, or not there."""
        path = self.folder / name
        with told_as_store_error(path):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                with suppress(OSError):
                    path.unlink()
                raise
