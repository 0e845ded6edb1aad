"""Attached files: rows beside the messages, files in a folder of their own. Keeps ``ports.attachments``."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from voiceapp.core.attachments import Attachment, Kind, Prepared
from voiceapp.core.errors import StoreError
from voiceapp.store.attached import COLUMNS, FOLDER, attachment_of
from voiceapp.store.files import told_as_store_error, write_new
from voiceapp.store.storable import storable

Result = TypeVar("Result")
SWEPT_AFTER_S = 3600.0
"""A younger file without a row may be one that another process is about to keep."""


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


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
        await asyncio.to_thread(write_new, self.folder / name, prepared.data)
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
            row = db.execute(f"SELECT {COLUMNS} FROM attachments WHERE id = ?", [number]).fetchone()
            return attachment_of(row, self.folder)

        try:
            return await self._database.write(insert)
        except StoreError:
            with suppress(OSError):
                (self.folder / name).unlink()
            raise

    async def drafts(self) -> tuple[Attachment, ...]:
        """As AttachmentStore.drafts."""
        query = f"SELECT {COLUMNS} FROM attachments WHERE message_id IS NULL ORDER BY id"
        return await self._database.run(lambda db: tuple(attachment_of(row, self.folder) for row in db.execute(query)))

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
