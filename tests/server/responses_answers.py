"""What a server that keeps to the specification answers to /responses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.server import sse
from tests.server.audio_answers import json_answer
from tests.server.chat_answers import CREATED
from tests.server.script import ChatScript, HostedScript, ToolCallScript
from tests.server.wire import Answer, Piece, Request

USAGE: Mapping[str, Any] = {
    "input_tokens": 21,
    "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
    "output_tokens": 12,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 33,
}
Facts = Mapping[str, Any]
"""What of a response depends on its request."""
Timed = tuple[float, str, dict[str, Any]]


@dataclass
class ResponseRoom:
    """The responses that the service holds, by id; take one out and it is forgotten."""

    held: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def answer(self, script: ChatScript, request: Request) -> Answer:
        """Answer POST /responses, streamed where the request asks for it."""
        wanted = request.json if isinstance(request.json, dict) else {}
        before = wanted.get("previous_response_id")
        if before is not None and before not in self.held:
            error = {
                "message": f"Previous response with id '{before}' not found.",
                "type": "invalid_request_error",
                "param": "previous_response_id",
                "code": "previous_response_not_found",
            }
            return json_answer({"error": error}, status=400)
        facts = {
            "id": f"resp_{next(self._numbers)}",
            "store": wanted.get("store", True),
            "model": str(wanted.get("model", "")),
        }
        if facts["store"]:
            self.held.add(facts["id"])
        if wanted.get("stream"):
            return Answer(tuple(response_pieces(script, facts)), headers=sse.SSE_HEADERS)
        return json_answer(_final(script, facts), _end_s(script))


def response_pieces(script: ChatScript, facts: Facts | None = None) -> Iterator[Piece]:
    """Yield the complete sequence of events, numbered, tokens on time."""
    numbers = itertools.count()
    for at_s, mark, payload in _events(script, facts or {"id": "resp_1", "model": "m"}):
        yield Piece(sse.event(payload | {"sequence_number": next(numbers)}), at_s, mark)


def _events(script: ChatScript, model: Facts) -> Iterator[Timed]:
    started = _response(model, "in_progress", [])
    yield 0.0, "created", {"type": "response.created", "response": started}
    yield 0.0, "", {"type": "response.in_progress", "response": started}
    index = itertools.count()
    if script.reasoning:
        yield from _reasoning_events(script, next(index))
    for hosted in script.hosted:
        yield from _hosted_events(hosted, next(index))
    if script.tokens:
        yield from _message_events(script, next(index))
    for call in script.tool_calls:
        yield from _call_events(call, next(index), _end_s(script))
    kind = "response.incomplete" if script.finish in ("length", "content_filter") else "response.completed"
    yield _end_s(script), "done", {"type": kind, "response": _final(script, model)}


def _message_events(script: ChatScript, index: int) -> Iterator[Timed]:
    first_s, end_s = script.token_at_s(0), _end_s(script)
    item, part = _message("", "in_progress"), _text_part("")
    at = {"item_id": "msg_1", "output_index": index, "content_index": 0}
    yield first_s, "", {"type": "response.output_item.added", "output_index": index, "item": item}
    yield first_s, "", {"type": "response.content_part.added", **at, "part": part}
    for number, token in enumerate(script.tokens):
        yield (
            script.token_at_s(number),
            "token",
            {"type": "response.output_text.delta", **at, "delta": token, "logprobs": []},
        )
    for number, annotation in enumerate(script.annotations):
        added = {"type": "response.output_text.annotation.added", **at, "annotation_index": number}
        yield end_s, "annotation", added | {"annotation": annotation}
    yield end_s, "", {"type": "response.output_text.done", **at, "text": script.text, "logprobs": []}
    whole = _text_part(script.text, script.annotations)
    yield end_s, "", {"type": "response.content_part.done", **at, "part": whole}
    item = _message(script.text, "completed", script.annotations)
    done = {"type": "response.output_item.done", "output_index": index, "item": item}
    yield end_s, "", done


def _reasoning_events(script: ChatScript, index: int) -> Iterator[Timed]:
    at = {"item_id": "rs_1", "output_index": index, "summary_index": 0}
    text = "".join(script.reasoning)
    yield 0.0, "", {"type": "response.output_item.added", "output_index": index, "item": _reasoning("")}
    part = {"type": "summary_text", "text": ""}
    yield 0.0, "", {"type": "response.reasoning_summary_part.added", **at, "part": part}
    for piece in script.reasoning:
        yield 0.0, "reasoning", {"type": "response.reasoning_summary_text.delta", **at, "delta": piece}
    yield 0.0, "", {"type": "response.reasoning_summary_text.done", **at, "text": text}
    yield 0.0, "", {"type": "response.reasoning_summary_part.done", **at, "part": part | {"text": text}}
    yield 0.0, "", {"type": "response.output_item.done", "output_index": index, "item": _reasoning(text)}


def _call_events(call: ToolCallScript, index: int, at_s: float) -> Iterator[Timed]:
    item_id = f"fc_{call.id}"
    at = {"item_id": item_id, "output_index": index}
    begun = _call(call, "in_progress") | {"arguments": ""}
    yield at_s, "", {"type": "response.output_item.added", "output_index": index, "item": begun}
    for part in (call.arguments[:5], call.arguments[5:]):
        yield at_s, "tool", {"type": "response.function_call_arguments.delta", **at, "delta": part}
    done = {"type": "response.function_call_arguments.done", **at, "name": call.name, "arguments": call.arguments}
    yield at_s, "", done
    item = _call(call, "completed")
    yield at_s, "", {"type": "response.output_item.done", "output_index": index, "item": item}


def _hosted_events(script: HostedScript, index: int) -> Iterator[Timed]:
    kind = str(script.item.get("type"))
    at = {"item_id": script.item.get("id"), "output_index": index}
    begun = {**script.item, "status": "in_progress"}
    yield 0.0, "", {"type": "response.output_item.added", "output_index": index, "item": begun}
    for step in script.steps:
        yield 0.0, "hosted", {"type": f"response.{kind}.{step}", **at}
    yield 0.0, "", {"type": "response.output_item.done", "output_index": index, "item": script.item}


def _response(facts: Facts, status: str, output: list[Any]) -> dict[str, Any]:
    fixed: dict[str, Any] = {
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "tools": [],
    }
    choices = {"parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "top_p": 1.0}
    head = {"object": "response", "created_at": CREATED, **facts}
    return head | fixed | choices | {"status": status, "output": output}


def _final(script: ChatScript, model: Facts) -> dict[str, Any]:
    output = [_reasoning("".join(script.reasoning))] if script.reasoning else []
    output += [dict(hosted.item) for hosted in script.hosted]
    output += [_message(script.text, "completed", script.annotations)] if script.tokens else []
    output += [_call(call, "completed") for call in script.tool_calls]
    body = _response(model, "completed", output) | {"usage": USAGE}
    if script.tool_usage is not None:
        body["tool_usage"] = script.tool_usage
    if script.finish in ("length", "content_filter"):
        reason = "max_output_tokens" if script.finish == "length" else "content_filter"
        body |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return body


def _message(text: str, status: str, annotations: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    content = [_text_part(text, annotations)] if text else []
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content}


def _text_part(text: str, annotations: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def _reasoning(text: str) -> dict[str, Any]:
    return {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": text}] if text else []}


def _call(call: ToolCallScript, status: str) -> dict[str, Any]:
    names = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
    return {"id": f"fc_{call.id}", "type": "function_call", "status": status} | names


def _end_s(script: ChatScript) -> float:
    return script.token_at_s(max(len(script.tokens) - 1, 0))
