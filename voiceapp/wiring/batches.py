"""Who works on batches, from settings: keeps ``ports.batches.BatchServices``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from voiceapp.core.errors import ConfigError
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Job, Provider, ProviderKind, Settings
from voiceapp.ports.batches import BatchService
from voiceapp.store.batches import SqliteBatches
from voiceapp.store.instance import FileLock
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.texts import FileTexts
from voiceapp.voice.batching import Batching
from voiceapp.voice.desks.batches import BatchDesk
from voiceapp.voice.studio import Studio

if TYPE_CHECKING:
    from voiceapp.openai_api.wire import Wire


class BatchFactory:
    """Builds them. *build* makes a wire that shares the provider's queue with everybody else; blocking."""

    def __init__(self, build: Callable[[Provider], Wire]) -> None:
        self._build = build

    async def batches(self, settings: Settings, provider: str = "", model: str = "") -> BatchService:
        """As BatchServices.batches."""
        choice = settings.choice(Job.CHAT)
        chosen = settings.provider(provider or choice.provider)
        if chosen.kind is ProviderKind.LOCAL:
            raise ConfigError(
                _("This computer takes no batches."),
                hint=_("Choose a provider for thinking in Settings, “Who does what”, or name one: --provider openai."),
            )
        from voiceapp.openai_api.batches import HttpBatches

        model = model or (choice.model if chosen.name == choice.provider else "")
        return HttpBatches(await asyncio.to_thread(self._build, chosen), model)


def batching_of(store: SqliteStore, data: Path, build: Callable[[Provider], Wire], table: ModelTable) -> Batching:
    """Return the work in batches of one installation; results of conversations go to ``batches`` in *data*."""
    return Batching(
        SqliteBatches(store, time.time),
        BatchFactory(build),
        FileTexts(store),
        str(data / "batches"),
        lambda model: table.find(model).prices,
        lambda job_id: FileLock(data / f"batch-{job_id}.lock"),
    )


def batch_desk(studio: Studio, batching: Batching) -> BatchDesk:
    """Return the desk; it takes up the jobs of before by itself."""
    desk = BatchDesk(studio, batching)
    studio.beside(desk.resume(), "batches")
    return desk
