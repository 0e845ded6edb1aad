"""The answering half of a turn: the model writes, the voice speaks, and what was heard is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.audio import Clip
from voiceapp.core.clauses import Clause
from voiceapp.core.conversation import Message, Role, unheard_words
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.events import Interrupted, MessageChanged, Notice, ReplyDelta, SoundStartedEvent, TurnTimed
from voiceapp.core.speech import ByEar, ChatRequest, SpeechRequest, ToolCall, ToolResult
from voiceapp.core.turn import Finished, SoundStarted
from voiceapp.voice.answer import TOOL_ROUNDS, Reply, SpokenReply, begun, write
from voiceapp.voice.brief import Brief
from voiceapp.voice.guard import Guard
from voiceapp.voice.hosted import HostedWork
from voiceapp.voice.reply_guard import ReplyGuard
from voiceapp.voice.studio import Stopwatch, Studio
from voiceapp.voice.titling import entitle, is_wanted

if TYPE_CHECKING:
    from voiceapp.voice.by_ear import SoundingReply

log = logging.getLogger("voiceapp.voice")

SAVE_S = 0.5
"""How much of a reply's text a crash can cost, in time."""


class Replying:
    """Answers one turn. Cancelling :meth:`answer` is a barge-in; :meth:`keep` then stores what was heard."""

    def __init__(
        self, turn: int, studio: Studio, stopwatch: Stopwatch, guard: Guard | None = None, *, is_aloud: bool
    ) -> None:
        self.message: Message | None = None
        self._turn = turn
        self._studio = studio
        self._stopwatch = stopwatch
        self._guard = guard
        self._is_aloud = is_aloud
        self._hosted = HostedWork(turn, studio.history, studio.hosted, studio.emit, studio.now)
        self._reply = Reply(on_hosted=self._hosted.take)
        self._cut: tuple[int, float] | None = None

    async def warm(self) -> None:
        """While the person still talks: open what the answer will need."""
        engines = self._studio.engines
        try:
            if self._guard is not None:
                self._studio.beside(self._guard.warm(), "warm-check")
            if self._is_aloud and engines.is_by_ear:
                await asyncio.gather(engines.chat.warm(), self._studio.playback.warm())
            elif self._is_aloud:
                await asyncio.gather(engines.chat.warm(), engines.speech.warm(), self._studio.playback.warm())
            else:
                await engines.chat.warm()
        except VoiceAppError as error:
            log.warning("warming up failed: %s", error.message)  # the turn itself will tell, if it still fails

    async def signal(self, name: str) -> None:
        """Play the short sound called *name*; without a loudspeaker the turn goes on without it."""
        clip = await asyncio.to_thread(self._studio.parts.signal, name)
        if clip is None:
            return
        try:
            await self._studio.playback.begin()
            await self._studio.playback.play_clip(clip)
            await self._studio.playback.end()
        except VoiceAppError as error:
            log.warning("no signal sound: %s", error.message)

    async def is_taken_back(self) -> bool:
        """Take a reply back that failed before its first word; False where something of it was seen or heard."""
        if self._reply.text or self._studio.playback.is_begun:
            return False
        if self.message is not None:
            await self.keep(None)
            self.message = None
        return True

    async def answer(self, brief: Brief | None = None, take: Clip | None = None, *, is_by_ear: bool = True) -> None:
        """Let the model answer the conversation as it stands; spoken where wanted.

        *brief*: a special task; *take*: what the person said, for a model that hears it itself; *is_by_ear*: such a
        model may be asked.
        """
        studio = self._studio
        asked = studio.history.last(Role.USER)
        brief = brief or (studio.instead(asked.text) if asked is not None else None)
        chat = (brief and brief.chat) or studio.engines.chat
        ear = self._ear(take) if is_by_ear and not brief else None
        sounding = self._sounding() if ear is not None and self._is_aloud else None
        request = await self._request(brief, chat.label, ear)
        placed = asyncio.get_running_loop().create_future()

        async def run_tool(call: ToolCall) -> ToolResult:
            return await studio.run_tool(self._turn, await placed, call)

        stopped_at: Clause | None = None
        async with (
            aclosing(write(chat, request, self._reply, run_tool)) as written,
            asyncio.TaskGroup() as scope,
        ):
            deltas = begun(written, scope)  # the model starts while the reply gets its place
            self.message = await studio.history.add(
                Role.ASSISTANT, "", turn=self._turn, engine=chat.label, is_complete=False
            )
            studio.account.belongs_to(self.message)
            self._hosted.belongs_to(self.message.id)
            placed.set_result(self.message.id)
            saving = scope.create_task(self._keep_saving(self.message.id), name="save")
            if self._is_aloud:
                stopped_at = await self.speak(deltas, self._on_delta, self.message.id, sounding)
            else:
                async for delta in deltas:
                    self._on_delta(delta)
            saving.cancel()
        await self._hosted.keep()
        text = brief.finished(self._reply.text) if brief else self._reply.text
        message = await self._complete(text, stopped_at.start if stopped_at else None)
        if sounding is not None:
            sounding.keep(studio.sounds, message.id, chat.label)
        if is_wanted(studio):
            studio.beside(entitle(studio), "title")

    async def _complete(self, text: str, heard_chars: int | None) -> Message:
        """Store the reply, whole now, and tell how it went. Raises StoreError."""
        studio, timings = self._studio, self._stopwatch.timings()
        assert self.message is not None
        message = await studio.history.complete(
            self.message.id, text, turn=self._turn, heard_chars=heard_chars, timings=timings
        )
        self.message = None  # nothing left to keep
        if self._guard is not None and not self._is_aloud:
            self._guard.written(message)
        if self._reply.is_bounded:
            studio.emit(Notice(_("The model called tools {n} times; then it had to answer.").format(n=TOOL_ROUNDS)))
        studio.emit(TurnTimed(self._turn, timings, self._stopwatch.stages))
        studio.decide(Finished(self._turn))
        return message

    async def _request(self, brief: Brief | None, engine: str, ear: ByEar | None) -> ChatRequest:
        studio = self._studio
        instructions = studio.settings.instructions or studio.parts.instructions
        lines = studio.history.lines()
        if studio.attached is not None:
            lines = await studio.attached.shown(lines)
        if ear is not None:
            from voiceapp.voice.by_ear import with_sounds

            lines = with_sounds(lines, studio.sounds, engine, studio.parts.wall())
        return ChatRequest(
            instructions=f"{instructions}\n\n{brief.instructions}" if brief else instructions,
            lines=lines,
            tools=() if brief else studio.tools,
            conversation_key=f"voiceapp-{studio.history.conversation_id}",
            hosted=None if brief else studio.hosted.choice(studio.history.conversation_id),
            by_ear=ear,
        )

    async def speak(
        self,
        deltas: AsyncIterator[str],
        on_delta: Callable[[str], None],
        message_id: int | None,
        sounding: SoundingReply | None = None,
        *,
        from_char: int = 0,
    ) -> Clause | None:
        """Speak *deltas* as they come, until the last word was heard; of a message only what a check lets pass.

        *sounding*: plays the sound that comes with them; where none came, they are spoken after all. *from_char*: as
        :class:`SpokenReply`.
        Returns the clause at which a check ended the speaking, None where everything was spoken.
        """
        settings, playback = self._studio.settings, self._studio.playback
        try:
            await playback.begin()
        except VoiceAppError:
            async for delta in deltas:  # no loudspeaker costs the sound, not the text
                on_delta(delta)
            raise
        if sounding is not None:
            async with playback.reporting(message_id, self.on_sound):
                await sounding.run(deltas, on_delta)
            if not (sounding.is_silent and self._reply.text.strip()):
                return None
            deltas, on_delta = _whole(self._reply.text), lambda _delta: None
        gate = self._gate(message_id)
        spoken = SpokenReply(
            self._studio.engines.speech,
            SpeechRequest("", settings.voice, settings.speed, settings.language, settings.voice_style),
            self._studio.parts.rules_for(settings.language),
            playback,
            gate,
            from_char,
        )
        try:
            async with playback.reporting(message_id, self.on_sound):
                await spoken.run(deltas, on_delta)
        finally:
            if gate is not None:
                gate.close()
                self._stopwatch.stages["reply_check"] = 1000.0 * spoken.held_s
        return spoken.stopped_at

    def _ear(self, take: Clip | None) -> ByEar | None:
        """Return how a model that hears and speaks by itself is asked; None for others, and where words are checked."""
        settings = self._studio.settings
        if not self._studio.engines.is_by_ear or self._guard is not None:
            return None
        return ByEar(take, self._is_aloud, settings.voice, settings.voice_style)

    def _sounding(self) -> SoundingReply:
        """Return what plays a reply that sounds by itself; it is imported only for one."""
        from voiceapp.voice.by_ear import SoundingReply

        sounding = SoundingReply(self._studio.playback)
        self._reply.on_sound = sounding.sound
        return sounding

    def _gate(self, message_id: int | None) -> ReplyGuard | None:
        """What checks a message's clauses; the program's own sentences are not checked."""
        return self._guard.reply(message_id) if self._guard is not None and message_id is not None else None

    def on_sound(self, at_s: float) -> None:
        """The first sample went out at *at_s*."""
        self._stopwatch.first_sound_ms = self._stopwatch.ms(at_s)
        self._studio.emit(SoundStartedEvent(self._turn))
        self._studio.decide(SoundStarted(self._turn))

    def cut(self) -> None:
        """Silence now; what was heard until now is what the conversation keeps."""
        playback = self._studio.playback
        playback.silence()
        self._cut = (playback.heard(self._reply.text), playback.heard_s())

    async def keep(self, error: VoiceAppError | None) -> None:
        """The reply was cut off, by the person or by *error*: store what was written and what was heard.

        Where a fault left a part unheard, that part counts as not said; an answer whose voice never began is one in
        writing, read on the page.
        """
        message, studio, text = self.message, self._studio, self._reply.text
        if message is None:
            return
        self._hosted.stop()
        if not text.strip():
            await studio.history.remove(message.id)
            empty = Message(message.id, message.conversation_id, Role.ASSISTANT, "", message.created_at)
            studio.emit(MessageChanged(empty, self._turn))
            return
        if error is not None and self._is_aloud:
            self.cut()
            self._cut = self._cut if self._cut and self._cut[0] and unheard_words(text, self._cut[0]) else None
        heard, at_s = self._cut if self._cut and self._is_aloud else (None, 0.0)
        timings = self._stopwatch.timings()
        await studio.history.complete(
            message.id, text, turn=self._turn, heard_chars=heard, timings=timings, is_complete=bool(self._reply.finish)
        )
        if heard is not None and error is None:
            studio.emit(Interrupted(message.id, self._turn, at_s, unheard_words(text, heard)))
        await self._hosted.keep()  # last: what was heard matters more than where it came from

    def _on_delta(self, delta: str) -> None:
        assert self.message is not None
        if self._stopwatch.first_token_ms is None:
            self._stopwatch.first_token_ms = self._stopwatch.ms()
        self._studio.emit(ReplyDelta(self.message.id, self._turn, delta))

    async def _keep_saving(self, message_id: int) -> None:
        """Put the growing text into the store, so that a crash costs :data:`SAVE_S` of it."""
        saved_chars = 0
        while True:
            await asyncio.sleep(SAVE_S)
            if len(self._reply.text) > saved_chars:
                saved_chars = len(self._reply.text)
                await self._studio.history.save_text(message_id, self._reply.text)
            if self._hosted.has_news:
                await self._hosted.keep()


async def _whole(text: str) -> AsyncIterator[str]:
    yield text
