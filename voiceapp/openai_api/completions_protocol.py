"""Chat Completions in both directions: our values to the request body, its chunks to reply parts. No socket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from voiceapp.core.conversation import Line
from voiceapp.core.models import Model
from voiceapp.core.schema import relaxed
from voiceapp.core.speech import (
    AnswerSchema,
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
from voiceapp.openai_api.chat_by_ear import put_sound, sound_message
from voiceapp.openai_api.line_content import completions_content
from voiceapp.openai_api.spoken_part import SpokenPart
from voiceapp.openai_api.text_joiner import TextJoiner, whole

GENERAL_CHOICES = frozenset({"auto", "none", "required"})
FINISHES = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls",
            "content_filter": "content_filter", "eos": "stop", "end_turn": "stop", "max_tokens": "length"}  # fmt: skip


def request_body(request: ChatRequest, model: str, known: Model, effort: str = "") -> dict[str, Any]:
    """Return the body of ``POST /chat/completions`` for *request*."""
    body: dict[str, Any] = {
        "model": model,
        "messages": _messages(request, can_sound=known.by_ear),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, **parameters_of(t, known)},
            }
            for t in request.tools
        ]
        if request.tool_choice:
            body["tool_choice"] = _choice(request.tool_choice)
        effort = known.tools_effort or effort
    if effort:
        body["reasoning_effort"] = effort
    if known.by_ear:
        put_sound(body, request, known)
    if request.schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": form_of(request.schema)}
    if request.conversation_key and known.jobs:  # only where the table knows the model: others reject it
        body["prompt_cache_key"] = request.conversation_key
    return {name: value for name, value in body.items() if name not in known.refuses}


def parameters_of(tool: ToolSpec, known: Model) -> dict[str, Any]:
    """Return how *tool*'s arguments are declared: strictly where the model is known to keep to it.

    Servers that only speak the protocol know optional keys better than null, and some refuse the word "strict".
    """
    if not tool.is_strict:
        return {"parameters": dict(tool.parameters)}
    if known.jobs:
        return {"parameters": dict(tool.parameters), "strict": True}
    return {"parameters": relaxed(tool.parameters)}


def form_of(schema: AnswerSchema) -> dict[str, Any]:
    """Return how the reply's form is declared."""
    return {"name": schema.name, "schema": dict(schema.schema), "strict": True}


def _choice(wanted: str) -> str | dict[str, Any]:
    return wanted if wanted in GENERAL_CHOICES else {"type": "function", "function": {"name": wanted}}


def _messages(request: ChatRequest, *, can_sound: bool = False) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if request.instructions:
        messages.append({"role": "system", "content": whole(request.instructions)})
    for line in request.lines:
        if request.tools:  # a server may refuse calls of tools that it is not told
            _put_steps(messages, steps_of(line))
        if can_sound and line.sound_id:
            messages.append(sound_message(line.sound_id))
        else:
            messages.append({"role": line.role.value, "content": completions_content(line)})
    _put_steps(messages, request.tool_rounds)
    return messages


def steps_of(line: Line) -> tuple[ToolCall | ToolResult, ...]:
    """Return the calls and results of an earlier turn as they went over the wire."""
    calls = (ToolCall(use.call_id, use.name, use.arguments) for use in line.tool_uses)
    return (*calls, *(ToolResult(use.call_id, use.result) for use in line.tool_uses))


def _put_steps(messages: list[dict[str, Any]], steps: Iterable[ToolCall | ToolResult]) -> None:
    for step in steps:
        if isinstance(step, ToolResult):
            messages.append({"role": "tool", "tool_call_id": step.call_id, "content": whole(step.text)})
            continue
        if not messages or "tool_calls" not in messages[-1]:  # calls made together stand in one message
            messages.append({"role": "assistant", "content": None, "tool_calls": []})
        function = {"name": step.name, "arguments": whole(step.arguments)}
        messages[-1]["tool_calls"].append({"id": step.id, "type": "function", "function": function})


@dataclass
class _PartialCall:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


