"""``voiceapp transcribe``: recordings to text or subtitles, in English if wanted, with who speaks if that is told."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.resample import StreamResampler
from voiceapp.audio.soundfile_io import length_s, read
from voiceapp.cli.engines import Tools, open_engines
from voiceapp.cli.given import given, is_there
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError, ProviderError, VoiceAppError
from voiceapp.core.hearing import HearingOptions, request_of
from voiceapp.core.settings import Job
from voiceapp.core.speech import Transcript
from voiceapp.core.transcript_formats import Format, has_speakers, has_times, times_are_shares, written
from voiceapp.store.files import told_as_store_error
from voiceapp.voice.hearing import transcribe as recording_heard


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: transcribe(context, arguments))


async def transcribe(context: Context, arguments: argparse.Namespace) -> int:
    """Transcribe every file; one that cannot be is named and the others go on. 1 where one failed, 2: is not there."""
    form, out, files = Format(arguments.format), arguments.out, arguments.files
    if out is not None and len(files) > 1 and not out.is_dir():
        raise ConfigError(
            _("Several recordings cannot be written to one file."), hint=_("Name a folder that exists with --out.")
        )
    code = 0
    async with open_engines(context, model=arguments.model) as tools:
        await _announce(context, tools, files)
        for file in files:
            try:
                heard = await _heard(context, tools, file, options_of(arguments))
            except VoiceAppError as error:
                code = max(code, 1 if is_there(file) else 2)
                context.output.failed(_named(error, file) if len(files) > 1 else error)
                continue
            text = heard.written(Format.JSON if arguments.json else form)
            code = max(code, int(_tell_doubts(context, heard, form)))
            if len(files) > 1 and out is None and form is Format.TXT and not arguments.json:
                text = f"{file.name}: {text.strip()}\n"
            _deliver(context, text, file, out, Format.JSON if arguments.json else form)
    return code


async def _announce(context: Context, tools: Tools, files: Sequence[Path]) -> None:
    """Say before a large job what it will take."""
    seconds = sum(await asyncio.gather(*(asyncio.to_thread(length_s, file) for file in files)))
    estimate = tools.account.meter.estimate(Job.TRANSCRIPTION, {"seconds": seconds}, seconds=seconds)
    if estimate.is_large:
        context.output.notice(estimate.words)


@dataclass(frozen=True)
class Heard:
    """A recording with its words."""

    file: Path
    transcript: Transcript
    duration_s: float
    engine: str
    options: HearingOptions

    def written(self, form: Format) -> str:
        """Return the transcript as a file."""
        return written(self.transcript, form, name=self.file.name, duration_s=self.duration_s, engine=self.engine)


def options_of(arguments: argparse.Namespace) -> HearingOptions:
    """Return what was asked for on the command line."""
    terms = [term.strip() for line in arguments.keywords for term in line.split(",")]
    return HearingOptions(
        arguments.language,
        arguments.prompt,
        tuple(filter(None, terms)),
        True if arguments.translate else None,
        True if arguments.speakers else None,
    )


async def _heard(context: Context, tools: Tools, file: Path, options: HearingOptions) -> Heard:
    given(file)
    engine, settings = tools.engines.hearing, tools.settings
    clip = await asyncio.to_thread(read, file)
    usual = request_of(settings.hearing, settings.language, settings.vocabulary, is_recording=True)

    def on_partial(text: str) -> None:
        context.output.event("partial_transcript", file=file.name, text=text)

    request = options.applied(usual)
    transcript = await recording_heard(
        engine, clip, request, StreamResampler, on_partial if context.output.is_json else None
    )
    return Heard(file, transcript, clip.duration_s, engine.label, options)


def _tell_doubts(context: Context, heard: Heard, form: Format) -> bool:
    """Say what the transcript is not; True where part of the recording is missing from it."""
    transcript, tell = heard.transcript, context.output
    if form in (Format.SRT, Format.VTT) and not has_times(transcript):
        tell.notice(f"{heard.file.name}: {times_are_shares()}")
    if heard.options.are_speakers_told and transcript.text and not has_speakers(transcript):
        tell.notice(_("{file}: {engine} did not tell who speaks.").format(file=heard.file.name, engine=heard.engine))
    for gap in transcript.gaps:
        tell.failed(_named(ProviderError(f"{gap.words} {gap.reason}"), heard.file))
    return bool(transcript.gaps)


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
