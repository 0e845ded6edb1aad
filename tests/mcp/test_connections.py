from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from voiceapp.core.errors import ToolError
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall
from voiceapp.core.tool_settings import Effect, Permission, ToolServer
from voiceapp.core.tools import Tool
from voiceapp.tool_servers.connections import Connections
from voiceapp.voice.toolbox import ToolBox

SHED = ToolServer("shed", sys.executable, ("-m", "tests.mcp.server"), {"SHED_WORD": "hammer"})


@asynccontextmanager
async def connected(
    *servers: ToolServer, call_s: float = 20.0, on_change: Callable[[], None] = lambda: None
) -> AsyncIterator[Connections]:
    connections = Connections(lambda _server: "", on_change, call_s)
    connections.use(servers)
    try:
        await connections.settled()
        yield connections
    finally:
        await connections.close()


def named(connections: Connections, name: str) -> Tool:
    return next(tool for tool in connections.tools() if tool.name == name)


async def test_a_program_gives_its_tools_and_answers() -> None:
    changes: list[int] = []
    async with connected(SHED, on_change=lambda: changes.append(1)) as shed:
        (state,) = shed.states()
        assert (state.is_connected, state.tool_count, state.problem) == (True, 5, "")
        assert [tool.name for tool in shed.tools()][:2] == ["shed__add", "shed__odd_name_x"]
        add = named(shed, "shed__add")
        assert (add.shown, add.effect, add.description) == ("shed.add", Effect.LEAVES, "Add two numbers.")
        assert set(add.parameters["properties"]) == {"a", "b"}
        assert await shed.call(add, {"a": 2, "b": 3}) == "5"
        assert await shed.call(named(shed, "shed__odd_name_x"), {}) == "hammer"  # its own name, its own environment
    assert changes


async def test_calls_made_together_are_answered_together() -> None:
    async with connected(SHED) as shed:
        add = named(shed, "shed__add")
        assert await asyncio.gather(*(shed.call(add, {"a": n, "b": n}) for n in range(5))) == ["0", "2", "4", "6", "8"]


async def test_failures_tell_the_model_what_to_mend() -> None:
    async with connected(SHED) as shed:
        with pytest.raises(ToolError, match="the shed is locked"):
            await shed.call(named(shed, "shed__fail"), {})
        with pytest.raises(ToolError, match="b"):
            await shed.call(named(shed, "shed__add"), {"a": 1})
        assert shed.states()[0].is_connected


async def test_a_call_without_end_is_cut_off_and_the_server_stays() -> None:
    async with connected(SHED, call_s=0.3) as shed:
        with pytest.raises(ToolError, match="in time"):
            await shed.call(named(shed, "shed__sleep"), {})
        assert await shed.call(named(shed, "shed__add"), {"a": 1, "b": 1}) == "2"


async def test_a_server_that_dies_in_a_call_is_started_again() -> None:
    is_back = asyncio.Event()
    async with connected(SHED, on_change=lambda: is_back.set() if shed_is_up() else None) as shed:

        def up() -> bool:
            return shed.states()[0].is_connected

        states.append(up)
        add = named(shed, "shed__add")
        with pytest.raises(ToolError, match="try once more"):
            await shed.call(named(shed, "shed__crash"), {})
        is_back.clear()
        async with asyncio.timeout(30):
            await is_back.wait()
        assert await shed.call(add, {"a": 1, "b": 1}) == "2"
    states.clear()


states: list[Callable[[], bool]] = []


def shed_is_up() -> bool:
    return bool(states) and states[-1]()


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (ToolServer("gone", "no-such-program-here"), "was not found"),
        (ToolServer("mute", sys.executable, ("-c", "pass")), "ended"),
        (ToolServer("nowhere", url="http://127.0.0.1:9/mcp"), "could not be reached"),
    ],
)
async def test_a_server_that_does_not_answer_says_why(server: ToolServer, words: str) -> None:
    async with connected(server) as connections:
        (state,) = connections.states()
        assert words in state.problem
        assert connections.tools() == ()


async def test_a_server_that_is_switched_off_is_left_alone() -> None:
    async with connected(ToolServer("gone", "no-such-program-here", is_on=False)) as connections:
        (state,) = connections.states()
        assert (state.is_on, state.problem) == (False, "")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A real server over HTTP in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.mcp.server", str(port), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while b"running on" not in await process.stderr.readline():
            pass
    yield f"http://127.0.0.1:{port}/mcp"
    process.kill()
    await process.communicate()


async def test_an_address_gives_its_tools_and_answers(address: str) -> None:
    async with connected(ToolServer("web", url=address)) as web:
        assert web.states()[0].is_connected
        assert await web.call(named(web, "web__add"), {"a": 40, "b": 2}) == "42"
        with pytest.raises(ToolError, match="locked"):
            await web.call(named(web, "web__fail"), {})


async def test_tools_of_servers_join_the_list_with_the_same_permissions() -> None:
    box = ToolBox(lambda: (), Connections(lambda _server: "", lambda: None))
    box.use(Settings(tool_servers=(SHED,), tool_permissions={"shed.fail": Permission.NEVER}))
    try:
        assert box._servers is not None
        await box._servers.settled()
        names = [spec.name for spec in box.specs()]
        assert "shed__add" in names
        assert "shed__fail" not in names
        call = ToolCall("c", "shed__add", '{"a": 1, "b": 2}')
        wish = box.wish(call)
        assert wish is not None
        assert (wish.tool, "tests.mcp.server" in wish.touches) == ("shed.add", True)
        assert (await box.run(call)).text == "3"
        assert (await box.run(ToolCall("c", "shed__fail", "{}"))).is_error
    finally:
        await box.close()
