"""An utterance on its way to the recogniser, decoupled from the recording: whatever happens here, the take goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from gettext import gettext as _

from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.events import Event, Notice
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.ports import Resampler, SpeechToText

BACKLOG_S = 30.0
"""How far a live recogniser may fall behind before it is given up; the take is then transcribed from the disk."""

PIECE_S = 0.1


class FellBehindError(Exception):
    """The recogniser could not keep up while the person spoke."""


class HearingFeed:
    """Feeds blocks to one ``Hearing`` in order. :meth:`push` never waits; :meth:`run` lives in the turn's scope."""

    def __init__(
        self,
        engine: SpeechToText,
        request: HearingRequest,
        on_partial: Callable[[str], None] | None = None,
    ) -> None:
        self._engine = engine
        self._request = request
        self._on_partial = on_partial
        self._blocks: asyncio.Queue[Float32Block | None] = asyncio.Queue()
        self._backlog_frames = 0
        self._is_ended = False
        self._result: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()

    @property
    def rate_hz(self) -> int:
        """What :meth:`push` expects."""
        return self._engine.rate_hz

    def push(self, block: Float32Block) -> None:
        """Queue *block*; beyond :data:`BACKLOG_S` the feed gives up instead of growing."""
        if self._result.done():
            return
        self._backlog_frames += len(block)
        if self._backlog_frames > BACKLOG_S * self.rate_hz:
            self._fail(FellBehindError())
            return
        self._blocks.put_nowait(block)

    async def run(self) -> None:
        """Do the work. Raises nothing but cancellation: an engine's error waits for :meth:`finish`."""
        try:
            async with self._engine.hear(self._request, self._on_partial) as hearing:
                while (block := await self._blocks.get()) is not None:
                    await hearing.push(block)
                    self._backlog_frames -= len(block)
                if self._result.done():
                    return  # it fell behind and was given up: the take is transcribed from the disk, once
                transcript = await hearing.finish()
            if not self._result.done():
                self._result.set_result(transcript)
        except Exception as error:
            self._fail(error)

    def end(self) -> None:
        """No more blocks follow: the engine may finish. Again does nothing."""
        if not self._is_ended:
            self._is_ended = True
            self._blocks.put_nowait(None)

    async def finish(self) -> Transcript:
        """Return the words of all that was pushed. Raises what the engine raised, or FellBehindError."""
        self.end()
        return await self._result

    def _fail(self, error: Exception) -> None:
        if not self._result.done():
            self._result.set_exception(error)
            self._result.exception()  # seen: a take that nobody sends must not complain


def tell_gaps(transcript: Transcript, emit: Callable[[Event], None]) -> None:
    """Say what of a recording could not be turned into words, and why."""
    for gap in transcript.gaps:
        emit(Notice(f"{gap.words} {gap.reason}", _("The recording is kept. Try again."), is_problem=True))


async def transcribe(
    engine: SpeechToText,
    clip: Clip,
    request: HearingRequest,
    make_resampler: Callable[[int, int], Resampler],
    on_partial: Callable[[str], None] | None = None,
) -> Transcript:
    """Turn a finished recording into words, with the engine's own back-pressure."""
    resampler = None if clip.rate_hz == engine.rate_hz else make_resampler(clip.rate_hz, engine.rate_hz)
    size = max(1, int(PIECE_S * clip.rate_hz))
    async with engine.hear(request, on_partial) as hearing:
        for start in range(0, len(clip.samples), size):
            piece = clip.samples[start : start + size]
            piece = resampler.push(piece) if resampler else piece
            if len(piece):
                await hearing.push(piece)
            await asyncio.sleep(0)  # an hour is encoded in seconds, and others want the loop meanwhile
        if resampler is not None and len(rest := resampler.finish()):
            await hearing.push(rest)
        return await hearing.finish()
