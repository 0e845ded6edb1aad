from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.store import MemoryStore
from tests.virtual_clock import virtual_clock
from voiceapp.core.computing import Computing
from voiceapp.core.conversation import Role
from voiceapp.core.speech import ToolCall
from voiceapp.resources import tool_tables
from voiceapp.voice.kits.own_words import OwnWords
from voiceapp.voice.kits.timers import Timers
from voiceapp.voice.toolbox import RESULT_LIMIT_CHARS, ToolBox

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


def kits(store: MemoryStore, ring: Callable[[str], None] = lambda _sentence: None) -> tuple[object, ...]:
    return Computing(lambda: NOW, tool_tables()), Timers(ring), OwnWords(store, lambda: NOW)


class Desk:
    """A tool box, its store, and what rang."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.rang: list[str] = []
        self.box = ToolBox(lambda: kits(self.store, self.rang.append))

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        result = await self.box.run(ToolCall("c1", name, json.dumps(arguments)))
        assert not result.is_error, result.text
        answer: dict[str, Any] = json.loads(result.text)
        return answer

    async def error(self, name: str, arguments: str) -> str:
        result = await self.box.run(ToolCall("c1", name, arguments))
        assert result.is_error
        assert result.call_id == "c1"
        return result.text


@pytest.fixture
def desk() -> Desk:
    return Desk()


@virtual_clock
async def test_a_timer_rings_once_and_with_its_name(desk: Desk) -> None:
    assert await desk.call("set_timer", seconds=300, name="eggs") == {"number": 1, "name": "eggs", "seconds": 300}
    await asyncio.sleep(60)
    assert (await desk.call("list_timers"))["timers"] == [{"number": 1, "name": "eggs", "seconds_left": 240}]
    await asyncio.sleep(239)
    assert desk.rang == []
    await asyncio.sleep(2)
    assert desk.rang == ["The timer “eggs” has run out."]
    assert (await desk.call("list_timers"))["timers"] == []


@virtual_clock
async def test_a_cancelled_timer_does_not_ring(desk: Desk) -> None:
    await desk.call("set_timer", seconds=10)
    await desk.call("set_timer", seconds=20, name="Tea")
    assert "say which" in await desk.error("cancel_timer", "{}")
    assert "running are: 1, 2 Tea" in await desk.error("cancel_timer", '{"number": 7}')
    assert await desk.call("cancel_timer", name="tea") == {"cancelled": 1, "left": 1}
    assert await desk.call("cancel_timer") == {"cancelled": 1, "left": 0}
    assert await desk.call("cancel_timer") == {"cancelled": 0, "left": 0}
    await asyncio.sleep(30)
    assert desk.rang == []


@virtual_clock
async def test_nothing_rings_after_close(desk: Desk) -> None:
    await desk.call("set_timer", seconds=10)
    await desk.box.close()
    await asyncio.sleep(20)
    assert desk.rang == []


@virtual_clock
async def test_timers_are_limited(desk: Desk) -> None:
    for _ in range(50):
        await desk.call("set_timer", seconds=10)
    assert "50 timers" in await desk.error("set_timer", '{"seconds": 5}')


@virtual_clock
async def test_notes_are_kept_and_read_newest_first(desk: Desk) -> None:
    await desk.call("add_note", text=" buy milk ")
    await desk.call("add_note", text="call Ada")
    assert await desk.store.notes() == ("buy milk", "call Ada")
    assert await desk.call("list_notes") == {"notes": ["call Ada", "buy milk"], "total": 2}
    assert await desk.call("list_notes", limit=1) == {"notes": ["call Ada"], "total": 2}
    assert "empty" in await desk.error("add_note", '{"text": "  "}')


@virtual_clock
async def test_own_words_are_found_with_what_stands_around_them(desk: Desk) -> None:
    head = await desk.store.new_conversation("Boats")
    await desk.store.add_message(head.id, Role.USER, "x " * 300 + "the red boat is mine" + " y" * 300)
    answer = await desk.call("search_own", query="boat")
    (found,) = answer["found"]
    assert found["who"] == "person"
    assert "the red boat is mine" in found["text"]
    assert len(found["text"]) < 260
    assert (await desk.call("search_own", query="submarine"))["found"] == []


@virtual_clock
async def test_results_are_bounded(desk: Desk) -> None:
    for number in range(50):
        await desk.call("add_note", text=f"{number} " + "long " * 500)
    result = await desk.box.run(ToolCall("c", "list_notes", '{"limit": 50}'))
    assert len(result.text) <= RESULT_LIMIT_CHARS
    assert json.loads(result.text)["is_shortened"] is True


@virtual_clock
async def test_computing_tools_run_here_too(desk: Desk) -> None:
    assert await desk.call("calculate", expression="6 * 7") == {"result": "42"}
    assert (await desk.call("current_time"))["time"] == "14:05"
    assert "timer" in str(await desk.call("help"))


@virtual_clock
async def test_errors_go_to_the_model(desk: Desk) -> None:
    assert "there are: current_time" in await desk.error("launch_rocket", "{}")
    assert "not valid JSON" in await desk.error("calculate", "{")
    assert "zero" in await desk.error("calculate", '{"expression": "1/0"}')


@virtual_clock
async def test_a_broken_store_is_a_result_and_no_crash(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(text: str) -> int:
        raise RuntimeError(f"secret {text}")

    monkeypatch.setattr(desk.store, "add_note", broken)
    assert await desk.error("add_note", '{"text": "x"}') == "Something went wrong inside voiceapp."
