"""The microphone between turns: opened at key-down, or held warm for what was said just before the press."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import DeviceError
from voiceapp.ports import AudioDevices, MicrophoneStream

PREROLL_S = 0.3
"""How much of the past a warm microphone adds to a take."""


@dataclass(frozen=True, eq=False)
class OpenMicrophone:
    """A stream for one take. *preroll* holds the blocks from before the press, oldest first."""

    stream: MicrophoneStream
    preroll: tuple[Float32Block, ...] = ()

    @property
    def preroll_ms(self) -> float:
        """Length of the pre-roll."""
        return 1000.0 * sum(map(len, self.preroll)) / self.stream.rate_hz


class Microphone:
    """Opens the input for takes; when warm, keeps it open in between and remembers the last moment.

    A warm stream is handed to the take whole and opened anew after it, so there is never a second reader.
    """

    def __init__(self, devices: AudioDevices, on_trouble: Callable[[DeviceError], None]) -> None:
        self._devices = devices
        self._on_trouble = on_trouble
        self._name = ""
        self._is_warm = False
        self._past: deque[Float32Block] = deque()
        self._stream: MicrophoneStream | None = None
        self._changed = asyncio.Event()
        self._handed_over = asyncio.Event()
        self._wanted = False

    @property
    def is_warm(self) -> bool:
        """Whether the microphone is held open although nobody talks; the interface shows it."""
        return self._is_warm

    def use(self, name: str, *, is_warm: bool) -> None:
        """Choose the input by name ("" = default) and whether it is held open."""
        if (name, is_warm) != (self._name, self._is_warm):
            self._name, self._is_warm = name, is_warm
            self._changed.set()

    def fall_back(self) -> None:
        """The chosen input is gone: the default takes over, and is held as warm as that one was."""
        self.use("", is_warm=self._is_warm)

    async def open(self) -> OpenMicrophone:
        """Open the microphone for a take, with pre-roll where it is warm. Raises DeviceError."""
        stream = self._stream
        if stream is not None:
            self._wanted = True
            self._handed_over.clear()
            self._changed.set()
            await self._handed_over.wait()
            self._wanted = False
            if self._stream is None and (past := tuple(self._past)):
                self._past.clear()
                return OpenMicrophone(stream, past)
        return OpenMicrophone(await self._devices.open_microphone(self._name))

    async def done(self, microphone: OpenMicrophone) -> None:
        """End of the take: close its stream; a warm microphone is opened again by :meth:`keep_warm`."""
        try:
            await microphone.stream.close()
        finally:
            self._changed.set()

    async def keep_warm(self, is_free: Callable[[], bool]) -> None:
        """Hold the microphone open while it is wanted warm and *is_free* (no take is running). Runs for ever."""
        while True:
            self._changed.clear()
            if self._is_warm and is_free():
                await self._hold()
            else:
                await self._changed.wait()

    async def _hold(self) -> None:
        name = self._name
        try:
            stream = await self._devices.open_microphone(name)
        except DeviceError as error:
            self._is_warm = False
            self._on_trouble(error)
            return
        self._past.clear()
        self._stream = stream
        try:
            await self._remember(stream)
        except DeviceError as error:
            self._on_trouble(error)
            self._wanted = False
            self._past.clear()
        finally:
            self._stream = None
            is_taken = self._wanted
            self._handed_over.set()
            if not is_taken:
                await stream.close()

    async def _remember(self, stream: MicrophoneStream) -> None:
        """Read into the past until something changes; the reader gives up between two blocks, losing none."""
        limit = int(PREROLL_S * stream.rate_hz)
        held = 0
        blocks: AsyncIterator[Float32Block] = aiter(stream)
        async for block in blocks:
            self._past.append(block)
            held += len(block)
            while held - len(self._past[0]) >= limit:
                held -= len(self._past.popleft())
            if self._changed.is_set():
                return
