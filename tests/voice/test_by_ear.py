"""A chat model that hears and speaks by itself: what it gets, what is shown, heard, kept and told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, FakeModerator, voice_like
from tests.fakes.chat import Step
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import INTERRUPTED_NOTE, SPOKEN_NOTE, Line, Role, TakeState
from voiceapp.core.errors import BadAnswer, ProviderDown
from voiceapp.core.moderation import Action, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ReplyEnd, SoundDelta, SoundKept, TextDelta
from voiceapp.core.turn import Phase
from voiceapp.voice.by_ear import KeptSound, SoundingReply, with_sounds

SECOND = 24_000
WORDS = ("Once", " upon", " a", " time", ".")


def spoken(words: Sequence[str] = WORDS, *, each_s: float = 0.2, keep: str = "") -> list[Step]:
    """Words, each with its sound right behind it."""
    sound = np.full(round(each_s * SECOND), 0.3, dtype=np.float32)
    steps: list[Step] = [part for word in words for part in (TextDelta(word), SoundDelta(sound))]
    return [*steps, *([SoundKept(keep, 4e9)] if keep else []), ReplyEnd()]


def by_ear(*scripts: Sequence[Step], hearing: FakeHearing | None = None, **options: object) -> Stage:
    stage = Stage(
        hearing=hearing or FakeHearing(*["Tell me a story."] * 4, finish_s=0.4),
        chat=FakeChat(*scripts, first_token_s=0.2),
        devices=FakeDevices(*[voice_like(1.0)] * 4),
        **options,  # type: ignore[arg-type]
    )
    stage.maker.is_by_ear = True
    return stage


async def talk(stage: Stage, session: object) -> None:
    session.handle(c.StartTalking())  # type: ignore[attr-defined]
    await asyncio.sleep(1.0)
    session.handle(c.StopTalking())  # type: ignore[attr-defined]


@virtual_clock
async def test_the_take_goes_as_sound_and_the_answer_sounds_by_itself() -> None:
    stage = by_ear(spoken(), settings=Settings(voice="cedar", voice_style="Calm."))
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    (request,) = stage.chat.requests
    assert request.by_ear is not None
    assert request.by_ear.take is not None
    assert request.by_ear.take.duration_s == pytest.approx(1.0, abs=0.1)
    assert (request.by_ear.voice, request.by_ear.style, request.by_ear.is_aloud) == ("cedar", "Calm.", True)
    assert request.lines == (Line(Role.USER, SPOKEN_NOTE),)
    assert stage.speech.requests == []
    assert [m.text for m in stage.store.messages()] == ["Tell me a story.", "Once upon a time."]
    heard = stage.devices.loudspeakers[-1].heard()
    assert len(heard[np.abs(heard) > 0.25]) / stage.devices.loudspeakers[-1].rate_hz == pytest.approx(1.0, abs=0.1)
    assert stage.phases() == [Phase.LISTENING, Phase.TRANSCRIBING, Phase.THINKING, Phase.SPEAKING, Phase.IDLE]
    timings = stage.all(e.TurnTimed)[0].timings
    assert timings.first_token_ms == pytest.approx(200, abs=30), "nobody waited for the words of the question"
    (take,) = await stage.store.takes()
    assert (take.state, take.text) == (TakeState.TRANSCRIBED, "Tell me a story.")
    (head,) = await stage.store.conversations()
    assert head.title == "Tell me a story."
    progress = stage.all(e.SpokenProgress)
    assert (progress[0].start, progress[-1].end) == (0, len("Once upon a time."))


@virtual_clock
async def test_words_that_cannot_be_had_are_no_harm() -> None:
    stage = by_ear(spoken(), spoken(), hearing=FakeHearing(ProviderDown("No ears."), "And then?"))
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_phase(Phase.IDLE)
        await session.settle()
        await talk(stage, session)
        await stage.until_event(e.TurnTimed, 2)
        await session.settle()
    assert stage.all(e.TurnFailed) == []
    assert [m.text for m in stage.store.messages()] == ["", "Once upon a time.", "And then?", "Once upon a time."]
    assert [line.text for line in stage.chat.requests[1].lines] == [SPOKEN_NOTE, "Once upon a time.", SPOKEN_NOTE]
    assert any("No ears." in notice.hint for notice in stage.all(e.Notice))


@virtual_clock
async def test_an_interruption_keeps_what_was_heard_and_the_words_of_the_question_still_come() -> None:
    hearing = FakeHearing("Tell me a story.", "Stop.", finish_s=2.0)
    stage = by_ear(spoken(each_s=1.0, keep="audio_1"), spoken(["Fine."]), hearing=hearing)
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_phase(Phase.SPEAKING)
        await asyncio.sleep(1.5)
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    told = [line.text for line in stage.chat.requests[1].lines]
    assert told == ["Tell me a story.", f"Once {INTERRUPTED_NOTE}", SPOKEN_NOTE]
    assert [line.sound_id for line in stage.chat.requests[1].lines] == ["", "", ""]
    assert stage.all(e.Interrupted)[0].unheard_words == 3
    assert next(m.text for m in stage.store.messages()) == "Tell me a story."


@virtual_clock
async def test_an_answer_heard_to_its_end_is_referred_to_by_its_sound() -> None:
    stage = by_ear(spoken(keep="audio_1"), spoken(keep="audio_2"), spoken())
    stage.wall = lambda: 1_000_000_000.0
    async with stage.session() as session:
        for count in (1, 2):
            await talk(stage, session)
            await stage.until_event(e.TurnTimed, count)
            await session.settle()
        session.handle(c.SendText("And in writing?"))
        await stage.until_event(e.TurnTimed, 3)
    assert [line.sound_id for line in stage.chat.requests[2].lines] == ["", "audio_1", "", "audio_2", ""]
    last = stage.chat.requests[2]
    assert last.by_ear is not None
    assert last.by_ear.take is None
    assert last.lines[-1].text == "And in writing?"


@virtual_clock
async def test_in_silence_no_sound_is_asked_for_and_none_is_played() -> None:
    stage = by_ear(spoken(), settings=Settings(is_reply_aloud=False, is_start_sound=False))
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    assert stage.chat.requests[0].by_ear is not None
    assert not stage.chat.requests[0].by_ear.is_aloud
    assert not any(speaker.heard().any() for speaker in stage.devices.loudspeakers)
    assert stage.store.messages()[-1].text == "Once upon a time."


@virtual_clock
async def test_an_answer_without_sound_is_spoken_by_the_voice() -> None:
    stage = by_ear([TextDelta("I would rather write."), ReplyEnd()])
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    assert stage.speech.texts == ["I would rather write."]


@virtual_clock
async def test_where_words_are_checked_they_are_written_first() -> None:
    checked = Settings(moderation=Policy(input=Rule(Action.BLOCK), reply=Rule(Action.BLOCK)))
    stage = by_ear([TextDelta("Once upon a time."), ReplyEnd()], moderation=FakeModerator(), settings=checked)
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    (request,) = stage.chat.requests
    assert request.by_ear is None
    assert request.lines[-1].text == "Tell me a story."
    assert stage.speech.texts == ["Once upon a time."]


@virtual_clock
async def test_where_it_fails_and_another_may_answer_the_words_are_sent() -> None:
    stage = by_ear([ProviderDown("Deaf today.")], "The other one answers.", settings=Settings(fallbacks=("local",)))
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnTimed)
        await session.settle()
    first, second = stage.chat.requests
    assert first.by_ear is not None
    assert second.by_ear is None
    assert second.lines == (Line(Role.USER, "Tell me a story."),)
    assert [m.text for m in stage.store.messages()] == ["Tell me a story.", "The other one answers."]
    assert stage.all(e.TurnFailed) == []


@virtual_clock
async def test_where_nobody_else_may_answer_it_is_an_error_and_nothing_is_lost() -> None:
    stage = by_ear([ProviderDown("Deaf today.")])
    async with stage.session() as session:
        await talk(stage, session)
        failed = await stage.until_event(e.TurnFailed)
        await session.settle()
        await stage.until(lambda: any(m.text for m in stage.store.messages()))
    assert failed.problem.message == "Deaf today."
    assert [m.text for m in stage.store.messages()] == ["Tell me a story."]


@virtual_clock
async def test_what_breaks_off_is_heard_to_where_it_came() -> None:
    stage = by_ear([*spoken()[:-1], ProviderDown("Gone.")])
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.TurnFailed)
        await session.settle()
    assert stage.store.messages()[-1].text == "Once upon a time."
    heard = stage.devices.loudspeakers[-1].heard()
    assert len(heard[np.abs(heard) > 0.25]) / stage.devices.loudspeakers[-1].rate_hz == pytest.approx(1.0, abs=0.1)


@virtual_clock
async def test_nothing_said_asks_nobody() -> None:
    stage = by_ear()
    stage.devices = FakeDevices(np.zeros(16_000, dtype=np.float32))
    async with stage.session() as session:
        await talk(stage, session)
        await stage.until_event(e.NothingHeard)
    assert stage.chat.requests == []


def test_sounds_are_referred_to_only_by_who_made_them_and_while_they_are_kept() -> None:
    sounds = {7: KeptSound("audio_1", 1000.0, "OpenAI gpt-audio-1.5")}
    lines = (Line(Role.USER, "Hi."), Line(Role.ASSISTANT, "Hello.", message_id=7))
    found = [
        with_sounds(lines, sounds, engine, now)[1].sound_id
        for engine, now in (("OpenAI gpt-audio-1.5", 900.0), ("OpenAI gpt-audio-1.5", 980.0), ("Other", 900.0))
    ]
    assert found == ["audio_1", "", ""]
    assert with_sounds(lines, sounds, "x", 0.0)[0] is lines[0]


def test_sound_without_end_is_cut_off() -> None:
    reply = SoundingReply(None)  # type: ignore[arg-type]
    reply.sound(SoundDelta(np.zeros(800 * SECOND, dtype=np.float32)))
    with pytest.raises(BadAnswer):
        reply.sound(SoundDelta(np.zeros(200 * SECOND, dtype=np.float32)))
