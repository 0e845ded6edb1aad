"""Who keeps documents and files at a service, from settings: keeps ``ports.documents.DocumentServices``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from voiceapp import resources
from voiceapp.core.errors import ConfigError
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Job, Provider, ProviderKind, Settings
from voiceapp.ports.documents import DocumentService
from voiceapp.store import sources
from voiceapp.store.documents import SqliteDocuments
from voiceapp.store.instance import FileLock
from voiceapp.store.local_files import DiskFiles
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.desks.documents import DocumentsDesk
from voiceapp.voice.desks.hosted import HostedDesk
from voiceapp.voice.documents import Documents
from voiceapp.voice.parts import Desk
from voiceapp.voice.studio import Studio

if TYPE_CHECKING:
    from voiceapp.openai_api.wire import Wire

Build = Callable[[Provider], "Wire"]


class DocumentFactory:
    """Builds them. *build* makes a wire that shares the provider's queue with everybody else; blocking."""

    def __init__(self, build: Build) -> None:
        self._build = build

    async def documents(self, settings: Settings, provider: str = "") -> DocumentService:
        """As DocumentServices.documents."""
        chosen = settings.provider(provider or settings.choice(Job.CHAT).provider)
        if chosen.kind is ProviderKind.LOCAL:
            raise ConfigError(
                _("This computer keeps no documents for a model to search."),
                hint=_("Choose a provider for thinking in Settings, “Who does what”, or name one: --provider openai."),
            )
        from voiceapp.openai_api.documents import HttpDocuments

        return HttpDocuments(await asyncio.to_thread(self._build, chosen))


def documents_of(store: SqliteStore, data: Path, build: Build) -> Documents:
    """Return the documents of one installation."""
    files = DiskFiles(data / "made")
    return Documents(
        SqliteDocuments(store, time.time),
        DocumentFactory(build),
        files,
        resources.document_rules(),
        lock_for=lambda store_id: FileLock(data / f"documents-{store_id}.lock"),
    )


def document_desks(studio: Studio, store: SqliteStore, data: Path, build: Build, table: ModelTable) -> tuple[Desk, ...]:
    """Return the desks; what was on its way goes on by itself."""
    documents = documents_of(store, data, build)
    rows, files = SqliteDocuments(store, time.time), DiskFiles(data / "made")
    hosted = HostedDesk(studio, rows, rows, DocumentFactory(build), files, table, documents.rules)
    studio.hosted = hosted
    desk = DocumentsDesk(studio, documents)

    async def tidy() -> None:
        await desk.resume()
        await hosted.sweep(lambda: store.run(sources.paths))

    studio.beside(tidy(), "documents")
    return (hosted, desk)
