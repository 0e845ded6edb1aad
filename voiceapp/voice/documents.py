"""Documents on their way to a service: uploaded, made searchable, deleted.

One kept step after another, so that a restart goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from gettext import gettext as _
from typing import Protocol

from voiceapp.core.documents import Document, DocumentRules, DocumentState, DocumentStore, index_problem
from voiceapp.core.errors import BadRequest, ConfigError, ProviderError, StoreError, TooLong
from voiceapp.core.settings import Settings
from voiceapp.ports.documents import DocumentRows, DocumentService, DocumentServices, Indexed, LocalFiles

LOOKS_S = (0.5, 1.0, 1.0, 2.0, 3.0, 5.0)
"""How long to wait before the service is asked again how far it is; the last one over and over."""
TOLD_SHARE = 50
"""A file's upload is told in so many steps."""

Tell = Callable[[DocumentStore], None]


class Lock(Protocol):
    """Held by one process at a time."""

    def acquire(self) -> bool:
        """Take it; False when somebody else has it."""
        ...

    def release(self) -> None:
        """Let go."""
        ...


class NoLock:
    """Always free."""

    def acquire(self) -> bool:
        """As Lock.acquire."""
        return True

    def release(self) -> None:
        """As Lock.release."""


class Documents:
    """Moves documents. Voice loop.

    Args:
        rows: where everything is kept.
        services: builds who keeps the documents.
        files: the person's.
        rules: what may be uploaded.
        pause: waits.
        lock_for: of a store: the window and a command must not both send its documents.
    """

    def __init__(
        self,
        rows: DocumentRows,
        services: DocumentServices,
        files: LocalFiles,
        rules: DocumentRules,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        lock_for: Callable[[int], Lock] = lambda _store_id: NoLock(),
    ) -> None:
        self.rows = rows
        self.rules = rules
        self._services = services
        self._files = files
        self._pause = pause
        self._lock_for = lock_for

    async def make(self, settings: Settings, name: str, paths: Sequence[str], provider: str = "") -> DocumentStore:
        """Keep a new store of the files that *paths* name; nothing is sent yet. Raises ConfigError."""
        found = await self._gathered(paths)
        service = await self._services.documents(settings, provider)
        await service.close()
        store = await self.rows.begin(name.strip() or _("Documents"), service.provider)
        return await self.rows.add(store.id, found)

    async def add(self, store_id: int, paths: Sequence[str]) -> DocumentStore:
        """Put more files into a store; those that are in it already are left out. Raises ConfigError."""
        store = await self.rows.store(store_id)
        known = {document.path for document in store.documents}
        found = [document for document in await self._gathered(paths) if document.path not in known]
        if len(store.documents) + len(found) > self.rules.store_files:
            raise ConfigError(_("A store takes {n} documents at most.").format(n=self.rules.store_files))
        return await self.rows.add(store_id, found)

    async def retry(self, settings: Settings, store_id: int) -> DocumentStore:
        """Let what failed or was stopped begin again; a store that is gone at the service is made anew."""
        store = await self.rows.store(store_id)
        service = await self._services.documents(settings, store.provider)
        try:
            is_gone = bool(store.remote_id) and not await service.is_there(store.remote_id)
            if is_gone:
                await self.rows.name_remote(store_id, "")
            for document in store.documents:
                is_wanted = is_gone or document.state in (DocumentState.FAILED, DocumentState.STOPPED)
                if not is_wanted or self.rules.problem(document.name, document.size_bytes):
                    continue
                if document.file_id:  # what lies there is of no use any more
                    await service.forget_file(document.file_id)
                await self.rows.change(document.id, state=DocumentState.WAITING, file_id="")
        finally:
            await service.close()
        return await self.rows.store(store_id)

    async def stop(self, store_id: int) -> DocumentStore:
        """Let what is not at the service yet stay here. Whoever runs the store has been cancelled."""
        for document in (await self.rows.store(store_id)).documents:
            if document.state in (DocumentState.WAITING, DocumentState.UPLOADING):
                await self.rows.change(document.id, state=DocumentState.STOPPED)
        return await self.rows.store(store_id)

    async def remove(self, settings: Settings, document_id: int) -> DocumentStore:
        """Delete a document here and at the service. Raises ProviderError; then it is still here."""
        document = await self.rows.document(document_id)
        store = await self.rows.store(document.store_id)
        if document.file_id:
            service = await self._services.documents(settings, store.provider)
            try:
                await service.forget_file(document.file_id)
            finally:
                await service.close()
        await self.rows.remove(document_id)
        return await self.rows.store(store.id)

    async def remove_store(self, settings: Settings, store_id: int) -> None:
        """Delete a store and its documents here and at the service. Raises ProviderError; then it is still here."""
        store = await self.rows.store(store_id)
        files = [document.file_id for document in store.documents if document.file_id]
        if store.remote_id or files:
            service = await self._services.documents(settings, store.provider)
            try:
                if store.remote_id:
                    await service.forget_store(store.remote_id)
                for file_id in files:
                    await service.forget_file(file_id)
            finally:
                await service.close()
        await self.rows.remove_store(store_id)

    async def run(self, settings: Settings, store_id: int, tell: Tell) -> DocumentStore:
        """Upload and index what is on its way until nothing is. A document that cannot be costs only itself.

        *tell* gets the store whenever something has moved. Raises ProviderError where nothing can go on now.
        """
        lock = self._lock_for(store_id)
        if not lock.acquire():
            raise StoreError(_("Another voiceapp is sending these documents just now."), detail="locked")
        try:
            return await self._moved(settings, await self.rows.store(store_id), tell)
        finally:
            lock.release()

    async def _moved(self, settings: Settings, store: DocumentStore, tell: Tell) -> DocumentStore:
        store_id = store.id
        service = await self._services.documents(settings, store.provider)
        try:
            if not store.remote_id:
                await self.rows.name_remote(store_id, await service.create(store.name))
            for document in store.documents:
                if document.state in (DocumentState.WAITING, DocumentState.UPLOADING):
                    now = await self.rows.store(store_id)
                    await _each(self._send(service, now, document, tell), self._failed(document))
                    tell(await self.rows.store(store_id))
            await self._follow(service, store_id, tell)
        finally:
            await service.close()
        return await self.rows.store(store_id)

    # --- inside -------------------------------------------------------------------------------------------

    async def _gathered(self, paths: Sequence[str]) -> list[Document]:
        found = await asyncio.to_thread(self._files.gather, paths)
        return [self._new(path, name, size_bytes) for path, name, size_bytes in found]

    def _new(self, path: str, name: str, size_bytes: int) -> Document:
        problem = self.rules.problem(name, size_bytes)
        state = DocumentState.FAILED if problem else DocumentState.WAITING
        return Document(0, 0, name, path, size_bytes, state, problem=problem)

    async def _send(self, service: DocumentService, store: DocumentStore, document: Document, tell: Tell) -> None:
        """Upload *document*, unless that was done before a restart, and hand it to the store."""
        file_id = document.file_id
        if not file_id:
            await self.rows.change(document.id, state=DocumentState.UPLOADING)
            file_id = await service.upload(document.path, document.name, self._on_sent(store, document, tell))
            await self.rows.change(document.id, state=DocumentState.UPLOADING, file_id=file_id)
        indexed = await service.indexed(store.remote_id, file_id) if document.file_id else None
        await self._take(document, indexed or await service.attach(store.remote_id, file_id))

    def _on_sent(self, store: DocumentStore, document: Document, tell: Tell) -> Callable[[int], None]:
        step = max(1, document.size_bytes // TOLD_SHARE)
        told = -1

        def on_sent(sent_bytes: int) -> None:
            nonlocal told
            if sent_bytes // step == told:
                return
            told = sent_bytes // step
            moved = replace(document, state=DocumentState.UPLOADING, sent_bytes=min(sent_bytes, document.size_bytes))
            documents = (moved if one.id == document.id else one for one in store.documents)
            tell(replace(store, documents=tuple(documents)))

        return on_sent

    async def _follow(self, service: DocumentService, store_id: int, tell: Tell) -> None:
        """Ask until the service has made everything searchable, or said why not."""
        looks = 0
        while True:
            store = await self.rows.store(store_id)
            waiting = [one for one in store.documents if one.state is DocumentState.INDEXING]
            if not waiting:
                return
            await self._pause(LOOKS_S[min(looks, len(LOOKS_S) - 1)])
            looks += 1
            for document in waiting:
                await self._look(service, store, document)
            moved = await self.rows.store(store_id)
            if moved != store:
                tell(moved)

    async def _look(self, service: DocumentService, store: DocumentStore, document: Document) -> None:
        indexed = await service.indexed(store.remote_id, document.file_id)
        if indexed is None:
            problem = _("It is no longer at the service.")
            await self.rows.change(document.id, state=DocumentState.FAILED, problem=problem)
        else:
            await self._take(document, indexed)

    async def _take(self, document: Document, indexed: Indexed) -> None:
        match indexed.status:
            case "completed":
                await self.rows.change(document.id, state=DocumentState.READY)
            case "failed" | "cancelled":
                problem = index_problem(indexed.code)
                await self.rows.change(document.id, state=DocumentState.FAILED, problem=problem)
            case _:
                await self.rows.change(document.id, state=DocumentState.INDEXING)

    def _failed(self, document: Document) -> Callable[[str], Awaitable[None]]:
        async def failed(problem: str) -> None:
            await self.rows.change(document.id, state=DocumentState.FAILED, problem=problem)

        return failed


async def _each(work: Awaitable[None], failed: Callable[[str], Awaitable[None]]) -> None:
    """Do *work* for one document; what concerns it alone is said there, everything else stops them all."""
    try:
        await work
    except (BadRequest, TooLong, StoreError) as error:
        if isinstance(error, ProviderError) and error.detail.startswith("404"):
            await failed(_("The store is no longer at the service. Try again to make it anew."))
        else:
            await failed(error.message)
