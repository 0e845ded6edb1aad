"""What the adapters share: addresses, keys, lessons from refusals, warm connections, cancellation."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from tests.openai_api.conftest import KEY, QUICK, MakeWire
from tests.server import faults
from tests.server.chat_answers import chat_completion
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript
from tests.server.wire import Answer, Piece, Request
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import BadAnswer, BadRequest, ConfigError, ModelGone, TimedOut
from voiceapp.core.settings import OPENAI, Provider, ProviderKind
from voiceapp.core.speech import ChatRequest, HearingRequest, TextDelta, ToolSpec
from voiceapp.openai_api.client import LOCAL_TIMEOUTS, Timeouts, base_url_of, is_loopback, path_of, timeouts_for
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.wire import Wire

ASKED = ChatRequest("Be brief.", (Line(Role.USER, "Hi."),), conversation_key="c1")
CHAT = "/chat/completions"


async def reply_to(chat: CompletionsChat | ResponsesChat, request: ChatRequest = ASKED) -> str:
    return "".join([part.text async for part in chat.reply(request) if isinstance(part, TextDelta)])


# --- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("", "https://api.openai.com/v1"),
        ("  ", "https://api.openai.com/v1"),
        ("https://host/v1/", "https://host/v1"),
        ("https://host/v1/chat/completions", "https://host/v1"),
        ("https://host/openai/v1/responses?x=1", "https://host/openai/v1"),
        ("http://host:1/images/generations", "http://host:1"),
        ("localhost:11434/v1", "http://localhost:11434/v1"),
        ("api.example.org/v1/models", "https://api.example.org/v1"),
    ],
)
def test_the_base_url_that_was_meant(pasted: str, meant: str) -> None:
    assert base_url_of(replace(OPENAI, base_url=pasted)) == meant


def test_a_path_of_its_own_counts_from_the_root_of_the_server() -> None:
    provider = replace(OPENAI, base_url="http://host:1/v1", paths={"images": "/images/generate", "chat": "talk"})
    assert path_of(provider, "images") == "http://host:1/images/generate"
    assert path_of(provider, "responses") == "http://host:1/talk"
    assert path_of(provider, "speech") == "/audio/speech"


def test_a_server_on_this_machine_gets_time_to_load_its_model() -> None:
    assert timeouts_for(replace(OPENAI, base_url="http://127.0.0.1:11434/v1")) == LOCAL_TIMEOUTS
    assert timeouts_for(OPENAI) == Timeouts(connect_s=3.0, silence_s=20.0, first_s=20.0)


async def test_an_overridden_path_is_really_used(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always("/api/talk", lambda request: chat_completion(ChatScript(("Hi",)), request))
    assert await reply_to(CompletionsChat(make_wire(paths={"chat": "/api/talk"}))) == "Hi"
    assert [request.path for request in server.requests] == ["/api/talk"]


async def test_azure_gets_its_deployment_version_and_key_header(server: LoopbackServer, make_wire: MakeWire) -> None:
    path = "/openai/deployments/my-chat/chat/completions"
    server.answer_always(path, lambda request: chat_completion(ChatScript(("Hi",)), request))
    wire = make_wire(
        name="azure", kind=ProviderKind.AZURE, base_url=server.base_url.removesuffix("/v1"), api_version="2025-04-01",
        deployments={"chat": "my-chat"},
    )  # fmt: skip
    assert await reply_to(CompletionsChat(wire)) == "Hi"
    (request,) = server.requests
    assert (request.path, request.query) == (path, "api-version=2025-04-01")
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers


async def test_the_environment_is_not_looked_at(
    server: LoopbackServer, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL", "HTTP_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9" if name == "HTTP_PROXY" else "")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    assert await reply_to(CompletionsChat(make_wire()))
    assert await reply_to(CompletionsChat(make_wire(organization="org-1", project="proj-1")))
    first, second = server.requests
    assert "openai-organization" not in first.headers
    assert (second.headers["openai-organization"], second.headers["openai-project"]) == ("org-1", "proj-1")


def test_a_base_url_that_is_none_is_a_matter_of_settings(make_wire: MakeWire) -> None:
    with pytest.raises(ConfigError):
        make_wire(base_url="http://[::1/v1")


async def test_a_new_key_is_used_at_once(server: LoopbackServer) -> None:
    keys = ["sk-first-0000000000"]
    provider = replace(OPENAI, base_url=server.base_url)
    from voiceapp.resources import model_table

    wire = Wire(provider, lambda: keys[-1], model_table())
    await reply_to(CompletionsChat(wire))
    keys.append("sk-second-000000000")
    await reply_to(CompletionsChat(wire))
    await wire.close()
    assert [r.headers["authorization"] for r in server.requests] == [f"Bearer {key}" for key in keys]


# --- lessons ------------------------------------------------------------------------------------------------


def refusing(name: str) -> Answer | object:
    def answer(request: Request) -> Answer:
        if name in request.json:
            return faults.error(400, f"Unsupported parameter: '{name}'.", code="unsupported_parameter", param=name)
        return chat_completion(ChatScript(("Hi",)), request)

    return answer


async def test_a_refused_parameter_is_dropped_once_and_remembered(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(CHAT, refusing("prompt_cache_key"))  # type: ignore[arg-type]
    chat = CompletionsChat(wire)
    assert await reply_to(chat) == "Hi"
    assert await reply_to(chat) == "Hi"
    assert ["prompt_cache_key" in request.json for request in server.requests] == [True, False, False]


async def test_an_essential_parameter_is_not_dropped(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(CHAT, faults.error(400, "No.", code="unsupported_value", param="messages[0].content"))
    with pytest.raises(BadRequest):
        await reply_to(CompletionsChat(wire))
    assert len(server.requests) == 1


async def test_a_model_without_tools_answers_without_them(server: LoopbackServer, make_wire: MakeWire) -> None:
    def answer(request: Request) -> Answer:
        if "tools" in request.json:
            return faults.odd_error(400, {"error": {"message": "llama3 does not support tools", "type": "api_error"}})
        return chat_completion(ChatScript(("Hi",)), request)

    notices: list[str] = []
    server.answer_always(CHAT, answer)
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE, on_notice=notices.append)
    request = replace(ASKED, tools=(ToolSpec("clock", "Time.", {"type": "object", "properties": {}}),))
    assert await reply_to(CompletionsChat(wire, "m"), request) == "Hi"
    assert notices == ["This model at shed cannot use tools."]


async def test_a_model_that_is_gone_is_replaced_once_and_it_is_said(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    def answer(request: Request) -> Answer:
        if request.json["model"] == "gpt-4o":
            return faults.error(404, "The model `gpt-4o` does not exist", code="model_not_found")
        return chat_completion(ChatScript(("Hi",)), request)

    notices: list[str] = []
    server.answer_always(CHAT, answer)
    chat = CompletionsChat(make_wire(on_notice=notices.append), "gpt-4o")
    assert await reply_to(chat) == "Hi"
    assert await reply_to(chat) == "Hi"
    assert [request.json["model"] for request in server.requests] == ["gpt-4o", "gpt-6-luna", "gpt-6-luna"]
    assert notices == ["OpenAI no longer offers gpt-4o. Its successor gpt-6-luna answers instead."]


async def test_when_the_successor_is_gone_too_it_is_told(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(CHAT, faults.error(404, "No such model", code="model_not_found"))
    with pytest.raises(ModelGone, match="gpt-6-luna"):
        await reply_to(CompletionsChat(wire, "gpt-4o"))
    assert len(server.requests) == 2


async def test_a_compatible_server_is_asked_which_model_it_has(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.script.models = ("nomic-embed-text", "whisper-large", "zephyr", "kokoro")
    wire = make_wire(name="shed", kind=ProviderKind.COMPATIBLE)
    await reply_to(CompletionsChat(wire))
    await reply_to(CompletionsChat(wire))
    assert [request.json["model"] for request in server.requests_for(CHAT)] == ["zephyr", "zephyr"]
    assert len(server.requests_for("/models")) == 1
    server.script.models = ("zephyr",)
    with pytest.raises(ModelGone, match="lists no model for this"):
        await make_wire(name="shed", kind=ProviderKind.COMPATIBLE).model_for("transcription", "")


# --- connections --------------------------------------------------------------------------------------------


async def test_a_warmed_connection_is_used(server: LoopbackServer, wire: Wire) -> None:
    chat = ResponsesChat(wire)
    await chat.warm()
    await chat.warm()
    await reply_to(chat)
    await reply_to(chat)
    assert len(server.requests_for("/models")) == 1
    assert {request.connection for request in server.requests} == {1}


async def test_key_down_opens_the_connection_for_the_upload(server: LoopbackServer, wire: Wire) -> None:
    async with HttpSpeechToText(wire).hear(HearingRequest()) as hearing:
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "warm transcription"))
        await hearing.push(np.full(1600, 0.1, dtype=np.float32))
        assert (await hearing.finish()).text == server.script.hearing.text
    (upload,) = server.requests_for("/audio/transcriptions")
    assert upload.connection == 1


async def test_a_list_of_models_is_not_read_beyond_measure(server: LoopbackServer, wire: Wire) -> None:
    server.answer_always("/models", Answer([Piece(b" " * 1024 * 1024)] * 33 + [Piece(b'{"data": []}')]))
    with pytest.raises(BadAnswer, match="more in one piece than voiceapp takes"):
        await wire.listed()


async def test_warming_never_raises(server: LoopbackServer, make_wire: MakeWire) -> None:
    server.answer_always("/models", faults.error(401))
    await CompletionsChat(make_wire()).warm()
    await CompletionsChat(make_wire(key="")).warm()
    await CompletionsChat(make_wire(base_url="http://127.0.0.1:9/v1")).warm()


@pytest.mark.parametrize(("engine", "path"), [(CompletionsChat, CHAT), (ResponsesChat, "/responses")])
async def test_closing_a_reply_frees_its_connection_at_once(
    engine: type[CompletionsChat], path: str, server: LoopbackServer, wire: Wire
) -> None:
    server.script.chat = ChatScript(("One",) * 1000, tokens_per_s=20)
    async with aclosing(engine(wire).reply(ASKED)) as parts:
        await anext(parts)
    (request,) = server.requests_for(path)
    await server.until(lambda: request.disconnected_at is not None)
    assert request.done_at is None


async def test_cancelling_a_reply_frees_its_connection_at_once(server: LoopbackServer, wire: Wire) -> None:
    server.script.chat = ChatScript(first_token_ms=60_000)
    task = asyncio.create_task(reply_to(CompletionsChat(wire)))
    await server.until(lambda: bool(server.requests))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.until(lambda: server.requests[0].disconnected_at is not None)


async def test_silence_in_the_middle_ends_the_wait_and_keeps_the_words(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    server.script.chat = ChatScript(("One", " two", " three"), tokens_per_s=0.001)
    chat = ResponsesChat(make_wire(timeouts=replace(QUICK, silence_s=0.1)))
    words: list[str] = []
    with pytest.raises(TimedOut, match=r"for 0\.1 s"):  # noqa: PT012
        async for part in chat.reply(ASKED):
            words.append(part.text)  # type: ignore[union-attr]  # noqa: PERF401
    assert words == ["One"]


def test_provider_names_for_people(make_wire: MakeWire) -> None:
    assert CompletionsChat(make_wire(), "gpt-6-luna").label == "OpenAI gpt-6-luna"
    assert ResponsesChat(make_wire()).label == "OpenAI gpt-6-luna"
    assert CompletionsChat(make_wire(name="shed", kind=ProviderKind.COMPATIBLE)).label == "shed"
    assert Provider("x", ProviderKind.COMPATIBLE).name == "x"


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("localhost.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.1", True),
        ("2130706433", True),
        ("0x7f000001", True),
        ("0.0.0.0", True),
        ("[::1]", True),
        ("[::]", True),
        ("[::ffff:127.0.0.1]", True),
        ("192.168.1.4", False),
        ("127.0.0.1.example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_this_machine_is_known_however_it_is_spelt(host: str, is_here: bool) -> None:
    assert is_loopback(f"http://{host}:8080/v1") is is_here
