"""An answer by ear: the model hears the take itself, while what was said is written down beside it.

The words are for the conversation and for what comes after; where they cannot be had, nothing is lost but them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

from voiceapp.core.audio import Clip
from voiceapp.core.conversation import Role, Take, title_of
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.problems import leading
from voiceapp.core.speech import Transcript
from voiceapp.core.turn import Transcribed

if TYPE_CHECKING:
    from voiceapp.voice.replying import Replying
    from voiceapp.voice.studio import Studio

log = logging.getLogger("voiceapp.voice")

LATE_S = 5.0
"""How long a turn waits, after its answer, for the words of its question."""


class WritingDown:
    """The person's last message, getting its words. It goes on when the turn is interrupted."""

    def __init__(
        self,
        studio: Studio,
        words: Coroutine[Any, Any, Transcript],
        note: Callable[[Take, Transcript, str], Awaitable[None]],
    ) -> None:
        message = studio.history.last(Role.USER)
        assert message is not None
        self._message = message
        self._studio = studio
        self._note = note
        self._transcript: asyncio.Future[Transcript | None] = asyncio.get_running_loop().create_future()
        studio.beside(self._write(words), "words")

    async def words(self) -> str:
        """Return what was said; "" where that is not known."""
        transcript = await asyncio.shield(self._transcript)
        return transcript.text.strip() if transcript is not None else ""

    @property
    def take_id(self) -> int | None:
        """The recording that is written down."""
        return self._message.take_id

    async def settled(self) -> None:
        """Wait a little for the words."""
        await asyncio.wait([self._transcript], timeout=LATE_S)

    async def _write(self, words: Coroutine[Any, Any, Transcript]) -> None:
        transcript: Transcript | None = None
        try:
            transcript = await words
            await self._keep(transcript)
        except Exception as fault:
            error = unexpected(fault)
            log.info("what was said could not be written down: %s", error.message)
            sentence = _("The answer is there, but your words could not be written down.")
            self._studio.emit(Notice(sentence, error.message))
        finally:
            if not self._transcript.done():
                self._transcript.set_result(transcript)

    async def _keep(self, transcript: Transcript) -> None:
        message, history, store = self._message, self._studio.history, self._studio.parts.store
        text = transcript.text.strip()
        if not text:
            return
        await history.complete(message.id, text, turn=0)
        if message.take_id is not None:
            take = await store.take(message.take_id)
            await self._note(take, transcript, transcript.engine or message.engine)
        head = (await store.conversation(message.conversation_id)).head
        if not head.title:
            await history.rename(message.conversation_id, title_of(text))


async def answer_by_ear(turn: int, studio: Studio, replying: Replying, writing: WritingDown) -> None:
    """Answer a take by ear; where that fails before it began and somebody else may answer, by its words."""
    assert writing.take_id is not None
    take = await studio.parts.store.load_take(writing.take_id)
    if studio.decide(Transcribed(turn)):
        if studio.may_be_instead():
            await writing.settled()  # a word about what is before the person does not reach the model
        await _by_ear_or_words(studio, replying, take, writing)
    await writing.settled()


async def _by_ear_or_words(studio: Studio, replying: Replying, take: Clip, writing: WritingDown) -> None:
    try:
        await replying.answer(take=take)
    except Exception as fault:
        error = leading(fault)
        if not studio.settings.fallbacks or not isinstance(error, VoiceAppError) or not await replying.is_taken_back():
            raise
        log.info("not answered by ear: %s", error.message)
        if not await writing.words():
            raise
        await replying.answer(is_by_ear=False)
