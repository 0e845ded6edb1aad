"""Microphones and loudspeakers that are silent, absent, pulled out and plugged in again."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from tests.audio.sounds import chirp, find
from tests.e2e.inside import Talk, talk, until
from tests.e2e.processes import voiceapp
from tests.e2e.sounds import clauses_of, question, spoken_likeness
from tests.e2e.stored import conversations_in
from tests.soundcard import MICROPHONE, RATE_HZ, SPEAKER, SoundCard
from voiceapp.audio.soundfile_io import read, write
from voiceapp.core.commands import Interrupt, SendText, StartTalking, StopTalking
from voiceapp.core.conversation import TakeState
from voiceapp.core.events import (
    AudioFlowing,
    DevicesChanged,
    MessageChanged,
    NothingHeard,
    PhaseChanged,
    SoundStartedEvent,
    SpokenProgress,
    TakeChanged,
    TranscriptReady,
    TurnFailed,
    TurnTimed,
)
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

pytestmark = pytest.mark.sound

ASKED = "what is twelve times seven"


async def play(card: SoundCard, text: str, microphone: str = "microphone") -> None:
    await asyncio.to_thread(card.play_into_microphone, question(text), microphone)


async def is_idle(it: Talk, after: int) -> None:
    await it.wait_for(PhaseChanged, lambda event: event.phase is Phase.IDLE, after=after)


async def test_a_microphone_pulled_out_of_a_take_and_plugged_in_again(tmp_path: Path, sound_card: SoundCard) -> None:
    settings = Settings(input_device="Camera", is_reply_aloud=False, is_start_sound=False)
    camera = ExitStack()
    camera.enter_context(sound_card.add_microphone("Camera"))
    async with talk(tmp_path, settings) as it:
        async with it.talking():
            await asyncio.to_thread(camera.close)
            told = await it.wait_for(DevicesChanged, lambda event: "The recording goes on" in event.notice)
            assert "Camera" in told.notice
            await play(sound_card, ASKED)  # into the default, which took over
        assert (await it.wait_for(TranscriptReady)).text == ASKED
        await is_idle(it, 0)

        here = len(it.events)
        camera.enter_context(await asyncio.to_thread(sound_card.add_microphone, "Camera"))
        back = await it.wait_for(DevicesChanged, lambda event: "is back" in event.notice, after=here)
        assert back.devices.input == "Camera"
        async with it.talking():
            await play(sound_card, "what time is it", "camera")
        assert (await it.wait_for(TranscriptReady, after=here)).text == "what time is it"
        await is_idle(it, it.events.index(back))
    await asyncio.to_thread(camera.close)


async def test_the_only_microphone_pulled_out_of_a_take_ends_it_and_says_so(
    tmp_path: Path, sound_card: SoundCard
) -> None:
    async with talk(tmp_path, Settings(is_reply_aloud=False, is_start_sound=False)) as it:
        async with it.talking():
            await play(sound_card, ASKED)
            await asyncio.to_thread(sound_card.unplug_microphone)
            told = await it.wait_for(DevicesChanged, lambda event: "is gone" in event.notice)
            assert told.notice.endswith("The recording ends here; it is kept.")
        assert (await it.wait_for(TranscriptReady)).text == ASKED
        await is_idle(it, 0)
        here = len(it.events)
        await asyncio.to_thread(sound_card.plug_microphone)
        await it.wait_for(DevicesChanged, lambda event: event.devices.input == MICROPHONE, after=here)


async def test_a_loudspeaker_pulled_out_of_a_reply_and_plugged_in_again(tmp_path: Path, sound_card: SoundCard) -> None:
    headset = ExitStack()
    headset.enter_context(sound_card.add_speaker("Head set"))
    async with talk(tmp_path, Settings(output_device="Head set")) as it:
        with sound_card.record_speaker() as default:
            it.session.handle(SendText("help"))
            await it.wait_for(SoundStartedEvent)
            await asyncio.to_thread(headset.close)
            told = await it.wait_for(DevicesChanged, lambda event: bool(event.notice))
            await it.wait_for(SpokenProgress, after=it.events.index(told))  # heard on
            reached_s = default.seconds
            await until(lambda: default.seconds > reached_s + 0.5)
            it.session.handle(Interrupt())
        assert default.samples.any()
        assert told.devices.output == SPEAKER
        assert it.all(TurnFailed) == []

        here = len(it.events)
        headset.enter_context(await asyncio.to_thread(sound_card.add_speaker, "Head set"))
        await it.wait_for(DevicesChanged, lambda event: "is back" in event.notice, after=here)
        with sound_card.record_speaker("head_set") as heard:
            it.session.handle(SendText("What is 12 times 7?"))
            await it.wait_for(TurnTimed, after=here)
        reply = it.all(MessageChanged)[-1].message.text
        likeness = await asyncio.to_thread(spoken_likeness, clauses_of(reply), heard.samples, RATE_HZ)
        assert min(likeness) > 0.9
    await asyncio.to_thread(headset.close)


async def test_without_a_microphone_there_is_a_sentence_and_with_one_it_goes_on(
    tmp_path: Path, sound_card: SoundCard
) -> None:
    sound_card.unplug_microphone()
    async with talk(tmp_path, Settings(is_reply_aloud=False)) as it:
        it.session.handle(StartTalking())
        failed = await it.wait_for(TurnFailed)
        assert (failed.problem.code, failed.problem.message) == ("device", "There is no microphone.")
        await is_idle(it, 0)
        await asyncio.to_thread(sound_card.plug_microphone)
        async with it.talking():
            await play(sound_card, ASKED)
        assert (await it.wait_for(TranscriptReady)).text == ASKED


async def test_a_microphone_that_gives_zeros_is_named(tmp_path: Path, sound_card: SoundCard) -> None:
    async with talk(tmp_path, Settings(is_start_sound=False)) as it:
        async with it.talking():
            pass
        nothing = await it.wait_for(NothingHeard)
        assert nothing.is_zero
    assert it.all(TakeChanged)[-1].take.state is TakeState.SILENT


async def test_what_was_said_before_the_press_is_in_the_take(tmp_path: Path, sound_card: SoundCard) -> None:
    said = chirp(4.0)
    async with talk(tmp_path, Settings(is_microphone_warm=True, is_reply_aloud=False)) as it:
        with sound_card.speaking(said):
            past = it.session._studio.microphone._past
            await until(lambda: len(past) >= 30 and past[0].any())  # somebody talks already
            it.session.handle(StartTalking())
            flowing = await it.wait_for(AudioFlowing)
            await asyncio.sleep(0.5)
            it.session.handle(StopTalking())
            await is_idle(it, 0)
        take = it.all(TakeChanged)[-1].take
        sound = (await it.session._parts.store.load_take(take.id)).samples
    assert 290 <= flowing.preroll_ms <= 330
    assert take.duration_s >= 0.75
    first = find(sound[: int(0.25 * RATE_HZ)], said.samples)
    later = find(sound[int(0.5 * RATE_HZ) : int(0.75 * RATE_HZ)], said.samples)
    assert min(first.likeness, later.likeness) > 0.95
    assert later.at - first.at == pytest.approx(0.5 * RATE_HZ, abs=2)  # nothing lost where the past meets the take


async def test_cold_the_signal_sounds_when_sound_flows_and_not_before(tmp_path: Path, sound_card: SoundCard) -> None:
    async with talk(tmp_path) as it:
        with sound_card.record_speaker() as heard:
            it.session.handle(StartTalking())
            flowing = await it.wait_for(AudioFlowing)
            flowing_s = asyncio.get_running_loop().time()
            await until(lambda: heard.samples.any())
            it.session.handle(StopTalking())
            await it.wait_for(NothingHeard)
        assert flowing.preroll_ms == 0
        assert heard.time_of(int(np.flatnonzero(heard.samples)[0])) >= flowing_s - 0.05
        assert it.all(TakeChanged)[-1].take.duration_s > 0


NO_SOUND = {"PULSE_SERVER": "unix:/nowhere", "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf"}


def test_without_any_sound_the_reply_is_written_and_the_reason_told(tmp_path: Path) -> None:
    done = voiceapp(tmp_path / "data", "ask", "--text", "What is 12 times 7?", "--json", env=NO_SOUND)
    assert done.code == 1
    assert done.said.startswith("There is no loudspeaker. ")
    assert [event["code"] for event in done.of("error")] == ["device"]
    ((_asked, reply),) = conversations_in(tmp_path / "data")
    assert "84" in reply.text


def test_without_any_sound_a_recording_is_still_answered_in_a_file(tmp_path: Path) -> None:
    write(tmp_path / "asked.wav", question(ASKED))
    words = ("ask", tmp_path / "asked.wav", "--out", tmp_path / "reply.wav")
    assert voiceapp(tmp_path / "data", *words, env=NO_SOUND).code == 0
    assert read(tmp_path / "reply.wav").duration_s > 0.3


def test_without_any_sound_the_commands_about_sound_say_so(tmp_path: Path) -> None:
    done = voiceapp(tmp_path / "data", "devices", env=NO_SOUND)
    assert (done.code, done.said.split(".")[0]) == (1, "There is neither a microphone nor a loudspeaker")


def test_without_a_sound_configuration_the_program_goes_on(tmp_path: Path) -> None:
    empty = tmp_path / "asound.conf"
    empty.write_text("", encoding="utf-8")
    env = {**NO_SOUND, "ALSA_CONFIG_PATH": str(empty)}
    done = voiceapp(tmp_path / "data", "devices", env=env)
    assert (done.code, done.said.split(":")[0]) == (1, "Sound cannot be used")
    written = voiceapp(tmp_path / "data", "ask", "--text", "What is 12 times 7?", "--silent", env=env)
    assert (written.code, "84" in written.out) == (0, True)
