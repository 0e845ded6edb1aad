"""The Responses API in both directions: our values to the request body, its events to reply parts. No socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from voiceapp.core.hosted import HostedTool
from voiceapp.core.models import Model
from voiceapp.core.speech import (
    ChatRequest,
    ReasoningDelta,
    ReplyEnd,
    ReplyPart,
    TextDelta,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from voiceapp.openai_api.completions_protocol import GENERAL_CHOICES, form_of, parameters_of, steps_of
from voiceapp.openai_api.line_content import responses_content
from voiceapp.openai_api.responses_hosted import HostedDecoder, declared, includes
from voiceapp.openai_api.text_joiner import TextJoiner, whole

Item = Mapping[str, Any]

TEXT_DELTAS = frozenset({"response.output_text.delta", "response.refusal.delta"})
REASONING_DELTAS = frozenset({"response.reasoning_text.delta", "response.reasoning_summary_text.delta"})
ENDS = frozenset({"response.completed", "response.incomplete", "response.done"})
"""Events after which nothing follows; the last is what some compatible servers call it."""


def request_body(
    request: ChatRequest,
    model: str,
    known: Model,
    *,
    effort: str = "",
    thoughts: Callable[[str], Sequence[Item]] = lambda _call_id: (),
    hosted: Sequence[HostedTool] = (),
    is_held: bool = False,
    after: str = "",
) -> dict[str, Any]:
    """Return the body of ``POST /responses``.

    What grows from turn to turn stands last, so that the body of a turn begins with all of the one before.

    Args:
        request: what the model gets; on top of *after* only what is new.
        model: its name on the wire.
        known: the table's row for it.
        effort: of reasoning; empty leaves it to the model.
        thoughts: by call id, the model's (encrypted) reasoning items that led to a tool call, to be handed back.
        hosted: the service's own tools that it may use.
        is_held: the service is to keep the response; otherwise it is told to keep nothing.
        after: the response that the service holds and this one follows; "" = everything is sent.
    """
    body: dict[str, Any] = {"model": model, "stream": True, "store": is_held}
    if request.instructions:  # never inherited from the response before
        body["instructions"] = whole(request.instructions)
    tools = [_declared(tool, known) for tool in request.tools]
    if tools or hosted:
        stores = request.hosted.stores if request.hosted else ()
        body["tools"] = [*tools, *declared(hosted, stores)]
        if request.tool_choice:
            body["tool_choice"] = _choice(request.tool_choice)
    if request.schema is not None:
        body["text"] = {"format": {"type": "json_schema", **form_of(request.schema)}}
    if effort:
        body["reasoning"] = {"effort": effort}
    if wanted := _includes(request, known, hosted, is_held=is_held):
        body["include"] = wanted
    if request.conversation_key and known.jobs:
        body["prompt_cache_key"] = request.conversation_key
        if known.cache_ttl:
            body["prompt_cache_options"] = {"ttl": known.cache_ttl}
    if after:
        body["previous_response_id"] = after
    body["input"] = _items(request, thoughts)
    return {name: value for name, value in body.items() if name not in known.refuses}


def _declared(tool: ToolSpec, known: Model) -> dict[str, Any]:
    head = {"type": "function", "name": tool.name, "description": tool.description}
    return {**head, "strict": False, **parameters_of(tool, known)}


def _includes(request: ChatRequest, known: Model, hosted: Sequence[HostedTool], *, is_held: bool) -> list[str]:
    """Ask for the model's thoughts where they are to be handed back: a service that holds them needs them not."""
    thoughts = ["reasoning.encrypted_content"] if known.reasons and request.tools and not is_held else []
    return [*thoughts, *includes(hosted)]


def _choice(wanted: str) -> str | dict[str, Any]:
    return wanted if wanted in GENERAL_CHOICES else {"type": "function", "name": wanted}


