"""What a server that keeps to the specification answers to /chat/completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.server import sse
from tests.server.audio_answers import json_answer
from tests.server.script import ChatScript
from tests.server.wire import Answer, Piece, Request

CREATED = 1_790_000_000
USAGE: Mapping[str, Any] = {
    "prompt_tokens": 21,
    "completion_tokens": 12,
    "total_tokens": 33,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
}


def chat_completion(script: ChatScript, request: Request) -> Answer:
    """Answer POST /chat/completions, streamed where the request asks for it."""
    wanted = request.json if isinstance(request.json, dict) else {}
    model = str(wanted.get("model", ""))
    if wanted.get("stream"):
        has_usage = bool((wanted.get("stream_options") or {}).get("include_usage"))
        return Answer(tuple(chat_pieces(script, model, has_usage)), headers=sse.SSE_HEADERS)
    message: dict[str, Any] = {"role": "assistant", "content": script.text, "refusal": None}
    if script.tool_calls:
        message |= {"content": None, "tool_calls": [_whole_call(call) for call in script.tool_calls]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_of(script)}
    return json_answer(_envelope("chat.completion", model, [choice]) | {"usage": USAGE}, _end_s(script))


def chat_pieces(script: ChatScript, model: str = "m", has_usage: bool = True) -> Iterator[Piece]:
    """Yield the stream: role, tokens on time, tool calls, the end, usage, [DONE]."""
    end_s = _end_s(script)
    yield Piece(sse.data(chunk(model, {"role": "assistant", "content": ""})), min(script.first_token_ms / 1000, end_s))
    for index, token in enumerate(script.tokens):
        yield Piece(sse.data(chunk(model, {"content": token})), script.token_at_s(index), "token")
    for index, call in enumerate(script.tool_calls):
        head = {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield Piece(sse.data(chunk(model, {"tool_calls": [head]})), end_s, "tool")
        for part in (call.arguments[:5], call.arguments[5:]):
            delta = {"index": index, "function": {"arguments": part}}
            yield Piece(sse.data(chunk(model, {"tool_calls": [delta]})), end_s, "tool")
    yield Piece(sse.data(chunk(model, {}, finish_of(script))), end_s, "finish")
    if has_usage:
        yield Piece(sse.data(_envelope("chat.completion.chunk", model, []) | {"usage": USAGE}), end_s, "usage")
    yield Piece(sse.DONE, end_s, "done")


def chunk(model: str, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    """Return one chunk of a streamed chat completion."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _envelope("chat.completion.chunk", model, [choice])


def finish_of(script: ChatScript) -> str:
    """Return why the reply ends."""
    return "tool_calls" if script.tool_calls else script.finish


def _end_s(script: ChatScript) -> float:
    return script.token_at_s(max(len(script.tokens) - 1, 0))


def _envelope(kind: str, model: str, choices: list[Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": CREATED, "model": model, "choices": choices}


def _whole_call(call: Any) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
