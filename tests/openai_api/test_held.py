"""Who remembers a conversation: everything is sent again, or the service holds it and gets what is new."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.openai_api.test_chat import parts_of
from tests.server import faults, sse
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ToolCallScript
from tests.server.wire import Answer, Piece
from voiceapp.core.conversation import Line, Message, Role, told
from voiceapp.core.errors import AuthFailed
from voiceapp.core.speech import ChatRequest, ToolCall, ToolResult, ToolSpec, Usage
from voiceapp.openai_api.held import HeldConversations
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.wire import Wire

TOOL = ToolSpec("shout", "Say it loud.", {"type": "object", "properties": {}})
FIRST = ChatRequest("Be brief.", (Line(Role.USER, "Capital of France?"),), (TOOL,), conversation_key="voiceapp-1")
SAID = "The capital of France is Paris."


def more(request: ChatRequest, question: str, said: str = SAID) -> ChatRequest:
    """Return the next turn's request after *said* was heard."""
    return replace(request, lines=(*request.lines, Line(Role.ASSISTANT, said), Line(Role.USER, question)))


def bodies(server: LoopbackServer) -> list[dict[str, Any]]:
    return [request.json for request in server.requests_for("/responses")]


def words(body: dict[str, Any]) -> list[str]:
    return [item["content"] for item in body["input"] if "content" in item]


async def test_nothing_is_kept_by_the_service_unless_it_was_chosen(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire)
    await parts_of(chat, FIRST)
    await parts_of(chat, more(FIRST, "And of Spain?"))
    assert [body["store"] for body in bodies(server)] == [False, False]
    assert not any("previous_response_id" in body for body in bodies(server))
    assert words(bodies(server)[1]) == ["Capital of France?", SAID, "And of Spain?"]


async def test_two_turns_begin_byte_for_byte_the_same(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire)
    await parts_of(chat, FIRST)
    await parts_of(chat, more(FIRST, "And of Spain?"))
    first, second = (request.body for request in server.requests_for("/responses"))
    shared = first.removesuffix(b"]}")
    assert shared != first
    assert second.startswith(shared)
    assert bodies(server)[0]["prompt_cache_key"] == bodies(server)[1]["prompt_cache_key"] == "voiceapp-1"
    assert bodies(server)[1]["prompt_cache_options"] == {"ttl": "30m"}


async def test_cached_tokens_are_told(server: LoopbackServer, wire: Wire) -> None:
    usage = (await parts_of(ResponsesChat(wire), FIRST))[-1].usage  # type: ignore[union-attr]
    assert isinstance(usage, Usage)
    assert usage.amounts["text_cached"] == 8


async def test_a_server_that_is_not_known_gets_no_key_for_a_cache(server: LoopbackServer, make_wire: MakeWire) -> None:
    shed = make_wire(name="shed", kind="compatible")
    await parts_of(ResponsesChat(shed, "llama"), FIRST)
    assert not bodies(server)[0].keys() & {"prompt_cache_key", "prompt_cache_options", "previous_response_id"}


