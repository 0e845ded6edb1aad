"""Moderation over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import BadRequest
from voiceapp.core.moderation import Verdict
from voiceapp.core.settings import Job
from voiceapp.openai_api import sentences
from voiceapp.openai_api.moderation_protocol import image_body, text_body, verdicts_from
from voiceapp.openai_api.one_object import object_of
from voiceapp.openai_api.sse import NotTheProtocol
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.wire import Wire

BATCH = 32
"""Texts in one request."""
MAX_IMAGE_BYTES = 20 * 1024 * 1024
_ENDPOINT = Job.MODERATION.value


class HttpModerator:
    """Port Moderator over ``/moderations``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first moderation model that it lists.
    """

    def __init__(self, wire: Wire, model: str = "") -> None:
        self._wire = wire
        self._model = model
        self.label = wire.label(_ENDPOINT, model)

    async def check_texts(self, texts: Sequence[str]) -> tuple[Verdict, ...]:
        """As Moderator.check_texts."""
        found: dict[int, Verdict] = {}
        asked = [(number, text) for number, text in enumerate(texts) if text.strip()]
        for start in range(0, len(asked), BATCH):
            batch = asked[start : start + BATCH]
            model = await self._wire.model_for(_ENDPOINT, self._model)
            verdicts = await self._verdicts(text_body(model, [whole(text) for _number, text in batch]), len(batch))
            found.update(zip((number for number, _text in batch), verdicts, strict=True))
        return tuple(found.get(number, Verdict(())) for number in range(len(texts)))

    async def check_image(self, image: bytes, mime: str) -> Verdict:
        """As Moderator.check_image."""
        model = await self._wire.model_for(_ENDPOINT, self._model)
        if len(image) > self._wire.known(model).limits.get("image_bytes", MAX_IMAGE_BYTES):
            raise sentences.too_long(self._wire.where(model), detail=f"{len(image)} bytes")
        (verdict,) = await self._verdicts(image_body(model, image, mime), 1)
        return verdict

    async def ready(self) -> None:
        """As Moderator.ready."""

    async def warm(self) -> None:
        """As Moderator.warm."""
        await self._wire.warm(_ENDPOINT)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()

    async def _verdicts(self, body: dict[str, Any], count: int) -> tuple[Verdict, ...]:
        try:
            async with self._wire.post(_ENDPOINT, body) as sent:
                answer = await object_of(self._wire, sent)
        except BadRequest as error:
            raise _not_offered(error) from None
        try:
            verdicts = verdicts_from(answer, count)
        except NotTheProtocol as problem:
            raise sentences.not_the_protocol(problem.kind, self._wire.where(sent.model)) from None
        return tuple(replace(verdict, is_kept=True) for verdict in verdicts) if sent.is_kept else verdicts


def _not_offered(error: BadRequest) -> BadRequest:
    """Say it plainly where a server has no such endpoint; other refusals stay what they are."""
    if not error.detail.startswith(("404", "405", "501")):
        return error
    return BadRequest(
        _("{provider} offers no moderation.").format(provider=error.provider),
        hint=_("Choose another provider for checking in Settings, “Who does what”."),
        detail=error.detail,
        provider=error.provider,
    )
