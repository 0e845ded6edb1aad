from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes import FakeChat
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import Role
from voiceapp.core.speech import ToolCall, ToolResult
from voiceapp.core.tool_events import Answer, AnswerPermission, PermissionAsked, PermissionSettled
from voiceapp.core.tool_settings import Permission
from voiceapp.core.tools import Wish
from voiceapp.core.turn import Phase
from voiceapp.voice.answer import TOOL_ROUNDS

CALL = ToolCall("c1", "shout", '{"text": "hey"}')
WISH = Wish("shout", CALL.arguments, "Makes noise.")


async def asked(stage: Stage, answer: Answer | None, session: Any) -> PermissionAsked:
    stage.tools.wished = WISH
    session.handle(c.SendText("Shout.", is_aloud=False))
    question = await stage.until_event(PermissionAsked)
    if answer is not None:
        session.handle(AnswerPermission(question.id, answer))
        await session.settle()
    return question


@virtual_clock
async def test_a_tool_waits_for_the_person_however_long_they_think() -> None:
    stage = Stage(chat=FakeChat([CALL], "Done."))
    async with stage.session() as session:
        question = await asked(stage, None, session)
        assert (question.tool, question.arguments, question.touches) == ("shout", CALL.arguments, "Makes noise.")
        await asyncio.sleep(3600)
        assert stage.phases()[-1] is Phase.THINKING
        assert stage.tools.calls == []
        session.handle(AnswerPermission(question.id, Answer.ONCE))
        await session.settle()
        assert stage.tools.calls == [CALL]
        assert stage.saved == []  # once is once
    assert stage.all(PermissionSettled) == [PermissionSettled(question.id, Answer.ONCE)]


@virtual_clock
async def test_a_refusal_is_told_to_the_model_and_shown() -> None:
    stage = Stage(chat=FakeChat([CALL], "Then not."))
    async with stage.session() as session:
        await asked(stage, Answer.DENY, session)
        assert stage.tools.calls == []
        result = stage.chat.requests[1].tool_rounds[-1]
        assert isinstance(result, ToolResult)
        assert result.is_error
        assert "did not allow" in result.text
        assert stage.all(e.ToolUsed)[0].is_error


@virtual_clock
async def test_always_and_never_are_kept() -> None:
    for answer, kept in ((Answer.ALWAYS, Permission.ALWAYS), (Answer.NEVER, Permission.NEVER)):
        stage = Stage(chat=FakeChat([CALL], "Done."))
        async with stage.session() as session:
            await asked(stage, answer, session)
            assert stage.tools.settings.tool_permissions == {"shout": kept}
            await stage.until_event(e.SettingsChanged)
            assert stage.saved[-1].tool_permissions == {"shout": kept}


@virtual_clock
async def test_a_lasting_answer_holds_for_calls_made_together() -> None:
    second = ToolCall("c2", "shout", '{"text": "ho"}')
    stage = Stage(chat=FakeChat([CALL, second], "Done."))
    async with stage.session() as session:
        stage.tools.wished = WISH
        session.handle(c.SendText("Shout twice.", is_aloud=False))
        await stage.until_event(PermissionAsked, 2)
        session.handle(AnswerPermission(1, Answer.ALWAYS))
        await session.settle()
        assert stage.tools.calls == [CALL, second]


@virtual_clock
async def test_esc_takes_the_question_back() -> None:
    stage = Stage(chat=FakeChat([CALL]))
    async with stage.session() as session:
        question = await asked(stage, None, session)
        session.handle(c.Interrupt())
        await session.settle()
        assert stage.all(PermissionSettled) == [PermissionSettled(question.id, None)]
        session.handle(AnswerPermission(question.id, Answer.ONCE))  # too late: nothing happens
        assert stage.tools.calls == []
    assert stage.phases()[-1] is Phase.IDLE


@virtual_clock
async def test_what_was_used_stays_with_the_message_and_is_told_later() -> None:
    stage = Stage(chat=FakeChat([CALL], "Done.", "Yes."))
    async with stage.session() as session:
        for text in ("Shout.", "Did you?"):
            session.handle(c.SendText(text, is_aloud=False))
            await session.settle()
        stored = [message for message in stage.store.messages() if message.role is Role.ASSISTANT]
        (use,) = stored[0].tool_uses
        assert (use.name, use.arguments, use.result) == ("shout", CALL.arguments, '{"TEXT": "HEY"}')
        used = stage.all(e.ToolUsed)[0]
        assert used.message_id == stored[0].id
        told = stage.chat.requests[-1].lines[1]
        assert (told.text, told.tool_uses) == ("Done.", (use,))


@virtual_clock
async def test_the_bound_of_tool_calls_is_said_and_an_answer_is_required() -> None:
    scripts = [[ToolCall(f"c{n}", "shout", "{}")] for n in range(TOOL_ROUNDS)]
    stage = Stage(chat=FakeChat(*scripts, "Enough."))
    async with stage.session() as session:
        session.handle(c.SendText("Shout for ever.", is_aloud=False))
        await session.settle()
    assert len(stage.tools.calls) == TOOL_ROUNDS
    assert [request.tool_choice for request in stage.chat.requests] == [""] * TOOL_ROUNDS + ["none"]
    assert f"{TOOL_ROUNDS} times" in stage.all(e.Notice)[-1].message


@virtual_clock
async def test_a_timer_that_runs_out_in_a_turn_rings_after_it() -> None:
    stage = Stage(chat=FakeChat("Hello there."))
    async with stage.session() as session:
        session.handle(c.SendText("Hi.", is_aloud=False))
        stage.tools.ring("The timer has run out.")
        await session.settle()
        await stage.until(lambda: [p.turn for p in stage.all(e.PhaseChanged)][-1] == 2)
        await session.settle()
    assert "The timer has run out." in stage.speech.texts
