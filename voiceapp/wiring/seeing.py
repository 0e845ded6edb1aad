"""A chat model that is shown only what it can take: keeps ``ports.ChatModel`` around another one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from voiceapp.core.errors import CannotSee
from voiceapp.core.settings import Provider
from voiceapp.core.speech import ChatRequest, ReplyPart
from voiceapp.ports import ChatModel

if TYPE_CHECKING:
    from voiceapp.core.vision import Vision


def vision_of(provider: Provider, model: str) -> Vision:
    """Return how *model* at *provider* sees, as the table knows it."""
    from voiceapp.core.showing import at_provider
    from voiceapp.resources import vision_table

    return at_provider(provider, vision_table().find(model))


class SeeingChat:
    """Passes everything on, pictures and files as far as *vision* goes; learns from a server that refuses them."""

    def __init__(self, engine: ChatModel, vision: Callable[[], Vision]) -> None:
        self.label = engine.label
        self._engine = engine
        self._vision = vision
        self._is_blind = False

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply. Raises CannotSee before anything is sent, where that is known."""
        request = self._seen(request)
        try:
            reply = cast("AsyncGenerator[ReplyPart, None]", self._engine.reply(request))
            async with aclosing(reply) as parts:
                async for part in parts:
                    yield part
        except CannotSee:
            self._is_blind = True
            raise

    def _seen(self, request: ChatRequest) -> ChatRequest:
        if not any(line.shown for line in request.lines):
            return request
        from voiceapp.core.showing import shown_to
        from voiceapp.core.vision import BLIND

        vision = BLIND if self._is_blind else self._vision()
        return replace(request, lines=shown_to(request.lines, vision, self.label))

    async def warm(self) -> None:
        """As ChatModel.warm."""
        await self._engine.warm()

    async def close(self) -> None:
        """As ChatModel.close."""
        await self._engine.close()
