"""A sound card for machines that have none: a private PulseAudio with a speaker and a microphone made of nothing.

How a test uses it::

    @pytest.mark.sound
    def test_speaks(sound_card: SoundCard) -> None:
        with sound_card.record_speaker() as heard:     # what the loudspeaker really gives, from its monitor
            ...                                        # drive the program, in this process or as a child
        assert heard.samples.any()                     # mono float32 at heard.rate_hz
        heard.time_of(index)                           # time.monotonic() of a sample, to about 5 ms

* ``play_into_microphone(file_or_clip)`` speaks into the microphone and returns at the end; ``speaking(...)`` is the
  same as a context, for doing something meanwhile.
* ``echo(True)`` lets the speaker leak into the microphone, as a room does; ``echo(False)`` ends that.
* ``unplug_microphone()``, ``plug_microphone()``, ``unplug_speaker()``, ``plug_speaker()``: devices vanish and come
  back. The fixture brings back what a test left unplugged. ``add_speaker("Headset")`` and ``add_microphone(...)``
  are contexts that add one more.
* Names as the program shows them: ``SPEAKER`` and ``MICROPHONE``.

Benchmarks use ``with running_card() as card``; import this module before anything that opens sound.

How it gets there: importing this module (tests/conftest.py names it as a plugin) points ALSA and PulseAudio, by
environment variables, at a server that does not run yet, before anything can initialise PortAudio. So no test ever
reaches the machine's real sound card, and children inherit the same. The session-scoped server starts with the first
test that asks for the fixture and dies with the session, even when that is killed. It works as root and as anybody.

Why not three plain null sinks: an idle one wakes every two seconds only, so the first client would wait that long for
its first block. ``norewinds`` and a loopback kept on each hold them at ticks of 5 ms (2 % of a core while it runs).
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest
import soundfile

from voiceapp.audio import portaudio
from voiceapp.core.audio import Clip, Float32Block

SPEAKER = "Virtual Speaker"
MICROPHONE = "Virtual Microphone"
RATE_HZ = 48_000
NEEDS = "pulseaudio", "pactl", "parecord", "paplay"
_OURS = ("PULSE_SERVER", "PULSE_COOKIE", "PULSE_CLIENTCONFIG", "ALSA_CONFIG_PATH")
_START_S = 10.0


class Recording:
    """What the loudspeaker gave, from entering the context to leaving it."""

    rate_hz = RATE_HZ

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._parts: list[bytes] = []
        self._frames = 0
        self._offsets_s: list[float] = []
        self._flowing = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="recording", daemon=True)

    def __enter__(self) -> Recording:
        self._thread.start()
        if not self._flowing.wait(_START_S):
            self.stop()
            raise RuntimeError("the monitor of the virtual speaker gives nothing")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the recording."""
        self._process.terminate()
        if self._thread.ident is not None:
            self._thread.join()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _collect(self) -> None:
        assert self._process.stdout is not None
        file = self._process.stdout.fileno()
        while data := os.read(file, 65_536):
            now_s = time.monotonic()
            self._parts.append(data)
            self._frames += len(data) // 2
            self._offsets_s.append(now_s - self._frames / RATE_HZ)
            self._flowing.set()

    @property
    def seconds(self) -> float:
        """How much has been recorded so far."""
        return self._frames / RATE_HZ

    @property
    def samples(self) -> Float32Block:
        """Everything so far, mono."""
        data = b"".join(self._parts)
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float32) / np.float32(32_768)

    @property
    def start_s(self) -> float:
        """time.monotonic() of the first sample: the earliest that the arrivals allow, outliers aside."""
        return float(np.percentile(self._offsets_s, 5))

    def time_of(self, index: int) -> float:
        """Return the time.monotonic() at which sample *index* sounded."""
        return self.start_s + index / RATE_HZ


