"""A reply that sounds by itself: what the model says is played as it comes, and its words are shown and followed.

The words of such a reply come beside its sound, a little ahead of it. Each piece of sound belongs to the words that had
come before it, so that an interruption cuts the text where the voice was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from gettext import gettext as _

from voiceapp.core.audio import Float32Block
from voiceapp.core.clauses import Clause
from voiceapp.core.conversation import Line
from voiceapp.core.errors import BadAnswer, VoiceAppError
from voiceapp.core.speech import ByEar, SoundDelta, SoundKept
from voiceapp.voice.playback import Playback

RATE_HZ = 24_000
MAX_REPLY_S = 900.0
"""More sound than any answer needs: a service that streams for ever is cut off."""
HEARD_TOKENS_PER_S, SAID_TOKENS_PER_S = 10.0, 20.0
EXPIRY_MARGIN_S = 30.0
"""A sound that is about to be forgotten is not referred to any more."""


def sound_amounts(wish: ByEar, frames: int) -> dict[str, float]:
    """Estimate the tokens of sound that went both ways, for a reply that was cut off."""
    heard_s = wish.take.duration_s if wish.take is not None else 0.0
    return {"audio_in": round(heard_s * HEARD_TOKENS_PER_S), "audio_out": round(frames / RATE_HZ * SAID_TOKENS_PER_S)}


@dataclass(frozen=True)
class KeptSound:
    """A reply's sound at the service; *engine* is the label of who spoke it."""

    id: str
    expires_at_s: float
    engine: str


def with_sounds(lines: Sequence[Line], sounds: Mapping[int, KeptSound], engine: str, now_s: float) -> tuple[Line, ...]:
    """Return *lines* with the sounds that *engine* can still be referred to; the others are told in words."""
    found = (sounds.get(line.message_id) for line in lines)
    valid = (k if k and k.engine == engine and now_s < k.expires_at_s - EXPIRY_MARGIN_S else None for k in found)
    return tuple(replace(line, sound_id=k.id) if k else line for line, k in zip(lines, valid, strict=True))


class SoundingReply:
    """Plays a reply while it comes. The text is never held back by the sound.

    :meth:`sound` is given the sound by whoever reads the model's parts, in order with the text of :meth:`run`. Where
    the text breaks off, the sound that has come is heard to its end; then the error is raised.

    Attributes:
        kept: under which name the service keeps the sound.
        is_silent: no sound came at all.
    """

    def __init__(self, playback: Playback) -> None:
        self.kept: SoundKept | None = None
        self.is_silent = True
        self._playback = playback
        self._pieces: asyncio.Queue[tuple[Clause, Float32Block] | None] = asyncio.Queue()
        self._clause = Clause(" ", 0, 0)
        self._words: list[str] = []
        self._end = 0
        self._frames = 0
        self._error: VoiceAppError | None = None

    def sound(self, part: SoundDelta | SoundKept) -> None:
        """Take the next piece of sound, or the name of all of it. Never waits."""
        if isinstance(part, SoundKept):
            self.kept = part
            return
        self.is_silent = False
        self._frames += len(part.sound)
        if self._frames > MAX_REPLY_S * RATE_HZ:
            raise BadAnswer(_("The speech service sent sound without end."))
        if self._words:
            self._clause = Clause("".join(self._words), self._clause.end, self._end)
            self._words.clear()
        self._pieces.put_nowait((self._clause, part.sound))

    def keep(self, sounds: dict[int, KeptSound], message_id: int, engine: str) -> None:
        """Remember in *sounds* under which name the service keeps the reply *message_id*, heard to its end."""
        if self.kept is not None:
            sounds[message_id] = KeptSound(self.kept.id, self.kept.expires_at_s, engine)

    async def run(self, deltas: AsyncIterator[str], on_delta: Callable[[str], None]) -> None:
        """Play until the last word was heard. Cancelling this is a barge-in."""
        async with asyncio.TaskGroup() as scope:
            scope.create_task(self._play(), name="play")
            scope.create_task(self._read(deltas, on_delta), name="chat")
        if self._error is not None:
            raise self._error

    async def _read(self, deltas: AsyncIterator[str], on_delta: Callable[[str], None]) -> None:
        try:
            async for delta in deltas:
                on_delta(delta)
                self._words.append(delta)
                self._end += len(delta)
        except VoiceAppError as error:
            self._error = self._error or error
        self._pieces.put_nowait(None)

    async def _play(self) -> None:
        try:
            async with aclosing(self._marked()) as pieces:
                await self._playback.play_marked(pieces, RATE_HZ)
            await self._playback.end()
        except VoiceAppError as error:
            self._error = self._error or error

    async def _marked(self) -> AsyncGenerator[tuple[Clause, Float32Block], None]:
        while (piece := await self._pieces.get()) is not None:
            yield piece
