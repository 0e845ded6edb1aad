"""Both chat protocols: what is sent is valid and complete, what comes back is told in our words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ToolCallScript
from tests.server.wire import Answer
from voiceapp.core.conversation import Line, Role, ToolUse
from voiceapp.core.errors import BadAnswer, ProviderDown, RateLimited, Refused
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
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.completions_protocol import CompletionsDecoder, completion_amounts
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.responses_protocol import ResponsesDecoder, response_amounts
from voiceapp.openai_api.wire import Wire

CLOCK = ToolSpec("clock", "Tells the time.", {"type": "object", "properties": {"zone": {"type": "string"}}})
ASKED = ChatRequest(
    "Be brief.",
    (Line(Role.USER, "Hi."), Line(Role.ASSISTANT, "Hello."), Line(Role.USER, "How late is it \ud83d?")),
    tools=(CLOCK,),
    conversation_key="c1",
)
ROUNDS = (
    ToolCall("call_1", "clock", '{"zone": "UTC"}'),
    ToolCall("call_2", "clock", '{"zone": "CET"}'),
    ToolResult("call_1", "12:00"),
    ToolResult("call_2", "13:00"),
)
ENGINES = [(CompletionsChat, "/chat/completions"), (ResponsesChat, "/responses")]
Engine = type[CompletionsChat] | type[ResponsesChat]


def events_of(*events: Mapping[str, object] | str) -> Answer:
    return faults.stream(*(event if isinstance(event, str) else dict(event) for event in events))


async def parts_of(chat: CompletionsChat | ResponsesChat, request: ChatRequest = ASKED) -> list[ReplyPart]:
    return [part async for part in chat.reply(request)]


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_a_reply(engine: Engine, path: str, server: LoopbackServer, wire: Wire) -> None:
    parts = await parts_of(engine(wire))
    assert [part.text for part in parts[:-1] if isinstance(part, TextDelta)] == list(server.script.chat.tokens)
    end = parts[-1]
    assert isinstance(end, ReplyEnd)
    assert end.finish == "stop"
    assert isinstance(end.usage, Usage)
    assert (end.usage.provider, end.usage.model) == ("openai", "gpt-6-luna")
    assert end.usage.amounts["text_out"] > 0
    sent = server.requests_for(path)[0].json
    assert sent["model"] == "gpt-6-luna"
    assert sent["prompt_cache_key"] == "c1"
    assert "temperature" not in sent


async def test_responses_store_nothing_and_resend_everything(server: LoopbackServer, wire: Wire) -> None:
    await parts_of(ResponsesChat(wire, effort="low"), replace(ASKED, tool_rounds=ROUNDS))
    sent = server.requests_for("/responses")[0].json
    assert sent["store"] is False
    assert sent["instructions"] == "Be brief."
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["include"] == ["reasoning.encrypted_content"]
    assert [item.get("role") or item["type"] for item in sent["input"]] == [
        "user", "assistant", "user", "function_call", "function_call", "function_call_output", "function_call_output",
    ]  # fmt: skip
    assert sent["input"][2]["content"] == "How late is it \ufffd?"  # half a character would be refused


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_half_a_character_is_never_sent_back(
    engine: Engine, path: str, server: LoopbackServer, wire: Wire
) -> None:
    half = "\ud83d"
    use = ToolUse("call_0", "clock", f'{{"zone": "{half}"}}', f"then {half}")
    lines = (Line(Role.USER, f"user {half}"), Line(Role.ASSISTANT, f"said {half}", tool_uses=(use,)), ASKED.lines[-1])
    rounds = (ToolCall("call_1", "clock", f'{{"zone": "{half}"}}'), ToolResult("call_1", f"now {half}"))
    await parts_of(engine(wire), replace(ASKED, instructions=f"Be {half}.", lines=lines, tool_rounds=rounds))
    sent = json.dumps(server.requests_for(path)[0].json, ensure_ascii=False)
    assert half not in sent
    assert sent.count("\ufffd") == 8  # each of them arrived, as the sign for what is no character
    assert server.violations == []


async def test_completions_put_calls_made_together_into_one_message(server: LoopbackServer, wire: Wire) -> None:
    await parts_of(CompletionsChat(wire), replace(ASKED, tool_rounds=ROUNDS))
    sent = server.requests_for("/chat/completions")[0].json
    assert [message["role"] for message in sent["messages"]] == [
        "system", "user", "assistant", "user", "assistant", "tool", "tool",
    ]  # fmt: skip
    assert [call["id"] for call in sent["messages"][4]["tool_calls"]] == ["call_1", "call_2"]
    assert sent["reasoning_effort"] == "none"  # with tools this model refuses any other here
    assert sent["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_tool_calls_come_whole(engine: Engine, path: str, server: LoopbackServer, wire: Wire) -> None:
    calls = (ToolCallScript("clock", '{"zone": "UTC"}', "a"), ToolCallScript("clock", '{"zone": "CET"}', "b"))
    server.script.chat = ChatScript((), tool_calls=calls, finish="tool_calls")
    *parts, end = await parts_of(engine(wire))
    assert parts == [ToolCall("a", "clock", '{"zone": "UTC"}'), ToolCall("b", "clock", '{"zone": "CET"}')]
    assert isinstance(end, ReplyEnd)
    assert end.finish == "tool_calls"


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_a_reply_cut_by_its_length_says_so(engine: Engine, path: str, server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript(("One",), finish="length")
    end = (await parts_of(engine(wire)))[-1]
    assert isinstance(end, ReplyEnd)
    assert end.finish == "length"


async def test_the_connection_is_used_again(server: LoopbackServer, wire: Wire) -> None:
    for engine in (CompletionsChat, ResponsesChat, CompletionsChat, ResponsesChat):
        await parts_of(engine(wire))
    assert {request.connection for request in server.requests} == {1}


def reply_of(decoder: ResponsesDecoder | CompletionsDecoder, *events: Mapping[str, Any]) -> list[ReplyPart]:
    parts = [part for event in events for part in decoder.push(event)]
    return [*parts, *decoder.finish()]


def test_responses_without_deltas_are_read_from_their_items() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]}
    usage = {"input_tokens": 10, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}}
    whole = {"object": "response", "status": "completed", "output": [message], "usage": usage}
    amounts = {"text_in": 10.0, "text_out": 5.0, "reasoning_out": 2.0}
    end = ReplyEnd("stop", Usage("p", "m", amounts))
    assert reply_of(ResponsesDecoder("p", "m"), whole) == [TextDelta("Hi."), end]
    done = {"type": "response.completed", "response": whole}
    added = {"type": "response.output_item.done", "item": message}
    assert reply_of(ResponsesDecoder("p", "m"), added, done) == [TextDelta("Hi."), end]


def test_a_refusal_is_the_models_word_and_marked() -> None:
    refusal = {"type": "response.refusal.delta", "delta": "I will not."}
    parts = reply_of(ResponsesDecoder("p", "m"), refusal, {"type": "response.completed", "response": {}})
    assert parts == [TextDelta("I will not."), ReplyEnd("content_filter")]
    chunk = {"choices": [{"delta": {"refusal": "I will not."}, "finish_reason": "stop"}]}
    assert reply_of(CompletionsDecoder("p", "m"), chunk) == parts


async def test_a_blocked_reply_is_refused(server: LoopbackServer, wire: Wire) -> None:
    blocked = {"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]}
    server.answer_always("/chat/completions", events_of(blocked, "data: [DONE]\n\n"))
    with pytest.raises(Refused):
        await parts_of(CompletionsChat(wire))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None}, RateLimited),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}}, ProviderDown),
        ({"type": "response.failed", "response": {"status": "failed", "error": None}}, ProviderDown),
    ],
)
async def test_a_failed_response(
    event: dict[str, object], kind: type[Exception], server: LoopbackServer, wire: Wire
) -> None:
    delta = {"type": "response.output_text.delta", "delta": "One"}
    server.answer_always("/responses", events_of(delta, event))
    words: list[str] = []
    with pytest.raises(kind):  # noqa: PT012
        async for part in ResponsesChat(wire).reply(ASKED):
            words.append(part.text)  # type: ignore[union-attr]  # noqa: PERF401
    assert words == ["One"]


async def test_a_response_that_just_ends_broke_off(server: LoopbackServer, wire: Wire) -> None:
    delta = {"type": "response.output_text.delta", "delta": "One"}
    server.answer_always("/responses", events_of(delta))
    with pytest.raises(ProviderDown, match="broke off"):
        await parts_of(ResponsesChat(wire))


async def test_reasoning_is_handed_back_with_the_call_it_led_to(server: LoopbackServer, make_wire: MakeWire) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    call = {"type": "function_call", "call_id": "call_1", "name": "clock", "arguments": "{}"}
    events = [{"type": "response.output_item.done", "item": item} for item in (thought, call)]
    done = {"type": "response.completed", "response": {"output": [thought, call]}}
    server.answer_next("/responses", events_of(*events, done))
    chat = ResponsesChat(make_wire())
    assert ToolCall("call_1", "clock", "{}") in await parts_of(chat)
    rounds = (ToolCall("call_1", "clock", "{}"), ToolResult("call_1", "12:00"))
    await parts_of(chat, replace(ASKED, tool_rounds=rounds))
    sent = server.requests_for("/responses")[1].json["input"]
    assert [item.get("type") for item in sent[3:]] == ["reasoning", "function_call", "function_call_output"]


async def test_reasoning_is_not_text(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript(("Yes.",), reasoning=("Let me", " think."))
    parts = await parts_of(ResponsesChat(wire))
    assert "".join(part.text for part in parts if isinstance(part, ReasoningDelta)) == "Let me think."
    assert "".join(part.text for part in parts if isinstance(part, TextDelta)) == "Yes."


def test_tool_fragments_of_several_calls_are_kept_apart() -> None:
    def piece(**call: object) -> dict[str, object]:
        return {"choices": [{"delta": {"tool_calls": [call]}}]}

    decoder = CompletionsDecoder("p", "m")
    parts = reply_of(
        decoder,
        piece(index=1, id="a", function={"name": "f", "arguments": '{"x"'}),
        piece(index=2, id="b", function={"name": "g", "arguments": ""}),
        piece(index=1, function={"arguments": ": 1}"}),
        piece(id="c", function={"name": "h", "arguments": {"y": 2}}),
    )
    assert parts[:-1] == [ToolCall("a", "f", '{"x": 1}'), ToolCall("b", "g", "{}"), ToolCall("c", "h", '{"y": 2}')]


def test_usage_is_counted_by_kind() -> None:
    completion = {
        "prompt_tokens": 100, "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 10, "audio_tokens": 20},
    }  # fmt: skip
    assert completion_amounts(completion) == {
        "text_in": 70.0, "text_cached": 40.0, "audio_in": 30.0, "text_out": 30.0, "audio_out": 20.0,
        "reasoning_out": 10.0,
    }  # fmt: skip
    assert completion_amounts({"prompt_tokens": 3, "completion_tokens": None}) == {"text_in": 3.0}
    assert response_amounts({"output_tokens": 7}) == {"text_out": 7.0}


@pytest.mark.parametrize(
    "event",
    [
        {"choices": [{"delta": "text"}]},
        {"choices": [{"delta": {"tool_calls": [{"function": "f"}]}}]},
        {"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}], "usage": {"prompt_tokens_details": 3}},
    ],
)
async def test_fields_of_the_wrong_kind_are_the_servers_fault(
    event: dict[str, object], server: LoopbackServer, wire: Wire
) -> None:
    server.answer_always("/chat/completions", events_of(event, "data: [DONE]\n\n"))
    with pytest.raises(BadAnswer):
        await parts_of(CompletionsChat(wire))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_item.done", "item": ["x"]},
        {"type": "response.completed", "response": "done"},
        {"type": "response.completed", "response": {"output": [{"type": "message", "content": 3}]}},
    ],
)
async def test_events_of_the_wrong_kind_are_the_servers_fault(
    event: dict[str, object], server: LoopbackServer, wire: Wire
) -> None:
    server.answer_always("/responses", events_of(event))
    with pytest.raises(BadAnswer):
        await parts_of(ResponsesChat(wire))
