"""The conversation is changed while a turn is under way: the turn stays where it was spoken."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, voice_like
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.turn import Phase
from voiceapp.voice.session import VoiceSession


def stage_of(*replies: str, said: str = "And here?") -> Stage:
    """A stage where transcribing takes a second, and answering another."""
    return Stage(
        hearing=FakeHearing(said, finish_s=1.0),
        chat=FakeChat(*replies, first_token_s=1.0),
        devices=FakeDevices(voice_like(1.0)),
    )


async def typed(stage: Stage, session: VoiceSession, text: str) -> int:
    """Ask *text* in a conversation of its own; return its id."""
    opened, timed = len(stage.all(e.ConversationOpened)), len(stage.all(e.TurnTimed))
    session.handle(c.NewConversation())
    await stage.until_event(e.ConversationOpened, opened + 1)
    session.handle(c.SendText(text, is_aloud=False))
    await stage.until_event(e.TurnTimed, timed + 1)
    await stage.until_phase(Phase.IDLE)
    return stage.store.messages()[-1].conversation_id


async def spoken(stage: Stage, session: VoiceSession) -> None:
    session.handle(c.StartTalking())
    await asyncio.sleep(1.0)
    session.handle(c.StopTalking())
    await stage.until_phase(Phase.TRANSCRIBING)


def texts(stage: Stage, conversation_id: int) -> list[str]:
    return [m.text for m in stage.store.messages() if m.conversation_id == conversation_id]


@virtual_clock
@pytest.mark.parametrize("phase", [Phase.TRANSCRIBING, Phase.THINKING])
async def test_what_was_spoken_stays_where_it_was_spoken(phase: Phase) -> None:
    stage = stage_of("To the other.", "To the first.", "Here.")
    async with stage.session() as session:
        other = await typed(stage, session, "Other")
        first = await typed(stage, session, "First")
        await spoken(stage, session)
        await stage.until_phase(phase)
        session.handle(c.OpenConversation(other))
        await stage.until_event(e.TurnTimed, 3)
        await stage.until_phase(Phase.IDLE)
    assert texts(stage, first) == ["First", "To the first.", "And here?", "Here."]
    assert texts(stage, other) == ["Other", "To the other."]
    assert [line.text for line in stage.chat.requests[-1].lines] == ["First", "To the first.", "And here?"]
    (take,) = await stage.store.takes()
    assert take.conversation_id == first


@virtual_clock
async def test_a_new_conversation_stays_empty_while_the_one_before_gets_its_words() -> None:
    stage = stage_of("Here.", "To the next.", said="The first words.")
    async with stage.session() as session:
        await spoken(stage, session)
        session.handle(c.NewConversation())
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
        begun = stage.store.messages()[-1].conversation_id
        assert not stage.all(e.MessageAdded), "an empty page takes the first message for its own"
        assert begun in [head.id for head in stage.all(e.ConversationsListed)[-1].heads]
        session.handle(c.SendText("Next", is_aloud=False))
        await stage.until_event(e.TurnTimed, 2)
        await stage.until_phase(Phase.IDLE)
    assert texts(stage, begun) == ["The first words.", "Here."]
    after = stage.store.messages()[-1].conversation_id
    assert after != begun
    assert texts(stage, after) == ["Next", "To the next."]


@virtual_clock
async def test_back_again_before_the_words_are_there() -> None:
    stage = stage_of("To the first.", "Here.")
    async with stage.session() as session:
        first = await typed(stage, session, "First")
        await spoken(stage, session)
        session.handle(c.NewConversation())
        session.handle(c.OpenConversation(first))
        await stage.until_event(e.TurnTimed, 2)
        await stage.until_phase(Phase.IDLE)
        shown = [event.message.text for event in stage.all(e.MessageAdded)]
        assert shown == ["First", "", "And here?", ""]
        session.handle(c.Regenerate(stage.store.messages()[-1].id))  # known to the conversation that is shown
        await stage.until_phase(Phase.THINKING)
    assert texts(stage, first)[:3] == ["First", "To the first.", "And here?"]


@virtual_clock
async def test_a_conversation_opened_just_before_the_key_is_the_one_that_is_spoken_in() -> None:
    stage = stage_of("To the first.", "To the other.", "Here.")
    async with stage.session() as session:
        first = await typed(stage, session, "First")
        other = await typed(stage, session, "Other")
        session.handle(c.OpenConversation(first))
        await spoken(stage, session)
        session.handle(c.OpenConversation(other))
        await stage.until_event(e.TurnTimed, 3)
        await stage.until_phase(Phase.IDLE)
    assert texts(stage, first) == ["First", "To the first.", "And here?", "Here."]
    assert texts(stage, other) == ["Other", "To the other."]


@virtual_clock
async def test_words_of_a_conversation_that_is_deleted_begin_a_new_one() -> None:
    stage = stage_of("To the first.", "Here.")
    async with stage.session() as session:
        first = await typed(stage, session, "First")
        await spoken(stage, session)
        session.handle(c.DeleteConversation(first))
        await stage.until_event(e.TurnTimed, 2)
        await stage.until_phase(Phase.IDLE)
    assert [m.text for m in stage.store.messages()] == ["And here?", "Here."]