class SoundCard:
    """The virtual card; see the module. Blocking; any thread, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._modules: dict[str, list[str]] = {}
        self.environment = {
            "PULSE_SERVER": f"unix:{folder / 'native'}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }

    def reserve(self) -> None:
        """Point this process and its children at the card, which need not run yet."""
        server = self.environment["PULSE_SERVER"]
        pulse = f'{{ type pulse server "{server}" }}'
        (self._folder / "client.conf").write_text("autospawn = no\nenable-shm = no\n")
        (self._folder / "daemon.conf").write_text(
            f"default-sample-rate = {RATE_HZ}\nalternate-sample-rate = {RATE_HZ}\n"
        )
        (self._folder / "asound.conf").write_text(
            "</usr/share/alsa/alsa.conf>\n"
            f"pcm.!default {pulse}\npcm.pulse {pulse}\n"
            f'ctl.!default {{ type pulse server "{server}" }}\n'
        )
        for name in ("PULSE_SINK", "PULSE_SOURCE", "PULSE_LATENCY_MSEC"):
            os.environ.pop(name, None)
        os.environ.update(self.environment)

    # --- the server ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server with one speaker and one microphone."""
        script = self._folder / "server.pa"
        script.write_text(
            f"load-module module-native-protocol-unix socket={self._folder / 'native'} auth-anonymous=1\n"
        )
        options = (
            "--daemonize=no --use-pid-file=no --exit-idle-time=-1 --realtime=no --high-priority=no --disable-shm=yes"
        )
        with (self._folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                ["pulseaudio", "-n", "-F", str(script), *options.split(), "--log-level=error", "--log-target=stderr"],
                env=self._private_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        deadline_s = time.monotonic() + _START_S
        while self._pactl("info", check=False) is None:
            if self._server.poll() is not None or time.monotonic() > deadline_s:
                said = (self._folder / "server.log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"PulseAudio did not start: {said[-500:]}")
            time.sleep(0.02)
        self._load("awake", "module-null-sink", "sink_name=awake", "channels=1", "norewinds=1", f"rate={RATE_HZ}")
        self.plug_speaker()
        self.plug_microphone()

    def _private_environment(self) -> dict[str, str]:
        """An environment that knows nothing of the person's own sound set-up."""
        home, run = self._folder / "home", self._folder / "run"
        for folder in (home, run):
            folder.mkdir(mode=0o700, exist_ok=True)
        foreign = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        return {
            **kept,
            **self.environment,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "XDG_RUNTIME_DIR": str(run),
            "PULSE_RUNTIME_PATH": str(run),
            "PULSE_STATE_PATH": str(home),
            "PULSE_CONFIG": str(self._folder / "daemon.conf"),
        }

    def stop(self) -> None:
        """End the server. Idempotent."""
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        try:
            server.wait(5.0)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        self._modules.clear()

    def _pactl(self, *words: str, check: bool = True) -> str | None:
        done = subprocess.run(
            ["pactl", *words], capture_output=True, text=True, timeout=10, env={**os.environ, **self.environment}
        )
        if done.returncode == 0:
            return done.stdout.strip()
        if check:
            raise RuntimeError(f"pactl {' '.join(words)}: {done.stderr.strip()}")
        return None

    def _load(self, group: str, *words: str) -> str:
        number = self._pactl("load-module", *words) or ""
        self._modules.setdefault(group, []).append(number)
        return number

    def _unload(self, group: str) -> None:
        for number in reversed(self._modules.pop(group, [])):
            self._pactl("unload-module", number, check=False)  # a loopback may have gone with its source

    # --- devices -------------------------------------------------------------------------------------------------

    def plug_speaker(self) -> None:
        """Bring the speaker back, as the default. Nothing happens when it is there."""
        if "speaker" not in self._modules:
            self._add_sink("speaker", SPEAKER)
            self._pactl("set-default-sink", "speaker")

    def unplug_speaker(self) -> None:
        """Let the speaker vanish; streams on it are ended, as when a USB plug is pulled."""
        self._unload("speaker")

    def plug_microphone(self) -> None:
        """Bring the microphone back, as the default. Nothing happens when it is there."""
        if "microphone" not in self._modules:
            self._add_source("microphone", MICROPHONE)
            self._pactl("set-default-source", "microphone")

    def unplug_microphone(self) -> None:
        """Let the microphone vanish."""
        self._unload("microphone")

    @contextmanager
    def add_speaker(self, name: str) -> Iterator[str]:
        """One more loudspeaker, called *name*; gives the server's name for it."""
        group = name.lower().replace(" ", "_")
        self._add_sink(group, name)
        try:
            yield group
        finally:
            self._unload(group)

    @contextmanager
    def add_microphone(self, name: str) -> Iterator[str]:
        """One more microphone, called *name*, which hears nothing; gives the server's name for it."""
        group = name.lower().replace(" ", "_")
        self._add_source(group, name)
        try:
            yield group
        finally:
            self._unload(group)

    def _add_sink(self, group: str, description: str) -> None:
        shown = f"sink_properties='device.description=\"{description}\"'"
        self._load(group, "module-null-sink", f"sink_name={group}", f"rate={RATE_HZ}", "norewinds=1", shown)
        self._keep_awake(group, f"{group}.monitor")

    def _add_source(self, group: str, description: str) -> None:
        shown = f"source_properties='device.description=\"{description}\"'"
        self._load(group, "module-null-sink", f"sink_name={group}_in", "channels=1", f"rate={RATE_HZ}", "norewinds=1")
        self._load(group, "module-remap-source", f"source_name={group}", f"master={group}_in.monitor", shown)
        self._keep_awake(group, group)

    def _keep_awake(self, group: str, source: str) -> None:
        fixed = ("adjust_time=0", "source_dont_move=yes", "sink_dont_move=yes")
        self._load(group, "module-loopback", f"source={source}", "sink=awake", "channels=1", "latency_msec=15", *fixed)

    # --- sound ---------------------------------------------------------------------------------------------------

    def play_into_microphone(self, sound: Path | Clip, microphone: str = "microphone") -> None:
        """Speak *sound* into the microphone; returns when it is over."""
        with self.speaking(sound, microphone) as player:
            player.wait()

    @contextmanager
    def speaking(self, sound: Path | Clip, microphone: str = "microphone") -> Iterator[subprocess.Popen[bytes]]:
        """Speak *sound* into the microphone meanwhile; leaving the context early ends it."""
        path = self._as_file(sound)
        player = subprocess.Popen(["paplay", f"--device={microphone}_in", "--latency-msec=100", str(path)])
        try:
            yield player
        finally:
            player.terminate()
            player.wait()

    def _as_file(self, sound: Path | Clip) -> Path:
        if isinstance(sound, Path):
            return sound
        path = self._folder / "spoken.wav"
        soundfile.write(path, sound.samples, sound.rate_hz)
        return path

    def record_speaker(self, speaker: str = "speaker") -> Recording:
        """Return a context in which what *speaker* plays is recorded."""
        how = ("--latency-msec=5", f"--rate={RATE_HZ}", "--channels=1", "--format=s16le", "--raw")
        return Recording(subprocess.Popen(["parecord", f"--device={speaker}.monitor", *how], stdout=subprocess.PIPE))

    def echo(self, on: bool, *, delay_ms: int = 60, gain: float = 0.3) -> None:
        """Let the speaker leak into the microphone after *delay_ms* at *gain* (linear), or end that."""
        self._unload("echo")
        if not on:
            return
        ends = ("source=speaker.monitor", "sink=microphone_in", "source_dont_move=yes", "sink_dont_move=yes")
        number = self._load("echo", "module-loopback", *ends, f"latency_msec={delay_ms}")
        volume = round(65_536 * gain ** (1 / 3))  # PulseAudio's volume is cubic
        for stream in self._streams_of(number):
            self._pactl("set-sink-input-volume", stream, str(volume))

    def _streams_of(self, module: str) -> list[str]:
        found, stream = [], ""
        for line in (self._pactl("list", "sink-inputs") or "").splitlines():
            if line.startswith("Sink Input #"):
                stream = line.removeprefix("Sink Input #")
            elif line.strip() == f"Owner Module: {module}":
                found.append(stream)
        return found

    def restore(self) -> None:
        """Undo what a test left behind."""
        self.echo(False)
        self.plug_speaker()
        self.plug_microphone()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _missing() -> str:
    if not sys.platform.startswith("linux"):
        return "the virtual sound card is PulseAudio on Linux"
    absent = [command for command in NEEDS if shutil.which(command) is None]
    return f"{', '.join(absent)} not installed (apt-get install pulseaudio pulseaudio-utils)" if absent else ""


_CARD: SoundCard | None = None
_OWNER = os.getpid()
if not _missing():
    _CARD = SoundCard(Path(tempfile.mkdtemp(prefix="voiceapp-card-")))
    _CARD.reserve()


@contextmanager
def running_card() -> Iterator[SoundCard]:
    """Run the card for a while: for benchmarks, which are no tests. RuntimeError where it cannot run."""
    if _CARD is None:
        raise RuntimeError(_missing())
    _CARD.start()
    try:
        if (sounddevice := sys.modules.get("sounddevice")) is not None:  # it looked when there was nothing to see yet
            sounddevice._terminate()
            sounddevice._initialize()
        yield _CARD
    finally:
        _CARD.stop()


@pytest.fixture(scope="session")
def sound_card_server() -> Iterator[SoundCard]:
    """The running card. Tests take ``sound_card``, which also tidies up after them."""
    if _CARD is None:
        pytest.skip(_missing())
    with running_card() as card:
        yield card


@pytest.fixture
def sound_card(sound_card_server: SoundCard) -> Iterator[SoundCard]:
    """The virtual sound card, as the module describes it. Whoever uses it in this process closes what it opened."""
    yield sound_card_server
    sound_card_server.restore()
    _until_closed()


def _until_closed() -> None:
    """A stream left open is called by PortAudio's thread for ever; closing may still be under way in a thread."""
    deadline = time.monotonic() + _START_S
    while portaudio.OPEN and time.monotonic() < deadline:
        time.sleep(0.01)
    left = len(portaudio.OPEN)
    for stream in tuple(portaudio.OPEN):
        stream.close()
    assert not left, f"{left} streams were left open"


@atexit.register
def pytest_unconfigure() -> None:
    """Leave nothing behind, whatever happened: at the end of the tests, and of any other process. Idempotent."""
    if _CARD is not None and os.getpid() == _OWNER:
        _CARD.stop()
        shutil.rmtree(_CARD._folder, ignore_errors=True)
