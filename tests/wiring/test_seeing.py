"""Chat models that are shown only what they can take, alone and in a chain."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fakes import FakeChat
from voiceapp.core.attachments import NotShown, ShownFile, ShownPicture, ShownText
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import CannotSee
from voiceapp.core.providers import ProviderEvent, TookOver
from voiceapp.core.settings import Job, Provider, ProviderKind
from voiceapp.core.speech import ChatRequest, TextDelta
from voiceapp.core.vision import BLIND, Vision
from voiceapp.ports import ChatModel
from voiceapp.wiring.chain import Chain, ChainChat, Link, Ward
from voiceapp.wiring.seeing import SeeingChat, vision_of

PICTURE = ShownPicture("a.png", "data:image/png;base64,")
ASKED = ChatRequest("", (Line(Role.USER, "What is it?", shown=(PICTURE,)),))
SERVER_SAYS_NO = CannotSee("The model did not take the picture.")


def seeing(chat: FakeChat, vision: Vision) -> SeeingChat:
    return SeeingChat(chat, lambda: vision)


async def words(chat: SeeingChat | ChainChat, request: ChatRequest = ASKED) -> str:
    return "".join([part.text async for part in chat.reply(request) if isinstance(part, TextDelta)])


async def test_who_sees_is_shown_it() -> None:
    chat = FakeChat("A tower.")
    assert await words(seeing(chat, Vision())) == "A tower."
    assert chat.requests == [ASKED]


async def test_the_blind_are_not_asked() -> None:
    chat = FakeChat()
    with pytest.raises(CannotSee, match="Fake chat takes no pictures"):
        await words(seeing(chat, BLIND))
    assert chat.requests == []


async def test_a_server_that_refused_once_is_known_to_be_blind() -> None:
    chat = FakeChat([SERVER_SAYS_NO], "It is noon.")
    seen = seeing(chat, Vision())
    with pytest.raises(CannotSee, match="did not take"):
        await words(seen)
    with pytest.raises(CannotSee, match="takes no pictures"):
        await words(seen)
    later = ChatRequest("", (*ASKED.lines, Line(Role.USER, "What time is it?")))
    assert await words(seen, later) == "It is noon."
    assert chat.requests[-1].lines[0].shown == (NotShown("a.png"),)


async def test_a_pdf_that_cannot_be_read_makes_nobody_blind() -> None:
    chat = FakeChat("A tower.")
    seen = seeing(chat, Vision())
    with pytest.raises(CannotSee, match=r"a\.pdf"):
        await words(seen, ChatRequest("", (Line(Role.USER, "Read", shown=(ShownFile("a.pdf", "data:"),)),)))
    assert await words(seen) == "A tower."


async def test_in_a_chain_the_next_one_who_sees_answers_and_each_gets_its_own_form() -> None:
    told: list[ProviderEvent] = []
    blind, reader = FakeChat(label="Blind"), FakeChat("A tower.", label="Reader")
    links: list[Link[ChatModel]] = [Link("one", seeing(blind, BLIND)), Link("two", seeing(reader, Vision()))]
    chain = ChainChat(Chain(Job.CHAT, links, Ward(told.append)))
    pdf = ShownFile("a.pdf", "data:", "its words")
    asked = ChatRequest("", (Line(Role.USER, "What is it?", shown=(PICTURE, pdf)),))
    assert await words(chain, asked) == "A tower."
    assert reader.requests[0].lines[0].shown == (PICTURE, ShownText("a.pdf", "its words"))
    (took_over,) = told
    assert isinstance(took_over, TookOver)
    assert "takes no pictures" in took_over.reason


def test_what_is_known_of_models_and_providers() -> None:
    openai, shed = Provider("openai", ProviderKind.OPENAI), Provider("shed", ProviderKind.COMPATIBLE)
    assert vision_of(openai, "gpt-6-luna").pdf_pages == 100
    assert vision_of(shed, "gpt-6-luna").pdf_pages == 0
    assert vision_of(shed, "gpt-oss:20b").is_blind
    assert not vision_of(shed, "").is_blind


def test_nothing_of_it_is_imported_before_the_window_is_usable() -> None:
    code = "import sys, voiceapp.app, voiceapp.wiring.session; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    late = {"voiceapp.core.attachments", "voiceapp.core.vision", "voiceapp.gui.attacher", "voiceapp.documents.pdf"}
    assert not late & set(done.stdout.split())
