"""Pictures in the conversation: the model's tool, spoken changes, going back, saving, showing one to the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, voice_like
from tests.fakes.attachments import FakePrepare, MemoryAttachments
from tests.fakes.images import PICTURE, FakeImages, MemoryImages
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import images as i
from voiceapp.core.attachments import AttachRefused
from voiceapp.core.commands import SendText, StartTalking, StopTalking
from voiceapp.core.conversation import Role
from voiceapp.core.errors import NoNetwork, ToolError
from voiceapp.core.events import MessageAdded, MessageChanged, TurnTimed
from voiceapp.core.settings import Choice, Settings
from voiceapp.core.vision import VisionTable
from voiceapp.resources import image_phrases, model_table
from voiceapp.voice.desks.drafts import DraftDesk
from voiceapp.voice.desks.images import ImageDesk
from voiceapp.voice.image_wishes import ImageWishes
from voiceapp.voice.kits.images import Images
from voiceapp.voice.session import VoiceSession
from voiceapp.voice.studio import Studio

DRAWS = Settings(jobs={"images": Choice("openai")}, is_reply_aloud=False)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved pictures lie in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@dataclass
class Talk:
    """A stage whose session draws."""

    stage: Stage = field(default_factory=lambda: Stage(settings=DRAWS, chat=FakeChat(*("Paris.",) * 5)))
    painter: FakeImages = field(default_factory=FakeImages)
    gallery: MemoryImages = field(default_factory=MemoryImages)
    kit: Images = field(default_factory=Images)
    desk: ImageDesk = field(init=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[VoiceSession]:
        def make(studio: Studio) -> tuple[ImageDesk]:
            self.desk = ImageDesk(studio, self.gallery, self.painter, model_table(), Path("pictures"))
            self.kit.wishes = ImageWishes(self.desk, studio, image_phrases())
            studio.instead, studio.may_be_instead = self.kit.wishes.instead, self.kit.wishes.may_be_meant
            files = MemoryAttachments(self.stage.store)
            studio.attached = DraftDesk(studio, files, FakePrepare(), VisionTable())
            return (self.desk,)

        self.stage.make_desks = make
        async with self.stage.session() as session:
            yield session

    async def say(self, session: VoiceSession, text: str) -> str:
        """Say *text*; return the reply."""
        turns = len(self.stage.all(TurnTimed))
        session.handle(SendText(text))
        await self.stage.until_event(TurnTimed, turns + 1)
        return [e.message.text for e in self.stage.all(MessageChanged) if e.message.role is Role.ASSISTANT][-1]

    async def hold(self, session: VoiceSession) -> str:
        """Hold the key for a second; return the reply."""
        turns = len(self.stage.all(TurnTimed))
        session.handle(StartTalking())
        await asyncio.sleep(1.0)
        session.handle(StopTalking())
        await self.stage.until_event(TurnTimed, turns + 1)
        await session.settle()
        return self.stage.store.messages()[-1].text

    async def drawn(self, session: VoiceSession, prompt: str = "A lighthouse") -> i.StoredImage:
        session.handle(i.GenerateImage("panel-1", prompt))
        return (await self.stage.until_event(i.ImageAdded)).image


async def test_the_tool_draws_beside_the_turn_and_the_picture_joins_the_conversation() -> None:
    talk = Talk()
    async with talk.session() as session:
        await talk.say(session, "Hello")
        answer = await talk.kit.generate_image("A lighthouse at dawn")
        assert answer == {"state": "drawing"}
        shown = await talk.stage.until_event(i.ImageInConversation)
    assert shown.image.prompt == "A lighthouse at dawn"
    assert shown.message_id is not None
    assert list(await talk.gallery.of_conversation(1)) == [shown.message_id]


async def test_the_tool_changes_the_picture_before_the_person() -> None:
    talk = Talk()
    async with talk.session() as session:
        with pytest.raises(ToolError):
            await talk.kit.generate_image("warmer", is_change=True)
        first = await talk.drawn(session)
        await talk.say(session, "What is the capital of France?")
        assert talk.desk.current is None
        await talk.kit.generate_image("warmer", is_change=True)
        second = await talk.stage.until_event(i.ImageAdded, 2)
    assert second.image.parent_id == first.id


async def test_without_anybody_who_draws_the_model_is_told() -> None:
    talk = Talk(Stage(settings=Settings(is_reply_aloud=False)))
    async with talk.session():
        with pytest.raises(ToolError, match="provider"):
            await talk.kit.generate_image("A lighthouse")


async def test_a_spoken_change_makes_a_version_and_does_not_reach_the_chat() -> None:
    talk = Talk()
    async with talk.session() as session:
        first = await talk.drawn(session)
        assert await talk.say(session, "Make it warmer.") == "I am changing it."
        shown = await talk.stage.until_event(i.ImageInConversation)
        assert talk.stage.chat.requests == []
    assert (shown.image.parent_id, shown.image.prompt) == (first.id, "Make it warmer")
    assert talk.painter.requests[-1].inputs == (PICTURE,)


async def test_back_walks_the_versions_and_save_saves() -> None:
    talk = Talk()
    async with talk.session() as session:
        first = await talk.drawn(session)
        await talk.say(session, "Make it warmer")
        await talk.stage.until_event(i.ImageInConversation)
        await talk.say(session, "Only the sky")
        await talk.stage.until_event(i.ImageInConversation, 2)
        assert await talk.say(session, "Back two") == "2 steps back: v1."
        assert talk.desk.current == await talk.gallery.get(first.id)
        assert await talk.say(session, "Back one") == "This is the first version."
        assert await talk.say(session, "Save it") == "Saved as a-lighthouse.png."
    assert list(talk.gallery.copied.values()) == [first.id]


async def test_what_is_about_something_else_goes_to_the_chat_and_ends_the_subject() -> None:
    talk = Talk()
    async with talk.session() as session:
        await talk.drawn(session)
        await talk.say(session, "What is the capital of France?")
        await talk.say(session, "make it shorter")
        assert len(talk.stage.chat.requests) == 2
    assert len(talk.painter.requests) == 1


@virtual_clock
async def test_said_to_a_model_that_hears_by_itself_it_is_still_about_the_picture() -> None:
    hearing = FakeHearing("Make it warmer.", "What is the capital of France?", "Make it shorter.", finish_s=0.4)
    stage = Stage(settings=DRAWS, chat=FakeChat("Paris.", "Fine."), hearing=hearing)
    stage.devices = FakeDevices(*[voice_like(1.0)] * 3)
    stage.maker.is_by_ear = True
    talk = Talk(stage)
    async with talk.session() as session:
        await talk.drawn(session)
        assert await talk.hold(session) == "I am changing it."
        await stage.until_event(i.ImageInConversation)
        assert stage.chat.requests == []
        await talk.hold(session)
        assert talk.desk.current is None
        before_s = asyncio.get_running_loop().time()
        await talk.hold(session)  # and from now on nobody waits for words before the model hears
        began_s = stage.times[stage.events.index(stage.all(MessageAdded)[-1])] - before_s
    assert began_s < 1.3
    assert [request.by_ear is not None for request in stage.chat.requests] == [True, True]
    assert len(talk.painter.requests) == 2
    assert [m.text for m in stage.store.messages()][:2] == ["Make it warmer.", "I am changing it."]


@virtual_clock
async def test_words_that_cannot_be_had_let_the_model_hear() -> None:
    stage = Stage(settings=DRAWS, chat=FakeChat("Paris."), hearing=FakeHearing(NoNetwork("No ears.")))
    stage.devices = FakeDevices(voice_like(1.0))
    stage.maker.is_by_ear = True
    talk = Talk(stage)
    async with talk.session() as session:
        await talk.drawn(session)
        assert await talk.hold(session) == "Paris."
    assert stage.chat.requests[0].by_ear is not None


async def test_a_picture_of_the_gallery_goes_along_as_a_file_does() -> None:
    talk = Talk()
    kept = await talk.gallery.add(PICTURE.data, i.StoredImage(0, "", "png", 8, 6, "A lighthouse"))
    async with talk.session() as session:
        session.handle(i.AttachImage(kept.id))
        refused = await talk.stage.until_event(AttachRefused)  # a gallery in memory has no files
        assert refused.name == "A lighthouse"
