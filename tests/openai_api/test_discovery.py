"""Servers on this machine are found and named; a provider is really called."""

from __future__ import annotations

import socket

import pytest

from tests.openai_api.conftest import KEY, MakeWire
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from voiceapp.core.errors import AuthFailed, BadAnswer, NoKey
from voiceapp.core.events import ServerFound
from voiceapp.openai_api.discovery import check, discover, server_name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_server_that_answers_is_found_and_the_silent_port_is_not(server: LoopbackServer) -> None:
    models = {"object": "list", "data": [{"id": "llama3.2", "object": "model", "created": 1, "owned_by": "library"}]}
    server.answer_always("/models", json_answer(models))
    found = [one async for one in discover(ports=(free_port(), server.port))]
    assert found == [ServerFound("Ollama", server.base_url, ("llama3.2",))]


async def test_a_server_that_is_configured_is_not_offered_again(server: LoopbackServer) -> None:
    known = f"http://localhost:{server.port}/v1/"
    assert [one async for one in discover([known], ports=(server.port,))] == []
    assert server.requests == []


@pytest.mark.parametrize(
    "answer", [faults.html(), faults.rubbish(), json_answer({"hello": 1}), faults.error(401, "no")]
)
async def test_what_is_not_the_api_is_left_alone(server: LoopbackServer, answer: object) -> None:
    server.answer_always("/models", answer)  # type: ignore[arg-type]
    assert [one async for one in discover(ports=(server.port,))] == []


@pytest.mark.parametrize(
    ("row", "header", "name"),
    [
        ({"owned_by": "organization_owner"}, "", "LM Studio"),
        ({"owned_by": "llamacpp"}, "", "llama.cpp"),
        ({"owned_by": "vllm", "created": 1}, "uvicorn", "vLLM"),
        ({"owned_by": "Systran", "task": "automatic-speech-recognition"}, "uvicorn", "Speaches"),
        ({"object": "model"}, "", "LocalAI"),
        ({"owned_by": "me", "created": 1}, "llama.cpp", "llama.cpp"),
        ({"owned_by": "me", "created": 1}, "", "OpenAI-compatible server"),
    ],
)
def test_servers_are_told_apart_by_their_answers(row: dict[str, object], header: str, name: str) -> None:
    assert server_name([{"id": "m", **row}], header) == name


async def test_check_measures_a_real_call(server: LoopbackServer, make_wire: MakeWire) -> None:
    checked = await check(make_wire())
    assert checked.models == server.script.models
    assert checked.latency_ms > 0.0
    (request,) = server.requests_for("/models")
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_check_says_what_is_wrong(server: LoopbackServer, make_wire: MakeWire) -> None:
    with pytest.raises(NoKey):
        await check(make_wire(key=""))
    assert server.requests == []
    server.answer_next("/models", faults.error(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key"))
    with pytest.raises(AuthFailed, match="OpenAI did not accept the key ending in 4f2c"):
        await check(make_wire())
    server.answer_next("/models", faults.html())
    with pytest.raises(BadAnswer):
        await check(make_wire())
