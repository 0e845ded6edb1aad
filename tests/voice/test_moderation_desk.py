"""Checks that the person asks for: a text, a message, a conversation, a file, a picture; and the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import FakeChat, FakeModerator
from tests.server.media_answers import ONE_PIXEL_PNG
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.checks import (
    CheckBegan,
    CheckConversation,
    CheckDone,
    CheckFile,
    CheckImage,
    CheckMessage,
    CheckText,
    ClearVerdicts,
    ExportVerdicts,
    ListVerdicts,
    SubjectKind,
    VerdictFilter,
    VerdictsListed,
)
from voiceapp.core.errors import Refused
from voiceapp.core.images import Judgement
from voiceapp.core.moderation import Action, Checkpoint, Decision, OnFailure, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.voice.desks.image_gate import GuardGate
from voiceapp.voice.studio import Studio

AXE = {"axe": {"violence": 0.71}}


@virtual_clock
async def test_a_text_is_checked_in_passages_however_long_it_takes() -> None:
    moderator = FakeModerator(AXE, check_s=10.0)
    stage = Stage(moderation=moderator)
    text = "It is a calm day. " * 40 + "He raises the axe."
    async with stage.session() as session:
        session.handle(CheckText(text))
        await stage.until_event(CheckBegan)
        done = await stage.until_event(CheckDone)
    checked = done.checked
    assert checked.decision is Decision.SHOWN
    assert checked.checkpoint is Checkpoint.BY_HAND
    assert checked.duration_ms == pytest.approx(10_000)
    part = checked.part_for("violence")
    assert part is not None
    assert "axe" in part.passage.of(text)
    assert len(moderator.texts) == len(checked.parts) >= 3
    assert stage.verdicts.kept[0].subject.kind is SubjectKind.TEXT


@virtual_clock
async def test_a_message_and_the_whole_conversation() -> None:
    stage = Stage(chat=FakeChat("He raises the axe."), moderation=FakeModerator(AXE))
    async with stage.session() as session:
        session.handle(c.SendText("Go on.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        asked, answered = stage.store.messages()
        session.handle(CheckMessage(answered.id))
        one = await stage.until_event(CheckDone)
        session.handle(CheckConversation())
        whole = await stage.until_event(CheckDone, 2)
    assert one.checked.subject.id == answered.id
    assert whole.checked.subject.kind is SubjectKind.CONVERSATION
    assert [part.passage.of(whole.checked.text) for part in whole.checked.parts] == [asked.text, answered.text]


@virtual_clock
async def test_files_and_pictures() -> None:
    moderator = FakeModerator(AXE, image={"sexual": 0.8})
    stage = Stage(moderation=moderator)
    stage.files = {
        "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nBring the axe.\n",
        "b.bin": b"\0\1\2",
        "c.png": ONE_PIXEL_PNG,
        "d.png": b"no picture",
    }
    found = []
    async with stage.session() as session:
        for number, command in enumerate(
            (CheckFile("a.srt"), CheckFile("b.bin"), CheckImage("c.png"), CheckImage("d.png")), start=1
        ):
            session.handle(command)
            found.append((await stage.until_event(CheckDone, number)).checked)
    words, rubbish, picture, broken = found
    assert (words.text, words.exceeded[0].category, words.subject.name) == ("Bring the axe.", "violence", "a.srt")
    assert picture.exceeded[0].category == "sexual"
    assert moderator.images == [ONE_PIXEL_PNG]
    assert "b.bin" in rubbish.problem
    assert "d.png" in broken.problem
    assert len(stage.verdicts.kept) == 2  # what was not checked is no verdict


@virtual_clock
async def test_without_a_provider_it_says_what_it_needs_and_invents_nothing() -> None:
    stage = Stage()
    async with stage.session() as session:
        session.handle(CheckText("Hello."))
        done = await stage.until_event(CheckDone)
    assert "needs a provider" in done.checked.problem
    assert "key for OpenAI" in done.hint
    assert done.checked.parts == ()


@virtual_clock
async def test_the_log_is_listed_filtered_exported_and_cleared() -> None:
    stage = Stage(moderation=FakeModerator(AXE))
    async with stage.session() as session:
        for number, text in enumerate(("Good morning.", "The axe."), start=1):
            session.handle(CheckText(text))
            await stage.until_event(CheckDone, number)
        session.handle(ListVerdicts(VerdictFilter(category="violence")))
        listed = await stage.until_event(VerdictsListed)
        session.handle(ExportVerdicts("log.csv"))
        said = await stage.until_event(e.Notice)
        session.handle(ClearVerdicts())
        cleared = await stage.until_event(VerdictsListed, 2)
    assert [line.excerpt for line in listed.verdicts] == ["The axe."]
    assert stage.verdicts.exported == {Path("log.csv"): 2}
    assert "2 verdicts" in said.message
    assert (cleared.verdicts, stage.verdicts.kept) == ((), [])


@pytest.mark.parametrize("failure", list(OnFailure))
def test_pictures_and_their_prompts_follow_the_rules(failure: OnFailure) -> None:
    @virtual_clock
    async def scene() -> None:
        rule = Rule(Action.BLOCK, failure)
        settings = Settings(moderation=Policy(image_prompt=rule, image=rule))
        flagging = FakeModerator(AXE, image={"sexual": 0.8})
        stage = Stage(settings=settings, moderation=flagging)
        studios: list[Studio] = []

        def look_in(studio: Studio) -> tuple[()]:
            studios.append(studio)
            return ()

        stage.make_desks = look_in
        async with stage.session():
            gate = GuardGate(studios[0])
            assert gate.hides_previews
            await gate.admit_prompt("A lighthouse")
            with pytest.raises(Refused, match=r"Violence 0\.71"):
                await gate.admit_prompt("An axe")
            assert await gate.judge_image(ONE_PIXEL_PNG, "image/png", 1) == Judgement(
                "sexual", "Sexual 0.80", "Sexual 0.80"
            )
            stage.maker.moderation = None
            studios[0].engines = await stage.maker.make(settings)
            if failure is OnFailure.OPEN:
                await gate.admit_prompt("A lighthouse")
                assert await gate.judge_image(ONE_PIXEL_PNG, "image/png", 1) == Judgement()
                assert stage.all(e.Notice)
            else:
                with pytest.raises(Refused, match="needs a provider"):
                    await gate.admit_prompt("A lighthouse")
                judgement = await gate.judge_image(ONE_PIXEL_PNG, "image/png", 1)
                assert judgement.verdict is None
                assert "needs a provider" in judgement.held

    scene()
