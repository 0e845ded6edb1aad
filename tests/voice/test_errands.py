"""What follows a change of settings finds it in force, and nothing else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from tests.fakes import FakeChat, FakeDevices, FakeHearing, FakeSpeech, voice_like
from tests.virtual_clock import virtual_clock
from tests.voice.stage import FakeMaker, Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.errors import ProviderDown
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.turn import Phase
from voiceapp.ports import EngineSet
from voiceapp.voice.desks.providers import ProviderDesk

ADDED = Provider("Mine", ProviderKind.COMPATIBLE, base_url="http://localhost:1/v1")


class SlowMaker(FakeMaker):
    """Takes a second to make engines; hears with ``others`` where the settings name one."""

    async def make(self, settings: Settings) -> EngineSet:
        await asyncio.sleep(1.0)
        made = await super().make(settings)
        chosen = settings.jobs.get(Job.TRANSCRIPTION, Choice("")).provider
        return replace(made, hearing=self.others.get(chosen, self.hearing_engine))

    async def check(self, settings: Settings, provider: str, jobs: Iterable[str] = ()) -> e.ProviderChecked:
        is_known = provider in [one.name for one in settings.providers]
        return e.ProviderChecked(provider, 12.0, models=("known",) if is_known else ())


def slow(stage: Stage) -> Stage:
    stage.maker = SlowMaker(stage.hearing, stage.chat, stage.speech)
    stage.make_desks = lambda studio: (ProviderDesk(studio),)
    return stage


@virtual_clock
async def test_a_provider_that_was_just_added_is_checked_with_its_key() -> None:
    stage = slow(Stage())
    async with stage.session() as session:
        session.handle(c.ApplySettings(replace(stage.settings, providers=(*stage.settings.providers, ADDED))))
        session.handle(c.StoreKey("Mine", "sk-mine"))
        session.handle(c.CheckProvider("Mine"))
        checked = await stage.until_event(e.ProviderChecked)
        assert stage.secrets.get("Mine") == "sk-mine"
    assert checked.models == ("known",)


@virtual_clock
async def test_a_take_is_retried_by_the_engine_that_was_just_chosen() -> None:
    hearing = FakeHearing(ProviderDown("The service is down."))
    stage = slow(Stage(hearing=hearing, chat=FakeChat("Yes."), devices=FakeDevices(voice_like(1.0))))
    other = FakeHearing("Are you there?", label="Other")
    stage.maker.others["Mine"] = other
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await asyncio.sleep(1.0)
        session.handle(c.StopTalking())
        failed = await stage.until_event(e.TurnFailed)
        assert failed.take_id is not None
        jobs = {**stage.settings.jobs, Job.TRANSCRIPTION: Choice("Mine")}
        session.handle(c.ApplySettings(replace(stage.settings, providers=(ADDED,), jobs=jobs)))
        session.handle(c.RetryTake(failed.take_id))
        await stage.until_event(e.TurnTimed)
    assert [m.text for m in stage.store.messages()] == ["Are you there?", "Yes."]


@virtual_clock
async def test_settings_do_not_wait_for_the_reply_that_is_being_spoken() -> None:
    stage = slow(Stage(chat=FakeChat("A long story about a boat. " * 5), speech=FakeSpeech()))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        await stage.until_phase(Phase.SPEAKING)
        session.handle(c.StoreKey("openai", "sk-new"))
        session.handle(c.Search("story"))
        await stage.until_event(e.SettingsChanged)
        await stage.until_event(e.ConversationsListed, 2)
        assert stage.phases()[-1] is Phase.SPEAKING
        assert not stage.chat.is_closed  # it still speaks
        session.handle(c.Interrupt())
        await stage.until_phase(Phase.IDLE)


@virtual_clock
async def test_talking_and_silence_do_not_wait_for_settings() -> None:
    stage = slow(Stage(devices=FakeDevices(voice_like(1.0))))
    async with stage.session() as session:
        session.handle(c.ApplySettings(replace(stage.settings, providers=(*stage.settings.providers, ADDED))))
        session.handle(c.StartTalking())
        assert stage.phases()[-1] is Phase.LISTENING
        session.handle(c.Interrupt())
        assert stage.phases()[-1] is Phase.IDLE
