"""One continuous output: clauses one after another, what of them was heard, and silence at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from voiceapp.core.audio import Clip, Float32Block, Level
from voiceapp.core.clauses import Clause, heard_chars
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Event, OutputLevel, SpokenProgress
from voiceapp.ports import AudioDevices, Loudspeaker, Resampler

TICK_S = 1 / 30
"""How often level and progress are told: as often as the window paints them."""


@dataclass
class Span:
    """A clause's place in the output.

    *frames* grows while it is queued; *is_whole* once all of it is; *is_broken* where no more of it will come.
    """

    clause: Clause
    start_frame: int
    frames: int = 0
    is_whole: bool = False
    is_broken: bool = False


class _Stream:
    """A clause's sound on its way to the output, whose rate may change when another takes over."""

    def __init__(self, from_hz: int, make_resampler: Callable[[int, int], Resampler]) -> None:
        self._from_hz = self._to_hz = from_hz
        self._make_resampler = make_resampler
        self._resampler: Resampler | None = None

    def push(self, block: Float32Block, to_hz: int) -> Float32Block:
        """Return *block* at *to_hz*."""
        if to_hz != self._to_hz:
            self._to_hz = to_hz
            self._resampler = None if to_hz == self._from_hz else self._make_resampler(self._from_hz, to_hz)
        return self._resampler.push(block) if self._resampler else block

    def finish(self) -> Float32Block:
        """Return what is still held."""
        return self._resampler.finish() if self._resampler else np.zeros(0, dtype=np.float32)


