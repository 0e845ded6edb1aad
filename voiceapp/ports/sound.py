"""The sound hardware and what works on its stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from voiceapp.core.audio import Float32Block, Level
from voiceapp.core.events import Devices


class MicrophoneStream(Protocol):
    """An open microphone. Iterate it for blocks at ``rate_hz`` until it is closed."""

    rate_hz: int
    device: str

    def __aiter__(self) -> AsyncIterator[Float32Block]:
        """Yield blocks in order, none lost unless counted in :attr:`dropped_frames`.

        Ends after :meth:`stop`. Raises DeviceError when the device vanishes; what came before was yielded.
        """
        ...

    @property
    def dropped_frames(self) -> int:
        """Frames lost because nobody read, or because the device reported an overflow."""
        ...

    def stop(self) -> None:
        """Take no more sound; what is already captured is still yielded, then iteration ends. Not blocking."""
        ...

    async def close(self) -> None:
        """Release the device. Idempotent."""
        ...


class Loudspeaker(Protocol):
    """One continuous output. Prepared ahead so that the first sample is not late; silent between turns."""

    rate_hz: int
    """What :meth:`play` expects; the device's native rate."""

    async def prepare(self) -> None:
        """Get ready to sound at once (open the device). Idempotent. Raises DeviceError."""
        ...

    async def play(self, block: Float32Block) -> None:
        """Queue *block* at ``rate_hz``; waits while about a quarter second is queued (back-pressure).

        Raises DeviceError when the device vanished; queued sound that was not played can be asked for by
        :attr:`played_frames`.
        """
        ...

    def finish(self) -> None:
        """No more sound follows for now: a short rest in the buffer is played out, not held back for more."""
        ...

    def discard(self) -> None:
        """Silence now: forget everything queued, in the device's buffer too where it allows. Any thread."""
        ...

    async def drained(self) -> None:
        """Wait until everything queued has been heard."""
        ...

    @property
    def played_frames(self) -> int:
        """Frames really heard since :meth:`prepare`, silence in gaps not counted, device latency subtracted."""
        ...

    @property
    def first_sound_at(self) -> float | None:
        """time.monotonic() at which the first frame after the last silence reached the device; None before."""
        ...

    @property
    def underruns(self) -> int:
        """How often the device wanted sound in the middle of speech and there was none."""
        ...

    def level(self) -> Level:
        """What is sounding now."""
        ...

    async def close(self) -> None:
        """Release the device. Idempotent."""
        ...


class AudioDevices(Protocol):
    """The sound hardware: real, virtual, or files."""

    def devices(self) -> Devices:
        """Return what is there and what would be used."""
        ...

    async def refresh(self) -> Devices:
        """Look again (hot plugging)."""
        ...

    def changes(self) -> AsyncGenerator[Devices, None]:
        """Yield the list now, and again whenever a device comes or goes; close it with ``aclosing``.

        Costs next to nothing while nothing changes. Ends where the list can never change.
        """
        ...

    async def open_microphone(self, name: str = "") -> MicrophoneStream:
        """Open *name*, or the default when it is empty or not there. Raises DeviceError."""
        ...

    def loudspeaker(self, name: str = "") -> Loudspeaker:
        """Return the output *name*, not yet opened; the default when it is empty or not there."""
        ...


class Resampler(Protocol):
    """A stream of mono sound changing its rate. Not shared between streams."""

    def push(self, block: Float32Block) -> Float32Block:
        """Return what *block* allows to compute so far (may be empty)."""
        ...

    def finish(self) -> Float32Block:
        """Return the rest; the resampler is used up."""
        ...


class Vad(Protocol):
    """Voice activity detection on 16 kHz sound."""

    frame_frames: int
    """Frames per verdict (512 for Silero)."""

    def probability(self, frame: Float32Block) -> float:
        """Return how likely *frame*, exactly ``frame_frames`` long, holds speech, 0..1. Stateful; CPU < 2 ms."""
        ...

    def reset(self) -> None:
        """Forget the past."""
        ...
