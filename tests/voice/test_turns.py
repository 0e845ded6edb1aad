"""What a person does, and what comes of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeHearing, FakeSpeech, silence, voice_like
from tests.fakes.store import MemoryTakeWriter
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.attachments import DraftReturned
from voiceapp.core.clauses import ClauseSplitter
from voiceapp.core.conversation import INTERRUPTED_NOTE, Role, Take, TakeState
from voiceapp.core.errors import BadRequest, DeviceError, ProviderDown, StoreError
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ReplyEnd, TextDelta, ToolCall
from voiceapp.core.turn import Phase

STORY = "Once upon a time there was a small boat. It sailed out every morning and came home at night."


async def speak_for(session: object, seconds: float) -> None:
    session.handle(c.StartTalking())  # type: ignore[attr-defined]
    await asyncio.sleep(seconds)
    session.handle(c.StopTalking())  # type: ignore[attr-defined]


@virtual_clock
async def test_hold_speak_release_hear() -> None:
    stage = Stage(
        hearing=FakeHearing("What time is it?", finish_s=0.15),
        chat=FakeChat("It is ten past nine.", first_token_s=0.2, per_token_s=0.02),
        speech=FakeSpeech(first_block_s=0.1),
        devices=FakeDevices(voice_like(1.0)),
    )
    async with stage.session() as session:
        await speak_for(session, 1.0)
        await stage.until_event(e.TurnTimed)
        await stage.until_phase(Phase.IDLE)
    assert stage.phases() == [Phase.LISTENING, Phase.TRANSCRIBING, Phase.THINKING, Phase.SPEAKING, Phase.IDLE]
    assert [m.text for m in stage.store.messages()] == ["What time is it?", "It is ten past nine."]
    assert stage.devices.loudspeakers[-1].heard().any()
    timings = stage.all(e.TurnTimed)[0].timings
    assert timings.transcript_ms == pytest.approx(150, abs=25)
    assert timings.first_token_ms == pytest.approx(350, abs=25)
    assert timings.first_sound_ms is not None
    assert timings.first_sound_ms >= 450


@virtual_clock
async def test_the_take_is_stored_before_it_is_heard() -> None:
    stage = Stage(hearing=FakeHearing(ProviderDown("The service is down.")), devices=FakeDevices(voice_like(1.0)))
    async with stage.session() as session:
        await speak_for(session, 1.0)
        failed = await stage.until_event(e.TurnFailed)
    (take,) = await stage.store.takes()
    assert take.state is TakeState.FAILED
    assert take.duration_s == pytest.approx(1.0, abs=0.05)
    assert failed.take_id == take.id
    assert failed.problem.code == "down"
    assert failed.problem.is_retryable
    assert stage.phases()[-1] is Phase.IDLE


async def test_the_words_are_asked_for_while_the_recording_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(hearing=FakeHearing("Quick?"), chat=FakeChat("Yes."), devices=FakeDevices(voice_like(0.5)))
    is_heard, hear, finish = threading.Event(), stage.hearing.hear, MemoryTakeWriter.finish

    @asynccontextmanager
    async def tell(*asked: Any) -> AsyncIterator[Any]:
        async with hear(*asked) as utterance:
            yield utterance
        is_heard.set()

    def finish_late(writer: MemoryTakeWriter, state: TakeState) -> Take:
        assert is_heard.wait(20), "the recogniser was not asked before the file was closed"
        return finish(writer, state)

    monkeypatch.setattr(stage.hearing, "hear", tell)
    monkeypatch.setattr(MemoryTakeWriter, "finish", finish_late)
    async with asyncio.timeout(30), stage.session() as session:
        await speak_for(session, 0.5)
        await stage.until_event(e.TurnTimed)
    assert [m.text for m in stage.store.messages()] == ["Quick?", "Yes."]


@virtual_clock
async def test_a_failed_take_is_retried_by_another_engine() -> None:
    stage = Stage(
        hearing=FakeHearing(ProviderDown("The service is down.")),
        chat=FakeChat("Yes."),
        devices=FakeDevices(voice_like(1.0)),
    )
    other = FakeHearing("Are you there?", label="Other")
    stage.maker.others["other"] = other
    async with stage.session() as session:
        await speak_for(session, 1.0)
        failed = await stage.until_event(e.TurnFailed)
        assert failed.take_id is not None
        session.handle(c.RetryTake(failed.take_id, "other"))
        await stage.until_event(e.TurnTimed)
    assert [m.text for m in stage.store.messages()] == ["Are you there?", "Yes."]
    assert (await stage.store.take(failed.take_id)).state is TakeState.TRANSCRIBED
    assert other.is_closed


@virtual_clock
async def test_a_typed_message_that_cannot_be_stored_is_given_back() -> None:
    stage = Stage()
    async with stage.session() as session:
        stage.store.write_error = StoreError("The disk is full.")
        session.handle(c.SendText("My important question."))
        await stage.until_event(e.TurnFailed)
        stage.store.write_error = None
    assert stage.all(DraftReturned) == [DraftReturned("My important question.")]
    assert stage.chat.requests == []


@virtual_clock
async def test_silence_sends_nothing_and_says_the_level() -> None:
    stage = Stage(devices=FakeDevices(silence(1.0)))
    async with stage.session() as session:
        await speak_for(session, 1.2)
        nothing = await stage.until_event(e.NothingHeard)
    assert nothing.is_zero
    assert nothing.level.peak_db == -120.0
    assert stage.chat.requests == []
    assert stage.hearing.aborted == 1  # the utterance was given up, not finished
    assert (await stage.store.takes())[0].state is TakeState.SILENT
    assert stage.phases() == [Phase.LISTENING, Phase.TRANSCRIBING, Phase.IDLE]


@virtual_clock
async def test_barge_in_keeps_only_what_was_heard() -> None:
    stage = Stage(
        hearing=FakeHearing("Tell me a story.", "Stop!"),
        chat=FakeChat(STORY, "All right."),
        devices=FakeDevices(voice_like(1.0), voice_like(0.5)),
    )
    async with stage.session() as session:
        await speak_for(session, 1.0)
        await stage.until_phase(Phase.SPEAKING)
        await asyncio.sleep(2.0)
        before_s = asyncio.get_running_loop().time()
        session.handle(c.StartTalking())
        speaker = stage.devices.loudspeakers[-1]
        assert speaker.discards[-1] == before_s  # silent within the call
        cut = await stage.until_event(e.Interrupted)
        await asyncio.sleep(0.5)
        session.handle(c.StopTalking())
        await stage.until_event(e.TurnTimed)
    story = next(m for m in stage.store.messages() if m.text == STORY)
    assert story.heard_chars is not None
    assert 0 < story.heard_chars < len(STORY)
    assert cut.at_s == pytest.approx(2.0, abs=0.1)
    assert cut.unheard_words == len(STORY[story.heard_chars :].split())
    told = stage.chat.requests[1].lines[1]
    assert told.text == f"{STORY[: story.heard_chars].strip()} {INTERRUPTED_NOTE}"
    assert stage.chat.requests[1].lines[2].text == "Stop!"


@pytest.mark.parametrize(
    "phase", [Phase.LISTENING, Phase.TRANSCRIBING, Phase.THINKING, Phase.SPEAKING], ids=lambda p: p.value
)
def test_escape_cancels_at_every_point(phase: Phase) -> None:
    @virtual_clock
    async def scene() -> None:
        stage = Stage(
            hearing=FakeHearing("Tell me a story.", finish_s=0.5),
            chat=FakeChat(STORY, first_token_s=0.5, per_token_s=0.01),
            devices=FakeDevices(voice_like(1.0)),
        )
        async with stage.session() as session:
            session.handle(c.StartTalking())
            if phase is Phase.LISTENING:
                await asyncio.sleep(0.5)
            else:
                await asyncio.sleep(1.0)
                session.handle(c.StopTalking())
                await stage.until_phase(phase)
            session.handle(c.Interrupt())
            assert stage.phases()[-1] is Phase.IDLE
            await session.settle()
            take = (await stage.store.takes())[0]
            assert take.duration_s > 0.4
            assert take.state is not TakeState.RECORDING
            assert stage.devices.microphones[-1].is_closed
        if phase is Phase.LISTENING:
            assert take.state is TakeState.CANCELLED
        if phase is Phase.THINKING:
            assert stage.chat.aborted == 1

    scene()


@virtual_clock
async def test_typed_message_is_answered_silently() -> None:
    stage = Stage(chat=FakeChat("Hello."))
    async with stage.session() as session:
        session.handle(c.SendText("Hi", is_aloud=False))
        await stage.until_event(e.TurnTimed)
    assert stage.speech.requests == []
    assert [m.role for m in stage.store.messages()] == [Role.USER, Role.ASSISTANT]
    assert Phase.SPEAKING not in stage.phases()


@virtual_clock
async def test_first_clause_is_spoken_while_the_rest_is_written() -> None:
    stage = Stage(chat=FakeChat(" ".join([STORY] * 5), per_token_s=0.05))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        await stage.until_event(e.SoundStartedEvent)
        written = "".join(delta.text for delta in stage.all(e.ReplyDelta))
        assert len(written) < len(STORY)
        await stage.until_event(e.TurnTimed)
        assert stage.devices.loudspeakers[-1].underruns == 0
        assert len(stage.devices.loudspeakers[-1].stretches()) == 1


@virtual_clock
async def test_tools_run_and_their_results_reach_the_model() -> None:
    call = ToolCall("1", "shout", '{"text": "hey"}')
    stage = Stage(chat=FakeChat([call, ReplyEnd("tool_calls")], "Done."))
    async with stage.session() as session:
        session.handle(c.SendText("Shout hey"))
        await stage.until_event(e.TurnTimed)
    assert stage.chat.requests[1].tool_rounds[0] == call
    assert stage.all(e.ToolUsed)[0].result == '{"TEXT": "HEY"}'


@virtual_clock
async def test_a_reply_that_breaks_off_is_kept_and_spoken_as_far_as_it_came() -> None:
    stage = Stage(chat=FakeChat([TextDelta("The first sentence is complete. And then"), ProviderDown("Gone.")]))
    async with stage.session() as session:
        session.handle(c.SendText("Go on"))
        failed = await stage.until_event(e.TurnFailed)
    assert stage.store.messages()[-1].text == "The first sentence is complete. And then"
    assert not stage.store.messages()[-1].is_complete
    assert [request.text for request in stage.speech.requests][-1].startswith("And then")
    assert failed.message_id is not None


@virtual_clock
async def test_a_voice_that_fails_does_not_cost_the_text() -> None:
    first = ClauseSplitter().push(STORY)[0]
    speech = FakeSpeech(errors={first.text: BadRequest("No voice.")})
    stage = Stage(chat=FakeChat(STORY, per_token_s=0.02), speech=speech)
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        failed = await stage.until_event(e.TurnFailed)
    assert failed.problem.code in ("bad_request",)
    assert stage.store.messages()[-1].text == STORY
    assert stage.store.messages()[-1].is_complete


@virtual_clock
async def test_no_microphone_is_a_clear_problem() -> None:
    stage = Stage(devices=FakeDevices(inputs=()))
    async with stage.session() as session:
        session.handle(c.StartTalking())
        failed = await stage.until_event(e.TurnFailed)
    assert failed.problem.code == "device"
    assert stage.phases()[-1] is Phase.IDLE


@virtual_clock
async def test_no_loudspeaker_costs_the_sound_only() -> None:
    stage = Stage(chat=FakeChat(STORY), devices=FakeDevices(outputs=()))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        failed = await stage.until_event(e.TurnFailed)
    assert failed.problem.code == "device"
    assert stage.store.messages()[-1].text == STORY


@virtual_clock
async def test_a_lost_microphone_is_replaced_and_the_take_goes_on() -> None:
    devices = FakeDevices(voice_like(2.0), voice_like(2.0), vanish_after_s=0.7)
    stage = Stage(hearing=FakeHearing("One two."), chat=FakeChat("Yes."), devices=devices)
    async with stage.session() as session:
        await speak_for(session, 1.5)
        await stage.until_event(e.TurnTimed)
    assert len(devices.microphones) == 2
    assert stage.all(e.DevicesChanged)
    assert (await stage.store.takes())[0].duration_s == pytest.approx(1.5, abs=0.1)


@virtual_clock
async def test_a_lost_microphone_without_another_sends_what_there_is() -> None:
    devices = FakeDevices(voice_like(2.0), vanish_after_s=0.7, open_errors=())
    stage = Stage(hearing=FakeHearing("One."), chat=FakeChat("Yes."), devices=devices)
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await asyncio.sleep(0.5)
        devices.inputs = ()
        await stage.until_event(e.TurnTimed)
    assert (await stage.store.takes())[0].duration_s == pytest.approx(0.7, abs=0.05)
    assert stage.store.messages()[0].text == "One."


@virtual_clock
async def test_a_lost_loudspeaker_is_replaced_and_the_reply_goes_on() -> None:
    stage = Stage(chat=FakeChat(STORY))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        await stage.until_phase(Phase.SPEAKING)
        await asyncio.sleep(1.0)
        stage.devices.loudspeakers[-1].vanish()
        await stage.until_event(e.TurnTimed)
        assert len(stage.devices.loudspeakers) == 2
        assert stage.devices.loudspeakers[-1].heard().any()
    assert stage.all(e.DevicesChanged)
    assert stage.store.messages()[-1].is_complete


@virtual_clock
async def test_warm_microphone_keeps_what_was_said_before_the_press() -> None:
    stage = Stage(
        hearing=FakeHearing("Hello."),
        chat=FakeChat("Yes."),
        devices=FakeDevices(voice_like(5.0)),
        settings=Settings(is_microphone_warm=True),
    )
    async with stage.session() as session:
        await stage.until(lambda: stage.devices.microphones or stage.all(e.SessionReady))
        await asyncio.sleep(1.0)
        await speak_for(session, 1.0)
        await stage.until_event(e.TurnTimed)
        flowing = stage.all(e.AudioFlowing)[0]
        assert flowing.preroll_ms == pytest.approx(300, abs=25)
        assert (await stage.store.takes())[0].duration_s == pytest.approx(1.3, abs=0.05)
        await asyncio.sleep(0.1)
        assert len(stage.devices.microphones) == 2  # held open again


@virtual_clock
async def test_pressing_again_while_it_thinks_starts_a_new_take() -> None:
    stage = Stage(
        hearing=FakeHearing("First.", "Second."),
        chat=FakeChat("Yes.", first_token_s=1.0),
        devices=FakeDevices(voice_like(1.0), voice_like(1.0)),
    )
    async with stage.session() as session:
        await speak_for(session, 1.0)
        await stage.until_phase(Phase.THINKING)
        await speak_for(session, 1.0)
        await stage.until_event(e.TurnTimed)
    assert [m.text for m in stage.store.messages()] == ["First.", "Second.", "Yes."]
    assert stage.chat.aborted == 1


@virtual_clock
async def test_regenerate_replaces_the_reply() -> None:
    stage = Stage(chat=FakeChat("One.", "Two."))
    async with stage.session() as session:
        session.handle(c.SendText("Count"))
        await stage.until_event(e.TurnTimed)
        reply = stage.store.messages()[-1]
        session.handle(c.Regenerate(reply.id))
        await stage.until_event(e.TurnTimed, 2)
    assert [m.text for m in stage.store.messages()] == ["Count", "Two."]
    assert len(stage.chat.requests[1].lines) == 1


@virtual_clock
async def test_a_take_can_be_played() -> None:
    stage = Stage(hearing=FakeHearing("Hello."), chat=FakeChat("Yes."), devices=FakeDevices(voice_like(1.0)))
    async with stage.session() as session:
        await speak_for(session, 1.0)
        await stage.until_event(e.TurnTimed)
        heard = len(stage.devices.loudspeakers[-1].heard())
        session.handle(c.PlayTake(1))
        await stage.until_event(e.PlaybackChanged, 2)
        played_s = (len(stage.devices.loudspeakers[-1].heard()) - heard) / 24_000
    assert played_s == pytest.approx(1.0, abs=0.05)


@virtual_clock
async def test_speaking_again_marks_nothing() -> None:
    stage = Stage(chat=FakeChat(STORY))
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story.", is_aloud=False))
        await stage.until_event(e.TurnTimed)
        session.handle(c.SpeakMessage(stage.store.messages()[-1].id))
        await stage.until_phase(Phase.SPEAKING)
        session.handle(c.Interrupt())
        await session.settle()
    assert stage.store.messages()[-1].heard_chars is None


@virtual_clock
async def test_device_error_at_key_down_leaves_the_session_usable() -> None:
    devices = FakeDevices(voice_like(1.0), open_errors=(DeviceError("Busy."),))
    stage = Stage(hearing=FakeHearing("Hello."), chat=FakeChat("Yes."), devices=devices)
    async with stage.session() as session:
        session.handle(c.StartTalking())
        await stage.until_event(e.TurnFailed)
        await speak_for(session, 1.0)
        await stage.until_event(e.TurnTimed)
    assert stage.store.messages()[-1].text == "Yes."


@virtual_clock
async def test_words_without_an_answer_are_answered_and_not_said_twice() -> None:
    stage = Stage(chat=FakeChat([ProviderDown("Gone.")], "Yes."))
    async with stage.session() as session:
        session.handle(c.SendText("Are you there?"))
        await stage.until_event(e.TurnFailed)
        session.handle(c.Regenerate(stage.store.messages()[0].id))
        await stage.until_event(e.TurnTimed)
    assert [m.text for m in stage.store.messages()] == ["Are you there?", "Yes."]
