"""One continuous output that starts within a millisecond, falls silent within one, and costs nothing between turns.

How: the stream is opened ahead and stands still. The first sound starts it; PortAudio then asks the callback for a
whole device buffer at once and the device begins with the first sample. Silence aborts the stream, which throws the
device's buffer away. Both take about a millisecond and may take longer on other systems, so one thread per
loudspeaker does them, never the voice loop.

A newcomer may ask why the device buffer is as long as 80 ms: it outlives stalls of the interpreter of 60 ms, and
because starting and aborting ignore it, it costs no latency. It must be filled at the start, though, or padding would
be heard inside the first word: sound starts when that much is queued, or nothing more is to come, or it waited enough.
Measured with PulseAudio, which works in steps of 20 ms: a latency of 60 ms in blocks of 20 is filled by four blocks
and refilled every 20 ms; in blocks of 10 it asks for two more than it says, and the gap would be heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable
from gettext import gettext as _
from typing import Any, Protocol

import numpy as np

from voiceapp.audio.claim import open_in_thread
from voiceapp.audio.playhead import Playhead
from voiceapp.audio.ring import Ring
from voiceapp.core.audio import Float32Block, Level, level_of
from voiceapp.core.errors import DeviceError

BLOCK_MS = 20
LATENCY_MS = 60
_QUEUED_AHEAD_S = 0.25  # play() waits while more is queued
_RING_S = 1.0
_START_WAIT_S = 0.04  # a slow source: do not hold its first sound back longer than this
_REST_S = 2.0  # without finish(): stop the stream after so long without sound
_CHECK_S = 0.1
_METER_MS = 40
_NOTHING: Float32Block = np.zeros(0, dtype=np.float32)


class OutputStream(Protocol):
    """What is needed of sounddevice.OutputStream."""

    @property
    def active(self) -> bool: ...
    @property
    def latency(self) -> float: ...
    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


OpenOutput = Callable[[Callable[..., None]], OutputStream]
"""Opens the device; given the callback, returns the stream, not started. Blocking; raises DeviceError."""


class SoundLoudspeaker:
    """``ports.Loudspeaker`` on PortAudio. Built by ``SoundDevices.loudspeaker``.

    Args:
        device: its name for people.
        rate_hz: the device's native rate.
        open_stream: see :data:`OpenOutput`.
    """

    def __init__(self, device: str, rate_hz: int, open_stream: OpenOutput) -> None:
        self.device = device
        self.rate_hz = rate_hz
        self._open_stream = open_stream
        self._ring = Ring(int(_RING_S * rate_hz))
        self._playhead = Playhead(rate_hz)
        self._prefill_frames = 0
        self._stream: OutputStream | None = None
        self._opening = asyncio.Lock()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wants_sound = False
        self._wants_silence = False
        self._is_closing = False
        self._is_finished = True
        self._fault: DeviceError | None = None
        self._start_timer: asyncio.TimerHandle | None = None
        self._first_sound_at: float | None = None
        self._is_sounding = False
        self._is_starved = False
        self._underruns = 0
        self._last_callback_at_s = 0.0
        self._on_opened: Callable[[], None] | None = None
        self._on_closed: Callable[[], Awaitable[None]] | None = None

    def watched_by(self, on_opened: Callable[[], None], on_closed: Callable[[], Awaitable[None]]) -> None:
        """Call these when the device is opened and released."""
        self._on_opened, self._on_closed = on_opened, on_closed

    def vanish(self) -> None:
        """The device was pulled out, although the sound server may go on with another one. Voice loop."""
        self._fail("unplugged")
        self.discard()

    # --- PortAudio's thread -------------------------------------------------------------------------------------

    def _fill(self, outdata: Float32Block, frames: int, stream_time: Any, status: Any) -> None:
        """Copy and count. *outdata* has shape (frames, 1)."""
        now_s = time.monotonic()
        self._last_callback_at_s = now_s
        if self._wants_silence or not self._wants_sound:  # about to be aborted: what is queued now is for later
            outdata[:] = 0.0
            return
        count = self._ring.read_into(outdata[:, 0])
        if count:
            heard_at_s = now_s + max(0.0, stream_time.outputBufferDacTime - stream_time.currentTime)
            if not self._is_sounding:
                self._is_sounding = True
                self._first_sound_at = heard_at_s
            elif self._is_starved or status.output_underflow:
                self._underruns += 1
            self._playhead.sent(count, heard_at_s)
        self._is_starved = count < frames and self._is_sounding and not self._is_finished

    # --- the voice loop -----------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Open the device, standing still. Idempotent. Raises DeviceError."""
        async with self._opening:
            if self._stream is not None and self._fault is None:
                return
            await self._release()
            self._fault, self._is_closing = None, False
            self._stream = await open_in_thread(lambda: self._open_stream(self._fill), lambda opened: opened.close())
            self._prefill_frames = round(self._stream.latency * self.rate_hz) + self.rate_hz * BLOCK_MS // 1000
            self._thread = threading.Thread(
                target=self._attend, args=(self._stream,), name="voiceapp-loudspeaker", daemon=True
            )
            self._thread.start()
            if self._on_opened is not None:
                self._on_opened()

    async def play(self, block: Float32Block) -> None:
        """Queue *block*; waits while a quarter second is queued. Raises DeviceError when the device vanished."""
        if self._stream is None:
            await self.prepare()
        self._is_finished = False
        rest = block
        while len(rest):
            self._raise_fault()
            rest = rest[self._ring.write(rest) :]
            self._start_when_ready()
            excess_s = self._ring.queued_frames / self.rate_hz - _QUEUED_AHEAD_S
            if excess_s > 0 or len(rest):
                await asyncio.sleep(min(max(excess_s, 0.005), 0.02))
        while self._ring.queued_frames > _QUEUED_AHEAD_S * self.rate_hz:
            self._raise_fault()
            await asyncio.sleep(0.01)

    def _start_when_ready(self) -> None:
        with self._wake:  # against _check, which stops the stream only while nothing is queued
            if self._wants_sound or not self._ring.queued_frames:
                return
        if self._ring.queued_frames >= self._prefill_frames or self._is_finished:
            self._start()
        elif self._start_timer is None:
            self._start_timer = asyncio.get_running_loop().call_later(_START_WAIT_S, self._start)

    def _start(self) -> None:
        self._forget_timer()
        if self._ring.queued_frames:
            with self._wake:
                self._wants_sound = True
                self._wake.notify()

    def _forget_timer(self) -> None:
        if self._start_timer is not None:
            self._start_timer.cancel()
            self._start_timer = None

    def finish(self) -> None:
        """No more sound follows for now: what is queued is played at once, and running dry is no underrun."""
        self._is_finished = True
        self._start_when_ready()

    def discard(self) -> None:
        """Silence now. Any thread; returns at once, the device is silent a few milliseconds later."""
        self._ring.discard()
        self._is_finished = True
        with self._wake:
            self._wants_sound = False
            self._wants_silence = True
            self._wake.notify()

    async def drained(self) -> None:
        """Wait until everything queued has been heard, or was discarded. Raises DeviceError."""
        while (rest_s := self._rest_s()) > 0:
            self._raise_fault()
            await asyncio.sleep(min(rest_s, 0.02))

    def _rest_s(self) -> float:
        """How long what is queued still sounds, 0 when all was heard."""
        if self._wants_silence:
            return 0.001
        queued_s = self._ring.queued_frames / self.rate_hz
        ends_at_s = self._playhead.ends_at_s()
        return queued_s + (max(0.0, ends_at_s - time.monotonic()) if ends_at_s is not None else 0.0)

    @property
    def played_frames(self) -> int:
        """Frames of sound heard since :meth:`prepare`."""
        return self._playhead.heard_frames(time.monotonic())

    @property
    def first_sound_at(self) -> float | None:
        """time.monotonic() of the first frame after the last silence."""
        return self._first_sound_at

    @property
    def underruns(self) -> int:
        """How often sound was missing in the middle of speech."""
        return self._underruns

    def level(self) -> Level:
        """What is sounding now."""
        ahead = self._playhead.sent_frames - self.played_frames
        if ahead <= 0:
            return Level()
        return level_of(self._ring.recent(self.rate_hz * _METER_MS // 1000, ahead))

    async def close(self) -> None:
        """Release the device. Idempotent."""
        async with self._opening:
            await self._release()

    async def _release(self) -> None:
        self._forget_timer()
        thread, self._thread = self._thread, None
        if thread is not None:
            with self._wake:
                self._is_closing = True
                self._wake.notify()
            self._stream = None
            try:
                await asyncio.to_thread(thread.join)
            finally:
                if self._on_closed is not None:
                    await self._on_closed()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    # --- the loudspeaker's own thread ---------------------------------------------------------------------------

    def _attend(self, stream: OutputStream) -> None:
        """Start and abort *stream* as wished; watch it while it runs; close it."""
        is_running = False
        while not self._is_closing:
            with self._wake:
                if not (self._is_closing or self._wants_silence or self._wants_sound != is_running):
                    self._wake.wait(_CHECK_S if is_running else None)
                wants_silence, wants_sound = self._wants_silence, self._wants_sound
            try:
                if wants_silence or (is_running and not wants_sound):
                    self._silence(stream, is_running)
                    is_running = False
                elif wants_sound and not is_running:
                    stream.start()
                    self._last_callback_at_s = time.monotonic()
                    is_running = True
                elif is_running:
                    self._check(stream)
            except Exception as error:  # PortAudio's errors are not importable here; whatever it is, the device failed
                self._fail(type(error).__name__)
                break
        with contextlib.suppress(Exception):
            stream.close()

    def _silence(self, stream: OutputStream, is_running: bool) -> None:
        now_s = time.monotonic()
        if is_running:
            stream.abort()
        self._playhead.cut(now_s)
        self._is_sounding = self._is_starved = False
        self._ring.read_into(_NOTHING)  # the callback is gone: obey the wish to discard in its place
        with self._wake:
            self._wants_silence = False
        # sound queued since the wish starts the stream again by play() or finish()

    def _check(self, stream: OutputStream) -> None:
        """Find a device that vanished; let the stream stand still when all was heard."""
        now_s = time.monotonic()
        if not stream.active or now_s - self._last_callback_at_s > 1.0 + stream.latency:
            self._fail("stream ended" if not stream.active else "no callbacks")
            raise RuntimeError
        ends_at_s = self._playhead.ends_at_s() or now_s
        rests = now_s > ends_at_s + (0.0 if self._is_finished else _REST_S)
        with self._wake:
            if rests and not self._ring.queued_frames:
                self._wants_sound = False
        # the next round aborts the stream

    def _fail(self, detail: str) -> None:
        self._fault = self._fault or DeviceError(
            _("The loudspeaker “{name}” is gone.").format(name=self.device),
            hint=_("The reply stays on the screen. Plug it in again, or choose another one in the settings."),
            detail=detail,
        )
        self._wants_silence = self._wants_sound = False
