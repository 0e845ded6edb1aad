"""The Responses API in both directions: our values to the request body, its events to reply parts. No socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from voiceapp.core.conversation import Line
from voiceapp.core.models import Model
from voiceapp.core.speech import (
    ChatRequest,
    ReasoningDelta,
    ReplyEnd,
    ReplyPart,
    TextDelta,
    ToolCall,
    ToolResult,
    Usage,
)
from voiceapp.openai_api.completions_protocol import GENERAL_CHOICES, form_of, parameters_of, steps_of
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
) -> dict[str, Any]:
    """Return the body of ``POST /responses``: nothing kept by the server, everything sent again.

    Args:
        request: what the model gets.
        model: its name on the wire.
        known: the table's row for it.
        effort: of reasoning; empty leaves it to the model.
        thoughts: by call id, the model's (encrypted) reasoning items that led to a tool call, to be handed back.
    """
    body: dict[str, Any] = {
        "model": model,
        "input": _items(request, thoughts),
        "stream": True,
        "store": False,
    }
    if request.instructions:
        body["instructions"] = whole(request.instructions)
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": t.name,
                "description": t.description,
                "strict": False,
                **parameters_of(t, known),
            }
            for t in request.tools
        ]
        if request.tool_choice:
            body["tool_choice"] = _choice(request.tool_choice)
    if request.schema is not None:
        body["text"] = {"format": {"type": "json_schema", **form_of(request.schema)}}
    if effort:
        body["reasoning"] = {"effort": effort}
    if known.reasons and request.tools:
        body["include"] = ["reasoning.encrypted_content"]
    if request.conversation_key and known.jobs:
        body["prompt_cache_key"] = request.conversation_key
    return {name: value for name, value in body.items() if name not in known.refuses}


def _choice(wanted: str) -> str | dict[str, Any]:
    return wanted if wanted in GENERAL_CHOICES else {"type": "function", "name": wanted}


def _items(request: ChatRequest, thoughts: Callable[[str], Sequence[Item]]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for line in request.lines:
        if request.tools:
            _put_steps(items, steps_of(line), lambda _call_id: ())
        items.append({"role": line.role.value, "content": _content(line)})
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
            items.append({"type": "function_call", "call_id": step.id, "name": step.name, "arguments": step.arguments})


@dataclass
class ResponsesDecoder:
    """Turns events, or one whole response, into reply parts.

    ``is_over`` tells that the server said the end; ``failure`` holds the error object of a failed response.
    ``thoughts`` are the reasoning items seen, ``call_ids`` the calls that followed them.
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
        usage = None if self._usage is None else Usage(self.provider, self.model, response_amounts(self._usage))
        yield ReplyEnd("tool_calls" if self.call_ids else self._finish, usage)

    def _item(self, item: Item) -> Iterator[ReplyPart]:
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


def _content(line: Line) -> object:
    """Return the words, with pictures as parts of their own."""
    text = whole(line.text)
    if not line.pictures:
        return text
    pictures = ({"type": "input_image", "image_url": address, "detail": "auto"} for address in line.pictures)
    return [{"type": "input_text", "text": text}, *pictures]
