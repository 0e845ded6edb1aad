"""A message that is written already is spoken: all of it again, or what was not heard of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from voiceapp.core.events import PlaybackChanged
from voiceapp.core.settings import Job
from voiceapp.core.usage import spoken_amounts

if TYPE_CHECKING:
    from voiceapp.core.conversation import Message
    from voiceapp.voice.replying import Replying
    from voiceapp.voice.studio import Studio


class ReadingAloud:
    """Speaks *message*. Of a message that was cut off before, what is heard now counts as heard.

    Cancelling :meth:`run` is silence; where it was cancelled or failed, :meth:`keep` stores how far it came.
    """

    def __init__(self, turn: int, studio: Studio, replying: Replying, message: Message, *, is_rest: bool) -> None:
        self._message = message
        self._turn = turn
        self._studio = studio
        self._replying = replying
        self._from_char = (message.heard_chars or 0) if is_rest else 0

    async def run(self) -> None:
        """Speak until the last word was heard."""
        message, studio = self._message, self._studio
        words = message.text[self._from_char :]
        studio.account.belongs_to(message)
        studio.account.announce(Job.SPEECH, spoken_amounts(words), characters=len(words))
        studio.emit(PlaybackChanged(message_id=message.id))
        try:
            stopped_at = await self._replying.speak(
                _whole(message.text), lambda _delta: None, message.id, from_char=self._from_char
            )
        finally:
            studio.emit(PlaybackChanged())
        await self._heard(stopped_at.start if stopped_at else len(message.text))

    async def keep(self) -> None:
        """It ended early: what was heard until then counts."""
        await self._heard(self._studio.playback.heard(self._message.text))

    async def _heard(self, chars: int) -> None:
        before = self._message.heard_chars
        if before is not None and chars > before:
            self._message = await self._studio.history.complete(
                self._message.id,
                self._message.text,
                turn=self._turn,
                heard_chars=chars,
                is_complete=self._message.is_complete,
            )


async def _whole(text: str) -> AsyncIterator[str]:
    yield text
