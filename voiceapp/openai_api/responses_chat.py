"""Chat by the Responses API: the default on OpenAI."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from gettext import gettext as _

from voiceapp.core.errors import BadRequest, ProviderError
from voiceapp.core.hosted import HostedChoice, HostedTool
from voiceapp.core.settings import Job
from voiceapp.core.speech import ChatRequest, HostedStep, ReplyPart, StepState, TextDelta
from voiceapp.openai_api.chat_stream import reply_parts
from voiceapp.openai_api.held import HeldConversations
from voiceapp.openai_api.responses_hosted import usable
from voiceapp.openai_api.responses_protocol import Item, ResponsesDecoder, request_body
from voiceapp.openai_api.wire import Wire

ENDPOINT = "responses"
HOSTED_SILENCE_S = 180.0
"""Code that runs at the service, or a slow page, says nothing for as long as it takes; the person sees what works."""
THOUGHTS_KEPT = 64
"""Tool calls whose reasoning is remembered; a turn that calls more tools only thinks again."""


@dataclass(frozen=True)
class Attempt:
    """One way to put a request: with which of the service's own tools, and on top of which response."""

    request: ChatRequest
    hosted: tuple[HostedTool, ...]
    after: str = ""


class ResponsesChat:
    """port ChatModel over ``/responses``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default.
        effort: of reasoning, where the model takes one; empty leaves it to the model.
        held: the conversations that the service is to hold; None = it is told to keep nothing.
    """

    def __init__(self, wire: Wire, model: str = "", *, effort: str = "", held: HeldConversations | None = None) -> None:
        self._wire = wire
        self._model = model
        self._effort = effort
        self._held = held
        self._thoughts: OrderedDict[str, Sequence[Item]] = OrderedDict()
        self._refused: set[str] = set()
        self.label = wire.label(Job.CHAT.value, model)

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """Stream the reply. What was yielded before an error stays valid."""
        model = await self._wire.model_for(Job.CHAT.value, self._model)
        attempt: Attempt | None = self._first(request, model)
        while attempt is not None:
            asked, attempt = attempt, None
            has_begun = False
            try:
                async with aclosing(self._attempted(asked, request, model)) as parts:
                    async for part in parts:
                        has_begun = True
                        yield part
            except ProviderError as error:
                attempt = None if has_begun else self._next(asked, request, error)
                if attempt is None:
                    raise
                for step in self._given_up(asked, attempt):
                    yield step

    async def _attempted(self, asked: Attempt, whole: ChatRequest, model: str) -> AsyncGenerator[ReplyPart, None]:
        known = self._wire.known(model)
        effort = self._effort if not known.efforts or self._effort in known.efforts else ""
        is_held = self._holds(whole)
        body = request_body(
            asked.request,
            model,
            known,
            effort=effort,
            thoughts=self._thoughts_before,
            hosted=asked.hosted,
            is_held=is_held,
            after=asked.after,
        )
        async with self._wire.post(ENDPOINT, body) as sent:
            decoder = ResponsesDecoder(self._wire.provider.name, sent.model)
            text: list[str] = []
            patience_s = HOSTED_SILENCE_S if asked.hosted else None
            async with aclosing(reply_parts(self._wire, sent, decoder, patience_s)) as parts:
                async for part in parts:
                    self._remember(decoder)
                    if isinstance(part, TextDelta):
                        text.append(part.text)
                    yield part
        if is_held and self._held is not None and decoder.response_id:
            self._held.note(whole, model, decoder.response_id, "".join(text), decoder.call_ids)

    # --- other ways ---------------------------------------------------------------------------------------

    def _holds(self, request: ChatRequest) -> bool:
        """Tell whether the service is to keep this one: what belongs to no conversation never is."""
        return self._held is not None and not self._held.is_refused and bool(request.conversation_key)

    def _first(self, request: ChatRequest, model: str) -> Attempt:
        request = replace(request, hosted=self._allowed(request.hosted))
        hosted = usable(request.hosted, self._wire.known(model))
        rest = self._held.rest(request, model) if self._held is not None and self._holds(request) else None
        return Attempt(rest.request, hosted, rest.id) if rest is not None else Attempt(request, hosted)

    def _next(self, asked: Attempt, request: ChatRequest, error: ProviderError) -> Attempt | None:
        """Return what to try after *error*; None where nothing would go better."""
        if asked.after and _is_about_state(error):
            assert self._held is not None
            self._held.forget(request.conversation_key)
            is_unknown = isinstance(error, BadRequest) and error.param and "not_found" not in error.detail
            self._held.is_refused = self._held.is_refused or bool(is_unknown)
            return replace(asked, request=replace(request, hosted=asked.request.hosted), after="")
        if not asked.hosted or not isinstance(error, BadRequest):
            return None
        choice = asked.request.hosted or HostedChoice()
        is_about_stores = error.detail.startswith("404") or "vector_store" in f"{error.param} {error.detail}"
        if is_about_stores and choice.stores:
            self._refused.update(choice.stores)
        elif error.param.startswith("tools"):
            self._refused.update(tool.value for tool in asked.hosted)
        else:
            return None
        hosted = tuple(t for t in asked.hosted if t.value not in self._refused)
        if is_about_stores:
            hosted = tuple(tool for tool in hosted if tool is not HostedTool.FILES)
        return replace(asked, hosted=hosted)

    def _allowed(self, choice: HostedChoice | None) -> HostedChoice | None:
        """Leave out what the service has refused before, so that it is not asked in vain each turn."""
        if choice is None or not self._refused:
            return choice
        return HostedChoice(
            choice.web and HostedTool.WEB.value not in self._refused,
            choice.code and HostedTool.CODE.value not in self._refused,
            tuple(store for store in choice.stores if not self._refused & {store, HostedTool.FILES.value}),
        )

    def _given_up(self, asked: Attempt, instead: Attempt) -> list[HostedStep]:
        """Tell which tools the reply goes on without."""
        lost = [tool for tool in asked.hosted if tool not in instead.hosted]
        words = {
            HostedTool.FILES: _("The documents are no longer at {provider}, or it does not search them."),
        }
        usual = _("{provider} does not offer this with the chosen model.")
        return [
            HostedStep(
                f"refused-{tool.value}",
                tool.value,
                StepState.FAILED,
                answered=words.get(tool, usual).format(provider=self._wire.name),
            )
            for tool in lost
        ]

    # --- thoughts -----------------------------------------------------------------------------------------

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


def _is_about_state(error: ProviderError) -> bool:
    """Tell whether the service has forgotten a response, or cannot build upon one."""
    if "previous_response" in error.detail:
        return True
    return isinstance(error, BadRequest) and (
        error.param.startswith("previous_response") or error.detail.startswith("404")
    )
