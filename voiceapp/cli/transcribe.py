"""``voiceapp transcribe``: recordings to text or subtitles."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.soundfile_io import length_s, read
from voiceapp.cli.engines import Tools, open_engines
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError, VoiceAppError
from voiceapp.core.settings import Job
from voiceapp.core.speech import HearingRequest
from voiceapp.core.transcript_formats import Format, written
from voiceapp.store.files import told_as_store_error
from voiceapp.voice.hearing import transcribe as heard


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: transcribe(context, arguments))


async def transcribe(context: Context, arguments: argparse.Namespace) -> int:
    """Transcribe every file; one that cannot be is named and the others go on. 1 where one failed."""
    form, out, files = Format(arguments.format), arguments.out, arguments.files
    if out is not None and len(files) > 1 and not out.is_dir():
        raise ConfigError(
            _("Several recordings cannot be written to one file."), hint=_("Name a folder that exists with --out.")
        )
    is_failed = False
    async with open_engines(context) as tools:
        await _announce(context, tools, files)
        for file in files:
            try:
                text = await _one(context, tools, file, arguments.language, Format.JSON if arguments.json else form)
            except VoiceAppError as error:
                is_failed = True
                context.output.failed(_named(error, file) if len(files) > 1 else error)
                continue
            if len(files) > 1 and out is None and form is Format.TXT and not arguments.json:
                text = f"{file.name}: {text.strip()}\n"
            _deliver(context, text, file, out, Format.JSON if arguments.json else form)
    return 1 if is_failed else 0


async def _announce(context: Context, tools: Tools, files: Sequence[Path]) -> None:
    """Say before a large job what it will take."""
    seconds = sum(await asyncio.gather(*(asyncio.to_thread(length_s, file) for file in files)))
    estimate = tools.account.meter.estimate(Job.TRANSCRIPTION, {"seconds": seconds}, seconds=seconds)
    if estimate.is_large:
        context.output.notice(estimate.words)


async def _one(context: Context, tools: Tools, file: Path, language: str, form: Format) -> str:
    engine, settings = tools.engines.hearing, tools.settings
    clip = await asyncio.to_thread(read, file)
    request = HearingRequest(language or settings.language, settings.vocabulary)
    transcript = await heard(engine, clip, request, StreamResampler)
    return written(transcript, form, name=file.name, duration_s=clip.duration_s, engine=engine.label)


def _deliver(context: Context, text: str, file: Path, out: Path | None, form: Format) -> None:
    if out is None:
        context.output.raw(text)
        return
    target = out / f"{file.stem}.{form.value}" if out.is_dir() else out
    with told_as_store_error(target):
        target.write_text(text, encoding="utf-8")


def _named(error: VoiceAppError, file: Path) -> VoiceAppError:
    if file.name not in error.message:
        error.message = f"{file.name}: {error.message}"
    return error
