"""Which microphones and loudspeakers exist, by the names a person knows.

On Linux PortAudio sees PulseAudio (or PipeWire, which speaks its protocol) as a single device, so the list comes
from the sound server itself, by its own tool ``pactl``: names, native rates and defaults, live, in 30 ms and
without restarting PortAudio. Everywhere else PortAudio's own list is taken; it is frozen until PortAudio is
initialised again.

A newcomer may ask why not the package ``pulsectl``: in its release 24.12 the rates it shows are read from memory
that libpulse has already freed (measured: 22010 Hz for a device of 48000), and connecting with a timeout always
takes the whole timeout.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from voiceapp.audio import portaudio

Direction = Literal["input", "output"]
_USUAL_RATE_HZ = 48_000
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
        info, sinks, sources = (_pactl(*words) for words in (("info",), ("list", "sinks"), ("list", "sources")))
        outputs = _served(sinks, index)
        inputs = _served((s for s in sources if s["properties"].get("device.class") != "monitor"), index)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, subprocess.SubprocessError):
        return None
    return Listing(
        inputs,
        outputs,
        _shown(inputs, os.environ.get("PULSE_SOURCE") or info["default_source_name"]),
        _shown(outputs, os.environ.get("PULSE_SINK") or info["default_sink_name"]),
    )


def _pactl(*words: str) -> Any:
    """Return what ``pactl`` answers. The locale is fixed because its JSON has decimal commas in some others."""
    command = ["pactl", "--format=json", *words]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    answer = subprocess.run(command, capture_output=True, check=True, timeout=2.0, env=environment)
    return json.loads(answer.stdout.decode("utf-8", errors="replace"))


def _served(devices: Iterable[dict[str, Any]], index: int) -> tuple[Endpoint, ...]:
    return _unique(
        Endpoint(
            name=str(device.get("description") or device["name"]),
            rate_hz=_rate_hz(str(device.get("sample_specification", ""))),
            index=index,
            server_name=str(device["name"]),
        )
        for device in devices
    )


def _rate_hz(specification: str) -> int:
    """Read "s16le 2ch 48000Hz"; what cannot be opened directly (odd or very high rates) the server resamples."""
    found = re.search(r"(\d+)Hz", specification)
    rate_hz = int(found[1]) if found else _USUAL_RATE_HZ
    return rate_hz if 8_000 <= rate_hz <= 96_000 else _USUAL_RATE_HZ


def _shown(endpoints: tuple[Endpoint, ...], server_name: str) -> str:
    return next((e.name for e in endpoints if e.server_name == server_name), "")
