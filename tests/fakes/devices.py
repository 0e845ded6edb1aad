"""Sound hardware on the loop's clock: what the microphone gives and what the loudspeaker played, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

import numpy as np

from voiceapp.core.audio import Float32Block, Level, level_of
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Devices

BLOCK_S = 0.02
QUEUE_S = 0.25


def _now_s() -> float:
    return asyncio.get_running_loop().time()


class FakeMicrophone:
    """Gives *sound*, then silence, in 20 ms blocks as time passes.

    Args:
        vanish_after_s: seconds after opening at which the device is pulled out; None = never.
    """

    def __init__(
        self,
        sound: Float32Block,
        rate_hz: int = 16_000,
        device: str = "Fake microphone",
        vanish_after_s: float | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.device = device
        self.is_closed = False
        self.opened_at_s = _now_s()
        self._block_frames = round(BLOCK_S * rate_hz)
        self._sound = sound
        self._given = 0
        self._vanish_at_s = None if vanish_after_s is None else self.opened_at_s + vanish_after_s
        self._last_block: int | None = None
        self._changed = asyncio.Event()

    def say(self, sound: Float32Block) -> None:
        """Let *sound* be heard from now on (after what is still being said)."""
        begin = max(self._captured() * self._block_frames, len(self._sound))
        silence = np.zeros(begin - len(self._sound), dtype=np.float32)
        self._sound = np.concatenate([self._sound, silence, sound])

    def vanish(self) -> None:
        """Pull the device out now."""
        self._vanish_at_s = _now_s()
        self._changed.set()

    async def __aiter__(self) -> AsyncIterator[Float32Block]:
        """As MicrophoneStream."""
        while self._last_block is None or self._given < self._last_block:
            if self._given < self._captured():
                start = self._given * self._block_frames
                self._given += 1
                block = self._sound[start : start + self._block_frames]
                yield np.pad(block, (0, self._block_frames - len(block)))
                continue
            if self._last_block is None and self._is_gone():
                raise DeviceError("The microphone is gone.", detail=self.device)
            await self._wait_for_block()

    @property
    def dropped_frames(self) -> int:
        """As MicrophoneStream: a fake loses nothing."""
        return 0

    def stop(self) -> None:
        """As MicrophoneStream."""
        if self._last_block is None:
            self._last_block = self._captured()
            self._changed.set()

    async def close(self) -> None:
        """As MicrophoneStream."""
        self.stop()
        self.is_closed = True

    def _captured(self) -> int:
        """Blocks captured so far."""
        until_s = _now_s() if self._vanish_at_s is None else min(_now_s(), self._vanish_at_s)
        blocks = int((until_s - self.opened_at_s) / BLOCK_S + 1e-6)
        return blocks if self._last_block is None else min(blocks, self._last_block)

    def _is_gone(self) -> bool:
        return self._vanish_at_s is not None and _now_s() >= self._vanish_at_s - 1e-9

    async def _wait_for_block(self) -> None:
        next_s = self.opened_at_s + (self._given + 1) * BLOCK_S
        if self._vanish_at_s is not None:
            next_s = min(next_s, self._vanish_at_s)
        await _wait(self._changed, next_s - _now_s())


@dataclass(frozen=True, eq=False)
class Heard:
    """One block as it left the loudspeaker: the loop's time of its first frame, and its frames."""

    at_s: float
    block: Float32Block


