"""What goes along is checked as the words are: nothing flagged is sent, nothing is lost, nobody waits without need."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, FakeModerator, voice_like
from tests.pictures import png
from tests.virtual_clock import virtual_clock
from tests.voice.draft_table import DraftTable, settings
from tests.voice.stage import Stage
from voiceapp.core import attachments as a
from voiceapp.core import events as e
from voiceapp.core.check_words import not_sent
from voiceapp.core.checks import CheckDone, DraftKept, SubjectKind
from voiceapp.core.commands import SendText, StartTalking, StopTalking
from voiceapp.core.errors import NoNetwork
from voiceapp.core.moderation import Action, Decision, OnFailure, Policy, Rule
from voiceapp.core.turn import Phase
from voiceapp.core.vision import Vision, VisionTable
from voiceapp.voice.attached_checks import PASSAGE_CHARS
from voiceapp.voice.session import VoiceSession

TABLE = VisionTable(((("*",), Vision(patch_px=32, patches_max=2500, detail="high", pdf_pages=100)),))
SHOW, BLOCK = Rule(Action.SHOW), Rule(Action.BLOCK)
CLOSED = Rule(Action.BLOCK, OnFailure.CLOSED)
AXE = {"axe": {"violence": 0.71}}
BLOOD = {"violence/graphic": 0.9}


class Table(DraftTable):
    """With a moderator."""

    def __init__(self, judge: FakeModerator | None, rule: Rule = BLOCK, limit: float | None = None) -> None:
        own = replace(
            settings(),
            is_start_sound=False,
            is_reply_aloud=False,
            moderation=Policy(input=rule, limits={} if limit is None else {"violence/graphic": limit}),
        )
        super().__init__(Stage(chat=FakeChat("I see.", "Yes."), settings=own, moderation=judge), TABLE)

    async def send(self, session: VoiceSession, text: str) -> None:
        session.handle(SendText(text))
        await self.stage.until_phase(Phase.THINKING)
        await self.stage.until_phase(Phase.IDLE)
        await session.settle()


@virtual_clock
async def test_a_flagged_picture_is_not_sent_and_words_and_file_are_kept() -> None:
    judge = FakeModerator(image=BLOOD, check_s=0.2)
    table = Table(judge)
    async with table.session() as session:
        await table.attach(session, "wound.png", png(8, 8))
        await table.send(session, "What is it?")
        draft = await table.stage.until_event(DraftKept)
        await table.stage.until_event(CheckDone, 2)
        assert table.attached == ["wound.png"]
    assert draft.text == "What is it?"
    subject = draft.checked.subject
    assert (subject.kind, subject.name, draft.checked.decision) == (
        SubjectKind.ATTACHMENT,
        "wound.png",
        Decision.BLOCKED,
    )
    assert not_sent(draft.checked)[0] == "Not sent because of “wound.png”: Violence, graphic 0.90."
    assert judge.images == [png(8, 8)]
    assert table.stage.chat.requests == []
    assert table.stage.store.messages() == []
    words, picture = table.stage.verdicts.kept
    assert (words.decision, words.draft) == (Decision.PASSED, "")
    assert (picture.decision, picture.draft, picture.subject.name) == (Decision.BLOCKED, "What is it?", "wound.png")


@pytest.mark.parametrize(("name", "data"), [("notes.txt", b"He raises the axe."), ("notes.pdf", b"%PDF-1.7")])
def test_the_words_of_a_file_are_checked(name: str, data: bytes) -> None:
    @virtual_clock
    async def scene() -> None:
        table = Table(FakeModerator({**AXE, "its words": {"hate": 0.8}}))
        async with table.session() as session:
            await table.attach(session, name, data)
            await table.send(session, "Sum it up.")
            draft = await table.stage.until_event(DraftKept)
            assert table.attached == [name]
        assert draft.checked.subject.name == name
        assert draft.checked.text in ("He raises the axe.", "its words")
        assert table.stage.chat.requests == []

    scene()


@virtual_clock
async def test_flagged_words_keep_the_file_that_is_fine() -> None:
    table = Table(FakeModerator(AXE))
    async with table.session() as session:
        await table.attach(session, "tower.png", png(8, 8))
        await table.send(session, "Bring the axe.")
        draft = await table.stage.until_event(DraftKept)
        assert table.attached == ["tower.png"]
        await table.send(session, "What is it?")
        assert table.attached == []
    assert (draft.text, draft.checked.subject.kind) == ("Bring the axe.", SubjectKind.TEXT)
    (request,) = table.stage.chat.requests
    assert [shown.name for shown in request.lines[0].shown] == ["tower.png"]


@virtual_clock
async def test_the_persons_limit_decides_about_pictures_too() -> None:
    for limit, is_sent in ((0.95, True), (0.5, False)):
        table = Table(FakeModerator(image=BLOOD), limit=limit)
        async with table.session() as session:
            await table.attach(session, "wound.png", png(8, 8))
            await table.send(session, "What is it?")
        assert bool(table.stage.chat.requests) is is_sent
        assert bool(table.stage.all(DraftKept)) is not is_sent


@virtual_clock
async def test_what_passed_is_logged_with_its_message() -> None:
    table = Table(FakeModerator())
    async with table.session() as session:
        await table.attach(session, "tower.png", png(8, 8))
        await table.attach(session, "notes.txt", b"Built in 1889. " * 200)
        await table.send(session, "What is it?")
        done = [await table.stage.until_event(CheckDone, count) for count in (1, 2, 3)]
    message = table.stage.store.messages()[0]
    assert {one.checked.subject.id for one in done} == {message.id}
    assert sorted(one.checked.subject.name for one in done) == ["", "notes.txt", "tower.png"]
    notes = next(one.checked for one in done if one.checked.subject.name == "notes.txt")
    assert all(part.passage.end - part.passage.start <= PASSAGE_CHARS for part in notes.parts)
    assert "".join(part.passage.of(notes.text) for part in notes.parts).split() == (["Built", "in", "1889."] * 200)


@virtual_clock
async def test_what_is_only_shown_waits_for_nothing() -> None:
    table = Table(FakeModerator(image=BLOOD, check_s=5.0), SHOW)
    async with table.session() as session:
        await table.attach(session, "wound.png", png(8, 8))
        started_s = asyncio.get_running_loop().time()
        await table.send(session, "What is it?")
        assert asyncio.get_running_loop().time() - started_s < 1.0
        await table.stage.until_event(CheckDone, 2)
    flagged = next(one.checked for one in table.stage.all(CheckDone) if one.checked.subject.name)
    assert (flagged.decision, flagged.subject.id) == (Decision.SHOWN, table.stage.store.messages()[0].id)
    assert len(table.stage.chat.requests) == 1


@virtual_clock
async def test_checks_that_are_off_look_at_nothing() -> None:
    judge = FakeModerator(image=BLOOD)
    table = Table(judge, Rule())
    async with table.session() as session:
        await table.attach(session, "wound.png", png(8, 8))
        await table.send(session, "What is it?")
    assert (judge.images, judge.texts, len(table.stage.chat.requests)) == ([], [], 1)


@virtual_clock
async def test_a_spoken_question_does_not_wait_for_a_picture_that_was_attached_before() -> None:
    judge = FakeModerator(check_s=1.0)
    table = Table(judge)
    stage = table.stage
    stage.hearing = stage.maker.hearing_engine = FakeHearing("What is it?", partial_every_s=0.05, finish_s=1.5)
    stage.devices = FakeDevices(voice_like(2.0))
    async with table.session() as session:
        await table.attach(session, "tower.png", png(8, 8))
        session.handle(StartTalking())
        await asyncio.sleep(2.0)
        session.handle(StopTalking())
        timed = await stage.until_event(e.TurnTimed)
    assert len(judge.images) == 1
    assert timed.stages["input_check"] < 1.0


def failing(rule: Rule) -> Table:
    """The words are checked, the picture's check fails."""

    class Blind(FakeModerator):
        async def check_image(self, image: bytes, mime: str) -> object:  # type: ignore[override]
            raise NoNetwork("There is no network.")

    return Table(Blind(), rule)


