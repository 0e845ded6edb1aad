"""The service's own tools by Responses: asked for, told while they work, cited, counted; and everything odd."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.openai_api.conftest import MakeWire
from tests.openai_api.test_chat import parts_of
from tests.server import faults, hosted_items
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, HostedScript
from tests.server.spec_check import openai_spec
from voiceapp.core.conversation import Line, Role, Source, SourceKind, ToolUse
from voiceapp.core.errors import TimedOut
from voiceapp.core.hosted import HostedChoice, HostedOffer, offer
from voiceapp.core.models import Model, cost_by
from voiceapp.core.settings import Choice, Provider, ProviderKind, Settings, validated
from voiceapp.core.speech import (
    ChatRequest,
    HostedStep,
    ReplyEnd,
    SourceFound,
    StepState,
    TextDelta,
    ToolSpec,
)
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.responses_hosted import HostedDecoder
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

TOOL = ToolSpec("shout", "Say it loud.", {"type": "object", "properties": {}})
ALL = HostedChoice(web=True, code=True, stores=("vs_1",))
ASKED = ChatRequest("Be brief.", (Line(Role.USER, "When is high water?"),), (TOOL,), hosted=ALL)


def tools(body: dict[str, Any]) -> list[str]:
    return [tool["type"] for tool in body.get("tools", ())]


async def test_they_are_asked_for_told_cited_and_counted(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = hosted_items.ALL
    parts = await parts_of(ResponsesChat(wire), ASKED)
    sent = server.requests_for("/responses")[0].json
    assert sent["tools"][1:] == [
        {"type": "web_search"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
    ]
    assert "code_interpreter_call.outputs" in sent["include"]
    steps = [part for part in parts if isinstance(part, HostedStep)]
    assert [(step.tool, step.state.value) for step in steps] == [
        ("web_search", "running"),
        ("web_search", "done"),
        ("file_search", "running"),
        ("file_search", "done"),
        ("code_interpreter", "running"),
        ("code_interpreter", "done"),
    ]
    done = [step for step in steps if step.state is StepState.DONE]
    assert [step.asked for step in done] == [
        '{"queries": "tide Brest"}',
        '{"queries": "boiler"}',
        '{"code": "print(6 * 7)"}',
    ]
    assert [step.answered for step in done] == [
        "https://tides.example/brest",
        "boiler.md: Bleed the boiler in May.",
        "42",
    ]
    assert [part.source for part in parts if isinstance(part, SourceFound)] == [
        Source(SourceKind.PAGE, "Tides in Brest", "https://tides.example/brest"),
        Source(SourceKind.DOCUMENT, "boiler.md", file_id="file-1"),
        Source(SourceKind.MADE, "plot.png", file_id="cfile_1", container_id="cntr_1"),
    ]
    assert "".join(part.text for part in parts if isinstance(part, TextDelta)) == "High water is at six."
    end = parts[-1]
    assert isinstance(end, ReplyEnd)
    assert end.usage is not None
    amounts = end.usage.amounts
    assert (amounts["web_searches"], amounts["file_searches"], amounts["code_runs"]) == (1.0, 1.0, 1.0)


def test_the_items_of_the_tests_are_those_of_the_specification() -> None:
    for name, item in (
        ("WebSearchToolCall", hosted_items.SEARCH),
        ("FileSearchToolCall", hosted_items.FILES),
        ("CodeInterpreterToolCall", hosted_items.CODE),
        ("Annotation", hosted_items.PAGE),
        ("Annotation", hosted_items.DOCUMENT),
        ("Annotation", hosted_items.MADE),
    ):
        assert openai_spec().schema_errors(name, item) == []


async def test_the_services_own_count_holds(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = replace(hosted_items.ALL, tool_usage={"web_search": {"num_requests": 3}})
    end = (await parts_of(ResponsesChat(wire), ASKED))[-1]
    assert isinstance(end, ReplyEnd)
    assert end.usage is not None
    assert end.usage.amounts["web_searches"] == 3.0


def test_a_price_that_is_not_known_makes_the_cost_unknown() -> None:
    prices = {"text_in": 1.0, "text_out": 5.0}
    amounts = {"text_in": 100.0, "text_out": 10.0, "web_searches": 1.0}
    assert cost_by(Model("m", prices=prices), amounts) is None
    own = Model("m", prices={**prices, "web_searches": 10_000.0})
    assert cost_by(own, amounts) == pytest.approx((100 + 50 + 10_000) / 1e6)


async def test_a_server_without_a_stream_tells_the_same(server: LoopbackServer, wire: Wire) -> None:
    usual = server.usual("/responses")

    def whole(request: Any) -> Any:
        request.json = {**request.json, "stream": False}
        return usual(request)

    server.script.chat = hosted_items.ALL
    server.answer_next("/responses", whole)
    parts = await parts_of(ResponsesChat(wire), ASKED)
    assert sum(isinstance(part, SourceFound) for part in parts) == 3
    assert sum(isinstance(part, HostedStep) for part in parts) == 3


@pytest.mark.parametrize("engine", [CompletionsChat, ResponsesChat])
async def test_a_server_that_is_not_known_to_have_them_is_not_asked(
    engine: type[CompletionsChat | ResponsesChat], server: LoopbackServer, make_wire: MakeWire
) -> None:
    shed = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    await parts_of(engine(shed, "llama"), ASKED)
    assert len(server.requests[0].json["tools"]) == 1


def test_they_are_offered_where_provider_and_model_have_them() -> None:
    table = model_table()
    own = Provider("shed", ProviderKind.COMPATIBLE, base_url="http://127.0.0.1:1/v1")
    settings = validated(Settings(providers=(own,)))

    def offered(*choice: str) -> HostedOffer:
        return offer(replace(settings, jobs={"chat": Choice(*choice)}), table)

    assert offered("openai").tools == ("code_interpreter", "file_search", "web_search")
    assert offered("openai", "gpt-6-sol").tools
    assert not offered("openai", "something-unknown").tools
    assert not offered("shed", "gpt-6-luna").tools
    assert not offered("local").tools


ODD: dict[str, Mapping[str, Any]] = {
    "unknown kind": {"type": "bio_citation", "gene": "x"},
    "not a mapping": {"type": None},
    "no address": {"type": "url_citation", "title": "A"},
    "an address that is none": {"type": "url_citation", "url": "javascript:alert(1)", "title": "A"},
    "another kind of address": {"type": "url_citation", "url": "file:///etc/passwd", "title": "A"},
    "broken address": {"type": "url_citation", "url": "http://[", "title": "A"},
    "no file": {"type": "file_citation", "filename": "a.md"},
    "no container": {"type": "container_file_citation", "file_id": "f", "filename": "a.png"},
    "numbers": {"type": "url_citation", "url": 7, "title": 8},
}


@pytest.mark.parametrize("annotation", ODD.values(), ids=ODD.keys())
async def test_an_odd_citation_costs_only_itself(
    annotation: Mapping[str, Any], server: LoopbackServer, wire: Wire
) -> None:
    server.script.chat = ChatScript(("Six", "."), annotations=(annotation, hosted_items.PAGE))
    parts = await parts_of(ResponsesChat(wire), ASKED)
    assert [part.source.title for part in parts if isinstance(part, SourceFound)] == ["Tides in Brest"]
    assert isinstance(parts[-1], ReplyEnd)


def test_missing_titles_and_repetitions() -> None:
    decoder = HostedDecoder()
    page = {"type": "url_citation", "url": "https://tides.example/x"}
    item = {"type": "message", "content": [{"annotations": [page, page, None]}, None, {"annotations": 3}]}
    assert [part.source.title for part in decoder.item(item) if isinstance(part, SourceFound)] == ["tides.example"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call"},
        {"type": "web_search_call", "id": "w", "action": None, "status": 4},
        {"type": "file_search_call", "id": "f", "results": [None, 3, {"text": None}], "queries": "x"},
        {"type": "code_interpreter_call", "id": "c", "outputs": [{"type": "image", "url": "https://x"}], "code": None},
    ],
)
async def test_items_with_missing_fields(item: Mapping[str, Any], server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript(("Six", "."), hosted=(HostedScript(item, ()),))
    parts = await parts_of(ResponsesChat(wire), ASKED)
    assert [part.state for part in parts if isinstance(part, HostedStep)] == [StepState.RUNNING, StepState.DONE]


async def test_a_tool_that_failed(server: LoopbackServer, wire: Wire) -> None:
    failed = {**hosted_items.SEARCH, "status": "failed"}
    server.script.chat = ChatScript(("Six", "."), hosted=(HostedScript(failed),))
    parts = await parts_of(ResponsesChat(wire), ASKED)
    assert [part.state for part in parts if isinstance(part, HostedStep)][-1] is StepState.FAILED


async def test_leaving_in_the_middle_of_a_search_frees_the_connection(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = replace(hosted_items.ALL, first_token_ms=60_000.0)
    async with aclosing(ResponsesChat(wire).reply(ASKED)) as parts:
        async for part in parts:
            assert isinstance(part, HostedStep)
            break
    await server.until(lambda: server.requests_for("/responses")[0].disconnected_at is not None, 20)


async def test_slow_code_is_waited_for(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = replace(hosted_items.ALL, first_token_ms=700.0)  # longer than the wire's patience
    parts = await parts_of(ResponsesChat(wire), ASKED)
    assert isinstance(parts[-1], ReplyEnd)
    with pytest.raises(TimedOut):
        await parts_of(ResponsesChat(wire), replace(ASKED, hosted=None))


async def test_a_store_that_is_gone_does_not_cost_the_reply(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire)
    server.answer_next("/responses", faults.error(404, "Vector store with id ['vs_1'] not found."))
    parts = await parts_of(chat, ASKED)
    await parts_of(chat, ASKED)
    assert [tools(request.json) for request in server.requests_for("/responses")] == [
        ["function", "web_search", "file_search", "code_interpreter"],
        ["function", "web_search", "code_interpreter"],
        ["function", "web_search", "code_interpreter"],
    ]
    step = parts[0]
    assert isinstance(step, HostedStep)
    assert (step.tool, step.state) == ("file_search", StepState.FAILED)
    assert "documents" in step.answered
    await parts_of(chat, replace(ASKED, hosted=HostedChoice(stores=("vs_2",))))  # another store is asked for
    assert tools(server.requests_for("/responses")[-1].json) == ["function", "file_search"]


async def test_a_model_that_refuses_them_still_gets_ours(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire)
    refusal = faults.error(400, "web_search is not supported with this model.", param="tools", code="unsupported_value")
    server.answer_next("/responses", refusal)
    parts = await parts_of(chat, replace(ASKED, hosted=HostedChoice(web=True)))
    await parts_of(chat, replace(ASKED, hosted=HostedChoice(web=True)))
    assert [tools(request.json) for request in server.requests_for("/responses")] == [
        ["function", "web_search"],
        ["function"],
        ["function"],
    ]
    assert isinstance(parts[0], HostedStep)
    assert parts[0].state is StepState.FAILED


async def test_what_they_did_is_not_told_as_if_ours_had_been_called(server: LoopbackServer, wire: Wire) -> None:
    from voiceapp.core.conversation import Message, told

    use = ToolUse("ws_1", "web_search", "{}", "https://tides.example")
    messages = (
        Message(1, 1, Role.USER, "When?", 0.0),
        Message(2, 1, Role.ASSISTANT, "At six.", 0.0, tool_uses=(use,)),
    )
    await parts_of(ResponsesChat(wire), replace(ASKED, lines=(*told(messages), Line(Role.USER, "Sure?"))))
    assert [item["role"] for item in server.requests_for("/responses")[0].json["input"]] == [
        "user",
        "assistant",
        "user",
    ]
