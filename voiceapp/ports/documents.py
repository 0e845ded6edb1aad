"""Documents that a service searches, and files that it has made: who keeps them, and where their state is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiceapp.core.conversation import Source
from voiceapp.core.documents import Document, DocumentState, DocumentStore
from voiceapp.core.hosted import HostedChoice
from voiceapp.core.settings import Settings


@dataclass(frozen=True)
class Indexed:
    """How far the service is with a document: *status* is its word, *code* why it failed."""

    status: str
    code: str = ""


class DocumentService(Protocol):
    """A provider's stores. Every method may raise ProviderError; NotThere where what it is about is gone."""

    provider: str

    async def create(self, name: str) -> str:
        """Make a store; return the service's name for it."""
        ...

    async def is_there(self, store: str) -> bool:
        """Tell whether a store exists."""
        ...

    async def upload(self, path: str, name: str, on_sent: Callable[[int], None]) -> str:
        """Hand over a file; return its id. *on_sent* gets the bytes sent so far. Raises StoreError for the file."""
        ...

    async def attach(self, store: str, file_id: str) -> Indexed:
        """Begin to make a file searchable in a store."""
        ...

    async def indexed(self, store: str, file_id: str) -> Indexed | None:
        """Return how far that is; None where the store does not have the file."""
        ...

    async def forget_file(self, file_id: str) -> None:
        """Delete a file at the service; one that is gone already is no error."""
        ...

    async def forget_store(self, store: str) -> None:
        """Delete a store at the service; one that is gone already is no error."""
        ...

    async def made(self, container_id: str, file_id: str, limit_bytes: int) -> bytes:
        """Return a file that a reply has made."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class DocumentServices(Protocol):
    """Builds who keeps documents."""

    async def documents(self, settings: Settings, provider: str = "") -> DocumentService:
        """Return *provider*'s stores, by default those of whoever thinks. Raises ConfigError, NoKey."""
        ...


class DocumentRows(Protocol):
    """Stores and their documents. Every write is on disk when the coroutine returns."""

    async def begin(self, name: str, provider: str) -> DocumentStore:
        """Keep a new store."""
        ...

    async def stores(self) -> tuple[DocumentStore, ...]:
        """All stores, oldest first."""
        ...

    async def store(self, store_id: int) -> DocumentStore:
        """Raises StoreError when there is none."""
        ...

    async def document(self, document_id: int) -> Document:
        """Raises StoreError when there is none."""
        ...

    async def name_remote(self, store_id: int, remote_id: str) -> None:
        """Keep the service's name for a store; "" where it is gone there."""
        ...

    async def add(self, store_id: int, documents: Sequence[Document]) -> DocumentStore:
        """Keep new documents; their ids are ignored."""
        ...

    async def change(
        self, document_id: int, *, state: DocumentState, file_id: str | None = None, problem: str = ""
    ) -> None:
        """Let a document stand differently."""
        ...

    async def remove(self, document_id: int) -> None:
        """Delete a document's row."""
        ...

    async def remove_store(self, store_id: int) -> None:
        """Delete a store's row with its documents."""
        ...

    async def paths(self, file_ids: Sequence[str]) -> dict[str, str]:
        """Return the person's own files behind the service's names, as far as they are known."""
        ...


class HostedRows(Protocol):
    """Which of the service's tools are on in which conversation."""

    async def choice(self, conversation_id: int) -> HostedChoice:
        """Return what is on; nothing where nothing was chosen."""
        ...

    async def choose(self, conversation_id: int, choice: HostedChoice) -> None:
        """Keep what is on."""
        ...


class LocalFiles(Protocol):
    """The person's files, and copies of those that replies have made. Blocking: call by ``asyncio.to_thread``."""

    def gather(self, paths: Sequence[str]) -> list[tuple[str, str, int]]:
        """Return path, name and size of every file that *paths* name, those in folders too. Raises ConfigError."""
        ...

    def keep(self, source: Source, message_id: int, data: bytes) -> str:
        """Write a file that a reply has made beside the database; return where. Raises StoreError, DiskFull."""
        ...

    def copy(self, path: str, target: str) -> None:
        """Copy a file to where the person wants it. Raises StoreError, DiskFull."""
        ...

    def sweep(self, known: frozenset[str]) -> None:
        """Delete copies that stand with no message any more."""
        ...