@virtual_clock
async def test_a_check_that_fails_passes_with_a_note_or_holds_back_as_the_rule_says() -> None:
    for rule, is_sent in ((BLOCK, True), (CLOSED, False)):
        table = failing(rule)
        async with table.session() as session:
            await table.attach(session, "tower.png", png(8, 8))
            await table.send(session, "What is it?")
        assert bool(table.stage.chat.requests) is is_sent
        notes = [note.message for note in table.stage.all(e.Notice) if "tower.png" in note.message]
        if is_sent:
            (note,) = notes
            assert note == "“tower.png” could not be checked and was sent all the same. There is no network."
        else:
            (draft,) = table.stage.all(DraftKept)
            assert not_sent(draft.checked)[0].startswith("Not sent, because “tower.png” could not be checked:")


@virtual_clock
async def test_without_anybody_who_judges_it_is_as_for_words() -> None:
    for rule, is_sent in ((BLOCK, True), (CLOSED, False)):
        table = Table(None, rule)
        async with table.session() as session:
            await table.attach(session, "tower.png", png(8, 8))
            await table.send(session, "What is it?")
        assert bool(table.stage.chat.requests) is is_sent
        assert bool(table.stage.all(DraftKept)) is not is_sent
        told = [note for note in table.stage.all(e.Notice) if "could not be checked" in note.message]
        assert len(told) == int(is_sent)  # once a turn, for words and files


@virtual_clock
async def test_a_pdf_whose_words_cannot_be_read_counts_as_a_check_that_failed() -> None:
    table = Table(FakeModerator(), CLOSED)

    def without_words(data: bytes, name: str, vision: Vision) -> a.Prepared:
        return a.Prepared(a.Kind.PDF, name, "pdf", data)

    table.prepare = without_words  # type: ignore[assignment]
    async with table.session() as session:
        await table.attach(session, "scan.pdf", b"%PDF-1.7")
        await table.send(session, "Sum it up.")
        draft = await table.stage.until_event(DraftKept)
    assert draft.checked.decision is Decision.HELD
    assert "scan.pdf" in draft.checked.problem
