"""Titles, notes and cleaned dictation, and what becomes of answers that do not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import FakeChat
from tests.fakes.chat import Step
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import BadAnswer, ProviderDown, Refused, TooLong
from voiceapp.core.notes import PART_CHARS
from voiceapp.core.notes_events import NotesBegun, NotesWritten, WriteNotes
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ReplyEnd
from voiceapp.voice.desks.notes import NotesDesk
from voiceapp.voice.writing import clean, notes, title

CLOUD = Settings().with_provider("openai")
LINES = (Line(Role.USER, "Which boat?"), Line(Role.ASSISTANT, "The red one."))


def said(**fields: Any) -> str:
    return json.dumps(fields)


def noted(name: str) -> str:
    return said(title=name, summary="s", decisions=[], actions=[])


async def test_a_title_is_asked_for_in_its_form() -> None:
    chat = FakeChat([said(title="“The red boat.”")])
    assert await title(chat, LINES) == "The red boat"
    (request,) = chat.requests
    assert request.schema is not None
    assert request.schema.name == "title"
    assert request.lines[0].text == "Person: Which boat?\n\nAssistant: The red one."


async def test_an_answer_that_does_not_fit_may_be_mended_once() -> None:
    chat = FakeChat(["Boats"], [said(title="Boats")])
    assert await title(chat, LINES) == "Boats"
    assert "not valid JSON" in chat.requests[1].lines[-1].text
    with pytest.raises(BadAnswer):
        await title(FakeChat(["Boats"], ["Boats again"]), LINES)


@pytest.mark.parametrize(("finish", "error"), [("content_filter", Refused), ("length", TooLong)])
async def test_refusal_and_length_are_errors(finish: str, error: type[Exception]) -> None:
    script: list[Step] = ["{", ReplyEnd(finish)]
    with pytest.raises(error):
        await notes(FakeChat(script), "Ada: hello")


async def test_a_long_transcript_is_noted_part_by_part() -> None:
    chat = FakeChat([noted("one")], [noted("two")], [noted("both")])
    assert (await notes(chat, "word " * (PART_CHARS // 4))).title == "both"
    assert json.loads(chat.requests[2].lines[0].text)[1]["title"] == "two"


async def test_cleaning_keeps_what_would_be_lost() -> None:
    raw = "um we should buy the red boat and paint it blue before the winter comes"
    better = "We should buy the red boat and paint it blue before the winter comes."
    done = await clean(FakeChat([said(text=better)]), raw)
    assert (done.text, done.raw_parts) == (better, 0)
    scripts: tuple[list[Step], ...] = ([said(text="Buy a boat.")], ["no", ReplyEnd("length")])
    for script in scripts:
        kept = await clean(FakeChat(script), raw)
        assert (kept.text, kept.parts, kept.raw_parts) == (raw, 1, 1)


@virtual_clock
async def test_a_conversation_gets_its_title_after_the_first_exchange_only() -> None:
    stage = Stage(chat=FakeChat("The red one.", [said(title="Boats")], "Yes."), settings=CLOUD, is_titled=True)
    async with stage.session() as session:
        session.handle(c.SendText("Which boat should I buy?", is_aloud=False))
        await stage.until(lambda: stage.all(e.ConversationsListed)[-1].heads[0:1] and named(stage) == "Boats")
        session.handle(c.SendText("Sure?", is_aloud=False))
        await session.settle()
    stage.chat.assert_consumed()


def named(stage: Stage) -> str:
    return stage.all(e.ConversationsListed)[-1].heads[0].title


@pytest.mark.parametrize(
    ("settings", "script"),
    [
        (Settings(), None),
        (CLOUD, [ProviderDown("It is down.")]),
        (CLOUD, [said(title="x" * 200)]),
    ],
)
@virtual_clock
async def test_without_a_good_title_the_first_line_stays(settings: Settings, script: list[Step] | None) -> None:
    stage = Stage(
        chat=FakeChat("The red one.", *(() if script is None else (script,))), settings=settings, is_titled=True
    )
    async with stage.session() as session:
        session.handle(c.SendText("Which boat should I buy?", is_aloud=False))
        await session.settle()
        await stage.until(lambda: len(stage.chat.requests) == (2 if script else 1))
        session.handle(c.Search())
        await stage.until_event(e.ConversationsListed, 3)
        assert named(stage) == "Which boat should I buy?"
        assert not [event for event in stage.all(e.Notice) if event.is_problem]


@virtual_clock
async def test_titles_can_be_switched_off() -> None:
    stage = Stage(chat=FakeChat("The red one."), settings=CLOUD, is_titled=False)
    async with stage.session() as session:
        session.handle(c.SendText("Which boat?", is_aloud=False))
        await session.settle()
    assert len(stage.chat.requests) == 1


@virtual_clock
async def test_the_desk_writes_the_notes_of_a_conversation() -> None:
    stage = Stage(chat=FakeChat("Hello.", [noted("Boats")]), settings=CLOUD)
    async with stage.session() as session:
        session.handle(c.SendText("Hi.", is_aloud=False))
        await session.settle()
        desk = NotesDesk(session._studio)
        await desk.do(WriteNotes(stage.all(e.MessageAdded)[0].message.conversation_id))
        written = stage.all(NotesWritten)[-1]
        assert stage.all(NotesBegun)
        assert written.notes is not None
        assert written.notes.title == "Boats"
        await desk.do(WriteNotes(999))
        assert stage.all(NotesWritten)[-1].problem is not None
        session._studio.settings = Settings()
        await desk.do(WriteNotes(1))
        problem = stage.all(NotesWritten)[-1].problem
        assert problem is not None
        assert "needs a language model" in problem.message
