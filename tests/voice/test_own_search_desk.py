"""The desk keeps the index up to date when nothing else goes on, and shows the messages that were found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from tests.voice.test_own_search import FakeEmbedder, Notes, notes
from voiceapp.core.budget import Answer, AnswerBudget, BudgetAsked
from voiceapp.core.errors import NoNetwork
from voiceapp.core.events import Notice
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.own_search import IndexOwn, IndexProgress, MessageShown, OpenMessage, SearchPassages
from voiceapp.core.settings import Choice, Settings
from voiceapp.voice.desks import own_search as desk_module
from voiceapp.voice.desks.own_search import CHECK_S, START_S, OwnSearchDesk
from voiceapp.voice.studio import Studio

__all__ = ["notes"]  # a fixture


@dataclass
class FakeSearch:
    """So many texts wait; indexing takes one at a time, and fails while *error* is set."""

    left: int = 0
    error: Exception | None = None
    tried_at_s: list[float] = field(default_factory=list)
    on_usage: Any = None

    async def index_some(self, settings: Settings) -> int:
        self.tried_at_s.append(asyncio.get_running_loop().time())
        if self.error is not None:
            raise self.error
        self.left = max(0, self.left - 1)
        return self.left

    async def embedder(self, settings: Settings) -> object:
        return SimpleNamespace(label="Judge")


@dataclass
class Room:
    """What the desk sees of a session."""

    search: FakeSearch
    is_idle: bool = True
    events: list[object] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)

    def desk(self) -> OwnSearchDesk:
        async def opens(conversation_id: int) -> None:
            self.opened.append(conversation_id)

        studio = SimpleNamespace(
            settings=Settings(),
            emit=self.events.append,
            is_idle=lambda: self.is_idle,
            meter=SimpleNamespace(is_paid=lambda _provider: False),
            history=SimpleNamespace(conversation_id=3, open=opens),
        )
        return OwnSearchDesk(studio, self.search)  # type: ignore[arg-type]


async def lived(desk: OwnSearchDesk, seconds: float) -> None:
    """Let the desk work for a while."""
    task = asyncio.create_task(desk.keep_indexed())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])


@virtual_clock
async def test_it_leaves_the_start_alone_and_then_indexes_all() -> None:
    room = Room(FakeSearch(left=5))
    await lived(room.desk(), START_S - 1)
    assert room.search.tried_at_s == []
    await lived(room.desk(), START_S + 5)
    assert room.search.left == 0
    told = [event for event in room.events if isinstance(event, IndexProgress)]
    assert [event.left for event in told] == sorted((event.left for event in told), reverse=True)
    assert IndexProgress(1, "Judge") in told
    assert told[-1] == IndexProgress(0, "Judge")  # the line in the window goes away


@virtual_clock
async def test_it_waits_while_somebody_talks() -> None:
    room = Room(FakeSearch(left=5), is_idle=False)
    await lived(room.desk(), START_S + 60)
    assert room.search.tried_at_s == []


@virtual_clock
async def test_with_nothing_to_do_it_looks_rarely() -> None:
    room = Room(FakeSearch())
    await lived(room.desk(), START_S + 10 * CHECK_S + 1)
    assert len(room.search.tried_at_s) == 11


@virtual_clock
async def test_a_failure_is_told_once_and_tried_again_rarer_and_rarer() -> None:
    room = Room(FakeSearch(left=1, error=NoNetwork("No network.")))
    await lived(room.desk(), START_S + 3000)
    waits = [b - a for a, b in zip(room.search.tried_at_s, room.search.tried_at_s[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[0] >= 60
    assert len([event for event in room.events if isinstance(event, Notice)]) == 1


@virtual_clock
async def test_a_message_elsewhere_opens_its_conversation_first() -> None:
    room = Room(FakeSearch())
    desk = room.desk()
    assert desk.takes(OpenMessage(3, 1))
    assert desk.takes(SearchPassages("x"))
    assert not desk.takes("anything else")
    await desk.do(OpenMessage(3, 11))
    await desk.do(OpenMessage(4, 12))
    assert room.opened == [4]
    assert room.events == [MessageShown(11), MessageShown(12)]


@virtual_clock
async def test_indexing_can_be_asked_for_now() -> None:
    room = Room(FakeSearch(left=3))
    desk = room.desk()
    await desk.do(IndexOwn())
    await lived(desk, 2)
    assert room.search.left == 0
    assert room.events[-1] == IndexProgress(0, "Judge")


# --- what costs much ----------------------------------------------------------------------------------------

READER = Model("reader", default_for=("embeddings",), prices={"text_in": 0.5})
UNPRICED = Model("reader", default_for=("embeddings",))


async def read(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, characters: int, model: Model, provider: str = "openai"
) -> tuple[Stage, FakeEmbedder]:
    """Let a desk look at notes of *characters*, without a yes."""
    assert notes.embedders.engine is not None
    monkeypatch.setattr(desk_module, "START_S", 0.0)
    for _ in range(4):
        await notes.say("boiler " * (characters // 28))
    stage = Stage(settings=Settings(jobs={"embeddings": Choice(provider)}))
    stage.models = ModelTable((model,))

    def desks(studio: Studio) -> tuple[OwnSearchDesk]:
        desk = OwnSearchDesk(studio, notes.search)
        studio.beside(desk.keep_indexed(), "index")
        return (desk,)

    stage.make_desks = desks
    return stage, notes.embedders.engine


@pytest.mark.parametrize(("model", "words"), [(READER, "about $0.05"), (UNPRICED, "price unknown")])
async def test_a_large_index_waits_for_a_yes(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, model: Model, words: str
) -> None:
    stage, engine = await read(notes, monkeypatch, 420_000, model)
    async with stage.session() as session:
        progress = await stage.until_event(IndexProgress)
        assert (progress.left, progress.estimate) == (4, f"4 texts, about 105,000 tokens, {words}")
        assert engine.asked == []
        session.handle(IndexOwn())
        await stage.until(lambda: stage.all(IndexProgress)[-1].left == 0)
    assert engine.asked
    assert [event.estimate for event in stage.all(IndexProgress)[1:]] == [""] * (len(stage.all(IndexProgress)) - 1)


@pytest.mark.parametrize(("characters", "provider"), [(2_800, "openai"), (420_000, "local")])
async def test_what_is_little_or_free_is_read_unasked(
    notes: Notes, monkeypatch: pytest.MonkeyPatch, characters: int, provider: str
) -> None:
    stage, engine = await read(notes, monkeypatch, characters, READER, provider)
    async with stage.session():
        await stage.until(lambda: stage.all(IndexProgress))  # 3 of 4 texts are read at once
    assert engine.asked
    assert stage.all(IndexProgress)[0].estimate == ""


async def test_beyond_the_budget_reading_on_asks_and_then_reads_what_waits(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, engine = await read(notes, monkeypatch, 2_800, READER)
    stage.settings = replace(stage.settings, budget_usd=0.0)
    async with stage.session() as session:
        session.handle(IndexOwn())
        asked = await stage.until_event(BudgetAsked)
        assert engine.asked == []
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await stage.until(lambda: [event.left for event in stage.all(IndexProgress)][-1:] == [0])
    assert len(stage.all(BudgetAsked)) == 1
    assert engine.asked
