"""``ports.AudioDevices`` on real hardware: named devices, a live list, the default as fallback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from gettext import gettext as _

from voiceapp.audio import directory, loudspeaker, microphone, portaudio, watch
from voiceapp.audio.claim import open_in_thread
from voiceapp.audio.directory import Direction, Endpoint, Listing
from voiceapp.audio.loudspeaker import OutputStream, SoundLoudspeaker
from voiceapp.audio.microphone import InputStream, SoundMicrophone
from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Devices

_OPENED_S = 0.3


class SoundDevices:
    """Microphones and loudspeakers of this machine. Costs nothing until it is asked for something.

    Args:
        input_name, output_name: the remembered choices; "" = the system's default.
    """

    def __init__(self, input_name: str = "", output_name: str = "") -> None:
        self.input_name = input_name
        self.output_name = output_name
        self._listing: Listing | None = None
        self._in_use: dict[SoundMicrophone | SoundLoudspeaker, Endpoint] = {}
        self._watching: asyncio.Task[None] | None = None

    def devices(self) -> Devices:
        """Return what was there at the last look (the first call looks: 100 ms) and what would be used."""
        try:
            listing = self._known()
        except DeviceError:
            return Devices()
        used_input = listing.find("input", self.input_name)
        used_output = listing.find("output", self.output_name)
        return Devices(
            inputs=tuple(endpoint.name for endpoint in listing.inputs),
            outputs=tuple(endpoint.name for endpoint in listing.outputs),
            input=used_input.name if used_input else "",
            output=used_output.name if used_output else "",
        )

    async def refresh(self) -> Devices:
        """Look again. Where PortAudio's own list is all there is, that needs a moment without any open stream."""
        await asyncio.to_thread(self._look_again)
        self._tell_vanished()
        return self.devices()

    async def changes(self) -> AsyncGenerator[Devices, None]:
        """Yield the list now, and again whenever a device came, went, or became the default. Close it with aclosing."""
        known = await self.refresh()
        yield known
        async with aclosing(watch.hints()) as hints:
            async for _hint in hints:
                now = await self.refresh()
                if now != known:
                    known = now
                    yield now

    async def open_microphone(self, name: str = "") -> SoundMicrophone:
        """Open *name*, or the default when it is empty or not there, and let it run. Raises DeviceError."""
        endpoint, stream = await open_in_thread(
            partial(self._begin_microphone, name or self.input_name), lambda opened: opened[1].release()
        )
        stream.watched_by(lambda: self._release(stream))
        self._use(stream, endpoint)
        return stream

    def loudspeaker(self, name: str = "") -> SoundLoudspeaker:
        """Return *name*, or the default when it is empty or not there, not opened yet; "no loudspeaker" shows then."""
        try:
            endpoint = self._choose("output", name or self.output_name)
        except DeviceError as error:
            return SoundLoudspeaker("", 48_000, _refusing(error))
        speaker = SoundLoudspeaker(endpoint.name, endpoint.rate_hz, lambda fill: self._open_output(endpoint, fill))
        speaker.watched_by(lambda: self._use(speaker, endpoint), lambda: self._release(speaker))
        return speaker

    # --- devices in use ------------------------------------------------------------------------------------------
    # PulseAudio and PipeWire move a stream whose device vanished to whatever is left, be it the monitor of a
    # loudspeaker. Nobody wants to be recorded from there without being told, so the list is watched meanwhile.

    def _use(self, stream: SoundMicrophone | SoundLoudspeaker, endpoint: Endpoint) -> None:
        self._in_use[stream] = endpoint
        if endpoint.server_name and (self._watching is None or self._watching.done()):
            self._watching = asyncio.get_running_loop().create_task(self._watch(), name="device watch")

    async def _release(self, stream: SoundMicrophone | SoundLoudspeaker) -> None:
        self._in_use.pop(stream, None)
        if not self._in_use and self._watching is not None:
            watching, self._watching = self._watching, None
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self) -> None:
        await asyncio.sleep(_OPENED_S)  # not in the way of what the device was opened for
        async with aclosing(watch.hints()) as hints:
            async for _hint in hints:
                await self.refresh()

    def _tell_vanished(self) -> None:
        listing = self._known()
        there = {endpoint.server_name for endpoint in (*listing.inputs, *listing.outputs)}
        for stream, endpoint in list(self._in_use.items()):
            if endpoint.server_name and endpoint.server_name not in there:
                stream.vanish()

    # --- blocking ------------------------------------------------------------------------------------------------

    def _known(self) -> Listing:
        if self._listing is None:
            self._listing = directory.look()
        return self._listing

    def _look_again(self) -> None:
        with portaudio.exclusive() as sounddevice:
            listing = directory.look()
            has_server = any(endpoint.server_name for endpoint in (*listing.inputs, *listing.outputs))
            if not has_server and not portaudio.OPEN:
                # PortAudio's list is frozen until it is initialised again, which would kill open streams
                sounddevice._terminate()
                portaudio.prepare_alsa()
                sounddevice._initialize()
                listing = directory.look()
            self._listing = listing

    def _choose(self, direction: Direction, name: str) -> Endpoint:
        endpoint = self._known().find(direction, name)
        if endpoint is None or endpoint.name != name:
            self._look_again()  # plugged in meanwhile, or another default
            endpoint = self._known().find(direction, name)
        if endpoint is None:
            raise DeviceError(
                _("There is no microphone.") if direction == "input" else _("There is no loudspeaker."),
                hint=_("Connect one; voiceapp finds it without being started again."),
                detail=direction,
            )
        return endpoint

    def _begin_microphone(self, name: str) -> tuple[Endpoint, SoundMicrophone]:
        """Open and start; what was there at the last look may have gone meanwhile, so a failure looks once more."""
        tried: Endpoint | None = None
        while True:
            endpoint = self._choose("input", name)
            stream = SoundMicrophone(endpoint.name, endpoint.rate_hz)
            try:
                stream.begin(partial(self._open_input, endpoint))
            except DeviceError:
                self._listing = None
                if endpoint == tried:
                    raise
                tried = endpoint
            else:
                return endpoint, stream

    def _open_input(self, endpoint: Endpoint, callback: Callable[..., None]) -> InputStream:
        message = _("The microphone “{name}” could not be opened.").format(name=endpoint.name)
        with (
            portaudio.exclusive() as sounddevice,
            portaudio.environment(PULSE_SOURCE=endpoint.server_name),
            portaudio.translated(message),
        ):
            stream = sounddevice.InputStream(
                device=endpoint.index,
                samplerate=endpoint.rate_hz,
                blocksize=endpoint.rate_hz * microphone.BLOCK_MS // 1000,
                channels=1,
                dtype="float32",
                latency="low",
                callback=callback,
            )
        opened: InputStream = portaudio.kept_until_closed(stream)
        return opened

    def _open_output(self, endpoint: Endpoint, callback: Callable[..., None]) -> OutputStream:
        message = _("The loudspeaker “{name}” could not be opened.").format(name=endpoint.name)
        with (
            portaudio.exclusive() as sounddevice,
            portaudio.environment(PULSE_SINK=endpoint.server_name),
            self._looking_again_after_failure(),
            portaudio.translated(message),
        ):
            stream = sounddevice.OutputStream(
                device=endpoint.index,
                samplerate=endpoint.rate_hz,
                blocksize=endpoint.rate_hz * loudspeaker.BLOCK_MS // 1000,
                channels=1,
                dtype="float32",
                latency=loudspeaker.LATENCY_MS / 1000,
                callback=callback,
                prime_output_buffers_using_stream_callback=True,
            )
        opened: OutputStream = portaudio.kept_until_closed(stream)
        return opened

    @contextmanager
    def _looking_again_after_failure(self) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            self._listing = None
            raise


def _refusing(error: DeviceError) -> Callable[[Callable[..., None]], OutputStream]:
    def refuse(_callback: Callable[..., None]) -> OutputStream:
        raise error

    return refuse
