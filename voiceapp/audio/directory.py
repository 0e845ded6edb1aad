"""Which microphones and loudspeakers exist, by the names a person knows.

On Linux PortAudio sees PulseAudio (or PipeWire, which speaks its protocol) as a single device, so the list comes
from the sound server itself by ``pulsectl``: names, native rates and defaults, live and without restarting
PortAudio. Everywhere else PortAudio's own list is taken; it is frozen until PortAudio is initialised again.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from voiceapp.audio import portaudio

Direction = Literal["input", "output"]
_BY_SERVER = ("pulse", "default", "pipewire")  # PortAudio's names for "whatever the sound server says"


@dataclass(frozen=True)
class Endpoint:
    """One microphone or loudspeaker.

    Attributes:
        name: as shown to the person, unique in its direction.
        rate_hz: its native rate.
        index: PortAudio's, valid until PortAudio is initialised again.
        server_name: the sound server's own name for it; "" where PortAudio addresses it directly.
    """

    name: str
    rate_hz: int
    index: int
    server_name: str = ""


@dataclass(frozen=True)
class Listing:
    """Everything there is now; *default_input* and *default_output* are names, "" = none."""

    inputs: tuple[Endpoint, ...] = ()
    outputs: tuple[Endpoint, ...] = ()
    default_input: str = ""
    default_output: str = ""

    def find(self, direction: Direction, name: str) -> Endpoint | None:
        """Return the device called *name*, else the default, else any; None when there is none at all."""
        endpoints = self.inputs if direction == "input" else self.outputs
        default = self.default_input if direction == "input" else self.default_output
        by_name = {endpoint.name: endpoint for endpoint in endpoints}
        return by_name.get(name) or by_name.get(default) or next(iter(endpoints), None)


def look() -> Listing:
    """Return what is there now. Blocking (2-30 ms). Raises DeviceError when PortAudio cannot be used."""
    with portaudio.exclusive() as sounddevice:
        found = [dict(device, index=index) for index, device in enumerate(sounddevice.query_devices())]
        default_input, default_output = (_default_name(sounddevice, kind) for kind in ("input", "output"))
    gateway = next((d for name in _BY_SERVER for d in found if d["name"] == name), None)
    if gateway is not None and sys.platform.startswith("linux"):
        listing = _ask_server(gateway["index"])
        if listing is not None:
            return listing
    return Listing(_endpoints(found, "input"), _endpoints(found, "output"), default_input, default_output)


def _default_name(sounddevice: Any, kind: Direction) -> str:
    try:
        return str(sounddevice.query_devices(kind=kind)["name"])
    except (sounddevice.PortAudioError, ValueError):
        return ""


def _endpoints(found: Iterable[dict[str, Any]], direction: Direction) -> tuple[Endpoint, ...]:
    return _unique(
        Endpoint(str(device["name"]), int(device["default_samplerate"]), int(device["index"]))
        for device in found
        if device[f"max_{direction}_channels"] > 0
    )


def _unique(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    seen: Counter[str] = Counter()
    named = []
    for endpoint in endpoints:
        seen[endpoint.name] += 1
        number = seen[endpoint.name]
        named.append(endpoint if number == 1 else replace(endpoint, name=f"{endpoint.name} ({number})"))
    return tuple(named)


def _ask_server(index: int) -> Listing | None:
    """Ask PulseAudio or PipeWire; None when neither answers (then PortAudio's list is all we know)."""
    try:
        import pulsectl
    except (ImportError, OSError):
        return None
    try:
        with pulsectl.Pulse("voiceapp", connect=False) as server:
            server.connect(autospawn=False, timeout=2.0)
            info, sinks, sources = server.server_info(), server.sink_list(), server.source_list()
    except pulsectl.PulseError:
        return None
    outputs = _served(sinks, index)
    inputs = _served([s for s in sources if not s.monitor_of_sink_name], index)
    return Listing(
        inputs,
        outputs,
        _shown(inputs, os.environ.get("PULSE_SOURCE") or info.default_source_name),
        _shown(outputs, os.environ.get("PULSE_SINK") or info.default_sink_name),
    )


def _served(devices: Iterable[Any], index: int) -> tuple[Endpoint, ...]:
    return _unique(Endpoint(d.description or d.name, int(d.sample_spec.rate), index, d.name) for d in devices)


def _shown(endpoints: tuple[Endpoint, ...], server_name: str) -> str:
    return next((e.name for e in endpoints if e.server_name == server_name), "")
