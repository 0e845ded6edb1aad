"""A take: microphone to disk first, then to the recogniser, the detector and the meter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from voiceapp.core.audio import Float32Block, Level, level_of
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import AudioFlowing, Event, InputLevel, TakeChanged
from voiceapp.ports import Resampler, Store, TakeWriter
from voiceapp.voice.hearing import HearingFeed
from voiceapp.voice.microphone import Microphone, OpenMicrophone
from voiceapp.voice.speech_finder import VAD_HZ, SpeechFinder

LEVEL_S = 1 / 30


@dataclass(frozen=True)
class Captured:
    """What a take held besides its samples. *is_zero*: the microphone gave nothing but zeros."""

    take: Take
    level: Level
    is_zero: bool
    has_speech: bool


@dataclass
class Meter:
    """Tells the level about 30 times a second and keeps the loudest."""

    emit: Callable[[Event], None]
    rate_hz: int
    loudest: Level = field(default_factory=Level)
    is_zero: bool = True
    seen_frames: int = 0
    _pending: list[Float32Block] = field(default_factory=list)
    _pending_frames: int = 0

    def push(self, block: Float32Block) -> None:
        """Take the next block, any length."""
        self.seen_frames += len(block)
        self.is_zero = self.is_zero and not np.any(block)
        self._pending.append(block)
        self._pending_frames += len(block)
        if self._pending_frames >= LEVEL_S * self.rate_hz:
            self.flush()

    def flush(self) -> None:
        """Tell what is pending."""
        if not self._pending:
            return
        level = level_of(np.concatenate(self._pending))
        is_clipped = level.is_clipped or self.loudest.is_clipped
        loudest = max(self.loudest, level, key=lambda one: one.rms_db)
        self.loudest = Level(loudest.rms_db, max(self.loudest.peak_db, level.peak_db), is_clipped)
        self.emit(InputLevel(level, self.is_zero and self.seen_frames >= self.rate_hz))
        self._pending, self._pending_frames = [], 0


class Rates:
    """One stream at several rates."""

    def __init__(self, from_hz: int, to_hz: set[int], make: Callable[[int, int], Resampler]) -> None:
        self._streams = {hz: None if hz == from_hz else make(from_hz, hz) for hz in to_hz}

    def push(self, block: Float32Block) -> dict[int, Float32Block]:
        """Return *block* at each rate; a block may come out empty while a resampler fills."""
        return {hz: stream.push(block) if stream else block for hz, stream in self._streams.items()}

    def finish(self) -> dict[int, Float32Block]:
        """Return the rests that the resamplers hold."""
        return {hz: stream.finish() for hz, stream in self._streams.items() if stream}


class Capture:
    """One take, from key-down to key-up. Cancelling :meth:`run` keeps what was recorded.

    *on_lost* gets why the microphone is gone and whether another one took over. *beside* begins what the turn need
    not wait for, and sees it through.
    """

    def __init__(
        self,
        turn: int,
        store: Store,
        microphone: Microphone,
        make_resampler: Callable[[int, int], Resampler],
        emit: Callable[[Event], None],
        *,
        on_flowing: Callable[[], None],
        on_lost: Callable[[DeviceError, bool], None],
        beside: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._turn = turn
        self._store = store
        self._microphone = microphone
        self._make_resampler = make_resampler
        self._emit = emit
        self._on_flowing = on_flowing
        self._on_lost = on_lost
        self._beside = beside
        self._open: OpenMicrophone | None = None
        self._is_ended = False

    def end(self) -> None:
        """Key up: take no more sound; :meth:`run` returns once what is captured is on disk and passed on."""
        self._is_ended = True
        if self._open is not None:
            self._open.stream.stop()

    async def run(self, feed: HearingFeed | None, finder: SpeechFinder, conversation_id: int | None) -> Captured:
        """Record until :meth:`end` or the sound ends by itself.

        Raises DeviceError (nothing was recorded), DiskFull, StoreError (what was written is kept).
        """
        self._open = await self._microphone.open()
        state = TakeState.CANCELLED
        try:
            rate_hz = self._open.stream.rate_hz
            writer = await self._store.begin_take(rate_hz, conversation_id)
            self._emit(TakeChanged(writer.take))
            meter = Meter(self._emit, rate_hz)
            try:
                await self._record(writer, meter, feed, finder)
                state = TakeState.RECORDED
                if feed is not None and finder.is_found:
                    feed.end()  # every sample is on disk: the words need not wait until the file is closed
            except DeviceError:
                state = TakeState.RECORDED
            finally:
                self._emit(InputLevel(Level()))
                take = await asyncio.to_thread(writer.finish, state)
                self._emit(TakeChanged(take))
        except BaseException:
            await self._microphone.done(self._open)
            raise
        self._beside(self._microphone.done(self._open))  # the words need not wait for the device
        await asyncio.sleep(0)  # it has begun, so it closes whatever happens to the turn
        return Captured(take, meter.loudest, meter.is_zero, finder.is_found)

    async def _record(self, writer: TakeWriter, meter: Meter, feed: HearingFeed | None, finder: SpeechFinder) -> None:
        rate_hz = writer.take.rate_hz or meter.rate_hz
        rates = Rates(rate_hz, {VAD_HZ} | ({feed.rate_hz} if feed else set()), self._make_resampler)
        async for block in self._blocks(rate_hz):
            await asyncio.to_thread(writer.write, block)  # on disk before it goes anywhere
            meter.push(block)
            converted = rates.push(block)
            if feed is not None:
                feed.push(converted[feed.rate_hz])
            finder.push(converted[VAD_HZ])
        rests = rates.finish()
        if feed is not None and feed.rate_hz in rests:
            feed.push(rests[feed.rate_hz])
        meter.flush()

    async def _blocks(self, take_hz: int) -> AsyncIterator[Float32Block]:
        """Yield the take's sound at *take_hz*; a lost microphone is replaced by the default, and the take goes on."""
        is_flowing = False
        while (microphone := self._open) is not None:
            rate_hz = microphone.stream.rate_hz
            bridge = None if rate_hz == take_hz else self._make_resampler(rate_hz, take_hz)
            if self._is_ended:
                microphone.stream.stop()
            try:
                for block in microphone.preroll:
                    yield bridge.push(block) if bridge else block
                async for block in microphone.stream:
                    if not is_flowing:
                        is_flowing = True
                        self._emit(AudioFlowing(self._turn, microphone.preroll_ms))
                        self._on_flowing()
                    yield bridge.push(block) if bridge else block
                return
            except DeviceError as error:
                if self._is_ended:
                    return
                await self._replace(microphone, error)

    async def _replace(self, lost: OpenMicrophone, error: DeviceError) -> None:
        """Open the default after a loss; raises DeviceError where there is none: the take ends with what it has."""
        await self._microphone.done(lost)
        self._microphone.fall_back()
        try:
            self._open = await self._microphone.open()
        except DeviceError:
            self._on_lost(error, False)
            raise
        self._on_lost(error, True)
