"""The desk for documents: makes and deletes stores, and moves what is on its way, also after a restart."""

from __future__ import annotations

import asyncio
import logging
from gettext import gettext as _
from typing import get_args

from voiceapp.core import documents as d
from voiceapp.core.budget import OverBudget
from voiceapp.core.errors import unexpected
from voiceapp.core.events import Notice
from voiceapp.core.settings import Job
from voiceapp.voice.account import Account
from voiceapp.voice.documents import Documents
from voiceapp.voice.studio import Studio

log = logging.getLogger("voiceapp.voice")

COMMANDS = get_args(d.DocumentCommand)
START_S = 3.0
"""How long after the start what was on its way is taken up again."""
AGAIN_S = (10.0, 60.0, 300.0)
"""How long to wait after the service could not be reached."""


class DocumentsDesk:
    """Keeps ``voice.parts.Desk``. Runs on the voice loop."""

    def __init__(self, studio: Studio, documents: Documents) -> None:
        self._studio = studio
        self._documents = documents
        self._moved: dict[int, asyncio.Task[None]] = {}

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        documents, settings, emit = self._documents, self._studio.settings, self._studio.emit
        match command:
            case d.ListStores():
                emit(d.StoresListed(await documents.rows.stores()))
            case d.MakeStore(name, paths, provider):
                self._move(await documents.make(settings, name, paths, provider))
            case d.AddDocuments(store_id, paths):
                await self._rest(store_id)
                self._move(await documents.add(store_id, paths))
            case d.RetryDocuments(store_id):
                await self._rest(store_id)
                self._move(await documents.retry(settings, store_id))
            case d.StopDocuments(store_id):
                await self._rest(store_id)
                self._move(await documents.stop(store_id))  # what is at the service is still followed
            case d.RemoveDocument(document_id):
                store_id = (await documents.rows.document(document_id)).store_id
                await self._rest(store_id)
                self._move(await documents.remove(settings, document_id))
            case d.RemoveStore(store_id):
                await self._rest(store_id)
                await documents.remove_store(settings, store_id)
                emit(d.StoreGone(store_id))

    async def resume(self) -> None:
        """Take up what was on its way. Never raises."""
        await asyncio.sleep(START_S)
        try:
            for store in await self._documents.rows.stores():
                if store.is_busy:
                    self._move(store)
        except Exception as fault:
            log.warning("documents cannot be taken up: %s", unexpected(fault).message)

    async def _allow(self, store_id: int, account: Account) -> None:
        """Return where nothing is to be uploaded or there is budget; otherwise ask. Raises OverBudget."""
        store = await self._documents.rows.store(store_id)
        if store.is_unsent:
            await account.allow(Job.CHAT, store.provider)

    async def _rest(self, store_id: int) -> None:
        """Let nobody else work on a store."""
        if (task := self._moved.get(store_id)) is not None:
            task.cancel()
            await asyncio.wait([task])

    def _move(self, store: d.DocumentStore) -> None:
        """Tell how *store* stands, and let it go on."""
        self._studio.emit(d.StoreChanged(store))
        if store.id in self._moved or not (store.is_busy or not store.remote_id):
            return
        task = self._studio.beside(self._until_over(store.id), f"documents-{store.id}")
        self._moved[store.id] = task
        task.add_done_callback(lambda _task: self._moved.pop(store.id, None))

    async def _until_over(self, store_id: int) -> None:
        tries = 0
        account = Account(self._studio.meter, self._studio.emit)
        while True:
            try:
                await self._allow(store_id, account)
                store = await self._documents.run(
                    self._studio.settings, store_id, lambda store: self._studio.emit(d.StoreChanged(store))
                )
            except OverBudget as refused:
                self._studio.emit(Notice(refused.message, _("The documents stay here. “Try again” sends them.")))
                self._studio.emit(d.StoreChanged(await self._documents.stop(store_id)))
                return
            except Exception as fault:
                error = unexpected(fault)
                log.info("documents of store %s wait: %s", store_id, error.message)
                if tries == 0:
                    self._studio.emit(Notice(error.message, error.hint, is_problem=True))
                if not getattr(error, "is_retryable", False) or tries >= len(AGAIN_S):
                    return
                await asyncio.sleep(AGAIN_S[tries])
                tries += 1
            else:
                self._studio.emit(d.StoreChanged(store))
                return
