"""Strict tools, the choice of tools, calls of earlier turns and answers in a form: valid requests to both protocols."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.openai_api.test_chat import ASKED, ENGINES, Engine, parts_of
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript
from voiceapp.core.computing import Computing
from voiceapp.core.conversation import Line, Role, ToolUse
from voiceapp.core.errors import Refused, TooLong
from voiceapp.core.notes import NOTES
from voiceapp.core.settings import ProviderKind
from voiceapp.core.tools import tools_of
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.wire import Wire
from voiceapp.voice.writing import ask

KIT = Computing.__new__(Computing)
TOOLS = tuple(tool.spec for tool in tools_of(KIT))
WITH_TOOLS = replace(ASKED, tools=TOOLS)
NOTED = {"title": "T", "summary": "S", "decisions": [], "actions": [{"task": "Call", "owner": "Ada", "due": None}]}


def declared(sent: Any) -> dict[str, Any]:
    tool: dict[str, Any] = sent["tools"][0]
    inner: dict[str, Any] = tool.get("function", tool)
    return inner


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_tools_are_strict_where_the_model_is_known(
    engine: Engine, path: str, server: LoopbackServer, wire: Wire, make_wire: MakeWire
) -> None:
    await parts_of(engine(wire), WITH_TOOLS)
    known = declared(server.requests_for(path)[0].json)
    assert known["strict"] is True
    assert known["parameters"]["required"] == ["place"]
    assert "maxLength" not in json.dumps(known)
    shed = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    await parts_of(engine(shed, "llama"), WITH_TOOLS)
    other = declared(server.requests_for(path)[1].json)
    assert other.get("strict") in (None, False)
    assert other["parameters"]["required"] == []
    assert other["parameters"]["properties"]["place"]["type"] == "string"


@pytest.mark.parametrize(("engine", "path"), ENGINES)
@pytest.mark.parametrize("choice", ["required", "none", "calculate"])
async def test_the_choice_of_tools(engine: Engine, path: str, choice: str, server: LoopbackServer, wire: Wire) -> None:
    await parts_of(engine(wire), replace(WITH_TOOLS, tool_choice=choice))
    sent = server.requests_for(path)[0].json["tool_choice"]
    assert sent == choice or choice in json.dumps(sent)
    assert (sent == choice) is (choice != "calculate")


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_calls_of_earlier_turns_are_told_again(
    engine: Engine, path: str, server: LoopbackServer, wire: Wire
) -> None:
    uses = tuple(ToolUse(f"use{n}", "calculate", '{"expression": "6*7"}', "42") for n in (1, 2))
    lines = (Line(Role.USER, "6 times 7?"), Line(Role.ASSISTANT, "42.", uses), Line(Role.USER, "And once more?"))
    await parts_of(engine(wire), replace(WITH_TOOLS, lines=lines))
    await parts_of(engine(wire), replace(ASKED, tools=(), lines=lines))
    first, second = (json.dumps(request.json) for request in server.requests_for(path))
    assert first.count('"use1"') == first.count('"use2"') == 2
    assert '"use1"' not in second


@pytest.mark.parametrize(("engine", "path"), ENGINES)
async def test_an_answer_in_a_form(engine: Engine, path: str, server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript((json.dumps(NOTED),))
    notes = await ask(engine(wire), "Write notes.", "Ada calls.", NOTES)
    assert (notes.title, notes.actions[0].owner, notes.actions[0].due) == ("T", "Ada", None)
    sent = server.requests_for(path)[0].json
    form = sent["text"]["format"] if path == "/responses" else sent["response_format"]["json_schema"]
    assert (form["name"], form["strict"]) == ("meeting_notes", True)
    assert form["schema"]["additionalProperties"] is False


@pytest.mark.parametrize("engine", [CompletionsChat, ResponsesChat])
async def test_refusal_and_length(engine: Engine, server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript(('{"title"',), finish="length")
    with pytest.raises(TooLong):
        await ask(engine(wire), "Write notes.", "x", NOTES)
    server.script.chat = ChatScript(("I will not.",), finish="content_filter")
    with pytest.raises(Refused):
        await ask(engine(wire), "Write notes.", "x", NOTES)


async def test_a_server_that_knows_no_forms_is_asked_in_words(server: LoopbackServer, make_wire: MakeWire) -> None:
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    chat = CompletionsChat(wire, "llama")
    refusal = {"message": "Unsupported parameter", "param": "response_format", "code": "unsupported_parameter"}
    server.answer_next("/chat/completions", faults.odd_error(400, {"error": refusal}))
    server.script.chat = ChatScript((json.dumps(NOTED),))
    assert (await ask(chat, "Write notes.", "x", NOTES)).title == "T"
    first, second = (request.json for request in server.requests_for("/chat/completions"))
    assert "response_format" in first
    assert "response_format" not in second
    assert "additionalProperties" in second["messages"][0]["content"]  # the form stands in words too
