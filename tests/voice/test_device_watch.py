"""Chosen devices that go and come back, with scripted hardware."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.fakes import FakeChat, FakeDevices, FakeHearing, voice_like
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

INPUTS, OUTPUTS = ("Built-in", "Camera"), ("Built-in", "Headset")
CHOSEN = Settings(input_device="Camera", output_device="Headset", is_start_sound=False)


def new_stage(settings: Settings = CHOSEN) -> Stage:
    devices = FakeDevices(voice_like(1.0), voice_like(1.0), voice_like(1.0), inputs=INPUTS, outputs=OUTPUTS)
    return Stage(
        hearing=FakeHearing("One.", "Two.", "Three."),
        chat=FakeChat("Yes.", "Yes.", "Yes."),
        devices=devices,
        settings=settings,
    )


def told(stage: Stage) -> list[str]:
    return [event.notice for event in stage.all(e.DevicesChanged) if event.notice]


@virtual_clock
async def test_what_comes_back_is_used_again() -> None:
    stage = new_stage()
    async with stage.session() as session:
        for turn, there in enumerate((True, False, True), start=1):
            stage.devices.plug(inputs=INPUTS if there else INPUTS[:1], outputs=OUTPUTS if there else OUTPUTS[:1])
            await asyncio.sleep(0.1)
            session.handle(c.StartTalking())
            await asyncio.sleep(0.5)
            session.handle(c.StopTalking())
            await stage.until_event(e.TurnTimed, turn)
            assert stage.devices.microphones[-1].device == ("Camera" if there else "Built-in")
            assert stage.devices.loudspeakers[-1].device == ("Headset" if there else "Built-in")
    assert [sentence.split(" ")[0] for sentence in told(stage)] == ["“Camera”", "“Headset”"] * 2
    assert [" is back" in sentence for sentence in told(stage)] == [False, False, True, True]


@virtual_clock
async def test_what_is_missing_from_the_start_is_told_once() -> None:
    stage = new_stage()
    stage.devices.inputs = INPUTS[:1]
    async with stage.session():
        await stage.until(lambda: told(stage))
        known = len(stage.all(e.DevicesChanged))
        stage.devices.plug(outputs=(*OUTPUTS, "Television"))
        await stage.until_event(e.DevicesChanged, known + 1)
    assert len(told(stage)) == 1
    assert "default microphone" in told(stage)[0]
    assert stage.all(e.DevicesChanged)[-1].devices.outputs == (*OUTPUTS, "Television")
    assert stage.all(e.DevicesChanged)[-1].devices.input == "Built-in"


@virtual_clock
async def test_a_warm_microphone_moves_and_moves_back() -> None:
    stage = new_stage(replace(CHOSEN, is_microphone_warm=True))
    async with stage.session():
        for there in (True, False, True):
            stage.devices.plug(inputs=INPUTS if there else INPUTS[:1])
            await asyncio.sleep(0.5)
            open_now = [microphone.device for microphone in stage.devices.microphones if not microphone.is_closed]
            assert open_now == ["Camera" if there else "Built-in"]
    assert stage.all(e.DevicesChanged)[-1].devices.is_warm


@virtual_clock
async def test_a_warm_microphone_that_cannot_be_opened_is_not_shown_as_warm() -> None:
    stage = new_stage(replace(CHOSEN, is_microphone_warm=True, input_device=""))
    stage.devices.inputs = ()
    async with stage.session():
        changed = await stage.until_event(e.DevicesChanged)
    assert not changed.devices.is_warm
    assert changed.notice == "There is no microphone."


@virtual_clock
async def test_settings_that_change_under_a_reply_do_not_cut_it() -> None:
    stage = new_stage()
    stage.chat = stage.maker.chat = FakeChat("A long reply, which goes on and on for quite some time without an end.")
    async with stage.session() as session:
        session.handle(c.SendText("Tell me."))
        await stage.until_phase(Phase.SPEAKING)
        session.handle(c.ApplySettings(replace(CHOSEN, output_device="Built-in")))
        await stage.until_event(e.TurnTimed)
        assert [speaker.device for speaker in stage.devices.loudspeakers] == ["Headset"]
        session.handle(c.SpeakMessage(stage.store.messages()[-1].id))
        await stage.until_phase(Phase.SPEAKING)
        assert stage.devices.loudspeakers[-1].device == "Built-in"
    assert stage.store.messages()[-1].is_complete
