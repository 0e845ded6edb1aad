"""Who draws, from settings: keeps ``ports.ImageMakers``. The SDK is imported with the first picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.errors import ConfigError, VoiceAppError
from voiceapp.core.images import ImageChoices, ImagePart, ImageRequest, ModelChoice
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.ports import ImageMaker

if TYPE_CHECKING:
    from voiceapp.openai_api.images import HttpImageMaker
    from voiceapp.openai_api.wire import Wire


class ImageFactory:
    """Builds who draws.

    Args:
        table: what models take.
        build: makes a wire that shares the provider's queue and lessons with everybody else; blocking.
    """

    def __init__(self, table: ModelTable, build: Callable[[Provider], Wire]) -> None:
        self._table, self._build = table, build

    async def images(self, settings: Settings) -> ImageMaker:
        """As ImageMakers.images."""
        choice = settings.drawer()
        provider = settings.provider(choice.provider)
        if provider.kind is ProviderKind.LOCAL:
            raise ConfigError(nobody_draws(), hint=how_to_draw())
        return OwnedMaker(await asyncio.to_thread(self._build, provider), choice.model)

    async def image_choices(self, settings: Settings, *, is_thorough: bool = False) -> ImageChoices:
        """As ImageMakers.image_choices."""
        try:
            choice = settings.drawer()
            provider = settings.provider(choice.provider)
            if provider.kind is ProviderKind.LOCAL:
                return ImageChoices("", missing=nobody_draws(), hint=how_to_draw())
            names = await self._names(provider, choice, is_thorough=is_thorough)
        except VoiceAppError as error:
            return ImageChoices("", missing=error.message, hint=error.hint)
        return ImageChoices(provider.shown, tuple(ModelChoice(name, self._table.find(name).images) for name in names))

    async def _names(self, provider: Provider, choice: Choice, *, is_thorough: bool) -> list[str]:
        """Return the models to choose from, the one in force first; "" where the server's own is taken."""
        job = Job.IMAGES.value
        if deployment := provider.deployments.get(job, ""):
            return [deployment]
        if provider.kind is not ProviderKind.COMPATIBLE:
            first = choice.model or self._table.default(job)
            today = datetime.now(UTC).date()
            rows = [row for row in self._table.rows if job in row.jobs and not (row.ends and row.ends <= today)]
            return list(dict.fromkeys([first, *(row.id.removesuffix("-20*").removesuffix("*") for row in rows)]))
        if not is_thorough:
            return [choice.model]
        wire = await asyncio.to_thread(self._build, provider)
        try:
            return list(dict.fromkeys([choice.model, *await wire.models()] if choice.model else await wire.models()))
        finally:
            await wire.close()


class OwnedMaker:
    """A maker that closes its own wire."""

    def __init__(self, wire: Wire, model: str) -> None:
        from voiceapp.openai_api.images import HttpImageMaker

        self._wire = wire
        self._maker: HttpImageMaker = HttpImageMaker(wire, model)
        self.label = self._maker.label

    async def make(self, request: ImageRequest) -> AsyncGenerator[ImagePart, None]:
        """As ImageMaker.make."""
        async with aclosing(self._maker.make(request)) as parts:
            async for part in parts:
                yield part

    async def close(self) -> None:
        """As ImageMaker.close."""
        await self._wire.close()


def nobody_draws() -> str:
    """What is told where no provider draws."""
    return _("Nobody draws images yet.")


def how_to_draw() -> str:
    """What to do about it."""
    return _("Add a key for OpenAI, or a server that draws, in Settings. The engines on this computer cannot.")
