"""Chat by the Responses API: the default on OpenAI."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from voiceapp.core.settings import Job
from voiceapp.core.speech import ChatRequest, ReplyPart
from voiceapp.openai_api.chat_stream import reply_parts
from voiceapp.openai_api.responses_protocol import Item, ResponsesDecoder, request_body
from voiceapp.openai_api.wire import Wire

ENDPOINT = "responses"
THOUGHTS_KEPT = 64
"""Tool calls whose reasoning is remembered; a turn that calls more tools only thinks again."""


class ResponsesChat:
    """port ChatModel over ``/responses``, with nothing stored at the provider.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default.
        effort: of reasoning, where the model takes one; empty leaves it to the model.
    """

    def __init__(self, wire: Wire, model: str = "", *, effort: str = "") -> None:
        self._wire = wire
        self._model = model
        self._effort = effort
        self._thoughts: OrderedDict[str, Sequence[Item]] = OrderedDict()
        self.label = wire.label(Job.CHAT.value, model)

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """Stream the reply. What was yielded before an error stays valid."""
        model = await self._wire.model_for(Job.CHAT.value, self._model)
        known = self._wire.known(model)
        body = request_body(request, model, known, effort=self._effort, thoughts=self._thoughts_before)
        async with self._wire.post(ENDPOINT, body) as sent:
            decoder = ResponsesDecoder(self._wire.provider.name, sent.model)
            async with aclosing(reply_parts(self._wire, sent, decoder)) as parts:
                async for part in parts:
                    self._remember(decoder)
                    yield part

    def _remember(self, decoder: ResponsesDecoder) -> None:
        """Keep the reasoning with the first call that it led to: it goes back before that call, once."""
        if decoder.call_ids and decoder.thoughts and decoder.call_ids[0] not in self._thoughts:
            self._thoughts[decoder.call_ids[0]] = tuple(decoder.thoughts)
            while len(self._thoughts) > THOUGHTS_KEPT:
                self._thoughts.popitem(last=False)

    def _thoughts_before(self, call_id: str) -> Sequence[Item]:
        return self._thoughts.get(call_id, ())

    async def warm(self) -> None:
        """Open a connection, so that the next reply does not wait for one."""
        await self._wire.warm(ENDPOINT)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()
