"""A model that hears by itself, and a picture before the person: what is said about it changes it all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.fakes import FakeDevices
from tests.pictures import png
from tests.server.loopback import LoopbackServer
from tests.server.script import HearingScript, ImageScript, Script
from tests.spoken import spoken
from voiceapp.core.commands import StartTalking, StopTalking
from voiceapp.core.conversation import Role
from voiceapp.core.events import AudioFlowing, Event, MessageChanged, TurnFailed, TurnTimed
from voiceapp.core.images import GenerateImage, ImageChosen, ImageInConversation, ImageJobEnded, ImageSaved
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.paths import Paths
from voiceapp.voice.session import VoiceSession
from voiceapp.wiring.session import Opening, open_session

PATIENCE_S = 60.0
BY_EAR = "gpt-audio-1.5"


class Scene:
    """What happened, and the waiting for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, is_true: Callable[[], object]) -> None:
        while not is_true():
            assert not self.of(TurnFailed), self.of(TurnFailed)
            self._news.clear()
            await self._news.wait()

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def say(self, session: VoiceSession, devices: FakeDevices, server: LoopbackServer, words: str) -> str:
        """Hold, say *words*, let go; return the reply."""
        server.script.hearing = replace(HearingScript(), text=words)
        sound = spoken(words)
        devices.will_hear(sound)
        turns, flowing = len(self.of(TurnTimed)), len(self.of(AudioFlowing))
        session.handle(StartTalking())
        await self.until(lambda: len(self.of(AudioFlowing)) > flowing)
        await asyncio.sleep(len(sound) / 16_000)  # that long it takes to say it
        session.handle(StopTalking())
        await self.until(lambda: len(self.of(TurnTimed)) > turns)
        await session.settle()
        messages = [event.message for event in self.events if isinstance(event, MessageChanged)]
        return [message for message in messages if message.role is Role.ASSISTANT][-1].text


async def test_the_picture_is_changed_walked_and_saved_and_all_else_is_answered_by_ear(
    tmp_path: Path, keyed_server: LoopbackServer
) -> None:
    keyed_server.script = Script(image=ImageScript(png=png(12, 8)))

    def by_ear(settings: Settings) -> Settings:
        jobs = {**settings.jobs, Job.CHAT.value: Choice("openai", BY_EAR)}
        return replace(settings, jobs=jobs, is_reply_aloud=False, is_titled_by_model=False, is_start_sound=False)

    paths, scene, devices = Paths.below(tmp_path), Scene(), FakeDevices()
    paths.create()
    opening = Opening(paths, provider="openai", devices=devices, adjusted=by_ear)
    async with open_session(opening, scene.emit) as session, asyncio.timeout(PATIENCE_S):
        session.handle(GenerateImage("panel-1", "A lighthouse"))
        await scene.until(lambda: scene.of(ImageJobEnded))
        assert await scene.say(session, devices, keyed_server, "Make it warmer.") == "I am changing it."
        await scene.until(lambda: scene.of(ImageInConversation))
        chosen = len(scene.of(ImageChosen))
        assert await scene.say(session, devices, keyed_server, "Back one.") == "One step back: v1."
        assert len(scene.of(ImageChosen)) > chosen
        saved = await scene.say(session, devices, keyed_server, "Save it.")
        assert scene.of(ImageSaved)
        assert keyed_server.requests_for("/chat/completions") == []
        await scene.say(session, devices, keyed_server, "What is the capital of France?")
        await scene.say(session, devices, keyed_server, "Make it shorter.")
    assert saved == "Saved as a-lighthouse.png."
    assert (paths.pictures / "a-lighthouse.png").read_bytes() == png(12, 8)
    (edit,) = keyed_server.requests_for("/images/edits")
    assert edit.field("prompt") == "Make it warmer"
    asked = [request.json["messages"][-1]["content"] for request in keyed_server.requests_for("/chat/completions")]
    assert [[part["type"] for part in content] for content in asked] == [["input_audio"]] * 2
    assert keyed_server.violations == []
