"""An open microphone: the callback copies into a ring, the voice loop takes blocks out.

A newcomer may ask why the loop polls instead of being woken by the callback: a wake-up takes a lock and allocates
inside PortAudio's thread, and it queues without bound while the loop is busy. Polling adds 2.5 ms on average to
blocks of 10 ms, and nothing at all at the end: :meth:`SoundMicrophone.stop` wakes the loop at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from gettext import gettext as _
from typing import Any, Protocol

from voiceapp.audio.claim import close_in_thread
from voiceapp.audio.ring import Ring
from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import DeviceError

BLOCK_MS = 10
_POLL_S = 0.005
_RING_S = 10.0  # how long the voice loop may stall before a frame is lost
_SILENT_DEVICE_S = 1.5  # a device that delivers nothing at all for so long is gone


class InputStream(Protocol):
    """What is needed of sounddevice.InputStream."""

    @property
    def active(self) -> bool: ...
    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class SoundMicrophone:
    """``ports.MicrophoneStream`` on PortAudio. Built by ``SoundDevices.open_microphone``.

    Args:
        device: its name for people.
        rate_hz: the device's native rate, that of the blocks.
    """

    def __init__(self, device: str, rate_hz: int) -> None:
        self.device = device
        self.rate_hz = rate_hz
        self._ring = Ring(int(_RING_S * rate_hz))
        self._stream: InputStream | None = None
        self._overflows = 0
        self._dropped_frames = 0
        self._is_stopped = False
        self._is_gone = False
        self._on_closed: Callable[[], Awaitable[None]] = _nobody_minds
        self._ended = asyncio.Event()
        self._last_block_at_s = time.monotonic()

    def watched_by(self, on_closed: Callable[[], Awaitable[None]]) -> None:
        """Call *on_closed* when the device is released."""
        self._on_closed = on_closed

    def vanish(self) -> None:
        """The device was pulled out, although the sound server may go on with another one. Voice loop."""
        self._is_gone = True
        self._ended.set()

    def begin(self, open_stream: Callable[[Callable[..., None]], InputStream]) -> None:
        """Open the device by *open_stream* (given the callback) and let it run. Blocking."""
        self._stream = open_stream(self._fill)
        self._stream.start()
        self._last_block_at_s = time.monotonic()

    def _fill(self, indata: Float32Block, frames: int, _time: Any, status: Any) -> None:
        """PortAudio's thread: copy and count. *indata* has shape (frames, 1)."""
        if status.input_overflow:
            self._overflows += 1
        if self._is_stopped:
            return
        self._dropped_frames += frames - self._ring.write(indata[:, 0])
        self._last_block_at_s = time.monotonic()

    @property
    def dropped_frames(self) -> int:
        """Frames that found the ring full, and one block for each overflow that the device reported."""
        return self._dropped_frames + self._overflows * self.rate_hz * BLOCK_MS // 1000

    async def __aiter__(self) -> AsyncIterator[Float32Block]:
        while True:
            is_last = self._is_stopped  # looked at before reading: what is captured by then is yielded
            while self._ring.queued_frames:
                yield self._ring.read(self.rate_hz // 10)
            if is_last:
                return
            self._check_alive()
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._ended.wait()
            except TimeoutError:
                pass

    def _check_alive(self) -> None:
        stream = self._stream
        silent_s = time.monotonic() - self._last_block_at_s
        if self._is_gone or stream is None or silent_s > _SILENT_DEVICE_S or not stream.active:
            self._is_stopped = True
            raise DeviceError(
                _("The microphone “{name}” is gone.").format(name=self.device),
                hint=_("What was recorded so far is kept. Plug it in again, or choose another one in the settings."),
                detail="no sound for a while" if silent_s > _SILENT_DEVICE_S else "stream ended",
            )

    def stop(self) -> None:
        """Take no more sound; what is captured is still yielded. Voice loop; does not block."""
        self._is_stopped = True
        self._ended.set()

    async def close(self) -> None:
        """Release the device. Idempotent."""
        self.stop()
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                await close_in_thread(_release, stream)
            finally:
                await self._on_closed()

    def release(self) -> None:
        """Close before anybody was given the stream. Blocking; any thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _release(stream)


async def _nobody_minds() -> None:
    """For streams that nobody watches."""


def _release(stream: InputStream) -> None:
    for end in (stream.abort, stream.close):  # a vanished device cannot be stopped, only closed
        with contextlib.suppress(Exception):  # PortAudio's own errors are not importable here
            end()
