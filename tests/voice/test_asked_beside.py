"""Once the budget is spent, checks, searches by meaning and uploads ask too: once for each deed, if it costs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import FakeChat, FakeModerator
from tests.fakes.images import FakeImages, MemoryImages
from tests.fakes.usage import MemoryUsage
from tests.virtual_clock import virtual_clock
from tests.voice.stage import FakeTools, Stage
from tests.voice.test_documents_desk import Scene, State, scene
from tests.voice.test_metering import ANSWER, PAID, TABLE, new_stage
from tests.voice.test_own_search import Notes, notes
from voiceapp.core import commands as c
from voiceapp.core import documents as d
from voiceapp.core import events as e
from voiceapp.core.budget import Answer, AnswerBudget, BudgetAsked
from voiceapp.core.checks import CheckDone, CheckText, DraftKept
from voiceapp.core.images import GenerateImage, ImageJobEnded
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.moderation import Action, Decision, OnFailure, Policy, Rule
from voiceapp.core.own_search import PassagesFound, SearchPassages
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.speech import ReplyEnd, ToolCall, ToolResult
from voiceapp.core.turn import Phase
from voiceapp.core.usage import UsageRow
from voiceapp.resources import model_table
from voiceapp.voice.account import Account, account_here
from voiceapp.voice.desks.image_gate import GuardGate
from voiceapp.voice.desks.images import ImageDesk
from voiceapp.voice.desks.own_search import OwnSearchDesk
from voiceapp.voice.studio import Studio

__all__ = ["notes", "scene"]  # fixtures

# --- checks ---------------------------------------------------------------------------------------------------

CHECKED = replace(Settings(), moderation=Policy(input=Rule(Action.BLOCK), reply=Rule(Action.BLOCK)), budget_usd=5.0)


def checking_stage(price: float | None, settings: Settings) -> Stage:
    """Somebody beyond their budget whose words are checked by a service at *price* per check."""
    stage = new_stage(FakeChat(ANSWER), settings=settings, spent_usd=6.0)
    prices = {} if price is None else {"checks": price}
    stage.models = ModelTable((*TABLE.rows, Model("judge", default_for=("moderation",), prices=prices)))
    stage.maker.moderation = FakeModerator({"axe": {"violence": 0.9}})
    return stage


@virtual_clock
@pytest.mark.parametrize("price", [0.001, None])
async def test_a_check_that_may_cost_something_is_asked_about_once_a_turn(price: float | None) -> None:
    stage = checking_stage(price, replace(CHECKED, jobs={"moderation": Choice("openai", "judge")}))
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=True))
        asked = await stage.until_event(BudgetAsked)
        await asyncio.sleep(60)  # the service's patience does not run while the person thinks
        assert stage.maker.moderation is not None
        assert (asked.job, stage.maker.moderation.texts) == ("moderation", [])
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
    assert stage.maker.moderation.texts[0] == "Hello."
    assert len(stage.all(BudgetAsked)) == 1  # for the words and for every clause of the answer


@virtual_clock
async def test_a_check_that_is_free_by_the_price_table_asks_nothing() -> None:
    stage = checking_stage(0.0, replace(CHECKED, jobs={"moderation": Choice("openai", "judge")}))
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
    assert stage.maker.moderation is not None
    assert stage.maker.moderation.texts
    assert stage.all(BudgetAsked) == []


@virtual_clock
async def test_a_check_that_is_not_paid_for_has_failed_and_the_rule_decides() -> None:
    closed = Policy(input=Rule(Action.BLOCK, OnFailure.CLOSED))
    stage = checking_stage(0.001, replace(CHECKED, moderation=closed, jobs={"moderation": Choice("openai", "judge")}))
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        session.handle(AnswerBudget((await stage.until_event(BudgetAsked)).number, Answer.NO))
        kept_back = await stage.until_event(DraftKept)
    assert kept_back.text == "Hello."
    assert stage.chat.requests == []
    assert stage.maker.moderation is not None
    assert stage.maker.moderation.texts == []


@virtual_clock
async def test_a_check_by_hand_asks_each_time() -> None:
    stage = checking_stage(0.001, replace(CHECKED, moderation=Policy(), jobs={"moderation": Choice("openai", "judge")}))
    async with stage.session() as session:
        for count in (1, 2):
            session.handle(CheckText("An axe. A lamp."))
            asked = await stage.until_event(BudgetAsked, count)
            session.handle(AnswerBudget(asked.number, Answer.ONCE))
            await stage.until_event(CheckDone, count)
    assert all(done.checked.decision is not Decision.UNCHECKED for done in stage.all(CheckDone))


# --- searches by meaning ------------------------------------------------------------------------------------

SEARCHING = replace(Settings(), jobs={"embeddings": Choice("openai")}, budget_usd=5.0)


@pytest.fixture
async def searched(notes: Notes) -> Stage:
    """Somebody beyond their budget whose one note a paid engine has read already."""
    await notes.say("The boiler rattles.")
    await notes.index()
    assert notes.embedders.engine is not None
    notes.embedders.engine.asked.clear()
    stage = new_stage(settings=SEARCHING, spent_usd=6.0)
    stage.make_desks = lambda studio: (OwnSearchDesk(studio, notes.search),)
    return stage


async def test_a_search_that_is_being_typed_is_one_question(searched: Stage, notes: Notes) -> None:
    assert notes.embedders.engine is not None
    async with searched.session() as session:
        for query in ("heat", "heating"):
            session.handle(SearchPassages(query))
        asked = await searched.until_event(BudgetAsked)
        assert (asked.job, asked.provider, notes.embedders.engine.asked) == ("embeddings", "openai", [])
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await searched.until_event(PassagesFound, 2)
        session.handle(SearchPassages("heating b"))
        await searched.until_event(PassagesFound, 3)
        assert len(searched.all(BudgetAsked)) == 1
        session.handle(SearchPassages("garden"))
        await searched.until_event(BudgetAsked, 2)
    assert notes.embedders.engine.asked == ["heat", "heating", "heating b"]
    assert [one.text for one in searched.all(PassagesFound)[1].found] == ["The boiler rattles."]


async def test_without_a_yes_a_search_goes_by_words(searched: Stage, notes: Notes) -> None:
    assert notes.embedders.engine is not None
    async with searched.session() as session:
        session.handle(SearchPassages("boiler"))
        session.handle(AnswerBudget((await searched.until_event(BudgetAsked)).number, Answer.NO))
        found = await searched.until_event(PassagesFound)
    assert notes.embedders.engine.asked == []
    assert ([one.text for one in found.found], found.engine) == (["The boiler rattles."], "")


# --- uploads ------------------------------------------------------------------------------------------------


async def test_an_upload_asks_once_and_a_no_keeps_the_documents(scene: Scene, tmp_path: Path) -> None:
    stage, paths = scene.stage, tuple(str(tmp_path / name) for name in ("a.md", "b.md"))
    stage.settings = replace(stage.settings, budget_usd=5.0)
    stage.usage = MemoryUsage([UsageRow(time.time(), "chat", "openai", "mind", cost_usd=6.0)])
    async with stage.session() as session:
        session.handle(d.MakeStore("Papers", paths))
        session.handle(AnswerBudget((await stage.until_event(BudgetAsked)).number, Answer.NO))
        await stage.until(lambda: scene.state() == [State.STOPPED, State.STOPPED])
        assert scene.service.uploads == 0
        assert "stay here" in stage.all(e.Notice)[-1].hint
        session.handle(d.RetryDocuments(1))
        asked = await stage.until_event(BudgetAsked, 2)
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await stage.until(lambda: scene.state() == [State.READY, State.READY])
        session.handle(d.RemoveDocument(1))  # what sends nothing asks nothing
        await stage.until(lambda: scene.state() == [State.READY])
    assert scene.service.uploads == 2
    assert len(stage.all(BudgetAsked)) == 2


# --- drawings -----------------------------------------------------------------------------------------------


async def test_a_drawing_and_its_checks_are_one_question() -> None:
    policy = Policy(image_prompt=Rule(Action.BLOCK), image=Rule(Action.BLOCK))
    jobs = {"images": Choice("openai"), "moderation": Choice("openai", "judge of unknown price")}
    stage = new_stage(settings=replace(Settings(), jobs=jobs, budget_usd=5.0, moderation=policy), spent_usd=6.0)
    stage.maker.moderation = judge = FakeModerator()
    painter = FakeImages()

    def desks(studio: Studio) -> tuple[ImageDesk]:
        return (ImageDesk(studio, MemoryImages(), painter, model_table(), Path("pictures"), GuardGate(studio)),)

    stage.make_desks = desks
    async with stage.session() as session:
        session.handle(GenerateImage("a", "A lighthouse"))
        asked = await stage.until_event(BudgetAsked)
        assert (asked.job, judge.texts) == ("moderation", [])
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        ended = await stage.until_event(ImageJobEnded)
    assert ended.problem is None
    assert (judge.texts, len(judge.images)) == (["A lighthouse"], 1)
    assert len(stage.all(BudgetAsked)) == 1


@virtual_clock
async def test_what_a_tool_pays_for_is_covered_by_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Account | None] = []

    async def run(_tools: FakeTools, call: ToolCall) -> ToolResult:
        seen.append(account_here())
        return ToolResult(call.id, "done")

    monkeypatch.setattr(FakeTools, "run", run)
    call = (ToolCall("call_1", "shout", "{}"), ReplyEnd("tool_calls"))
    stage = new_stage(FakeChat(call, ANSWER), settings=replace(PAID, budget_usd=5.0), spent_usd=6.0)
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        session.handle(AnswerBudget((await stage.until_event(BudgetAsked)).number, Answer.ONCE))
        await stage.until_event(e.TurnTimed)
    (account,) = seen
    assert account is not None
    await account.allow(Job.EMBEDDINGS, "openai")  # asks nobody: the person has agreed for this turn
    assert len(stage.all(BudgetAsked)) == 1
