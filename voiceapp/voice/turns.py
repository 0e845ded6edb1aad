"""One turn from key-down to the last word heard, as a coroutine in its own scope.

``session`` decides when a turn begins and is aborted; here is what a turn does. Cancelling its task at any await
leaves the take, the text and what was heard in the store (:meth:`Turn.keep`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

from voiceapp.core.audio import Level
from voiceapp.core.conversation import Message, Role, Take, TakeState
from voiceapp.core.errors import CannotSee, VoiceAppError
from voiceapp.core.events import (
    NothingHeard,
    Notice,
    PartialTranscript,
    PlaybackChanged,
    TakeChanged,
    TestProgress,
    TranscriptReady,
)
from voiceapp.core.hearing import request_of
from voiceapp.core.own_search import PassagesFound
from voiceapp.core.settings import Job
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.core.turn import Finished, TalkEnded, Transcribed
from voiceapp.ports import SpeechToText
from voiceapp.voice.account import work_on
from voiceapp.voice.capture import Capture, Captured
from voiceapp.voice.going_along import give_back, going_along
from voiceapp.voice.guard import guard_for
from voiceapp.voice.heard_well import verdict
from voiceapp.voice.hearing import FellBehindError, HearingFeed, tell_gaps, transcribe
from voiceapp.voice.metered_engines import MeteredHearing
from voiceapp.voice.replying import Replying
from voiceapp.voice.speech_finder import SpeechFinder
from voiceapp.voice.studio import Stopwatch, Studio

if TYPE_CHECKING:
    from voiceapp.core.voices import PreviewVoice
    from voiceapp.voice.reading_aloud import ReadingAloud

TEST_S = 3.0


class Turn:
    """One turn. Exactly one of :meth:`talk`, :meth:`retry`, :meth:`ask`, … is run, by :meth:`run`."""

    def __init__(self, number: int, studio: Studio, previous: asyncio.Task[None] | None, *, is_aloud: bool) -> None:
        self.number = number
        self._previous = previous
        self.stopwatch = Stopwatch(studio.now, studio.now())
        self._studio = studio
        self._guard = guard_for(studio, number)
        self._replying = Replying(number, studio, self.stopwatch, self._guard, is_aloud=is_aloud)
        self._is_aloud = is_aloud
        self._capture: Capture | None = None
        self._take: Take | None = None
        self._background: asyncio.TaskGroup
        self._helpers: list[asyncio.Task[None]] = []
        self._hearing: asyncio.Task[None] | None = None
        self._reading: ReadingAloud | None = None

    @property
    def take_id(self) -> int | None:
        """The take behind this turn."""
        return self._take.id if self._take else None

    @property
    def message_id(self) -> int | None:
        """The reply's message."""
        return self._replying.message.id if self._replying.message else None

    async def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do *work*; what it started beside itself (warming, feeding) ends with it."""
        work_on(self._studio.account)
        try:
            async with asyncio.TaskGroup() as self._background:
                await work
                for task in self._helpers:
                    task.cancel()
        finally:
            if self._hearing is not None:
                self._hearing.cancel()
            self._studio.account.close()

    def end_of_speech(self, at_s: float) -> None:
        """Key up at *at_s*: the stopwatch starts and the take ends."""
        self.stopwatch.ended_at_s = at_s
        if self._capture is not None:
            self._capture.end()

    def cut(self) -> None:
        """The person takes the floor: silence now, and remember what was heard until now."""
        self._replying.cut()

    # --- what a turn can be -------------------------------------------------------------------------------

    async def talk(self) -> None:
        """Listen until the key is up, transcribe, answer."""
        studio, engine = self._studio, self._studio.engines.hearing
        feed = HearingFeed(engine, self._hearing_request(), self._on_partial)
        is_by_ear = studio.engines.is_by_ear and self._guard is None  # what is checked is checked in words, first
        self._capture = Capture(
            self.number,
            studio.parts.store,
            studio.microphone,
            studio.parts.make_resampler,
            studio.emit,
            on_flowing=lambda: self._beside(self._start_sound(), "start-sound"),
            on_lost=studio.on_microphone_lost,
            beside=self._background.create_task,
        )
        self._hear(feed, is_by_ear=is_by_ear)
        if self._guard is not None:
            self._guard.look_at_attached()
        self._beside(self._replying.warm(), "warm")
        captured = await self._capture.run(feed, SpeechFinder(studio.vad), studio.history.conversation_id)
        self._take, studio.account.take_id = captured.take, captured.take.id
        studio.decide(TalkEnded())  # where the sound ended by itself; otherwise known already
        if studio.parts.is_vad_trusted and not captured.has_speech:
            await self._nothing(captured.take, captured)
            return
        if is_by_ear:
            await self._answer_by_ear(captured.take, feed, engine)
            return
        transcript = await self._words(feed, captured.take, engine)
        await self._transcribed(captured.take, transcript, transcript.engine or engine.label, captured)

    async def retry(self, take_id: int, provider: str) -> None:
        """Transcribe a take from the disk, whatever the detector thought of it, and answer it.

        *provider* names another engine; empty = the one in force.
        """
        parts = self._studio.parts
        self._take = take = await parts.store.take(take_id)
        account = self._studio.account
        account.take_id = take_id
        account.announce(Job.TRANSCRIPTION, {"seconds": take.duration_s}, seconds=take.duration_s)
        self._beside(self._replying.warm(), "warm")
        own = await parts.maker.hearing(self._studio.settings, provider) if provider else None
        engine = MeteredHearing(own, account, provider) if own is not None else self._studio.engines.hearing
        try:
            transcript = await self._from_disk(take, engine)
        finally:
            if own is not None:
                await own.close()
        await self._transcribed(take, transcript, transcript.engine or engine.label, None)

    async def ask(self, text: str) -> None:
        """Answer a typed message."""
        self._beside(self._replying.warm(), "warm")
        await self._settled()
        if await self._send(text):
            await self._replying.answer()
        else:
            self._studio.decide(Finished(self.number))

    async def ask_notes(self, question: str, with_attached: bool = False) -> None:
        """Answer from what was said and written before, with the passages cited."""
        studio = self._studio
        self._beside(self._replying.warm(), "warm")
        await self._settled()
        brief = None
        if (search := studio.parts.own_search) is not None:
            brief, hits = await search.brief(studio.settings, question)
            studio.emit(PassagesFound(question, hits.found, hits.engine))
        if await self._send(question, with_attached=with_attached):
            await self._replying.answer(brief)
        else:
            studio.decide(Finished(self.number))

    async def regenerate(self, message: Message) -> None:
        """Answer again in place of *message*; a message of the person's that has no answer is answered."""
        self._beside(self._replying.warm(), "warm")
        await self._settled()
        if message.role is Role.ASSISTANT:
            await self._studio.history.remove(message.id)
            await self._studio.history.reopen()
        await self._replying.answer()

    async def read_aloud(self, message: Message, is_rest: bool = False) -> None:
        """Speak a message that is already written, or what was not heard of it."""
        from voiceapp.voice.reading_aloud import ReadingAloud

        await self._settled()
        message = self._studio.history.message(message.id) or message  # with what was heard of it until now
        self._reading = ReadingAloud(self.number, self._studio, self._replying, message, is_rest=is_rest)
        await self._reading.run()
        self._studio.decide(Finished(self.number))

    async def play_take(self, take_id: int) -> None:
        """Play a recording."""
        await self._settled()
        clip = await self._studio.parts.store.load_take(take_id)
        playback = self._studio.playback
        self._studio.emit(PlaybackChanged(take_id=take_id))
        try:
            await playback.begin()
            async with playback.reporting(None, self._replying.on_sound):
                await playback.play_clip(clip)
                await playback.end()
        finally:
            self._studio.emit(PlaybackChanged())
        self._studio.decide(Finished(self.number))

    async def ring(self, sentence: str) -> None:
        """Sound the timer's signal and say *sentence*."""
        await self._settled()
        await self._replying.signal("timer")
        await self._say(sentence)
        self._studio.decide(Finished(self.number))

    async def preview(self, wish: PreviewVoice) -> None:
        """Let a voice that is being chosen say a sentence."""
        from voiceapp.voice.previewing import preview

        await self._settled()
        await preview(self._studio, wish, self._replying.on_sound)
        self._studio.decide(Finished(self.number))

    async def test_speaking(self) -> None:
        """Say a sentence, so that the person hears whether the loudspeaker works."""
        sentence = _("If you hear this sentence, the loudspeaker works.")
        await self._settled()
        self._studio.emit(TestProgress("say", sentence))
        await self._say(sentence)
        self._studio.emit(TestProgress("done", _("Did you hear it?")))
        self._studio.decide(Finished(self.number))

    async def test_hearing(self) -> None:
        """Record three seconds and play them back."""
        studio = self._studio
        studio.emit(TestProgress("hear", _("Say something. In three seconds you hear it again.")))
        self._capture = Capture(
            self.number,
            studio.parts.store,
            studio.microphone,
            studio.parts.make_resampler,
            studio.emit,
            on_flowing=lambda: None,
            on_lost=studio.on_microphone_lost,
            beside=self._background.create_task,
        )
        finder = SpeechFinder(studio.vad)
        self._beside(self._end_after(TEST_S), "test")
        captured = await self._capture.run(None, finder, None)
        studio.decide(TalkEnded())
        studio.emit(TestProgress("say", verdict(captured)))
        studio.decide(Transcribed(self.number))
        await studio.playback.begin()
        async with studio.playback.reporting(None, self._replying.on_sound):
            await studio.playback.play_clip(await studio.parts.store.load_take(captured.take.id))
            await studio.playback.end()
        studio.emit(TestProgress("done", verdict(captured)))
        studio.decide(Finished(self.number))

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._capture is not None:
            self._capture.end()

    async def keep(self, error: VoiceAppError | None) -> None:
        """The turn was cut off, by the person or by *error*: store what was said, written and heard."""
        take = self._take
        has_words = isinstance(error, CannotSee)  # they are the person's again
        if error is not None and self._replying.message is None and take is not None and not has_words:
            take = await self._studio.parts.store.update_take(take.id, state=TakeState.FAILED, error=error.message)
            self._studio.emit(TakeChanged(take))
        if self._reading is not None:
            await self._reading.keep()
        await self._replying.keep(error)

    # --- inside -------------------------------------------------------------------------------------------

    async def _settled(self) -> None:
        """Wait until the turn before this one has stored what was heard of it."""
        if self._previous is not None and not self._previous.done():
            await asyncio.wait([self._previous])

    async def _start_sound(self) -> None:
        await self._settled()
        if self._studio.settings.is_start_sound:
            await self._replying.signal("listening")

    async def _say(self, text: str) -> None:
        async def whole() -> AsyncIterator[str]:
            yield text

        await self._replying.speak(whole(), lambda _delta: None, None)

    def _beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._helpers.append(self._background.create_task(work, name=name))

    async def _from_disk(self, take: Take, engine: SpeechToText) -> Transcript:
        parts = self._studio.parts
        clip = await parts.store.load_take(take.id)
        request = self._hearing_request(is_recording=True)
        return await transcribe(engine, clip, request, parts.make_resampler, self._on_partial)

    async def _transcribed(self, take: Take, transcript: Transcript, label: str, captured: Captured | None) -> None:
        studio, text = self._studio, transcript.text.strip()
        self.stopwatch.transcript_ms = self.stopwatch.ms()
        if not text:
            await self._nothing(take, captured)
            return
        studio.emit(TranscriptReady(self.number, text, take.id))
        noting = self._background.create_task(self._note(take, transcript, label), name="note")
        if self._guard is not None:
            await asyncio.wait([noting])  # what a check is sent is on disk before
        await self._settled()
        try:
            is_sent = await self._send(text, take, label)
        except VoiceAppError:
            await asyncio.wait([noting])  # the words stay with the recording, whatever keeps them from being sent
            raise
        if not is_sent:
            studio.decide(Transcribed(self.number, is_empty=True))
        elif studio.decide(Transcribed(self.number)):
            await self._replying.answer()

    def _hear(self, feed: HearingFeed, *, is_by_ear: bool) -> None:
        """Let the recogniser hear; beside an answer by ear its words may come later than the answer."""
        if is_by_ear:
            self._hearing = self._studio.beside(feed.run(), "hearing")
        else:
            self._beside(feed.run(), "hearing")

    async def _words(self, feed: HearingFeed, take: Take, engine: SpeechToText) -> Transcript:
        try:
            return await feed.finish()
        except FellBehindError:
            return await self._from_disk(take, engine)

    async def _answer_by_ear(self, take: Take, feed: HearingFeed, engine: SpeechToText) -> None:
        """Let the model hear the take itself; what was said is written down beside it."""
        from voiceapp.voice.written_down import WritingDown, answer_by_ear

        await self._settled()
        await self._send("", take, engine.label)
        self._hearing = None  # it goes on, whatever becomes of the answer
        words = self._words(feed, take, engine)
        await answer_by_ear(self.number, self._studio, self._replying, WritingDown(self._studio, words, self._note))

    async def _note(self, take: Take, transcript: Transcript, label: str) -> None:
        """Keep the words with the recording; the conversation has them by itself, so nobody waits for this."""
        studio, text = self._studio, transcript.text.strip()
        tell_gaps(transcript, studio.emit)
        try:
            noted = await studio.parts.store.update_take(
                take.id, state=TakeState.TRANSCRIBED, text=text, engine=label, error="", details=transcript.details
            )
        except VoiceAppError as error:
            studio.emit(Notice(error.message, error.hint, is_problem=True))
        else:
            studio.emit(TakeChanged(noted))

    async def _send(self, text: str, take: Take | None = None, label: str = "", *, with_attached: bool = True) -> bool:
        """Put what the person said or wrote into the conversation, unless a check holds it back."""
        guard = self._guard
        attached = await going_along(self._studio, text, take) if with_attached else ()
        if guard is not None:
            before_ms = self.stopwatch.ms()
            if not await guard.admits(text, take, attached):
                return False
            self.stopwatch.stages["input_check"] = self.stopwatch.ms() - before_ms
        try:
            message = await self._studio.history.add(
                Role.USER, text, turn=self.number, take=take, engine=label, attachments=attached
            )
        except VoiceAppError:
            if take is None:  # what was spoken stays with its take
                give_back(self._studio, text)
            raise
        if self._studio.attached is not None:
            self._studio.attached.went(attached)
        if guard is not None:
            guard.sent(message)
        return True

    async def _nothing(self, take: Take, captured: Captured | None) -> None:
        """There was no speech: said with the level that was seen, and nothing goes to the model."""
        take = await self._studio.parts.store.update_take(take.id, state=TakeState.SILENT)
        self._studio.emit(TakeChanged(take))
        level = captured.level if captured else Level(take.peak_db, take.peak_db)
        self._studio.emit(NothingHeard(self.number, level, captured is not None and captured.is_zero))
        self._studio.decide(Transcribed(self.number, is_empty=True))

    def _hearing_request(self, *, is_recording: bool = False) -> HearingRequest:
        settings = self._studio.settings
        return request_of(settings.hearing, settings.language, settings.vocabulary, is_recording=is_recording)

    def _on_partial(self, text: str) -> None:
        if self._guard is not None:
            self._guard.overhear(text)
        self._studio.emit(PartialTranscript(self.number, text))