def _items(request: ChatRequest, thoughts: Callable[[str], Sequence[Item]]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for line in request.lines:
        if request.tools:
            _put_steps(items, steps_of(line), lambda _call_id: ())
        items.append({"role": line.role.value, "content": responses_content(line)})
    _put_steps(items, request.tool_rounds, thoughts)
    return items


def _put_steps(
    items: list[dict[str, Any]], steps: Iterable[ToolCall | ToolResult], thoughts: Callable[[str], Sequence[Item]]
) -> None:
    for step in steps:
        if isinstance(step, ToolResult):
            items.append({"type": "function_call_output", "call_id": step.call_id, "output": whole(step.text)})
        else:
            items += (dict(item) for item in thoughts(step.id))
            items.append(
                {"type": "function_call", "call_id": step.id, "name": step.name, "arguments": whole(step.arguments)}
            )


@dataclass
class ResponsesDecoder:
    """Turns events, or one whole response, into reply parts.

    ``is_over`` tells that the server said the end; ``failure`` holds the error object of a failed response.
    ``thoughts`` are the reasoning items seen, ``call_ids`` the calls that followed them. ``response_id`` is set once
    the response was completed and the server has kept it.
    """

    provider: str
    model: str
    is_over: bool = False
    failure: Any = None
    has_content: bool = False
    thoughts: list[Item] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    _finish: str = "stop"
    _usage: Mapping[str, Any] | None = None
    _text: TextJoiner = field(default_factory=TextJoiner)
    _reasoning: TextJoiner = field(default_factory=TextJoiner)
    _has_deltas: bool = False
    _arguments: dict[str, str] = field(default_factory=dict)
    _hosted: HostedDecoder = field(default_factory=HostedDecoder)
    response_id: str = ""
    _tool_usage: object = None

    is_end_said: ClassVar[bool] = True

    @property
    def is_blocked(self) -> bool:
        """The content filter left nothing."""
        return self._finish == "content_filter" and not self.has_content

    @property
    def is_ending(self) -> bool:
        """The same here: the usage comes with the last event."""
        return self.is_over

    def push(self, event: Mapping[str, Any]) -> Iterator[ReplyPart]:
        """Yield what *event* adds; kinds that are not used add nothing."""
        kind = event.get("type")
        if kind in TEXT_DELTAS or kind in REASONING_DELTAS:
            yield from self._delta(str(kind), str(event.get("delta") or ""))
        elif kind == "response.function_call_arguments.done":
            self._arguments[str(event.get("item_id"))] = str(event.get("arguments") or "")
        elif kind == "response.output_item.done":
            yield from self._item(event.get("item") or {})
        elif kind in ENDS:
            yield from self._end(event.get("response") or {})
        elif kind == "response.failed":
            yield from self._end({**(event.get("response") or {}), "status": "failed"})
        elif event.get("object") == "response":  # a whole response instead of a stream
            yield from self._end(event)
        elif isinstance(kind, str):
            yield from self._hosted.event(kind, event)

    def _delta(self, kind: str, delta: str) -> Iterator[ReplyPart]:
        if delta:
            self.has_content = True
        if kind in REASONING_DELTAS:
            if piece := self._reasoning.push(delta):
                yield ReasoningDelta(piece)
            return
        self._has_deltas = True
        if kind == "response.refusal.delta":
            self._finish = "content_filter"
        if piece := self._text.push(delta):
            yield TextDelta(piece)

    def finish(self) -> Iterator[ReplyPart]:
        """Yield what was held back, and the end."""
        if rest := self._reasoning.finish():
            yield ReasoningDelta(rest)
        if rest := self._text.finish():
            yield TextDelta(rest)
        usage = None
        if self._usage is not None:
            amounts = response_amounts(self._usage) | self._hosted.amounts(self._tool_usage)
            usage = Usage(self.provider, self.model, amounts)
        yield ReplyEnd("tool_calls" if self.call_ids else self._finish, usage)

    def _item(self, item: Item) -> Iterator[ReplyPart]:
        yield from self._hosted.item(item)
        kind = item.get("type")
        if kind == "function_call":
            call_id = str(item.get("call_id") or item.get("id") or f"call_{len(self.call_ids) + 1}")
            if call_id in self.call_ids:
                return
            self.call_ids.append(call_id)
            self.has_content = True
            arguments = item.get("arguments") or self._arguments.get(str(item.get("id")), "") or "{}"
            yield ToolCall(call_id, str(item.get("name") or ""), str(arguments))
        elif kind == "reasoning" and item.get("encrypted_content"):
            self.thoughts.append(item)
        elif kind == "message" and not self._has_deltas:
            yield from self._message(item)

    def _message(self, item: Item) -> Iterator[ReplyPart]:
        """The whole text of a server that sends no deltas."""
        for part in item.get("content") or ():
            if not isinstance(part, Mapping):
                continue
            if part.get("type") == "refusal":
                self._finish = "content_filter"
            if piece := self._text.push(str(part.get("text") or part.get("refusal") or "")):
                self.has_content = True
                yield TextDelta(piece)
        self._has_deltas = True

    def _end(self, response: Item) -> Iterator[ReplyPart]:
        if response.get("status") == "failed":
            self.failure = response.get("error") or {"code": "server_error"}
            return
        self.is_over = True
        if response.get("store") is not False and response.get("status", "completed") == "completed":
            self.response_id = str(response.get("id") or "")
        self._tool_usage = response.get("tool_usage")
        usage = response.get("usage")
        if isinstance(usage, Mapping) and usage:
            self._usage = usage
        for item in response.get("output") or ():
            if isinstance(item, Mapping):
                yield from self._item(item)
        reason = (response.get("incomplete_details") or {}).get("reason")
        if reason == "content_filter":
            self._finish = "content_filter"
        elif reason:
            self._finish = "length"


def response_amounts(usage: Mapping[str, Any]) -> dict[str, float]:
    """Return ``Usage.amounts`` from a Responses usage object; what it does not say is absent."""
    details = usage.get("input_tokens_details") or {}
    amounts = {
        "text_in": usage.get("input_tokens"),
        "text_cached": details.get("cached_tokens"),
        "text_cache_write": details.get("cache_write_tokens") or None,
        "text_out": usage.get("output_tokens"),
        "reasoning_out": (usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
    }
    return {kind: float(amount) for kind, amount in amounts.items() if isinstance(amount, int | float)}
