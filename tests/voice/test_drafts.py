"""What goes along with messages, in whole turns on scripted engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, voice_like
from tests.pictures import png
from tests.virtual_clock import virtual_clock
from tests.voice.draft_table import DraftTable, settings
from tests.voice.stage import Stage
from voiceapp.core import attachments as a
from voiceapp.core.commands import Interrupt, Regenerate, SendText, StartTalking, StopTalking
from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.errors import NoNetwork
from voiceapp.core.events import MessageAdded, TakeChanged, TurnFailed
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.own_search import AskNotes
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase
from voiceapp.core.vision import BLIND, Vision, VisionTable
from voiceapp.voice.session import VoiceSession

SEES = Vision(patch_px=32, patches_max=2500, detail="high", pdf_pages=100)
TABLE = VisionTable(((("blind*",), BLIND), (("*",), SEES)))
PRICES = ModelTable((Model("seeing", jobs=("chat",), prices={"text_in": 1.0, "text_out": 1.0}),))
PDF = b"%PDF-1.7"


class Table(DraftTable):
    """Its chat describes a tower."""

    def __init__(self, chat: FakeChat | None = None, model: str = "seeing", own: Settings | None = None) -> None:
        chat = chat or FakeChat(*(["A", " tower."] for _ in range(4)))
        super().__init__(Stage(chat=chat, settings=own or settings(model)), TABLE)
        self.stage.models = PRICES


async def test_a_typed_message_takes_what_is_attached_and_keeps_it() -> None:
    table = Table()
    async with table.session() as session:
        kept = await table.attach(session)
        session.handle(SendText("What is it?", is_aloud=False))
        await session.settle()
        (request,) = table.stage.chat.requests
        (line,) = request.lines
        assert line.attachments == (kept,)
        (shown,) = line.shown
        assert isinstance(shown, a.ShownPicture)
        assert shown.address.startswith("data:image/png;base64,")
        assert (shown.detail, shown.tokens) == ("high", 200)
        assert table.drafts == ()
        assert table.stage.store.messages()[0].attachments == (kept,)


async def test_a_question_about_the_notes_leaves_it_for_the_next_message() -> None:
    table = Table()
    async with table.session() as session:
        kept = await table.attach(session)
        session.handle(AskNotes("When was it?", is_aloud=False))
        await session.settle()
        assert not table.stage.chat.requests[-1].lines[-1].attachments
        assert [draft.attachment for draft in table.drafts] == [kept]
        session.handle(AskNotes("And where?", is_aloud=False, with_attached=True))  # as a command that names both
        await session.settle()
        assert table.stage.chat.requests[-1].lines[-1].attachments == (kept,)


@virtual_clock
async def test_a_spoken_question_takes_it_too() -> None:
    table = Table()
    table.stage.hearing, table.stage.devices = FakeHearing("What is it?"), FakeDevices(voice_like(1.0))
    table.stage.maker.hearing_engine = table.stage.hearing
    async with table.session() as session:
        await table.attach(session)
        session.handle(StartTalking())
        await asyncio.sleep(1.0)
        session.handle(StopTalking())
        await table.stage.until(lambda: table.stage.chat.requests)
        session.handle(Interrupt())
        await session.settle()
        assert len(table.stage.chat.requests[0].lines[0].shown) == 1


async def test_a_file_goes_with_one_message_and_is_sent_again_with_the_conversation() -> None:
    table = Table()
    async with table.session() as session:
        await table.attach(session)
        session.handle(SendText("What is it?", is_aloud=False))
        await session.settle()
        session.handle(SendText("How old?", is_aloud=False))
        await session.settle()
        session.handle(Regenerate(table.stage.all(MessageAdded)[-1].message.id))
        await session.settle()
        assert [[len(line.shown) for line in request.lines] for request in table.stage.chat.requests] == [
            [1],
            [1, 0, 0],
            [1, 0, 0],
        ]
        assert table.files.reads == 1


async def sent_while_it_is_made_ready(table: Table, session: VoiceSession) -> None:
    """Send a message whose picture is not ready before ``table.prepare.go`` is set."""
    table.prepare.go.clear()
    session.handle(a.AttachData("tower.png", png(8, 8)))
    await table.stage.until(lambda: any(told.pending for told in table.stage.all(a.DraftsChanged)))
    session.handle(SendText("What is it?", is_aloud=False))
    await table.stage.until_phase(Phase.THINKING)


async def test_a_message_waits_for_what_is_still_being_made_ready() -> None:
    table = Table()
    async with table.session() as session:
        await sent_while_it_is_made_ready(table, session)
        assert table.stage.all(MessageAdded) == []
        table.prepare.go.set()
        await session.settle()
        assert len(table.stage.chat.requests[0].lines[0].shown) == 1


async def test_stopping_while_it_waits_gives_the_words_back() -> None:
    table = Table()
    async with table.session() as session:
        await sent_while_it_is_made_ready(table, session)
        while not table.stage.chat.warmed:  # noqa: ASYNC110  # no event tells that the turn is at work
            await asyncio.sleep(0)
        session.handle(Interrupt())
        assert await table.stage.until_event(a.DraftReturned) == a.DraftReturned("What is it?")
        table.prepare.go.set()
        await table.stage.until(lambda: bool(table.drafts))


async def test_the_blind_are_not_asked_and_everything_stays() -> None:
    table = Table(model="blind-1")
    async with table.session() as session:
        await table.attach(session)
        assert "takes no pictures" in table.drafts[0].trouble
        session.handle(SendText("What is it?", is_aloud=False))
        failed = await table.stage.until_event(TurnFailed)
        assert failed.problem.code == "cannot_see"
        assert table.stage.all(a.DraftReturned) == [a.DraftReturned("What is it?")]
        assert table.stage.chat.requests == []
        assert len(table.drafts) == 1
        assert table.stage.all(MessageAdded) == []


@virtual_clock
async def test_words_spoken_about_what_cannot_be_sent_stand_in_the_entry() -> None:
    table = Table(model="blind-1")
    table.stage.hearing, table.stage.devices = FakeHearing("What is it?"), FakeDevices(voice_like(1.0))
    table.stage.maker.hearing_engine = table.stage.hearing
    async with table.session() as session:
        await table.attach(session)
        session.handle(StartTalking())
        await asyncio.sleep(1.0)
        session.handle(StopTalking())
        await table.stage.until_event(TurnFailed)
        assert table.stage.all(a.DraftReturned) == [a.DraftReturned("What is it?")]
        said = ((TakeState.TRANSCRIBED, "What is it?"),)
        await table.stage.until(
            lambda: tuple((told.take.state, told.take.text) for told in table.stage.all(TakeChanged)[-1:]) == said
        )
        assert len(table.drafts) == 1


async def test_a_failed_turn_keeps_the_files_with_the_message() -> None:
    table = Table(FakeChat([NoNetwork("No way there.")], ["A tower."]))
    async with table.session() as session:
        kept = await table.attach(session)
        session.handle(SendText("What is it?", is_aloud=False))
        await table.stage.until_event(TurnFailed)
        (message,) = [one for one in table.stage.store.messages() if one.role is Role.USER]
        assert message.attachments == (kept,)
        session.handle(Regenerate(message.id))
        await session.settle()
        assert len(table.stage.chat.requests[-1].lines[0].shown) == 1


async def test_costs_are_told_before_anything_is_sent() -> None:
    table = Table()
    async with table.session() as session:
        await table.attach(session)
        await table.attach(session, "notes.txt", b"x" * 4000)
        await table.attach(session, "contract.pdf", PDF)
        picture, text, pdf = table.drafts
        assert (picture.tokens, picture.is_least, text.tokens) == (200, False, 1000)
        assert [picture.cost_usd, text.cost_usd] == pytest.approx([0.0002, 0.001])
        assert pdf.is_least


async def test_a_file_can_be_taken_back_and_no_more_than_ten_go() -> None:
    table = Table()
    async with table.session() as session:
        kept = await table.attach(session)
        session.handle(a.Detach(kept.id))
        await table.stage.until(lambda: table.drafts == ())
        for number in range(11):
            session.handle(a.AttachData(f"{number}.txt", b"words"))
        refused = await table.stage.until_event(a.AttachRefused)
        assert "10 files" in refused.problem.message
        await table.stage.until(lambda: len(table.drafts) == 10)


async def test_what_is_too_much_for_one_request_is_refused_and_earlier_files_are_only_named() -> None:
    table = Table()
    large = PDF + b"x" * (a.SENT_BYTES * 2 // 3)
    async with table.session() as session:
        first = await table.attach(session, "first.pdf", large)
        session.handle(a.AttachData("second.pdf", large))
        refused = await table.stage.until_event(a.AttachRefused)
        assert "Together that is larger than 30 MB" in refused.problem.message
        assert [draft.attachment for draft in table.drafts] == [first]
        session.handle(SendText("Read", is_aloud=False))
        await session.settle()
        await table.attach(session, "second.pdf", large)
        session.handle(SendText("And this", is_aloud=False))
        await session.settle()
        earlier, _reply, asked = table.stage.chat.requests[-1].lines
        assert earlier.shown == (a.NotShown("first.pdf"),)
        assert isinstance(asked.shown[0], a.ShownFile)


async def test_what_cannot_be_attached_is_refused(tmp_path: Path) -> None:
    table = Table()
    (tmp_path / "notes.txt").write_text("words", encoding="utf-8")
    async with table.session() as session:
        session.handle(a.AttachFile(str(tmp_path / "missing.txt")))
        session.handle(a.AttachFile(str(tmp_path)))
        session.handle(a.AttachFile(str(tmp_path / "notes.txt"), is_picture=True))
        await table.stage.until_event(a.AttachRefused, 3)
        said = [event.problem.message for event in table.stage.all(a.AttachRefused)]
        assert [("no file" in one, "not a picture" in one) for one in sorted(said)].count((False, False)) == 0
        assert table.drafts == ()


async def test_drafts_of_an_earlier_run_come_back_when_the_window_asks() -> None:
    table = Table()
    await table.files.add(a.Prepared(a.Kind.TEXT, "notes.txt", "txt", b"words", text="words"))
    async with table.session() as session:
        session.handle(a.ShowDrafts())
        await table.stage.until_event(a.DraftsChanged)
        assert table.drafts == ()  # a command in a terminal does not take what the window keeps
        session.handle(a.ShowDrafts(is_begun=True))
        await table.stage.until(lambda: len(table.drafts) == 1)


async def test_an_earlier_file_that_is_gone_is_named_and_one_just_asked_about_is_an_error() -> None:
    table = Table()
    async with table.session() as session:
        kept = await table.attach(session)
        table.files.lose(kept.id)
        session.handle(SendText("What is it?", is_aloud=False))
        failed = await table.stage.until_event(TurnFailed)
        assert failed.problem.code == "store"
        session.handle(SendText("And now?", is_aloud=False))
        await session.settle()
        assert table.stage.chat.requests[-1].lines[0].shown == (a.NotShown("tower.png"),)


async def test_on_this_computer_nothing_is_read_and_it_costs_nothing() -> None:
    table = Table(own=Settings())
    async with table.session() as session:
        await table.attach(session)
        assert table.drafts[0].cost_usd == 0.0
        assert "cannot look at files" in table.drafts[0].trouble
        session.handle(SendText("What is it?", is_aloud=False))
        await session.settle()
        (line,) = table.stage.chat.requests[0].lines
        assert len(line.attachments) == 1
        assert table.files.reads == 0


async def test_a_cut_off_answer_is_estimated_with_its_pictures() -> None:
    table = Table(FakeChat(["A", 100.0]))
    async with table.session() as session:
        await table.attach(session)
        session.handle(SendText("What is it?", is_aloud=False))
        await table.stage.until(lambda: table.stage.chat.requests)
        await table.stage.until_phase(Phase.THINKING)
        session.handle(Interrupt())
        await session.settle()
    (row,) = table.stage.usage.kept
    assert row.amounts["text_in"] >= 200
