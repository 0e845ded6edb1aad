"""Chat by Chat Completions: the protocol that every compatible server speaks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from voiceapp.core.errors import BadRequest
from voiceapp.core.settings import Job
from voiceapp.core.speech import ChatRequest, ReplyPart
from voiceapp.openai_api.chat_by_ear import has_sounds, without_sounds
from voiceapp.openai_api.chat_stream import reply_parts
from voiceapp.openai_api.completions_protocol import CompletionsDecoder, request_body
from voiceapp.openai_api.wire import Wire

ENDPOINT = Job.CHAT.value


class CompletionsChat:
    """port ChatModel over ``/chat/completions``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first chat model that it lists.
        effort: of reasoning, where the model takes one; empty leaves it to the model.
    """

    def __init__(self, wire: Wire, model: str = "", *, effort: str = "") -> None:
        self._wire = wire
        self._model = model
        self._effort = effort
        self.label = wire.label(Job.CHAT.value, model)

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """Stream the reply. What was yielded before an error stays valid."""
        model = await self._wire.model_for(Job.CHAT.value, self._model)
        has_begun = False
        try:
            async with aclosing(self._once(request, model)) as parts:
                async for part in parts:
                    has_begun = True
                    yield part
        except BadRequest:
            if has_begun or not has_sounds(request):
                raise
        else:
            return
        async with aclosing(self._once(without_sounds(request), model)) as parts:
            async for part in parts:
                yield part

    async def _once(self, request: ChatRequest, model: str) -> AsyncGenerator[ReplyPart, None]:
        body = request_body(request, model, self._wire.known(model), self._effort)
        async with self._wire.post(ENDPOINT, body) as sent:
            decoder = CompletionsDecoder(self._wire.provider.name, sent.model)
            async with aclosing(reply_parts(self._wire, sent, decoder)) as parts:
                async for part in parts:
                    yield part

    async def warm(self) -> None:
        """Open a connection, so that the next reply does not wait for one."""
        await self._wire.warm(ENDPOINT)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()
