"""A voice that fails in the middle: what was not spoken was not heard, and can be spoken after all."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from tests.fakes import FakeChat, FakeDevices, FakeSpeech
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.audio import Float32Block
from voiceapp.core.clauses import Clause, ClauseSplitter
from voiceapp.core.conversation import INTERRUPTED_NOTE, Message, Role, told
from voiceapp.core.errors import ProviderDown
from voiceapp.core.speech import SpeechRequest, TextDelta
from voiceapp.core.turn import Phase
from voiceapp.voice.session import VoiceSession

STORY = "".join(
    f"This is sentence number {number} of a rather long story about a boat. " for number in range(6)
).strip()


def clauses() -> list[Clause]:
    splitter = ClauseSplitter()
    return [*splitter.push(STORY), *splitter.finish()]


def a_stage(failing: int, *, speech: FakeSpeech | None = None, replies: tuple[str, ...] = ("Yes.",)) -> Stage:
    """Tells the story; the voice fails once, at clause number *failing*."""
    gone = {clauses()[failing].text: ProviderDown("The voice is gone.")}
    return Stage(chat=FakeChat(STORY, *replies, per_token_s=0.005), speech=speech or FakeSpeech(errors=dict(gone)))


async def told_until_it_failed(stage: Stage, session: VoiceSession) -> Message:
    session.handle(c.SendText("Tell me a story."))
    failed = await stage.until_event(e.TurnFailed)
    await session.settle()
    assert failed.problem.message == "The voice is gone."
    return stage.store.messages()[-1]


async def ask(stage: Stage, session: VoiceSession, text: str) -> str:
    """Return what the model is told of the story when *text* is asked."""
    session.handle(c.SendText(text, is_aloud=False))
    await stage.until_event(e.TurnTimed)
    return stage.chat.requests[-1].lines[1].text


@virtual_clock
async def test_what_a_failing_voice_did_not_speak_is_marked_and_not_told_as_said() -> None:
    stage = a_stage(2)
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
        retold = await ask(stage, session, "And then?")
    heard = clauses()[1].end
    assert (story.text, story.is_complete, story.heard_chars) == (STORY, True, heard)
    assert retold == f"{STORY[:heard].strip()} {INTERRUPTED_NOTE}"
    assert stage.all(e.Interrupted) == []  # nobody did


@virtual_clock
async def test_a_sentence_whose_sound_breaks_off_was_not_heard() -> None:
    class BreaksOff(FakeSpeech):
        async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
            async for block in super().speak(request):
                yield block
                if request.text == clauses()[1].text:
                    raise ProviderDown("The voice is gone.")

    stage = a_stage(1, speech=BreaksOff())
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
    assert story.heard_chars == clauses()[0].end


@virtual_clock
async def test_an_answer_whose_voice_never_began_is_one_in_writing() -> None:
    stage = a_stage(0)
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
        retold = await ask(stage, session, "And then?")
    assert story.heard_chars is None
    assert retold == STORY


@virtual_clock
async def test_the_rest_is_spoken_from_the_sentence_that_failed_and_all_counts_as_heard() -> None:
    stage = a_stage(2)
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
        before = len(stage.speech.texts)
        session.handle(c.SpeakMessage(story.id, is_rest=True))
        await stage.until_phase(Phase.SPEAKING)
        await stage.until_phase(Phase.IDLE)
        await session.settle()
        retold = await ask(stage, session, "And then?")
    assert stage.speech.texts[before:] == [clause.text for clause in clauses()[2:]]
    marks = [(one.start, one.end) for one in stage.all(e.SpokenProgress)][-len(clauses()[2:]) :]
    assert marks == [(clause.start, clause.end) for clause in clauses()[2:]]
    assert stage.store.messages()[1].heard_chars == len(STORY)
    assert retold == STORY


@virtual_clock
async def test_the_rest_interrupted_counts_as_far_as_it_was_heard() -> None:
    stage = a_stage(2)
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
        session.handle(c.SpeakMessage(story.id, is_rest=True))
        await stage.until(lambda: stage.all(e.SpokenProgress)[-1].start >= clauses()[3].start)
        session.handle(c.Interrupt())
        await session.settle()
        retold = await ask(stage, session, "And then?")
    heard = stage.store.messages()[1].heard_chars
    assert heard is not None
    assert clauses()[2].end <= heard < len(STORY)
    assert retold == f"{STORY[:heard].strip()} {INTERRUPTED_NOTE}"


@virtual_clock
async def test_speaking_again_from_the_start_takes_nothing_back() -> None:
    stage = a_stage(3)
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
        session.handle(c.SpeakMessage(story.id))
        await stage.until_phase(Phase.SPEAKING)
        session.handle(c.Interrupt())
        await session.settle()
        assert stage.store.messages()[1].heard_chars == clauses()[2].end
        session.handle(c.SpeakMessage(story.id))
        await stage.until_phase(Phase.SPEAKING)
        await stage.until_phase(Phase.IDLE)
        await session.settle()
    assert stage.store.messages()[1].heard_chars == len(STORY)


@virtual_clock
async def test_a_loudspeaker_that_goes_for_good_leaves_what_was_heard() -> None:
    stage = a_stage(0, speech=FakeSpeech())
    async with stage.session() as session:
        session.handle(c.SendText("Tell me a story."))
        await stage.until(lambda: any(one.start >= clauses()[1].start for one in stage.all(e.SpokenProgress)))
        stage.devices.outputs = ()
        stage.devices.loudspeakers[-1].vanish()
        failed = await stage.until_event(e.TurnFailed)
        await session.settle()
    heard = stage.store.messages()[-1].heard_chars
    assert failed.problem.code == "device"
    assert heard is not None
    assert clauses()[0].end <= heard < len(STORY)


@virtual_clock
async def test_an_answer_that_broke_off_and_was_heard_as_far_as_it_came_is_not_marked() -> None:
    stage = Stage(chat=FakeChat([TextDelta(STORY), ProviderDown("The voice is gone.")]), devices=FakeDevices())
    async with stage.session() as session:
        story = await told_until_it_failed(stage, session)
    assert (story.is_complete, story.heard_chars) == (False, None)


@pytest.mark.parametrize("is_complete", [True, False])
def test_heard_to_its_end_is_said(is_complete: bool) -> None:
    message = Message(1, 1, Role.ASSISTANT, "All of it.", 1.0, heard_chars=10, is_complete=is_complete)
    assert told([message])[0].text == ("All of it." if is_complete else f"All of it. {INTERRUPTED_NOTE}")
