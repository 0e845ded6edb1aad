"""A service's voice that fails in the middle of an answer, in a session: what was not spoken is not told as said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.fakes import FakeChat, FakeSpeech
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, SpeechScript
from tests.server.wire import Answer, Ending, Request
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import INTERRUPTED_NOTE
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

STORY = (
    "The boat sailed out at dawn. " + "It came home at night with a hold full of silver fish. " * 2 + "Then it burned."
)


@pytest.fixture
async def stage(openai_server: LoopbackServer) -> AsyncIterator[Stage]:
    provider = Provider("openai", ProviderKind.OPENAI, base_url=openai_server.base_url)
    wire = Wire(provider, lambda: "sk-test-51b0c8e2d7a94f2c", model_table())
    openai_server.script.chat = ChatScript(tuple(f"{word} " for word in STORY.split()))
    openai_server.script.speech = SpeechScript(block_ms=100.0)
    yield Stage(
        chat=cast("FakeChat", ResponsesChat(wire, "gpt-6-luna")), speech=cast("FakeSpeech", HttpTextToSpeech(wire))
    )
    await wire.close()


def refused(_answer: Answer) -> Answer:
    return faults.error(400, "The voice cannot say this.")


def broken_off(answer: Answer) -> Answer:
    return faults.cut(answer, 3, Ending.RESET)


@pytest.mark.parametrize("fault", [refused, broken_off])
async def test_the_rest_is_not_told_as_said_and_can_be_spoken(
    stage: Stage, openai_server: LoopbackServer, fault: object
) -> None:
    usual, failing = openai_server.usual("/audio/speech"), [True]

    def speak(request: Request) -> Answer:
        answer = usual(request)
        return fault(answer) if failing[0] and "silver fish" in request.json["input"] else answer  # type: ignore[operator]

    openai_server.answer_always("/audio/speech", speak)
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story.", is_aloud=True))
        await stage.until_event(e.TurnFailed)
        await session.settle()
        session.handle(c.SendText("Which boat?", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        await session.settle()
        story = stage.store.messages()[1]
        failing[0] = False
        session.handle(c.SpeakMessage(story.id, is_rest=True))
        await stage.until(
            lambda: any(one.message.heard_chars == len(story.text) for one in stage.all(e.MessageChanged))
        )
        await session.settle()
        session.handle(c.SendText("Why?", is_aloud=False))
        await stage.until_event(e.TurnTimed, 2)
    first, before, after = (json.dumps(one.json["input"]) for one in openai_server.requests_for("/responses"))
    assert "Tell me a story." in first
    assert INTERRUPTED_NOTE in before
    assert "The boat sailed out at dawn." in before
    assert "silver fish" not in before
    assert story.text.strip() in after
    assert INTERRUPTED_NOTE not in after
    assert openai_server.violations == []
