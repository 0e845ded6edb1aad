"""What turns consume is kept, priced and told; once the budget is spent nothing is called unasked and nothing lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, silence, voice_like
from tests.fakes.usage import MemoryUsage
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.budget import (
    Answer,
    AnswerBudget,
    BudgetAsked,
    BudgetSettled,
    CostAdded,
    CostsKnown,
    ShowUsage,
    UsageListed,
    WhenSpent,
)
from voiceapp.core.conversation import TakeState
from voiceapp.core.errors import ProviderDown, StoreError
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.speech import Basis, HearingRequest, ReplyEnd, TextDelta, ToolCall, Transcript, Usage
from voiceapp.core.turn import Phase
from voiceapp.core.usage import Cost, UsageRow
from voiceapp.ports import Hearing
from voiceapp.voice.account import Account
from voiceapp.voice.metering import Meter
from voiceapp.voice.session import VoiceSession

TABLE = ModelTable((
    Model("ears", default_for=("transcription",), prices={"seconds": 0.01}),
    Model("mind", default_for=("chat",), prices={"text_in": 1000.0, "text_out": 2000.0}),
    Model("voice", default_for=("speech",), prices={"text_in": 10.0, "audio_out": 100.0}),
))  # fmt: skip
PAID = Settings().with_provider("openai")
SAID = Transcript("Hello there.", usage=Usage("openai", "ears", {"seconds": 1.0}))
END = ReplyEnd("stop", Usage("openai", "mind", {"text_in": 10.0, "text_out": 5.0}))
ANSWER = (TextDelta("Good day to you."), END)


def new_stage(
    chat: FakeChat | None = None,
    *,
    settings: Settings = PAID,
    spent_usd: float = 0.0,
    hearing: FakeHearing | None = None,
) -> Stage:
    stage = Stage(
        hearing=hearing or FakeHearing(SAID), chat=chat or FakeChat(ANSWER), devices=FakeDevices(voice_like(1.0)),
        settings=settings,
    )  # fmt: skip
    stage.models = TABLE
    if spent_usd:
        stage.usage = MemoryUsage([UsageRow(time.time(), "chat", "openai", "mind", cost_usd=spent_usd)])
    return stage


async def speak(session: VoiceSession, seconds: float = 1.0) -> None:
    session.handle(c.StartTalking())
    await asyncio.sleep(seconds)
    session.handle(c.StopTalking())


def kept(stage: Stage, job: str) -> list[UsageRow]:
    return [row for row in stage.usage.kept if row.job == job]


@virtual_clock
async def test_a_spoken_turn_is_kept_by_its_jobs_and_told_while_it_goes_on() -> None:
    stage = new_stage()
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    (reply,) = [m for m in stage.store.messages() if m.text == "Good day to you."]
    (heard,), (written,), (spoken,) = (kept(stage, job) for job in ("transcription", "chat", "speech"))
    assert (heard.cost_usd, heard.model, heard.basis) == (0.01, "ears", Basis.REPORTED)
    assert written.cost_usd == pytest.approx(0.02)
    assert spoken.amounts["characters"] == 16.0
    assert spoken.basis is Basis.ESTIMATED  # nobody told the tokens: from the length of the sound
    assert spoken.cost_usd == pytest.approx((4 * 10 + spoken.amounts["seconds"] * 20 * 100) / 1e6)
    for row in (heard, written, spoken):
        assert (row.message_id, row.conversation_id) == (reply.id, reply.conversation_id)
        assert row.take_id == (await stage.store.takes())[0].id
    told = sum((event.cost for event in stage.all(CostAdded)), Cost())
    assert told.usd == pytest.approx(0.03 + (spoken.cost_usd or 0))
    assert told.calls == 3
    before_end = stage.events.index(stage.all(e.TurnTimed)[0])
    assert all(stage.events.index(event) < before_end for event in stage.all(CostAdded))


@virtual_clock
async def test_a_title_is_one_more_call_and_counted_once() -> None:
    title = (TextDelta('{"title": "Greetings"}'), END)
    stage = new_stage(FakeChat(ANSWER, title))
    stage.settings = replace(stage.settings, is_titled_by_model=True)
    async with stage.session() as session:
        session.handle(c.SendText("Hello."))
        await stage.until_event(e.TurnTimed)
        await session.settle()
    assert [row.cost_usd for row in kept(stage, "chat")] == [pytest.approx(0.02)] * 2


@virtual_clock
async def test_work_of_this_computer_is_kept_and_free() -> None:
    stage = new_stage(FakeChat("Good day."), settings=Settings(), hearing=FakeHearing("Hello."))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    assert {row.job: (row.provider, row.cost_usd) for row in stage.usage.kept} == {
        "transcription": ("local", 0.0), "chat": ("local", 0.0), "speech": ("local", 0.0),
    }  # fmt: skip
    assert kept(stage, "transcription")[0].amounts["seconds"] == pytest.approx(1.0, abs=0.1)
    assert not any(event.cost.unpriced or event.cost.is_rough for event in stage.all(CostAdded))


class LiveEar(FakeHearing):
    """Hears while the person speaks, and knows what that has taken."""

    @asynccontextmanager
    async def hear(  # type: ignore[override]
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[Hearing]:
        async with super().hear(request, on_partial) as hearing:
            hearing.spent = (Usage("openai", "ears", {"seconds": 0.5}, Basis.ESTIMATED),)  # type: ignore[attr-defined]
            yield hearing


@virtual_clock
async def test_what_was_heard_live_is_counted_although_nobody_asked_for_the_words() -> None:
    stage = new_stage(hearing=LiveEar(SAID))
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await asyncio.sleep(0.5)
        session.handle(c.Interrupt())
        await session.settle()
    (row,) = kept(stage, "transcription")
    assert (row.basis, row.cost_usd) == (Basis.ESTIMATED, 0.005)
    stage = new_stage(hearing=LiveEar(SAID))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    assert [row.basis for row in kept(stage, "transcription")] == [Basis.REPORTED], "counted once"


@virtual_clock
async def test_what_a_failed_live_session_took_is_counted_beside_the_upload() -> None:
    failed = Usage("openai", "ears", {"seconds": 0.7}, Basis.ESTIMATED)
    stage = new_stage(hearing=FakeHearing(replace(SAID, spent=(failed,))))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    assert [row.cost_usd for row in kept(stage, "transcription")] == [pytest.approx(0.007), 0.01]


@virtual_clock
async def test_a_live_ear_in_front_of_the_local_one_is_asked_about_too() -> None:
    live = {Job.LIVE_TRANSCRIPTION.value: Choice("openai")}
    stage = new_stage(settings=replace(Settings(), jobs=live, budget_usd=1.0), spent_usd=2.0)
    async with stage.session() as session:
        session.handle(c.StartTalking())
        asked = await stage.until_event(BudgetAsked)
        session.handle(c.Interrupt())
        await session.settle()
    assert asked.job == "live_transcription"


@virtual_clock
async def test_rounds_with_tools_are_calls_of_their_own() -> None:
    wish = (ToolCall("1", "shout", "{}"), replace(END, finish="tool_calls"))
    stage = new_stage(FakeChat(wish, ANSWER))
    async with stage.session() as session:
        session.handle(c.SendText("Shout.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
    assert [row.cost_usd for row in kept(stage, "chat")] == [pytest.approx(0.02)] * 2


@virtual_clock
async def test_a_reply_that_is_cut_off_is_estimated_and_marked() -> None:
    stage = new_stage(FakeChat((*["word "] * 40, 60.0)))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me something.", is_aloud=False))
        await stage.until(lambda: len(stage.all(e.ReplyDelta)) == 40)
        session.handle(c.Interrupt())
        await stage.until_phase(Phase.IDLE)
        await session.settle()
    (row,) = kept(stage, "chat")
    assert (row.basis, row.model) == (Basis.ESTIMATED, "mind")
    assert row.amounts["text_out"] == 50.0
    assert row.amounts["text_in"] > 0
    assert row.message_id is not None


@virtual_clock
async def test_a_service_that_tells_nothing_is_estimated_and_one_that_fails_costs_nothing() -> None:
    stage = new_stage(FakeChat("Good day.", [ProviderDown("Down.")]), hearing=FakeHearing("Hi.", ProviderDown("Down.")))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
        session.handle(c.SendText("And now?", is_aloud=False))
        await stage.until_event(e.TurnFailed)
    (heard,), (written,) = kept(stage, "transcription"), kept(stage, "chat")
    assert heard.basis is Basis.MEASURED
    assert heard.cost_usd == pytest.approx(0.01 * heard.amounts["seconds"])
    assert written.basis is Basis.ESTIMATED


@virtual_clock
async def test_silence_costs_nothing() -> None:
    stage = new_stage()
    stage.devices = FakeDevices(silence(1.0))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.NothingHeard)
    assert stage.usage.kept == []


@virtual_clock
async def test_a_log_that_cannot_be_written_is_told_and_stops_no_turn() -> None:
    stage = new_stage()
    stage.usage.write_error = StoreError("The disk is gone.")
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    assert any(notice.message == "The disk is gone." for notice in stage.all(e.Notice))


@virtual_clock
async def test_a_conversation_that_is_opened_again_knows_what_it_cost() -> None:
    stage = new_stage()
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        (reply,) = [m for m in stage.store.messages() if m.text == "Good day to you."]
        session.handle(c.NewConversation())
        session.handle(c.OpenConversation(reply.conversation_id))
        known = await stage.until_event(CostsKnown)
    assert known.conversation_id == reply.conversation_id
    assert known.cost.usd == pytest.approx(0.02)
    assert known.messages[reply.id].usd == pytest.approx(0.02)


@virtual_clock
async def test_the_month_is_summed_up_for_the_page() -> None:
    stage = new_stage(spent_usd=1.5)
    async with stage.session() as session:
        session.handle(ShowUsage())
        listed = await stage.until_event(UsageListed)
    assert listed.report.is_current
    assert listed.report.total.cost.usd == 1.5
    assert sum(len(jobs) for jobs in listed.report.days.values()) == 1


# --- the budget -------------------------------------------------------------------------------------------

BUDGET = replace(PAID, budget_usd=5.0)


@virtual_clock
async def test_crossing_four_fifths_warns_once_and_asks_nothing() -> None:
    stage = new_stage(FakeChat(ANSWER, ANSWER), settings=BUDGET, spent_usd=3.99)
    async with stage.session() as session:
        for count in (1, 2):
            session.handle(c.SendText("Hello.", is_aloud=False))
            await stage.until_event(e.TurnTimed, count)
    assert [n.message for n in stage.all(e.Notice)] == ["80% of this month's budget of $5.00 is used."]
    assert not stage.all(BudgetAsked)


@virtual_clock
async def test_with_budget_left_the_gate_takes_no_time() -> None:
    times = []
    for settings in (PAID, BUDGET):
        stage = new_stage(settings=settings, spent_usd=1.0)
        async with stage.session() as session:
            await speak(session)
            timed = await stage.until_event(e.TurnTimed)
        times.append(timed.timings)
    assert times[0] == times[1]


@virtual_clock
async def test_over_budget_one_question_covers_the_turn() -> None:
    stage = new_stage(FakeChat(ANSWER, ANSWER), settings=BUDGET, spent_usd=5.03, hearing=FakeHearing(SAID))
    async with stage.session() as session:
        await speak(session)
        asked = await stage.until_event(BudgetAsked)
        assert (asked.job, asked.provider, asked.spent_usd, asked.budget_usd) == ("transcription", "openai", 5.03, 5.0)
        await asyncio.sleep(60.0)  # the person thinks; nothing is sent meanwhile
        assert stage.hearing.requests == []
        assert stage.chat.requests == []
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await stage.until_event(e.TurnTimed)
        assert len(stage.all(BudgetAsked)) == 1
        session.handle(c.SendText("And now?", is_aloud=False))
        second = await stage.until_event(BudgetAsked, 2)
        session.handle(AnswerBudget(second.number, Answer.NO))
        await stage.until_event(e.TurnFailed)
    assert "Good day to you." in [m.text for m in stage.store.messages()]
    assert len(stage.hearing.heard) == 1  # transcribed once, however long the answer took


@virtual_clock
async def test_over_budget_a_long_take_waits_on_the_disk_and_is_transcribed_once() -> None:
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    stage.devices = FakeDevices(voice_like(40.0))
    async with stage.session() as session:
        await speak(session, 40.0)
        asked = await stage.until_event(BudgetAsked)
        session.handle(AnswerBudget(asked.number, Answer.ONCE))
        await stage.until_event(e.TurnTimed)
    stage.hearing.assert_consumed()
    assert len(kept(stage, "transcription")) == 1
    assert len(stage.all(BudgetAsked)) == 1


@virtual_clock
async def test_no_keeps_the_take_which_can_be_sent_later() -> None:
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    async with stage.session() as session:
        await speak(session)
        asked = await stage.until_event(BudgetAsked)
        session.handle(AnswerBudget(asked.number, Answer.NO))
        failed = await stage.until_event(e.TurnFailed)
        assert failed.problem.code == "over_budget"
        assert failed.take_id is not None
        take = await stage.store.take(failed.take_id)
        assert (take.state, stage.hearing.requests) == (TakeState.FAILED, [])
        assert take.duration_s == pytest.approx(1.0, abs=0.1)
        session.handle(c.RetryTake(failed.take_id))
        again = await stage.until_event(BudgetAsked, 2)
        session.handle(AnswerBudget(again.number, Answer.MONTH))
        await stage.until_event(e.TurnTimed)
        stage.chat.will_reply(ANSWER)
        session.handle(c.SendText("And now?", is_aloud=False))
        await stage.until_event(e.TurnTimed, 2)
    assert len(stage.all(BudgetAsked)) == 2  # not for the rest of the month


@virtual_clock
async def test_no_keeps_what_was_written() -> None:
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    async with stage.session() as session:
        session.handle(c.SendText("Remember this.", is_aloud=False))
        asked = await stage.until_event(BudgetAsked)
        session.handle(AnswerBudget(asked.number, Answer.NO))
        await stage.until_event(e.TurnFailed)
        await session.settle()
    assert [m.text for m in stage.store.messages()] == ["Remember this."]
    assert stage.chat.requests == []


@virtual_clock
async def test_esc_withdraws_the_question() -> None:
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    async with stage.session() as session:
        await speak(session)
        asked = await stage.until_event(BudgetAsked)
        session.handle(c.Interrupt())
        settled = await stage.until_event(BudgetSettled)
        assert settled.number == asked.number
        session.handle(AnswerBudget(asked.number, Answer.ONCE))  # too late: nothing happens
        await session.settle()
    (take,) = await stage.store.takes()
    assert take.duration_s > 0.5
    assert stage.hearing.requests == []


@virtual_clock
async def test_a_higher_budget_answers_the_question() -> None:
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        await stage.until_event(BudgetAsked)
        session.handle(c.ApplySettings(replace(BUDGET, budget_usd=20.0)))
        await stage.until_event(e.TurnTimed)
    assert stage.all(BudgetSettled)


@virtual_clock
async def test_only_what_costs_is_asked_about() -> None:
    stage = new_stage(FakeChat("Yes."), settings=replace(Settings(), budget_usd=0.0), hearing=FakeHearing("Hi."))
    async with stage.session() as session:
        await speak(session)
        await stage.until_event(e.TurnTimed)
    assert not stage.all(BudgetAsked)


@virtual_clock
async def test_a_refused_voice_leaves_the_text() -> None:
    mixed = replace(Settings(budget_usd=1.0), jobs={"speech": PAID.jobs["speech"]})
    stage = new_stage(FakeChat("One. Two three four five. Six."), settings=mixed, spent_usd=2.0)
    async with stage.session() as session:
        session.handle(c.SendText("Count."))
        asked = await stage.until_event(BudgetAsked)
        assert asked.job == "speech"
        session.handle(AnswerBudget(asked.number, Answer.NO))
        await stage.until_event(e.TurnFailed)
        await session.settle()
    assert [m.text for m in stage.store.messages()] == ["Count.", "One. Two three four five. Six."]
    assert len(stage.all(BudgetAsked)) == 1
    assert stage.speech.requests == []


@pytest.mark.parametrize(("when", "is_answered"), [(WhenSpent.REFUSE, False), (WhenSpent.ALLOW, True)])
def test_the_terminal_never_waits_for_an_answer(when: WhenSpent, is_answered: bool) -> None:
    @virtual_clock
    async def play() -> Stage:
        stage = new_stage(settings=BUDGET, spent_usd=6.0)
        stage.when_spent = when
        async with stage.session() as session:
            session.handle(c.SendText("Hello.", is_aloud=False))
            await stage.until(lambda: stage.all(e.TurnTimed) or stage.all(e.TurnFailed))
        return stage

    stage = play()
    assert not stage.all(BudgetAsked)
    assert bool(stage.all(e.TurnTimed)) is is_answered
    assert any("--over-budget" in f.problem.hint for f in stage.all(e.TurnFailed)) is not is_answered


@virtual_clock
async def test_a_new_month_begins_with_the_whole_budget() -> None:
    now_s = time.time()
    stage = new_stage(settings=BUDGET, spent_usd=6.0)
    stage.wall = lambda: now_s + 40 * 86_400
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
    assert not stage.all(BudgetAsked)


@virtual_clock
async def test_a_long_recording_says_before_what_it_will_cost() -> None:
    stage = new_stage(FakeChat(ANSWER, ANSWER), hearing=FakeHearing(SAID, SAID))
    writer = await stage.store.begin_take(16_000, None)
    for _ in range(11):
        writer.write(voice_like(60.0))
    take = writer.finish(TakeState.RECORDED)
    async with stage.session() as session:
        session.handle(c.RetryTake(take.id))
        await stage.until_event(e.TurnTimed)
    assert [n.message for n in stage.all(e.Notice)] == ["This will take 11 min 0 s of sound, about $6.60."]
    assert stage.events.index(stage.all(e.Notice)[0]) < stage.events.index(stage.all(e.TranscriptReady)[0])


async def test_what_no_turn_is_behind_is_kept_at_once() -> None:
    kept_in, told = MemoryUsage(), list[object]()
    meter = Meter(kept_in, TABLE, told.append, time.time)
    await meter.open(PAID)
    account = Account(meter, told.append)
    row = account.record(Job.CHAT, Usage("openai", "mind", {"text_in": 10.0}))
    await meter.flush()
    assert account.has_rows
    assert [kept.cost_usd for kept in kept_in.kept] == [row.cost_usd] == [pytest.approx(0.01)]
    assert told == [CostAdded(row.cost)]
