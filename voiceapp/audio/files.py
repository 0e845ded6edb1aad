"""``ports.AudioDevices`` made of files: the terminal's microphone is a recording, its loudspeaker a file or nothing.

The same session runs on it as on hardware. Time is not the ear's here: a reply is "heard" as fast as it is made,
unless it is asked to be paced.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from gettext import gettext as _
from pathlib import Path

import numpy as np

from voiceapp.audio import soundfile_io
from voiceapp.core.audio import Clip, Float32Block, Level, level_of
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Devices

_BLOCK_S = 0.02
OUTPUT_RATE_HZ = 24_000


class FileMicrophone:
    """``ports.MicrophoneStream`` that gives *clip* and then ends.

    Args:
        device: its name for people.
        is_paced: give each block when a microphone would have it, else as fast as they are taken.
    """

    def __init__(self, clip: Clip, device: str, *, is_paced: bool = False) -> None:
        self.rate_hz = clip.rate_hz
        self.device = device
        self._samples = clip.samples
        self._is_paced = is_paced
        self._stopped = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Float32Block]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        block_frames = round(_BLOCK_S * self.rate_hz)
        for start in range(0, len(self._samples), block_frames):
            due_s = began_s + (start + block_frames) / self.rate_hz if self._is_paced else loop.time()
            if await self._is_stopped_by(due_s - loop.time()):
                return
            yield self._samples[start : start + block_frames]

    async def _is_stopped_by(self, wait_s: float) -> bool:
        if wait_s <= 0:
            await asyncio.sleep(0)  # let others work between blocks
        else:
            try:
                async with asyncio.timeout(wait_s):
                    await self._stopped.wait()
            except TimeoutError:
                pass
        return self._stopped.is_set()

    @property
    def dropped_frames(self) -> int:
        return 0

    def stop(self) -> None:
        self._stopped.set()

    async def close(self) -> None:
        self.stop()


class FileLoudspeaker:
    """``ports.Loudspeaker`` that keeps what it is given; :meth:`close` writes it to *path*, if there is one.

    Args:
        path: the ending chooses the format; None = sound goes nowhere and is not kept.
        is_paced: take sound at the speed of the ear, else at once.
    """

    device = ""

    def __init__(self, path: Path | None = None, rate_hz: int = OUTPUT_RATE_HZ, *, is_paced: bool = False) -> None:
        self.rate_hz = rate_hz
        self._path = path
        self._is_paced = is_paced
        self._parts: list[Float32Block] = []
        self._played_frames = 0
        self._first_sound_at: float | None = None
        self._is_silent = True
        self._cuts = 0
        self._level = Level()

    async def prepare(self) -> None:
        return

    async def play(self, block: Float32Block) -> None:
        if len(block) == 0:
            return
        if self._is_silent:
            self._is_silent = False
            self._first_sound_at = time.monotonic()
        cuts = self._cuts
        self._level = level_of(block)
        await asyncio.sleep(len(block) / self.rate_hz if self._is_paced else 0)
        if cuts == self._cuts:  # not discarded meanwhile
            self._played_frames += len(block)
            if self._path is not None:
                self._parts.append(np.array(block, dtype=np.float32))

    def finish(self) -> None:
        self._is_silent = True
        self._level = Level()

    def discard(self) -> None:
        self._cuts += 1
        self.finish()

    async def drained(self) -> None:
        return

    @property
    def played_frames(self) -> int:
        return self._played_frames

    @property
    def first_sound_at(self) -> float | None:
        return self._first_sound_at

    @property
    def underruns(self) -> int:
        return 0

    def level(self) -> Level:
        return self._level

    def clip(self) -> Clip:
        """Return everything played so far (only what is kept, see the class)."""
        samples = np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=np.float32)
        return Clip(samples, self.rate_hz)

    async def close(self) -> None:
        """Write the file. Idempotent. Raises AudioFileError when it cannot be written."""
        path, self._path = self._path, None
        if path is not None:
            await asyncio.to_thread(soundfile_io.write, path, self.clip())


class FileDevices:
    """Files as devices. Each opened microphone plays the recording from its beginning.

    Args:
        microphone: a recording; None = no microphone. Read when it is opened.
        loudspeaker: where the reply goes; None = nowhere.
        is_paced: at the speed of life instead of as fast as possible.
    """

    def __init__(
        self, microphone: Path | Clip | None = None, loudspeaker: Path | None = None, *, is_paced: bool = False
    ) -> None:
        self._microphone = microphone
        self._loudspeaker = loudspeaker
        self._is_paced = is_paced

    def devices(self) -> Devices:
        name = self._input_name()
        output = str(self._loudspeaker) if self._loudspeaker else _("no loudspeaker")
        return Devices(inputs=(name,) if name else (), outputs=(output,), input=name, output=output)

    def _input_name(self) -> str:
        if self._microphone is None:
            return ""
        return self._microphone.name if isinstance(self._microphone, Path) else _("recording")

    async def refresh(self) -> Devices:
        return self.devices()

    async def open_microphone(self, name: str = "") -> FileMicrophone:
        """Return the recording as a microphone. Raises AudioFileError for a bad file, DeviceError for none."""
        if self._microphone is None:
            raise DeviceError(_("There is no recording to listen to."), hint=_("Name a sound file."))
        clip = self._microphone
        if isinstance(clip, Path):
            clip = await asyncio.to_thread(soundfile_io.read, clip)
        return FileMicrophone(clip, self._input_name(), is_paced=self._is_paced)

    def loudspeaker(self, name: str = "") -> FileLoudspeaker:
        return FileLoudspeaker(self._loudspeaker, is_paced=self._is_paced)