@dataclass
class CompletionsDecoder:
    """Turns chunks, or one whole completion, into reply parts.

    ``finish_reason`` is empty until the server gave one. Tool calls are held until they are whole: servers leave out
    their index or id, count from 1, or send them in one piece.
    """

    provider: str
    model: str
    finish_reason: str = ""
    has_content: bool = False
    is_refusal: bool = False
    _usage: Mapping[str, Any] | None = None
    _text: TextJoiner = field(default_factory=TextJoiner)
    _reasoning: TextJoiner = field(default_factory=TextJoiner)
    _calls: list[_PartialCall] = field(default_factory=list)
    _by_index: dict[int, _PartialCall] = field(default_factory=dict)
    _spoken: SpokenPart = field(default_factory=SpokenPart)

    failure: object = None
    is_end_said: ClassVar[bool] = False

    @property
    def is_blocked(self) -> bool:
        """The content filter left nothing."""
        return self.finish_reason == "content_filter" and not self.has_content

    @property
    def is_ending(self) -> bool:
        """A finish reason came."""
        return bool(self.finish_reason)

    @property
    def is_over(self) -> bool:
        """A finish reason and the usage came; only ``[DONE]`` may follow."""
        return bool(self.finish_reason) and self._usage is not None

    def push(self, chunk: Mapping[str, Any]) -> Iterator[ReplyPart]:
        """Yield what *chunk* adds."""
        usage = chunk.get("usage")
        if isinstance(usage, Mapping) and usage:
            self._usage = usage
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if not isinstance(choice, Mapping) or choice.get("index") not in (0, None):
                continue
            delta = choice.get("delta") or choice.get("message") or {}
            yield from self._delta(delta)
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason:
                self.finish_reason = reason

    def finish(self) -> Iterator[ReplyPart]:
        """Yield what was held back, the tool calls, and the end."""
        if rest := self._reasoning.finish():
            yield ReasoningDelta(rest)
        if rest := self._text.finish():
            yield TextDelta(rest)
        yield from self._spoken.finish()
        calls = [call for call in self._calls if call.name]
        for number, call in enumerate(calls, start=1):
            yield ToolCall(call.id or f"call_{number}", call.name, "".join(call.arguments) or "{}")
        finish = "tool_calls" if calls else FINISHES.get(self.finish_reason, "stop")
        yield ReplyEnd("content_filter" if self.is_refusal else finish, self._usage_value())

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[ReplyPart]:
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(reasoning, str) and (piece := self._reasoning.push(reasoning)):
            self.has_content = True
            yield ReasoningDelta(piece)
        refusal = delta.get("refusal")
        if isinstance(refusal, str) and refusal:
            self.is_refusal = True
        for text in (_text_of(delta.get("content")), refusal):
            if isinstance(text, str) and text:
                self.has_content = True
                if piece := self._text.push(text):
                    yield TextDelta(piece)
        audio = delta.get("audio")
        if isinstance(audio, Mapping):
            for part in self._spoken.push(audio):
                self.has_content = True
                yield part
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, Mapping):
                self.has_content = True
                self._call(call)

    def _call(self, piece: Mapping[str, Any]) -> None:
        """Add a fragment to the call it belongs to: by index, else by id, else the last one."""
        function = piece.get("function") or {}
        name, arguments, call_id = function.get("name") or "", function.get("arguments"), piece.get("id") or ""
        call = self._call_for(piece.get("index"), call_id, name)
        call.id = call.id or call_id
        call.name = call.name or name
        if isinstance(arguments, str):
            call.arguments.append(arguments)
        elif isinstance(arguments, Mapping):  # Ollama's own shape leaks through some gateways
            call.arguments.append(json.dumps(arguments))

    def _call_for(self, index: object, call_id: str, name: str) -> _PartialCall:
        if isinstance(index, int):
            known = self._by_index.get(index)
            is_same = known is not None and not (call_id and known.id and call_id != known.id)
            if known is not None and is_same:
                return known
            call = self._new_call()
            self._by_index[index] = call
            return call
        if call_id:
            return next((call for call in self._calls if call.id == call_id), None) or self._new_call()
        if name and (not self._calls or self._calls[-1].name):
            return self._new_call()
        return self._calls[-1] if self._calls else self._new_call()

    def _new_call(self) -> _PartialCall:
        self._calls.append(_PartialCall())
        return self._calls[-1]

    def _usage_value(self) -> Usage | None:
        return None if self._usage is None else Usage(self.provider, self.model, completion_amounts(self._usage))


def completion_amounts(usage: Mapping[str, Any]) -> dict[str, float]:
    """Return ``Usage.amounts`` from a Chat Completions usage object; what it does not say is absent."""
    into = usage.get("prompt_tokens_details") or {}
    out = usage.get("completion_tokens_details") or {}
    amounts = {
        "text_in": _less(usage.get("prompt_tokens"), into.get("audio_tokens"), into.get("image_tokens")),
        "text_cached": into.get("cached_tokens"),
        "text_cache_write": into.get("cache_write_tokens") or None,
        "audio_in": into.get("audio_tokens") or None,
        "image_in": into.get("image_tokens") or None,
        "text_out": _less(usage.get("completion_tokens"), out.get("audio_tokens")),
        "audio_out": out.get("audio_tokens") or None,
        "reasoning_out": out.get("reasoning_tokens"),
    }
    return {kind: float(amount) for kind, amount in amounts.items() if isinstance(amount, int | float)}


def _less(total: Any, *parts: Any) -> Any:
    """Take from *total* the parts that are counted under their own kind."""
    if not isinstance(total, int | float):
        return None
    return total - sum(part for part in parts if isinstance(part, int | float))


def _text_of(content: object) -> str:
    """Text of a content field: a string, or a list of parts as some servers send."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(p.get("text") or "") for p in content if isinstance(p, Mapping))
    return ""
