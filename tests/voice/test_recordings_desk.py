"""Recordings turned into words again, and their words in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import FakeHearing
from tests.voice.stage import Stage
from voiceapp.core.commands import ApplySettings
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.errors import ProviderDown
from voiceapp.core.events import Notice, SettingsChanged, TakeChanged
from voiceapp.core.hearing import ExportTranscript, HearingOptions, HearingWishes, TakePartial, TranscribeTake, Upload
from voiceapp.core.settings import Settings
from voiceapp.core.speech import Segment, Transcript, Usage
from voiceapp.core.transcript import Gap, Word
from voiceapp.ports import SpeechToText
from voiceapp.voice.desks.recordings import RecordingsDesk

SAID = Transcript(
    "Good morning.",
    "en",
    (Segment(0.0, 1.0, "Good morning.", "A"),),
    Usage("openai", "m", {"seconds": 1.0}),
    (Word("Good", 0.2), Word("morning.", 0.9)),
)
TONE = (0.3 * np.sin(np.arange(16_000) / 8)).astype(np.float32)


class Room(Stage):
    """A stage with the desk and one recording."""

    def __init__(self, *heard: str | Transcript | Exception, settings: Settings | None = None) -> None:
        super().__init__(hearing=FakeHearing(*heard, partial_every_s=0.4), settings=settings)
        self.written: dict[str, str] = {}
        self.make_desks = lambda studio: (RecordingsDesk(studio, lambda path, text: self._write(path, text)),)

    def _write(self, path: Path, text: str) -> None:
        self.written[str(path)] = text

    async def recorded(self, **changes: object) -> Take:
        writer = await self.store.begin_take(16_000, None)
        writer.write(TONE)
        take = writer.finish(TakeState.RECORDED)
        return await self.store.update_take(take.id, **changes) if changes else take  # type: ignore[arg-type]

    async def last(self) -> Take:
        await self.until(lambda: self.all(TakeChanged))
        return self.all(TakeChanged)[-1].take


async def test_a_recording_gets_its_words_and_nothing_is_answered() -> None:
    room = Room(SAID)
    take = await room.recorded()
    async with room.session() as session:
        session.handle(TranscribeTake(take.id))
        changed = await room.last()
    assert (changed.state, changed.text, changed.details) == (TakeState.TRANSCRIBED, "Good morning.", SAID.details)
    assert changed.engine == "Fake hearing"
    assert [event.text for event in room.all(TakePartial)][:1] == ["Good"]
    assert room.store.messages() == []
    (row,) = await room.usage.rows()
    assert (row.take_id, row.amounts["seconds"]) == (take.id, 1.0)


async def test_it_is_asked_for_as_set_and_as_chosen() -> None:
    settings = replace(Settings(), language="de", hearing=HearingWishes("A talk.", are_speakers_told=True))
    room = Room(SAID, SAID, settings=settings)
    take = await room.recorded()
    async with room.session() as session:
        session.handle(TranscribeTake(take.id))
        await room.until(lambda: len(room.all(TakeChanged)) == 1)
        session.handle(TranscribeTake(take.id, HearingOptions("en", is_translated=True)))
        await room.until(lambda: len(room.all(TakeChanged)) == 2)
    first, second = room.hearing.requests
    assert (first.language, first.prompt, first.is_recording, first.are_speakers_told) == ("de", "A talk.", True, True)
    assert (second.language, second.is_translated, second.are_speakers_told) == ("en", True, False)


async def test_another_engine_is_closed_afterwards() -> None:
    room = Room()
    other: SpeechToText = FakeHearing("Other words.", label="Other")
    room.maker.others["shed"] = other
    take = await room.recorded()
    async with room.session() as session:
        session.handle(TranscribeTake(take.id, HearingOptions(provider="shed")))
        changed = await room.last()
    assert (changed.text, changed.engine) == ("Other words.", "Other")
    assert isinstance(other, FakeHearing)
    assert other.is_closed


@pytest.mark.parametrize(("text", "state"), [("", TakeState.FAILED), ("Words from before.", TakeState.TRANSCRIBED)])
async def test_a_fault_keeps_the_words_that_are_there(text: str, state: TakeState) -> None:
    room = Room(ProviderDown("It is down.", hint="Wait."))
    take = await room.recorded(**({"text": text, "state": TakeState.TRANSCRIBED} if text else {}))
    async with room.session() as session:
        session.handle(TranscribeTake(take.id))
        changed = await room.last()
    assert (changed.text, changed.state) == (text, state)
    (notice,) = (event for event in room.all(Notice) if event.is_problem)
    assert (notice.message, notice.hint) == ("It is down.", "Wait.")
    assert room.events.index(notice) < room.events.index(room.all(TakeChanged)[-1])


async def test_silence_takes_no_words_away() -> None:
    room = Room(Transcript(""))
    take = await room.recorded(text="Words from before.", state=TakeState.TRANSCRIBED)
    async with room.session() as session:
        session.handle(TranscribeTake(take.id))
        assert (await room.last()).text == "Words from before."
    assert [event.message for event in room.all(Notice)] == ["No words were found in the recording."]


async def test_what_is_missing_is_named() -> None:
    gap = Gap(60.0, 90.0, "It is down.")
    room = Room(replace(SAID, gaps=(gap,)))
    take = await room.recorded()
    async with room.session() as session:
        session.handle(TranscribeTake(take.id))
        changed = await room.last()
    assert (changed.state, changed.error) == (TakeState.TRANSCRIBED, "It is down.")
    (notice,) = (event for event in room.all(Notice) if event.is_problem)
    assert notice.message == "[1:00 to 1:30 could not be turned into words] It is down."


@pytest.mark.parametrize(
    ("name", "part", "hint"),
    [
        ("a.txt", "Speaker A: Good morning.\n", ""),
        ("a.md", "Good(?) morning.", ""),
        ("a.srt", "00:00:00,000 --> ", ""),
        ("a.JSON", '"is_weak": true', ""),
    ],
)
async def test_words_go_to_a_file(name: str, part: str, hint: str) -> None:
    room = Room()
    take = await room.recorded(text=SAID.text, state=TakeState.TRANSCRIBED, details=SAID.details)
    async with room.session() as session:
        session.handle(ExportTranscript(take.id, f"/x/{name}"))
        notice = await room.until_event(Notice)
    assert part in room.written[f"/x/{name}"]
    assert (notice.message, notice.hint) == (f"The words were saved as {name}.", hint)


async def test_subtitles_without_times_say_so_and_strange_endings_are_refused() -> None:
    room = Room()
    take = await room.recorded(text="Words.", state=TakeState.TRANSCRIBED)
    async with room.session() as session:
        session.handle(ExportTranscript(take.id, "/x/a.srt"))
        assert "no times" in (await room.until_event(Notice)).hint
        session.handle(ExportTranscript(take.id, "/x/a.docx"))
        assert "a.docx" in (await room.until_event(Notice, 2)).message
    assert list(room.written) == ["/x/a.srt"]


async def test_an_engine_that_names_nobody_is_told_of() -> None:
    room = Room("Good morning.")
    take = await room.recorded()
    async with room.session() as session:
        session.handle(TranscribeTake(take.id, HearingOptions(are_speakers_told=True)))
        notice = await room.until_event(Notice)
    assert notice.message == "Fake hearing did not tell who speaks."
    assert (await room.store.take(take.id)).text == "Good morning."


async def test_only_another_upload_needs_other_engines() -> None:
    room = Room()
    async with room.session() as session:
        made = len(room.maker.made)
        spoken = replace(room.settings, hearing=HearingWishes("A talk."))
        session.handle(ApplySettings(spoken))
        await room.until_event(SettingsChanged)
        assert len(room.maker.made) == made, "what is asked for goes along with each request"
        session.handle(ApplySettings(replace(spoken, hearing=HearingWishes("A talk.", upload=Upload.WAV))))
        await room.until_event(SettingsChanged, 2)
        assert len(room.maker.made) == made + 1