class FakeLoudspeaker:
    """Plays in the loop's time and remembers what was heard.

    Args:
        latency_s: from an empty queue to the first sample.
        vanish_after_frames: heard frames after which the device is pulled out; None = never.
        prepare_s: how long opening takes.
    """

    def __init__(
        self,
        rate_hz: int = 24_000,
        *,
        device: str = "Fake loudspeaker",
        latency_s: float = 0.0,
        vanish_after_frames: int | None = None,
        prepare_s: float = 0.0,
        prepare_error: DeviceError | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.device = device
        self.is_prepared = False
        self.is_closed = False
        self.discards: list[float] = []
        self._played: list[Heard] = []
        self._until_s = float("-inf")
        self._first_sound_at: float | None = None
        self._underruns = 0
        self._is_flowing = False
        self._latency_s = latency_s
        self._vanish_after_frames = vanish_after_frames
        self._prepare_s = prepare_s
        self._prepare_error = prepare_error
        self._is_gone = False
        self._changed = asyncio.Event()

    async def prepare(self) -> None:
        """As Loudspeaker."""
        if self.is_prepared:
            return
        await asyncio.sleep(self._prepare_s)
        if self._prepare_error is not None:
            error, self._prepare_error = self._prepare_error, None
            raise error
        self.is_prepared = True

    async def play(self, block: Float32Block) -> None:
        """As Loudspeaker."""
        await self.prepare()
        while True:
            if self._gone():
                raise DeviceError("The loudspeaker is gone.", detail=self.device)
            excess_s = self._until_s - _now_s() - QUEUE_S
            if excess_s <= 1e-9:
                break
            await _wait(self._changed, excess_s)
        if len(block) == 0:
            return
        if self._until_s < _now_s() - 1e-9 or self._first_sound_at is None:
            self._underruns += self._is_flowing
            self._until_s = _now_s() + self._latency_s
            self._first_sound_at = self._until_s
        self._is_flowing = True
        self._played.append(Heard(self._until_s, block.copy()))
        self._until_s += len(block) / self.rate_hz

    def finish(self) -> None:
        """As Loudspeaker."""
        self._is_flowing = False

    def discard(self) -> None:
        """As Loudspeaker."""
        now_s = _now_s()
        self.discards.append(now_s)
        self._played = self._heard_until(now_s)
        self._until_s = min(self._until_s, now_s)
        self._is_flowing = False
        self._changed.set()

    async def drained(self) -> None:
        """As Loudspeaker."""
        while self._until_s > _now_s() + 1e-9:
            if self._gone():
                raise DeviceError("The loudspeaker is gone.", detail=self.device)
            await _wait(self._changed, self._until_s - _now_s())

    @property
    def played_frames(self) -> int:
        """As Loudspeaker."""
        frames = sum(len(heard.block) for heard in self._heard_until(_now_s()))
        return frames if self._vanish_after_frames is None else min(frames, self._vanish_after_frames)

    @property
    def first_sound_at(self) -> float | None:
        """As Loudspeaker; the loop's time."""
        return self._first_sound_at

    @property
    def underruns(self) -> int:
        """As Loudspeaker."""
        return self._underruns

    def level(self) -> Level:
        """As Loudspeaker."""
        heard = self._heard_until(_now_s())
        is_sounding = bool(heard) and self._until_s > _now_s()
        return level_of(heard[-1].block) if is_sounding else Level()

    async def close(self) -> None:
        """As Loudspeaker."""
        if not self.is_closed:
            self.discard()
        self.is_closed = True
        self.is_prepared = False

    def vanish(self) -> None:
        """Pull the device out now."""
        self.discard()
        self._is_gone = True

    def heard(self) -> Float32Block:
        """All sound heard until now, gaps left out."""
        blocks = [heard.block for heard in self._heard_until(_now_s())]
        return np.concatenate([np.zeros(0, dtype=np.float32), *blocks])[: self.played_frames]

    def stretches(self) -> list[tuple[float, float]]:
        """Uninterrupted stretches of sound until now as (start, end) in the loop's seconds."""
        found: list[tuple[float, float]] = []
        for heard in self._heard_until(_now_s()):
            end_s = heard.at_s + len(heard.block) / self.rate_hz
            if found and heard.at_s - found[-1][1] < 1e-6:
                found[-1] = (found[-1][0], end_s)
            else:
                found.append((heard.at_s, end_s))
        return found

    def _heard_until(self, now_s: float) -> list[Heard]:
        kept: list[Heard] = []
        for heard in self._played:
            frames = max(0, min(len(heard.block), round((now_s - heard.at_s) * self.rate_hz)))
            if frames:
                kept.append(Heard(heard.at_s, heard.block[:frames]))
        return kept

    def _gone(self) -> bool:
        if self._vanish_after_frames is not None and self.played_frames >= self._vanish_after_frames:
            self._is_gone = True
        return self._is_gone


class FakeDevices:
    """Microphones that give the scripted sounds (one per opening, then silence) and loudspeakers that remember.

    Args:
        sounds: what each opening of a microphone hears; when they are used up, silence.
        open_s: how long opening the microphone takes.
        open_errors: raised by the next openings, one each.
        vanish_after_s: as FakeMicrophone, for the next opening only.
    """

    def __init__(
        self,
        *sounds: Float32Block,
        rate_hz: int = 16_000,
        inputs: tuple[str, ...] = ("Fake microphone",),
        outputs: tuple[str, ...] = ("Fake loudspeaker",),
        output_rate_hz: int = 24_000,
        open_s: float = 0.0,
        open_errors: tuple[DeviceError, ...] = (),
        vanish_after_s: float | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.inputs = inputs
        self.outputs = outputs
        self.output_rate_hz = output_rate_hz
        self.vanish_after_s = vanish_after_s
        self.microphones: list[FakeMicrophone] = []
        self.loudspeakers: list[FakeLoudspeaker] = []
        self._sounds = list(sounds)
        self._open_s = open_s
        self._open_errors = list(open_errors)
        self._plugged = asyncio.Event()

    def will_hear(self, sound: Float32Block) -> None:
        """Script one more opening."""
        self._sounds.append(sound)

    def say(self, sound: Float32Block) -> None:
        """Let the open microphone hear *sound* from now on."""
        self.microphones[-1].say(sound)

    def devices(self) -> Devices:
        """As AudioDevices."""
        return Devices(self.inputs, self.outputs, next(iter(self.inputs), ""), next(iter(self.outputs), ""))

    async def refresh(self) -> Devices:
        """As AudioDevices."""
        return self.devices()

    def plug(self, *, inputs: tuple[str, ...] | None = None, outputs: tuple[str, ...] | None = None) -> None:
        """Let other devices be there from now on; whoever follows :meth:`changes` is told."""
        self.inputs = self.inputs if inputs is None else inputs
        self.outputs = self.outputs if outputs is None else outputs
        self._plugged.set()

    async def changes(self) -> AsyncGenerator[Devices, None]:
        """As AudioDevices."""
        while True:
            self._plugged.clear()
            yield self.devices()
            await self._plugged.wait()

    async def open_microphone(self, name: str = "") -> FakeMicrophone:
        """As AudioDevices."""
        await asyncio.sleep(self._open_s)
        if self._open_errors:
            raise self._open_errors.pop(0)
        if not self.inputs:
            raise DeviceError("There is no microphone.")
        sound = self._sounds.pop(0) if self._sounds else np.zeros(0, dtype=np.float32)
        device = name if name in self.inputs else self.inputs[0]
        vanish_after_s, self.vanish_after_s = self.vanish_after_s, None
        self.microphones.append(FakeMicrophone(sound, self.rate_hz, device, vanish_after_s))
        return self.microphones[-1]

    def loudspeaker(self, name: str = "") -> FakeLoudspeaker:
        """As AudioDevices. Without any output the loudspeaker's ``prepare`` raises DeviceError."""
        missing = None if self.outputs else DeviceError("There is no loudspeaker.")
        device = name if name in self.outputs else next(iter(self.outputs), "")
        self.loudspeakers.append(FakeLoudspeaker(self.output_rate_hz, device=device, prepare_error=missing))
        return self.loudspeakers[-1]


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    """Wait until *changed* is set or *seconds* have passed."""
    changed.clear()
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await changed.wait()
    except TimeoutError:
        pass
