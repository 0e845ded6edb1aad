"""Stores of documents and the switches of conversations: keeps ``ports.documents.DocumentRows`` and ``HostedRows``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from gettext import gettext as _
from typing import Protocol, TypeVar

from voiceapp.core.documents import Document, DocumentState, DocumentStore
from voiceapp.core.errors import StoreError
from voiceapp.core.hosted import HostedChoice
from voiceapp.store.storable import storable

Result = TypeVar("Result")


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


class SqliteDocuments:
    """Port DocumentRows. *now*: Unix time in seconds."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def begin(self, name: str, provider: str) -> DocumentStore:
        """As DocumentRows.begin."""
        values = [provider, "", storable(name), self._now()]

        def insert(db: sqlite3.Connection) -> DocumentStore:
            row = db.execute(
                "INSERT INTO document_stores (provider, remote_id, name, created_at) VALUES (?, ?, ?, ?)", values
            )
            return _read(db, row.lastrowid or 0)

        return await self._database.write(insert)

    async def stores(self) -> tuple[DocumentStore, ...]:
        """As DocumentRows.stores."""
        return await self._database.run(
            lambda db: tuple(_read(db, row["id"]) for row in db.execute("SELECT id FROM document_stores ORDER BY id"))
        )

    async def store(self, store_id: int) -> DocumentStore:
        """As DocumentRows.store."""
        return await self._database.run(lambda db: _read(db, store_id))

    async def document(self, document_id: int) -> Document:
        """As DocumentRows.document."""

        def find(db: sqlite3.Connection) -> Document:
            row = db.execute("SELECT * FROM documents WHERE id = ?", [document_id]).fetchone()
            if row is None:
                raise StoreError(_("There is no document {id}.").format(id=document_id), detail="document")
            return _document(row)

        return await self._database.run(find)

    async def name_remote(self, store_id: int, remote_id: str) -> None:
        """As DocumentRows.name_remote."""
        await self._execute("UPDATE document_stores SET remote_id = ? WHERE id = ?", [remote_id, store_id])

    async def add(self, store_id: int, documents: Sequence[Document]) -> DocumentStore:
        """As DocumentRows.add."""
        rows = [
            [store_id, storable(d.name), storable(d.path), d.size_bytes, d.state.value, d.file_id, d.problem]
            for d in documents
        ]

        def insert(db: sqlite3.Connection) -> DocumentStore:
            _read(db, store_id)
            db.executemany(
                """INSERT INTO documents (store_id, name, path, size_bytes, state, file_id, problem)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                rows,
            )
            return _read(db, store_id)

        return await self._database.write(insert)

    async def change(
        self, document_id: int, *, state: DocumentState, file_id: str | None = None, problem: str = ""
    ) -> None:
        """As DocumentRows.change."""
        await self._execute(
            "UPDATE documents SET state = ?, file_id = coalesce(?, file_id), problem = ? WHERE id = ?",
            [state.value, file_id, storable(problem), document_id],
        )

    async def remove(self, document_id: int) -> None:
        """As DocumentRows.remove."""
        await self._execute("DELETE FROM documents WHERE id = ?", [document_id])

    async def remove_store(self, store_id: int) -> None:
        """As DocumentRows.remove_store."""
        await self._execute("DELETE FROM document_stores WHERE id = ?", [store_id])

    async def paths(self, file_ids: Sequence[str]) -> dict[str, str]:
        """As DocumentRows.paths."""
        marks = ", ".join("?" * len(file_ids))
        asked = f"SELECT file_id, path FROM documents WHERE file_id IN ({marks})"
        return await self._database.run(
            lambda db: {row["file_id"]: row["path"] for row in db.execute(asked, list(file_ids))}
        )

    # --- switches: port HostedRows ------------------------------------------------------------------------

    async def choice(self, conversation_id: int) -> HostedChoice:
        """As HostedRows.choice."""

        def find(db: sqlite3.Connection) -> HostedChoice:
            row = db.execute("SELECT * FROM hosted_choices WHERE conversation_id = ?", [conversation_id]).fetchone()
            if row is None:
                return HostedChoice()
            return HostedChoice(bool(row["web"]), bool(row["code"]), tuple(json.loads(row["stores"])))

        return await self._database.run(find)

    async def choose(self, conversation_id: int, choice: HostedChoice) -> None:
        """As HostedRows.choose."""
        await self._execute(
            "INSERT OR REPLACE INTO hosted_choices (conversation_id, web, code, stores) VALUES (?, ?, ?, ?)",
            [conversation_id, choice.web, choice.code, json.dumps(choice.stores)],
        )

    async def _execute(self, statement: str, values: Sequence[object]) -> None:
        await self._database.write(lambda db: db.execute(statement, list(values)).close())


def _read(db: sqlite3.Connection, store_id: int) -> DocumentStore:
    row = db.execute("SELECT * FROM document_stores WHERE id = ?", [store_id]).fetchone()
    if row is None:
        raise StoreError(_("There is no store of documents {id}.").format(id=store_id), detail="documents")
    documents = db.execute("SELECT * FROM documents WHERE store_id = ? ORDER BY id", [store_id])
    facts = {name: row[name] for name in ("id", "provider", "name", "created_at", "remote_id")}
    return DocumentStore(**facts, documents=tuple(map(_document, documents)))


def _document(row: sqlite3.Row) -> Document:
    names = ("id", "store_id", "name", "path", "size_bytes", "file_id", "problem")
    return Document(state=DocumentState(row["state"]), **{name: row[name] for name in names})
