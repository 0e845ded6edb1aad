"""Automatic checks: nothing flagged is sent or heard, nothing written is lost, and nobody waits without need."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, FakeModerator, FakeSpeech, voice_like
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.checks import CheckBegan, CheckDone, DraftKept, SubjectKind
from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.errors import NoNetwork
from voiceapp.core.moderation import Action, Checkpoint, Decision, OnFailure, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

AXE = {"axe": {"violence": 0.71, "violence/graphic": 0.52}}
SHOW, BLOCK = Rule(Action.SHOW), Rule(Action.BLOCK)
CLOSED = Rule(Action.BLOCK, OnFailure.CLOSED)
STORY = ("The captain lifts the lamp. ", "He raises the axe over the mutineer. ", "Then the sun comes up again.")


def settings(**rules: Rule) -> Settings:
    return Settings(is_start_sound=False, moderation=Policy(**rules))  # type: ignore[arg-type]


def spoken_chars(stage: Stage) -> int:
    """How many characters really sounded: the fake voice gives each 60 ms."""
    return round(stage.devices.loudspeakers[-1].heard().size / stage.devices.loudspeakers[-1].rate_hz / 0.06)


# --- what goes in -------------------------------------------------------------------------------------------


@virtual_clock
async def test_a_flagged_text_is_not_sent_and_comes_back_as_a_draft() -> None:
    stage = Stage(settings=settings(input=BLOCK), moderation=FakeModerator(AXE, check_s=0.2))
    async with stage.session() as session:
        session.handle(c.SendText("He raises the axe.", is_aloud=False))
        draft = await stage.until_event(DraftKept)
        await stage.until_phase(Phase.IDLE)
        done = await stage.until_event(CheckDone)
    assert draft.text == "He raises the axe."
    assert draft.checked.decision is Decision.BLOCKED
    assert [(s.category, s.value) for s in draft.checked.exceeded] == [("violence", 0.71), ("violence/graphic", 0.52)]
    assert done.checked == draft.checked
    assert stage.chat.requests == []
    assert stage.store.messages() == []
    (line,) = stage.verdicts.kept
    assert (line.decision, line.draft) == (Decision.BLOCKED, "He raises the axe.")


@virtual_clock
async def test_nothing_is_sent_unchecked_because_the_judge_is_not_ready_yet() -> None:
    judge = FakeModerator(AXE, check_s=0.2, built_s=30.0)
    stage = Stage(settings=settings(input=BLOCK), moderation=judge)
    async with stage.session() as session:
        session.handle(c.SendText("He raises the axe.", is_aloud=False))
        draft = await stage.until_event(DraftKept)
    assert draft.checked.decision is Decision.BLOCKED
    assert stage.chat.requests == []


@virtual_clock
async def test_checks_are_counted() -> None:
    judge = FakeModerator()
    stage = Stage(chat=FakeChat("Yes. And no."), settings=settings(input=BLOCK, reply=BLOCK), moderation=judge)
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
    rows = [row for row in await stage.usage.rows() if row.job == "moderation"]
    assert sum(row.amounts["checks"] for row in rows) == len(judge.texts) > 1


@virtual_clock
async def test_a_passed_text_is_sent_after_its_check_and_the_wait_is_told() -> None:
    stage = Stage(chat=FakeChat("Yes."), settings=settings(input=BLOCK), moderation=FakeModerator(AXE, check_s=0.2))
    async with stage.session() as session:
        session.handle(c.SendText("Is it morning?", is_aloud=False))
        timed = await stage.until_event(e.TurnTimed)
        done = await stage.until_event(CheckDone)
    assert timed.stages["input_check"] == pytest.approx(200, abs=1)
    began = next(n for n, event in enumerate(stage.events) if isinstance(event, CheckBegan))
    asked = next(n for n, event in enumerate(stage.events) if isinstance(event, e.MessageAdded))
    assert began < asked
    assert done.checked.decision is Decision.PASSED
    assert done.checked.subject.kind is SubjectKind.MESSAGE
    assert done.checked.subject.id == stage.store.messages()[0].id


@virtual_clock
async def test_a_text_that_is_only_shown_waits_for_nothing() -> None:
    stage = Stage(
        chat=FakeChat("I see.", first_token_s=0.1),
        settings=settings(input=SHOW),
        moderation=FakeModerator(AXE, check_s=0.5),
    )
    async with stage.session() as session:
        started_s = asyncio.get_running_loop().time()
        session.handle(c.SendText("He raises the axe.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        assert asyncio.get_running_loop().time() - started_s == pytest.approx(0.1, abs=0.01)
        done = await stage.until_event(CheckDone)
    assert done.checked.decision is Decision.SHOWN
    assert done.checked.subject.id == stage.store.messages()[0].id
    assert len(stage.store.messages()) == 2


@virtual_clock
async def test_a_spoken_take_is_checked_while_the_person_speaks() -> None:
    stage = Stage(
        hearing=FakeHearing("Tell me a story.", partial_every_s=0.2, finish_s=0.3),
        chat=FakeChat("Once.", first_token_s=0.1),
        devices=FakeDevices(voice_like(1.5)),
        settings=replace(settings(input=BLOCK), is_reply_aloud=False),
        moderation=FakeModerator(AXE, check_s=0.25),
    )
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await asyncio.sleep(1.5)
        session.handle(c.StopTalking())
        timed = await stage.until_event(e.TurnTimed)
    assert timed.stages["input_check"] < 1  # hidden: the last words were known before the key was up
    assert stage.maker.moderation is not None
    assert "Tell me a story." in stage.maker.moderation.texts


@virtual_clock
async def test_a_flagged_take_is_kept_with_its_words() -> None:
    stage = Stage(
        hearing=FakeHearing("Bring the axe."),
        devices=FakeDevices(voice_like(1.0)),
        settings=settings(input=BLOCK),
        moderation=FakeModerator(AXE),
    )
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await asyncio.sleep(1.0)
        session.handle(c.StopTalking())
        draft = await stage.until_event(DraftKept)
        await stage.until_phase(Phase.IDLE)
    (take,) = await stage.store.takes()
    assert (take.state, take.text) == (TakeState.TRANSCRIBED, "Bring the axe.")
    assert draft.take_id == take.id
    assert stage.chat.requests == []


@virtual_clock
async def test_esc_during_the_check_gives_the_text_back() -> None:
    stage = Stage(settings=settings(input=BLOCK), moderation=FakeModerator(check_s=2.0))
    async with stage.session() as session:
        session.handle(c.SendText("A long thought.", is_aloud=False))
        await stage.until_event(CheckBegan)
        session.handle(c.Interrupt())
        draft = await stage.until_event(DraftKept)
    assert draft.text == "A long thought."
    assert stage.chat.requests == []


@pytest.mark.parametrize("rule", [BLOCK, CLOSED], ids=["open", "closed"])
def test_a_failed_check_of_words_follows_the_rule(rule: Rule) -> None:
    @virtual_clock
    async def scene() -> None:
        stage = Stage(
            chat=FakeChat("Yes."),
            settings=settings(input=rule),
            moderation=FakeModerator(errors=[NoNetwork("Nothing answers.", hint="Check the network.")]),
        )
        async with stage.session() as session:
            session.handle(c.SendText("Hello.", is_aloud=False))
            if rule is BLOCK:
                await stage.until_event(e.TurnTimed)
            else:
                draft = await stage.until_event(DraftKept)
                assert draft.text == "Hello."
                assert draft.checked.problem == "Nothing answers."
            done = await stage.until_event(CheckDone)
        notes = [notice.message for notice in stage.all(e.Notice)]
        assert done.checked.decision is (Decision.UNCHECKED if rule is BLOCK else Decision.HELD)
        assert len(stage.chat.requests) == (rule is BLOCK)
        assert any("sent all the same" in note for note in notes) == (rule is BLOCK)

    scene()


@virtual_clock
async def test_a_check_that_hangs_counts_as_failed() -> None:
    stage = Stage(chat=FakeChat("Yes."), settings=settings(input=BLOCK), moderation=FakeModerator(check_s=60.0))
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        timed = await stage.until_event(e.TurnTimed)
    assert timed.stages["input_check"] == pytest.approx(3000, abs=10)


@virtual_clock
async def test_without_anybody_to_check_the_rule_decides_and_it_is_said() -> None:
    stage = Stage(chat=FakeChat("Yes."), settings=settings(input=BLOCK))
    async with stage.session() as session:
        session.handle(c.SendText("Hello.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
    assert any("needs a provider" in notice.message for notice in stage.all(e.Notice))


# --- what comes out -----------------------------------------------------------------------------------------


def telling(moderator: FakeModerator | None, rule: Rule, *, first_block_s: float = 0.15) -> Stage:
    return Stage(
        chat=FakeChat(STORY, first_token_s=0.2, per_token_s=0.05),
        speech=FakeSpeech(first_block_s=first_block_s),
        settings=settings(reply=rule),
        moderation=moderator,
    )


@virtual_clock
async def test_nothing_from_a_flagged_clause_on_is_heard() -> None:
    stage = telling(FakeModerator(AXE, check_s=0.1), BLOCK)
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
        done = await stage.until_event(CheckDone)
    reply = stage.store.messages()[1]
    assert reply.text == "".join(STORY)  # the text is whole
    assert reply.heard_chars == len(STORY[0].strip())
    assert reply.is_complete
    assert spoken_chars(stage) == pytest.approx(len(STORY[0].strip()), abs=1)
    assert done.checked.decision is Decision.BLOCKED
    part = done.checked.part_for("violence")
    assert part is not None
    assert part.passage.of(reply.text).strip().startswith(STORY[1].strip())
    assert stage.all(e.Interrupted) == []


@virtual_clock
async def test_a_flagged_first_clause_is_silence() -> None:
    stage = Stage(
        chat=FakeChat("He raises the axe. Then it is quiet."),
        settings=settings(reply=BLOCK),
        moderation=FakeModerator(AXE),
    )
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
    assert stage.all(e.SoundStartedEvent) == []
    assert stage.store.messages()[1].heard_chars == 0


@virtual_clock
async def test_replies_that_are_only_shown_are_spoken_whole() -> None:
    stage = telling(FakeModerator(AXE, check_s=0.1), SHOW)
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
        done = await stage.until_event(CheckDone)
    assert done.checked.decision is Decision.SHOWN
    assert stage.store.messages()[1].heard_chars is None
    assert spoken_chars(stage) == pytest.approx(sum(len(clause.strip()) for clause in STORY), abs=1)


@virtual_clock
async def test_reading_a_reply_aloud_again_is_checked_too() -> None:
    stage = Stage(chat=FakeChat("He raises the axe."), settings=settings(reply=BLOCK), moderation=FakeModerator(AXE))
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        done = await stage.until_event(CheckDone)
        assert done.checked.decision is Decision.SHOWN  # nobody was about to hear it
        message = stage.store.messages()[1]
        session.handle(c.SpeakMessage(message.id))
        again = await stage.until_event(CheckDone, 2)
        await stage.until_phase(Phase.IDLE)
    assert again.checked.decision is Decision.BLOCKED
    assert not any(speaker.heard().any() for speaker in stage.devices.loudspeakers)


def first_sound_ms(moderator: FakeModerator | None, rule: Rule, first_block_s: float) -> float:
    stage = telling(moderator, rule, first_block_s=first_block_s)

    @virtual_clock
    async def scene() -> float:
        async with stage.session() as session:
            session.handle(c.SendText("Go on.", is_aloud=True))
            timed = await stage.until_event(e.TurnTimed)
        assert timed.timings.first_sound_ms is not None
        return timed.timings.first_sound_ms

    return scene()


@pytest.mark.parametrize("check_s", [0.05, 0.15, 0.4, 1.0])
@pytest.mark.parametrize("first_block_s", [0.0, 0.15, 0.3])
def test_the_first_clause_waits_only_for_what_synthesis_does_not_hide(check_s: float, first_block_s: float) -> None:
    alone = first_sound_ms(None, Rule(), first_block_s)
    checked = first_sound_ms(FakeModerator(check_s=check_s), BLOCK, first_block_s)
    hidden_s = min(check_s, first_block_s)
    assert checked - alone <= 1000 * (check_s - hidden_s) + 12
    assert checked - alone <= 1000 * check_s + 1


@pytest.mark.parametrize(("check_s", "told_ms"), [(0.1, 0.0), (0.5, 200.0)])
def test_what_synthesis_does_not_hide_is_told(check_s: float, told_ms: float) -> None:
    @virtual_clock
    async def scene() -> None:
        stage = Stage(
            chat=FakeChat("It is a calm day at sea."),
            speech=FakeSpeech(first_block_s=0.3),
            settings=settings(reply=BLOCK),
            moderation=FakeModerator(check_s=check_s),
        )
        async with stage.session() as session:
            session.handle(c.SendText("Go on.", is_aloud=True))
            timed = await stage.until_event(e.TurnTimed)
        assert timed.stages["reply_check"] == pytest.approx(told_ms, abs=12)

    scene()


@virtual_clock
async def test_clauses_that_come_together_are_checked_together() -> None:
    clauses = [f"Sentence number {n} is said." for n in range(12)]
    moderator = FakeModerator(check_s=0.3)
    stage = Stage(chat=FakeChat([" ".join(clauses)]), settings=settings(reply=BLOCK), moderation=moderator)
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
    assert " ".join(moderator.texts) == " ".join(clauses)
    assert len(moderator.requests) <= 4


@pytest.mark.parametrize("rule", [BLOCK, CLOSED], ids=["open", "closed"])
def test_a_failed_check_of_a_reply_follows_the_rule(rule: Rule) -> None:
    @virtual_clock
    async def scene() -> None:
        stage = telling(FakeModerator(errors=[None, NoNetwork("Nothing answers.")]), rule)
        async with stage.session() as session:
            session.handle(c.SendText("Go on.", is_aloud=True))
            await stage.until_event(e.TurnTimed)
            done = await stage.until_event(CheckDone)
        heard = stage.store.messages()[1].heard_chars
        assert heard == (None if rule is BLOCK else len(STORY[0].strip()))
        assert done.checked.decision is (Decision.UNCHECKED if rule is BLOCK else Decision.HELD)
        assert len(stage.all(e.Notice)) == (rule is BLOCK)

    scene()


@virtual_clock
async def test_a_barge_in_while_the_gate_waits_leaves_nothing_behind() -> None:
    moderator = FakeModerator(check_s=1.0)
    stage = telling(moderator, BLOCK)
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until(lambda: moderator.requests)
        session.handle(c.Interrupt())
        await stage.until_phase(Phase.IDLE)
        await stage.until_event(CheckDone)
    assert not any(speaker.heard().any() for speaker in stage.devices.loudspeakers)


@virtual_clock
async def test_off_asks_nobody() -> None:
    moderator = FakeModerator(AXE)
    stage = telling(moderator, Rule())
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=True))
        await stage.until_event(e.TurnTimed)
    assert moderator.requests == []
    assert moderator.warmed == 0
    assert stage.all(CheckDone) == []
    assert stage.store.messages()[1].role is Role.ASSISTANT
    assert all(event.checkpoint is Checkpoint.BY_HAND for event in stage.all(CheckBegan))
