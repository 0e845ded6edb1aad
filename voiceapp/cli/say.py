"""``voiceapp say``: a text, spoken."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from gettext import gettext as _
from pathlib import Path

from voiceapp import resources
from voiceapp.audio.device import SoundDevices
from voiceapp.audio.file_devices import FileDevices, KeptSpeech
from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.soundfile_io import write
from voiceapp.cli.ask import question, sound_target
from voiceapp.cli.engines import Tools, open_engines
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import Job
from voiceapp.core.speech import SpeechRequest
from voiceapp.core.usage import spoken_amounts
from voiceapp.ports import TextToSpeech
from voiceapp.voice.answer import SpokenReply
from voiceapp.voice.playback import Playback


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: say(context, arguments))


async def say(context: Context, arguments: argparse.Namespace) -> int:
    """Speak at the loudspeaker, or into a file."""
    out = sound_target(arguments.out)
    text = await question(arguments.text)
    async with open_engines(context, voice_model=arguments.model) as tools:
        settings = tools.settings
        if arguments.voice:
            check_voice(tools.engines.speech, arguments.voice)
        request = SpeechRequest(
            "",
            arguments.voice or settings.voice,
            arguments.speed or settings.speed,
            settings.language,
            settings.voice_style if arguments.style is None else arguments.style,
        )
        await speak(context, tools, text, request, out)
    return 0


def check_voice(engine: TextToSpeech, name: str) -> None:
    """Tell before any work that *engine* has no voice *name*, where its voices are known. Raises ConfigError."""
    known = {voice.id for voice in engine.voices()}
    if known and name not in known:
        raise ConfigError(
            _("{engine} has no voice called “{name}”.").format(engine=engine.label, name=name),
            hint=_("voiceapp voices lists those that it has."),
        )


async def speak(context: Context, tools: Tools, text: str, request: SpeechRequest, out: Path | None) -> None:
    """Speak *text* in the manner of *request*, at the chosen loudspeaker or into *out*."""
    speaker = KeptSpeech(is_kept=True) if out is not None else None
    settings = tools.settings
    devices = FileDevices(SoundDevices(settings.input_device, settings.output_device), speaker=speaker)
    playback = Playback(devices, StreamResampler, lambda _event: None)
    estimate = tools.account.meter.estimate(Job.SPEECH, spoken_amounts(text), characters=len(text))
    if estimate.is_large:
        context.output.notice(estimate.words)
    rules = resources.language_rules(settings.language)
    try:
        await playback.begin()
        await SpokenReply(tools.engines.speech, request, rules, playback).run(_whole(text), lambda _delta: None)
        duration_s = playback.heard_s()
    finally:
        playback.silence()
        await playback.close()
    if speaker is not None and out is not None:
        await asyncio.to_thread(write, out, speaker.clip())
    label = tools.engines.speech.label
    context.output.event("audio", file=str(out) if out else None, duration_s=round(duration_s, 3), engine=label)


async def _whole(text: str) -> AsyncIterator[str]:
    yield text
