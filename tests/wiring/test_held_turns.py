"""A conversation that the service holds, in a session with a voice: what was not heard is not told as said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.fakes import FakeChat
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import INTERRUPTED_NOTE
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.turn import Phase
from voiceapp.openai_api.held import HeldConversations
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

STORY = "Once upon a time there was a king. " * 3 + "At midnight the dragon came. " + "The end was near. " * 40


@pytest.fixture
async def stage(openai_server: LoopbackServer) -> AsyncIterator[Stage]:
    provider = Provider("openai", ProviderKind.OPENAI, base_url=openai_server.base_url)
    wire = Wire(provider, lambda: "sk-test-51b0c8e2d7a94f2c", model_table())
    yield Stage(chat=cast("FakeChat", ResponsesChat(wire, "gpt-6-luna", held=HeldConversations())))
    await wire.close()


async def ask(stage: Stage, session: object, text: str) -> None:
    count = len(stage.all(e.TurnTimed))
    session.handle(c.SendText(text, is_aloud=False))  # type: ignore[attr-defined]
    await stage.until_event(e.TurnTimed, count + 1)
    await session.settle()  # type: ignore[attr-defined]


async def test_what_was_not_heard_is_not_told_as_said(stage: Stage, openai_server: LoopbackServer) -> None:
    openai_server.script.chat = ChatScript(tuple(f"{word} " for word in STORY.split()))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story.", is_aloud=True))
        await stage.until(lambda: any(one.start > 0 for one in stage.all(e.SpokenProgress)))
        session.handle(c.Interrupt())  # the whole of it had been written by then
        await stage.until_phase(Phase.IDLE)
        await session.settle()
        openai_server.script.chat = ChatScript(("A king.",))
        await ask(stage, session, "Who was it about?")
        await ask(stage, session, "Thanks.")
    story, second, third = (request.json for request in openai_server.requests_for("/responses"))
    assert story["store"] is True
    assert "previous_response_id" not in second  # what the service holds is not what was heard
    assert INTERRUPTED_NOTE in second["input"][1]["content"]
    assert "The end was near." not in json.dumps(second)
    assert third["previous_response_id"] == "resp_2"
    assert [item["content"] for item in third["input"]] == ["Thanks."]


async def test_an_answer_asked_for_again_is_not_built_upon(stage: Stage, openai_server: LoopbackServer) -> None:
    async with stage.session() as session:
        await ask(stage, session, "Capital of France?")
        session.handle(c.Regenerate(stage.store.messages()[-1].id))
        await stage.until_event(e.TurnTimed, 2)
        await session.settle()
        await ask(stage, session, "And of Spain?")
    first, again, following = (request.json for request in openai_server.requests_for("/responses"))
    assert first["input"] == again["input"]
    assert "previous_response_id" not in again
    assert following["previous_response_id"] == "resp_2"
