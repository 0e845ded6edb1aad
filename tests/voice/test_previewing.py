"""Hearing a voice before it is chosen."""

from __future__ import annotations

from tests.fakes import FakeDevices, FakeSpeech
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.errors import ProviderDown
from voiceapp.core.settings import Settings
from voiceapp.core.speech import Voice
from voiceapp.core.turn import Phase
from voiceapp.core.voices import SAMPLES, PreviewVoice, VoicePreviewed, sample


def stages(stage: Stage) -> list[tuple[str, str]]:
    return [(event.stage, event.problem) for event in stage.all(VoicePreviewed)]


@virtual_clock
async def test_a_voice_says_its_sentence_at_the_chosen_loudspeaker_and_is_made_once() -> None:
    stage = Stage(speech=FakeSpeech(first_block_s=0.1), devices=FakeDevices(), settings=Settings(language="de"))
    async with stage.session() as session:
        for _time in range(2):
            session.handle(PreviewVoice("marin", 1.5, "Calm."))
            await stage.until_phase(Phase.SPEAKING)
            await stage.until_phase(Phase.IDLE)
        session.handle(PreviewVoice("cedar"))
        await stage.until_event(VoicePreviewed, 9)
    told = [("making", ""), ("sounding", ""), ("done", "")]
    assert stages(stage) == told * 3
    asked = [(r.text, r.voice, r.speed, r.instructions) for r in stage.speech.requests]
    assert asked == [(SAMPLES["de"], "marin", 1.5, "Calm."), (SAMPLES["de"], "cedar", 1.0, "")]
    assert stage.devices.loudspeakers[-1].heard().any()
    assert stage.store.messages() == []


@virtual_clock
async def test_stopping_is_silence_and_half_a_preview_is_not_kept() -> None:
    stage = Stage(speech=FakeSpeech(first_block_s=0.1, block_s=0.5), devices=FakeDevices())
    async with stage.session() as session:
        session.handle(PreviewVoice("marin"))
        await stage.until_phase(Phase.SPEAKING)
        session.handle(c.Interrupt())
        await stage.until_phase(Phase.IDLE)
        await session.settle()
        assert stages(stage)[-1] == ("done", "")
        session.handle(PreviewVoice("marin"))
        await stage.until_event(VoicePreviewed, 5)
    assert len(stage.speech.requests) == 2


@virtual_clock
async def test_trouble_is_one_sentence_and_no_card_in_the_conversation() -> None:
    stage = Stage(
        speech=FakeSpeech(errors={SAMPLES["en"]: ProviderDown("The service is down.")}), devices=FakeDevices()
    )
    async with stage.session() as session:
        session.handle(PreviewVoice("marin"))
        await stage.until_event(VoicePreviewed, 2)
        await stage.until_phase(Phase.IDLE)
    assert stages(stage)[-1] == ("failed", "The service is down.")
    assert stage.all(e.TurnFailed) == []


def test_each_voice_speaks_its_own_language() -> None:
    voices = {"klaus": Voice("klaus", "Klaus", "de"), "marin": Voice("marin", "Marin")}
    assert sample("klaus", voices, "fr") == SAMPLES["de"]
    assert sample("marin", voices, "fr-CA") == SAMPLES["fr"]
    assert sample("marin", voices, "xx") == sample("", {}, "") == SAMPLES["en"]
