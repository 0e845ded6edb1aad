"""``ports.AudioDevices`` on files: a recording as the microphone, and loudspeakers that keep or drop what they get.

Where a file stands in for one side only, the other side is the hardware's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np

from voiceapp.core.audio import Clip, Float32Block, Level, level_of
from voiceapp.core.events import Devices
from voiceapp.ports import AudioDevices, Loudspeaker, MicrophoneStream

BLOCK_S = 0.02
KEPT_RATE_HZ = 24_000
SEEN_S = 0.02
"""So long the end of a sound is held back: whoever watches the loudspeaker must see that it sounded."""


class FileMicrophone:
    """Gives a clip from beginning to end, as fast as it is taken, and then ends by itself."""

    dropped_frames = 0

    def __init__(self, clip: Clip, device: str) -> None:
        self.rate_hz = clip.rate_hz
        self.device = device
        self._samples = clip.samples
        self._is_stopped = False

    async def __aiter__(self) -> AsyncIterator[Float32Block]:
        size = max(1, round(BLOCK_S * self.rate_hz))
        for start in range(0, len(self._samples), size):
            if self._is_stopped:
                return
            yield self._samples[start : start + size]
            await asyncio.sleep(0)  # whoever transcribes beside this gets a turn

    def stop(self) -> None:
        self._is_stopped = True

    async def close(self) -> None:
        self._is_stopped = True


class KeptSpeech:
    """A loudspeaker that takes sound at once. *is_kept*: :meth:`clip` returns all of it; otherwise it is dropped."""

    rate_hz = KEPT_RATE_HZ
    underruns = 0

    def __init__(self, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._blocks: list[Float32Block] = []
        self._frames = 0
        self._first_sound_at: float | None = None
        self._is_silent = True
        self._level = Level()

    def clip(self) -> Clip:
        """Return what was played so far."""
        samples = np.concatenate(self._blocks) if self._blocks else np.zeros(0, dtype=np.float32)
        return Clip(samples, self.rate_hz)

    async def prepare(self) -> None:
        return

    async def play(self, block: Float32Block) -> None:
        if len(block) == 0:
            return
        if self._is_silent:
            self._first_sound_at, self._is_silent = time.monotonic(), False
        self._frames += len(block)
        self._level = level_of(block)
        if self._is_kept:
            self._blocks.append(block.copy())
        await asyncio.sleep(0)

    def finish(self) -> None:
        self._level = Level()

    def discard(self) -> None:
        """Nothing is queued: what was taken counts as heard."""

    async def drained(self) -> None:
        self._is_silent = True
        await asyncio.sleep(SEEN_S)

    @property
    def played_frames(self) -> int:
        return self._frames

    @property
    def first_sound_at(self) -> float | None:
        return self._first_sound_at

    def level(self) -> Level:
        return self._level

    async def close(self) -> None:
        return


class FileDevices:
    """A clip in place of the microphone, a keeper in place of the loudspeaker; None = the hardware's."""

    def __init__(
        self,
        hardware: AudioDevices,
        *,
        recording: Clip | None = None,
        name: str = "",
        speaker: KeptSpeech | None = None,
    ) -> None:
        self._hardware = hardware
        self._recording = recording
        self._name = name
        self._speaker = speaker

    def devices(self) -> Devices:
        if self._recording is not None and self._speaker is not None:
            return Devices((self._name,), ("file",), self._name, "file")
        real = self._hardware.devices()
        inputs, used_input = ((self._name,), self._name) if self._recording else (real.inputs, real.input)
        outputs, used_output = (("file",), "file") if self._speaker else (real.outputs, real.output)
        return Devices(inputs, outputs, used_input, used_output)

    async def refresh(self) -> Devices:
        if self._recording is None or self._speaker is None:
            await self._hardware.refresh()
        return self.devices()

    async def changes(self) -> AsyncGenerator[Devices, None]:
        """As AudioDevices.changes; a command that works on files is over before a device can matter."""
        yield self.devices()

    async def open_microphone(self, name: str = "") -> MicrophoneStream:
        if self._recording is not None:
            return FileMicrophone(self._recording, self._name)
        return await self._hardware.open_microphone(name)

    def loudspeaker(self, name: str = "") -> Loudspeaker:
        return self._speaker if self._speaker is not None else self._hardware.loudspeaker(name)
