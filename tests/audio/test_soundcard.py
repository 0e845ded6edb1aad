"""The virtual card itself: what is spoken is captured, what is played is recorded, devices come and go."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import numpy as np
import pytest

from tests.audio.sounds import chirp, find
from tests.soundcard import MICROPHONE, SPEAKER, SoundCard
from voiceapp.audio.device import SoundDevices
from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.errors import DeviceError

pytestmark = pytest.mark.sound


def test_devices_have_the_names_that_people_know(sound_card: SoundCard) -> None:
    with sound_card.add_speaker("Head set"):
        devices = SoundDevices().devices()
    assert (devices.input, devices.output) == (MICROPHONE, SPEAKER)
    assert "Head set" in devices.outputs


async def test_what_is_said_is_captured(sound_card: SoundCard) -> None:
    spoken = chirp(1.0)
    microphone = await SoundDevices().open_microphone()

    async def listen() -> list[Float32Block]:
        return [block async for block in microphone]

    listening = asyncio.create_task(listen())
    with_rest = Clip(np.pad(spoken.samples, (0, 14_400)), spoken.rate_hz)  # the player returns before the last is heard
    await asyncio.to_thread(sound_card.play_into_microphone, with_rest)
    microphone.stop()
    heard = await listening
    await microphone.close()
    assert microphone.rate_hz == spoken.rate_hz
    assert find(spoken.samples, np.concatenate(heard)).likeness > 0.98
    assert microphone.dropped_frames == 0


async def test_a_chosen_loudspeaker_plays_and_the_default_does_not(sound_card: SoundCard) -> None:
    sound = chirp(0.4)
    with (
        sound_card.add_speaker("Head set") as server_name,
        sound_card.record_speaker() as default,
        sound_card.record_speaker(server_name) as chosen,
    ):
        speaker = SoundDevices().loudspeaker("Head set")
        await speaker.play(sound.samples)
        speaker.finish()
        await speaker.drained()
        await speaker.close()
    assert speaker.device == "Head set"
    assert find(sound.samples, chosen.samples).likeness > 0.98
    assert not default.samples.any()


async def test_a_device_that_is_not_there_is_replaced_by_the_default(sound_card: SoundCard) -> None:
    devices = SoundDevices()
    assert devices.loudspeaker("Not there").device == SPEAKER
    microphone = await devices.open_microphone("Not there")
    assert microphone.device == MICROPHONE
    await microphone.close()


async def test_the_list_follows_plugging_while_a_stream_is_open(sound_card: SoundCard) -> None:
    devices = SoundDevices()
    microphone = await devices.open_microphone()
    assert "Head set" not in devices.devices().outputs
    with sound_card.add_speaker("Head set"):
        assert "Head set" in (await devices.refresh()).outputs
    assert "Head set" not in (await devices.refresh()).outputs
    await microphone.close()


async def test_changes_are_told(sound_card: SoundCard) -> None:
    async with asyncio.timeout(10), aclosing(SoundDevices().changes()) as changes:
        assert "Camera" not in (await anext(changes)).inputs
        with sound_card.add_microphone("Camera"):
            assert "Camera" in (await anext(changes)).inputs
        assert "Camera" not in (await anext(changes)).inputs


async def test_a_microphone_that_is_unplugged_says_so_and_keeps_what_came_before(sound_card: SoundCard) -> None:
    microphone = await SoundDevices().open_microphone()
    captured = 0

    async def listen() -> None:
        nonlocal captured
        async for block in microphone:
            captured += len(block)
            if captured > 4_800 and "microphone" in sound_card._modules:
                await asyncio.to_thread(sound_card.unplug_microphone)

    async with asyncio.timeout(10):
        with pytest.raises(DeviceError, match=MICROPHONE):
            await listen()
    assert captured > 4_800
    await microphone.close()


async def test_a_loudspeaker_that_is_unplugged_says_so_and_the_default_can_take_over(sound_card: SoundCard) -> None:
    devices = SoundDevices()
    sound = chirp(0.3)
    with sound_card.add_speaker("Head set"):
        speaker = devices.loudspeaker("Head set")
        await speaker.play(sound.samples)

    async def speak_on() -> None:
        while True:
            await speaker.play(sound.samples)

    async with asyncio.timeout(10):
        with pytest.raises(DeviceError, match="Head set"):
            await speak_on()
    await speaker.close()
    other = devices.loudspeaker("Head set")
    assert other.device == SPEAKER
    with sound_card.record_speaker() as heard:
        await other.play(sound.samples)
        other.finish()
        await other.drained()
    assert find(sound.samples, heard.samples).likeness > 0.98
    await other.close()


async def test_without_any_device_there_is_a_sentence(sound_card: SoundCard) -> None:
    sound_card.unplug_microphone()
    with pytest.raises(DeviceError, match="There is no microphone"):
        await SoundDevices().open_microphone()


async def test_a_microphone_that_went_unnoticed_is_replaced_by_the_default(sound_card: SoundCard) -> None:
    devices = SoundDevices()
    with sound_card.add_microphone("Camera"):
        assert "Camera" in devices.devices().inputs
    microphone = await devices.open_microphone("Camera")
    assert microphone.device == MICROPHONE
    await microphone.close()


@pytest.mark.parametrize("after_ms", [0, 2, 5, 10, 20, 40, 80])
async def test_a_press_that_is_taken_back_while_the_device_opens_leaves_no_microphone_open(
    sound_card: SoundCard, after_ms: int
) -> None:
    devices = SoundDevices()
    await devices.refresh()
    opening = asyncio.create_task(devices.open_microphone())
    await asyncio.sleep(after_ms / 1000)  # anywhere in the opening: it must hold wherever this falls
    opening.cancel()
    with suppress(asyncio.CancelledError):
        await (await opening).close()  # and the fixture sees that nothing is left open