async def test_the_service_holds_the_conversation(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    second = more(FIRST, "And of Spain?")
    await parts_of(chat, FIRST)
    await parts_of(chat, second)
    await parts_of(chat, more(second, "And of Italy?"))
    assert [body["store"] for body in bodies(server)] == [True] * 3
    assert [body.get("previous_response_id") for body in bodies(server)] == [None, "resp_1", "resp_2"]
    assert [words(body) for body in bodies(server)[1:]] == [["And of Spain?"], ["And of Italy?"]]
    assert {body["instructions"] for body in bodies(server)} == {"Be brief."}


async def test_it_goes_on_after_a_restart_and_no_words_are_kept_for_that(server: LoopbackServer, wire: Wire) -> None:
    kept: list[bytes] = []
    await parts_of(ResponsesChat(wire, held=HeldConversations(keep=kept.append)), FIRST)
    assert b"Paris" not in kept[-1]
    assert b"France" not in kept[-1]
    await parts_of(ResponsesChat(wire, held=HeldConversations(kept[-1])), more(FIRST, "And of Spain?"))
    assert bodies(server)[1]["previous_response_id"] == "resp_1"
    assert HeldConversations(b'{"voiceapp-1": 3}').rest(FIRST, "gpt-6-luna") is None


def interrupted(heard_chars: int) -> tuple[Line, ...]:
    """What the model is told where only so much of the first reply was heard."""
    messages = (
        Message(1, 1, Role.USER, "Capital of France?", 0.0),
        Message(2, 1, Role.ASSISTANT, SAID, 0.0, heard_chars=heard_chars),
        Message(3, 1, Role.USER, "Stop.", 0.0),
    )
    return told(messages)


ELSEWHERE = {
    "not heard to the end": interrupted(11),
    "not heard at all": interrupted(0),
    "asked for again": FIRST.lines,
    "the question was changed": more(replace(FIRST, lines=(Line(Role.USER, "Capital of Peru?"),)), "Go on.").lines,
    "the reply was changed": more(FIRST, "Go on.", said="Something else.").lines,
    "another beginning": (Line(Role.USER, "Hi."),),
}


@pytest.mark.parametrize("lines", ELSEWHERE.values(), ids=ELSEWHERE.keys())
async def test_what_differs_is_sent_anew(lines: tuple[Line, ...], server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    await parts_of(chat, FIRST)
    await parts_of(chat, replace(FIRST, lines=lines))
    assert "previous_response_id" not in bodies(server)[1]
    assert words(bodies(server)[1]) == [line.text for line in lines]
    if lines == ELSEWHERE["not heard to the end"]:
        assert "Paris" not in json.dumps(bodies(server)[1])
    follow = replace(FIRST, lines=(*lines, Line(Role.ASSISTANT, SAID), Line(Role.USER, "And now?")))
    await parts_of(chat, follow)
    assert bodies(server)[2]["previous_response_id"] == "resp_2"
    assert words(bodies(server)[2]) == ["And now?"]


async def test_another_model_gets_everything(server: LoopbackServer, wire: Wire) -> None:
    held = HeldConversations()
    await parts_of(ResponsesChat(wire, "gpt-6-luna", held=held), FIRST)
    await parts_of(ResponsesChat(wire, "gpt-6-sol", held=held), more(FIRST, "And of Spain?"))
    assert "previous_response_id" not in bodies(server)[1]
    assert len(bodies(server)[1]["input"]) == 3


async def test_another_provider_in_between_is_told_of(server: LoopbackServer, make_wire: MakeWire) -> None:
    own, other = HeldConversations(), HeldConversations()
    second = more(FIRST, "And of Spain?")
    third = more(second, "And of Italy?", said="Madrid, says the other.")
    await parts_of(ResponsesChat(make_wire(), held=own), FIRST)
    await parts_of(ResponsesChat(make_wire(), held=other), second)
    assert words(bodies(server)[1]) == ["Capital of France?", SAID, "And of Spain?"]
    await parts_of(ResponsesChat(make_wire(), held=own), third)
    assert bodies(server)[2]["previous_response_id"] == "resp_1"
    assert words(bodies(server)[2]) == ["And of Spain?", "Madrid, says the other.", "And of Italy?"]


async def test_a_response_that_is_too_old_is_not_built_upon(server: LoopbackServer, wire: Wire) -> None:
    now_s = [0.0]
    chat = ResponsesChat(wire, held=HeldConversations(wall=lambda: now_s[0]))
    await parts_of(chat, FIRST)
    now_s[0] = 31 * 24 * 3600.0
    await parts_of(chat, more(FIRST, "And of Spain?"))
    assert "previous_response_id" not in bodies(server)[1]


GONE = "Previous response with id 'resp_1' not found."
CODE = "previous_response_not_found"
IN_THE_STREAM = {"type": "error", "code": CODE, "message": GONE, "param": None, "sequence_number": 0}
FORGOTTEN = {
    "400": faults.error(400, GONE, code=CODE, param="previous_response_id"),
    "404": faults.error(404, GONE),
    "in the stream": Answer((Piece(sse.event(IN_THE_STREAM)),), headers=sse.SSE_HEADERS),
}


@pytest.mark.parametrize("answer", FORGOTTEN.values(), ids=FORGOTTEN.keys())
async def test_what_the_service_has_forgotten_is_sent_again_in_the_same_turn(
    answer: Answer, server: LoopbackServer, wire: Wire
) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    await parts_of(chat, FIRST)
    server.answer_next("/responses", answer)
    second = more(FIRST, "And of Spain?")
    await parts_of(chat, second)
    _first, refused, sent = bodies(server)
    assert refused["previous_response_id"] == "resp_1"
    assert "previous_response_id" not in sent
    assert words(sent) == ["Capital of France?", SAID, "And of Spain?"]
    assert sent["store"] is True
    await parts_of(chat, more(second, "And of Italy?"))
    assert bodies(server)[3]["previous_response_id"] == "resp_2"  # from then on it is held again


async def test_a_service_that_cannot_hold_is_asked_once(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    await parts_of(chat, FIRST)
    refusal = faults.error(400, "Unsupported", code="unsupported_parameter", param="previous_response_id")
    server.answer_next("/responses", refusal)
    second = more(FIRST, "And of Spain?")
    await parts_of(chat, second)
    await parts_of(chat, more(second, "And of Italy?"))
    assert ["previous_response_id" in body for body in bodies(server)] == [False, True, False, False]
    assert [body["store"] for body in bodies(server)][2:] == [False, False]


async def test_other_refusals_stay_refusals(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    await parts_of(chat, FIRST)
    server.answer_next("/responses", faults.error(401, code="invalid_api_key"))
    with pytest.raises(AuthFailed):
        await parts_of(chat, more(FIRST, "And of Spain?"))
    assert len(bodies(server)) == 2


async def test_tools_in_a_held_conversation(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    calls = (ToolCallScript("shout", "{}", "c1"), ToolCallScript("shout", '{"a": 1}', "c2"))
    server.script.chat = ChatScript(("Let", " me", " see."), tool_calls=calls)
    await parts_of(chat, FIRST)
    server.script.chat = ChatScript((" Done.",))
    rounds = tuple(ToolCall(c.id, "shout", c.arguments) for c in calls) + tuple(ToolResult(c.id, "LOUD") for c in calls)
    await parts_of(chat, replace(FIRST, tool_rounds=rounds))
    await parts_of(chat, more(FIRST, "Thanks.", said="Let me see. Done."))
    _first, results, following = bodies(server)
    assert results["previous_response_id"] == "resp_1"
    assert [(item["type"], item["call_id"]) for item in results["input"]] == [
        ("function_call_output", "c1"),
        ("function_call_output", "c2"),
    ]
    assert following["previous_response_id"] == "resp_2"
    assert words(following) == ["Thanks."]


async def test_a_turn_that_ended_at_its_tools_is_sent_anew(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire, held=HeldConversations())
    server.script.chat = ChatScript(("One", " moment."), tool_calls=(ToolCallScript("shout", "{}", "c1"),))
    await parts_of(chat, FIRST)
    await parts_of(chat, more(FIRST, "Never mind.", said="One moment."))
    assert "previous_response_id" not in bodies(server)[1]  # the call would be left without its result


async def test_what_belongs_to_no_conversation_is_never_kept(server: LoopbackServer, wire: Wire) -> None:
    await parts_of(ResponsesChat(wire, held=HeldConversations()), replace(FIRST, conversation_key=""))
    assert bodies(server)[0]["store"] is False


@pytest.mark.parametrize(("model", "effort", "sent"), [("gpt-6-luna", "low", "low"), ("gpt-6.1-sol", "none", None)])
async def test_effort_where_the_model_takes_it(
    model: str, effort: str, sent: str | None, server: LoopbackServer, wire: Wire
) -> None:
    await parts_of(ResponsesChat(wire, model, effort=effort), FIRST)
    assert bodies(server)[0].get("reasoning", {}).get("effort") == sent
