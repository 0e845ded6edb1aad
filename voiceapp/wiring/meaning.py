"""Who judges meaning, from settings: keeps ``ports.meaning.Embedders``. The SDK is imported with the first text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from voiceapp.core.settings import Job, Provider, ProviderKind, Settings
from voiceapp.core.speech import Usage
from voiceapp.core.vectors import Vectors
from voiceapp.local.embeddings import LocalEmbedder, model_folder
from voiceapp.ports.meaning import Embedder

if TYPE_CHECKING:
    from voiceapp.openai_api.embeddings import HttpEmbedder
    from voiceapp.openai_api.wire import Wire


class EmbedderFactory:
    """Builds who judges meaning.

    Nobody's texts go to a provider unless that provider was chosen for this very job: by default the model on this
    computer is used where it is installed, and nothing where it is not.

    *build* makes a wire that shares the provider's queue and lessons with everybody else; blocking.
    """

    def __init__(self, build: Callable[[Provider], Wire]) -> None:
        self._build = build

    async def embedder(self, settings: Settings, on_usage: Callable[[Usage], None]) -> Embedder | None:
        """As Embedders.embedder."""
        choice = settings.choice(Job.EMBEDDINGS)
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            folder = model_folder()
            return LocalEmbedder(folder) if folder is not None else None
        wire = await asyncio.to_thread(self._build, provider)
        return OwnedEmbedder(wire, choice.model, on_usage)


class OwnedEmbedder:
    """An embedder that closes its own wire."""

    is_local = False

    def __init__(self, wire: Wire, model: str, on_usage: Callable[[Usage], None]) -> None:
        from voiceapp.openai_api.embeddings import HttpEmbedder

        self._wire = wire
        self._engine: HttpEmbedder = HttpEmbedder(wire, model, on_usage)
        self.label = self._engine.label
        self.max_batch = self._engine.max_batch

    async def space(self) -> str:
        """As Embedder.space."""
        return await self._engine.space()

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """As Embedder.embed."""
        return await self._engine.embed(texts, is_query=is_query)

    async def close(self) -> None:
        """As Embedder.close."""
        await self._wire.close()