class Playback:
    """Owns the loudspeaker. All methods on the voice loop; only :meth:`silence` must be instant."""

    def __init__(
        self,
        devices: AudioDevices,
        make_resampler: Callable[[int, int], Resampler],
        emit: Callable[[Event], None],
    ) -> None:
        self._devices = devices
        self._make_resampler = make_resampler
        self._emit = emit
        self._name = ""
        self._speaker: Loudspeaker | None = None
        self._spans: list[Span] = []
        self._queued_frames = 0
        self._base_frames = 0
        self._lost: Callable[[], None] = lambda: None
        self._is_other = False

    def use(self, name: str, on_lost: Callable[[], None]) -> None:
        """Choose the output by name ("" = default); *on_lost* is told when it vanishes.

        What is sounding is heard to its end where it began: a device closed under a reply would cut a piece out.
        """
        self._name, self._lost = name, on_lost
        self._is_other = True

    async def warm(self) -> Loudspeaker:
        """Before a turn's sound: open the chosen output so that the first sample is not late. Raises DeviceError."""
        if self._is_other:
            self._is_other = False
            await self.switch()
        return await self.prepare()

    async def prepare(self) -> Loudspeaker:
        """Have the output in use open. Raises DeviceError."""
        if self._speaker is None:
            self._speaker = self._devices.loudspeaker(self._name)
        await self._speaker.prepare()
        return self._speaker

    async def switch(self) -> None:
        """Let go of the output in use; the next sound opens the chosen one."""
        speaker, self._speaker = self._speaker, None
        if speaker is not None:
            await speaker.close()

    async def begin(self) -> None:
        """Start a turn's sound: earlier spans are forgotten, at once."""
        self._spans, self._queued_frames = [], 0
        speaker = await self.warm()
        self._base_frames = speaker.played_frames

    @property
    def is_begun(self) -> bool:
        """Whether any sound of the turn was queued."""
        return self._queued_frames > 0

    async def play_clause(self, clause: Clause, blocks: AsyncIterator[Float32Block], rate_hz: int) -> None:
        """Queue *clause*'s sound as it arrives; back-pressure by the loudspeaker."""
        await self._ready()
        span, stream = Span(clause, self._queued_frames), _Stream(rate_hz, self._make_resampler)
        self._spans.append(span)
        async for block in blocks:
            await self._put(span, stream, block)
        await self._put(span, stream, None)
        span.is_whole = True

    def broke_off(self, clause: Clause) -> None:
        """The sound of *clause*, the last one, ended before its time: how much of its words was heard is not known."""
        if self._spans and self._spans[-1].clause is clause:
            self._spans[-1].is_broken = True

    async def play_marked(self, pieces: AsyncIterator[tuple[Clause, Float32Block]], rate_hz: int) -> None:
        """Queue one unbroken sound whose *pieces* each belong to a clause; the next clause ends the one before."""
        await self._ready()
        span, stream = Span(Clause(" ", 0, 0), self._queued_frames), _Stream(rate_hz, self._make_resampler)
        async for clause, block in pieces:
            if span.clause is not clause:
                span.is_whole = True
                span = Span(clause, self._queued_frames)
                self._spans.append(span)
            await self._put(span, stream, block)
        await self._put(span, stream, None)
        span.is_whole = True

    async def play_clip(self, clip: Clip) -> None:
        """Queue a recording or a signal sound; it belongs to no clause."""

        async def pieces() -> AsyncIterator[Float32Block]:
            size = clip.rate_hz // 10
            for start in range(0, len(clip.samples), size):
                yield clip.samples[start : start + size]

        await self.play_clause(Clause(text=" ", start=0, end=0), pieces(), clip.rate_hz)

    async def end(self) -> None:
        """No more clauses follow: wait until all was heard."""
        if self._speaker is not None and self._queued_frames:
            self._speaker.finish()
            try:
                await self._speaker.drained()
            except DeviceError:  # a last moment was not heard; that is no reason to fail what was said
                self._name = ""
                await self.switch()
                self._lost()

    def silence(self) -> None:
        """Silence now; :meth:`heard` stays at what was heard."""
        if self._speaker is not None:
            self._speaker.discard()

    def heard_s(self) -> float:
        """Seconds of the turn's sound that were heard."""
        return self._heard_frames() / self._speaker.rate_hz if self._speaker else 0.0

    def heard(self, text: str) -> int:
        """Return how many characters of *text*, the reply's Markdown, were heard."""
        heard = self._heard_frames()
        chars = 0
        for span in self._spans:
            if heard <= span.start_frame or span.is_broken:
                break
            if span.is_whole and heard >= span.start_frame + span.frames:
                chars = span.clause.end
                continue
            share = (heard - span.start_frame) / max(span.frames, 1)
            return max(chars, heard_chars(span.clause, min(share, 1.0), text))
        return chars

    @asynccontextmanager
    async def reporting(self, message_id: int | None, on_sound: Callable[[float], None]) -> AsyncIterator[None]:
        """Tell level and progress while the context lasts; *on_sound* gets the time of the turn's first sample."""
        task = asyncio.create_task(self._report(message_id, on_sound), name="playback-report")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._emit(OutputLevel(Level()))

    async def close(self) -> None:
        """Release the output."""
        await self.switch()

    # --- inside -------------------------------------------------------------------------------------------

    def _heard_frames(self) -> int:
        played = self._speaker.played_frames if self._speaker is not None else 0
        return max(0, min(self._queued_frames, played - self._base_frames))

    async def _ready(self) -> Loudspeaker:
        """Have an output open, the default where the one in use vanished meanwhile. Raises DeviceError."""
        try:
            return await self.prepare()
        except DeviceError:
            return await self._fall_back()

    async def _put(self, span: Span, stream: _Stream, block: Float32Block | None) -> None:
        """Queue *block*, or what *stream* still holds where it is None."""
        speaker = await self._ready()
        sound = stream.finish() if block is None else stream.push(block, speaker.rate_hz)
        if not len(sound):
            return
        span.frames += len(sound)
        self._queued_frames += len(sound)
        try:
            await speaker.play(sound)
        except DeviceError:
            other = await self._fall_back(len(sound))
            if other.rate_hz != speaker.rate_hz:
                sound = self._make_resampler(speaker.rate_hz, other.rate_hz).push(sound)
            await other.play(sound)

    async def _fall_back(self, unheard_frames: int = 0) -> Loudspeaker:
        """The output vanished: go on at once on the default, told; raises DeviceError when there is none.

        The last *unheard_frames* of what was queued are still to be played.
        """
        heard, lost_hz = self._heard_frames(), self._speaker.rate_hz if self._speaker else 0
        heard = min(heard, self._queued_frames - unheard_frames)
        self._name = ""
        await self.switch()
        self._base_frames = -heard  # what was heard stays known, whether there is another output or not
        speaker = await self.prepare()
        if lost_hz and lost_hz != speaker.rate_hz:
            ratio = speaker.rate_hz / lost_hz
            heard, self._queued_frames = round(heard * ratio), round(self._queued_frames * ratio)
            for span in self._spans:
                span.start_frame, span.frames = round(span.start_frame * ratio), round(span.frames * ratio)
        self._base_frames = speaker.played_frames - heard
        self._lost()
        return speaker

    async def _report(self, message_id: int | None, on_sound: Callable[[float], None]) -> None:
        is_heard, last = False, (-1, -1)
        while True:
            speaker = self._speaker
            if speaker is not None and self._queued_frames:
                if not is_heard and speaker.first_sound_at is not None and self._heard_frames() > 0:
                    is_heard = True
                    on_sound(speaker.first_sound_at)
                self._emit(OutputLevel(speaker.level()))
                now = self._clause_now()
                if message_id is not None and now is not None and now != last and now[1] > now[0]:
                    last = now
                    self._emit(SpokenProgress(message_id, *now))
            await asyncio.sleep(TICK_S if is_heard else TICK_S / 4)

    def _clause_now(self) -> tuple[int, int] | None:
        heard = self._heard_frames()
        for span in reversed(self._spans):
            if heard >= span.start_frame and span.frames:
                return span.clause.start, span.clause.end
        return None
