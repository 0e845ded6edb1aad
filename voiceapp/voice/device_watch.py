"""Chosen devices that go and come back: their place is taken by the default meanwhile, and given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from gettext import gettext as _

from voiceapp.core.errors import DeviceError
from voiceapp.core.events import Devices
from voiceapp.core.settings import Settings
from voiceapp.ports import AudioDevices


@dataclass(frozen=True)
class News:
    """A chosen device went or came back. *is_input*: a microphone, otherwise a loudspeaker."""

    name: str
    is_input: bool
    is_back: bool

    @property
    def sentence(self) -> str:
        """As the person is told."""
        if self.is_back:
            return _("“{name}” is back and is used again.").format(name=self.name)
        if self.is_input:
            return _("“{name}” is not there. The default microphone is used meanwhile.").format(name=self.name)
        return _("“{name}” is not there. The default loudspeaker is used meanwhile.").format(name=self.name)


def in_use(there: Devices, settings: Settings, *, is_warm: bool) -> Devices:
    """Return the list with what is used of it: the chosen devices as far as they are there, else the defaults."""
    is_input, is_output = settings.input_device in there.inputs, settings.output_device in there.outputs
    return Devices(
        there.inputs,
        there.outputs,
        settings.input_device if is_input else there.input,
        settings.output_device if is_output else there.output,
        is_warm,
    )


def told_lost(error: DeviceError, *, is_replaced: bool) -> str:
    """Say that the microphone of a take is gone, and what becomes of the take."""
    rest = _("The recording goes on.") if is_replaced else _("The recording ends here; it is kept.")
    return f"{error.message} {rest}"


class DeviceWatch:
    """Follows the list of devices once something other than the default was chosen, or a device is missing altogether.

    Until then nothing is watched: the default is looked up whenever it is opened, and a device in use tells itself.

    Args:
        on_news: called on the voice loop for each chosen device that went or came back.
        on_list: called when only other devices changed.
    """

    def __init__(self, devices: AudioDevices, on_news: Callable[[News], None], on_list: Callable[[], None]) -> None:
        self._devices = devices
        self._on_news = on_news
        self._on_list = on_list
        self._chosen: tuple[str, str] = ("", "")
        self._missing: set[tuple[str, bool]] = set()
        self._is_wanted = asyncio.Event()

    def choose(self, settings: Settings) -> None:
        """Follow the devices that *settings* choose. What was chosen and missing before is forgotten."""
        self._chosen = (settings.input_device, settings.output_device)
        self._missing &= {(self._chosen[0], True), (self._chosen[1], False)}
        if any(self._chosen):
            self._is_wanted.set()

    def follow(self) -> None:
        """Watch from now on: there is no microphone or loudspeaker at all, and whoever plugs one in must see it."""
        self._is_wanted.set()

    async def run(self) -> None:
        """Watch for ever, or until the devices say that nothing will change."""
        there = self._devices.devices()
        if not (there.input and there.output):
            self.follow()
        await self._is_wanted.wait()
        is_first = any(self._chosen)  # otherwise what is missing may be there by now
        async with aclosing(self._devices.changes()) as changes:
            async for there in changes:
                news = tuple(self._compare(there))
                for one in news:
                    self._on_news(one)
                if not news and not is_first:
                    self._on_list()
                is_first = False

    def _compare(self, there: Devices) -> Iterator[News]:
        for name, is_input, names in (
            (self._chosen[0], True, there.inputs),
            (self._chosen[1], False, there.outputs),
        ):
            was_missing = (name, is_input) in self._missing
            if not name or (name not in names) == was_missing:
                continue
            self._missing ^= {(name, is_input)}
            yield News(name, is_input, is_back=was_missing)
