"""``voiceapp takes``: recordings listed, played, answered again, turned into words again, exported."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import datetime
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.narrator import Narrator
from voiceapp.cli.running import Context, run_job
from voiceapp.cli.transcribe import options_of
from voiceapp.core.commands import Command, PlayTake, RetryTake
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.errors import ConfigError
from voiceapp.core.events import Event, Notice, TakeChanged
from voiceapp.core.hearing import TakePartial, TranscribeTake
from voiceapp.core.settings import Settings
from voiceapp.core.transcript_formats import (
    Format,
    format_of,
    has_times,
    plain_text,
    times_are_shares,
    transcript_of,
    written,
)
from voiceapp.store.files import write_text
from voiceapp.store.sqlite import SqliteStore
from voiceapp.wiring.session import Opening, open_session

TEXT_CHARS = 60

STATES = {
    TakeState.RECORDING: _("recording"),
    TakeState.RECORDED: _("not transcribed"),
    TakeState.TRANSCRIBED: "",
    TakeState.SILENT: _("no speech"),
    TakeState.FAILED: _("failed"),
    TakeState.CANCELLED: _("cancelled"),
}


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: takes(context, arguments))


async def takes(context: Context, arguments: argparse.Namespace) -> int:
    """Do what was asked for with recordings."""
    if arguments.action != "list" and arguments.id is None:
        raise ConfigError(_("Which recording? Give its number."), hint=_("“voiceapp takes” lists them."))
    if arguments.id is not None:
        await _find(context, arguments.id)
    match arguments.action:
        case "play":
            return await _in_session(context, PlayTake(arguments.id), is_aloud=True)
        case "retry":
            command = RetryTake(arguments.id, context.provider)
            return await _in_session(context, command, is_aloud=not arguments.silent)
        case "transcribe":
            return await _transcribe(context, arguments)
        case "words":
            return await _words(context, arguments)
        case "export":
            return await _export(context, arguments)
        case _:
            return await _list(context)


async def _find(context: Context, take_id: int) -> None:
    """Tell before any work is done that there is no such recording. Raises ConfigError."""
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        found = await store.takes()
        for sentence in store.notices:
            context.output.notice(sentence)
        if all(take.id != take_id for take in found):
            sentence = _("There is no recording {id}.").format(id=take_id)
            raise ConfigError(sentence, hint=_("“voiceapp takes” lists them."))
    finally:
        await store.close()


async def _list(context: Context) -> int:
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        await store.recover_takes()
        for sentence in store.notices:
            context.output.notice(sentence)
        found = await store.takes()
    finally:
        await store.close()
    for take in found:
        context.output.text(_row(take))
        context.output.event("take", **_facts(take))
    if not found:
        context.output.text(_("No recordings yet."))
    return 0


async def _in_session(context: Context, command: Command, *, is_aloud: bool) -> int:
    def adjusted(settings: Settings) -> Settings:
        return replace(settings, is_reply_aloud=is_aloud, is_microphone_warm=False)

    narrator = Narrator(context.output)
    opening = Opening(
        context.paths,
        on_key=context.on_key,
        when_spent=context.when_spent,
        provider=context.provider,
        adjusted=adjusted,
    )
    async with open_session(opening, narrator) as session:
        session.handle(command)
        await session.settle()
    return 1 if narrator.is_failed else 0


async def _transcribe(context: Context, arguments: argparse.Namespace) -> int:
    """Turn a recording into words again, without answering it; its last word is TakeChanged."""
    narrator, done = Narrator(context.output), asyncio.Event()
    problems: list[Notice] = []
    found: list[Take] = []

    def hear(event: Event) -> None:
        match event:
            case TakePartial(take_id, text):
                context.output.event("partial_transcript", take_id=take_id, text=text)
            case TakeChanged(take):
                found.append(take)
                done.set()
            case Notice(is_problem=True):
                problems.append(event)
                narrator(event)
            case _:
                narrator(event)

    options = replace(options_of(arguments), provider=context.provider)
    opening = Opening(context.paths, on_key=context.on_key, when_spent=context.when_spent, adjusted=_quiet)
    async with open_session(opening, hear) as session:
        session.handle(TranscribeTake(arguments.id, options))
        await done.wait()
    context.output.text(plain_text(transcript_of(found[-1])))
    context.output.event("take", **_facts(found[-1]))
    return 1 if problems else 0


def _quiet(settings: Settings) -> Settings:
    return replace(settings, is_microphone_warm=False)


async def _words(context: Context, arguments: argparse.Namespace) -> int:
    """Write a recording's words, to a file by its ending or here as text."""
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        take = await store.take(arguments.id)
    finally:
        await store.close()
    form = Format.TXT if arguments.out is None else format_of(arguments.out.name)
    transcript = transcript_of(take)
    text = written(transcript, form, name=Path(take.file).stem, duration_s=take.duration_s, engine=take.engine)
    if form in (Format.SRT, Format.VTT) and not has_times(transcript):
        context.output.notice(times_are_shares())
    if arguments.out is None:
        context.output.text(text, end="")
        context.output.event("transcript", take_id=take.id, text=take.text)
    else:
        write_text(arguments.out, text)
    return 0


async def _export(context: Context, arguments: argparse.Namespace) -> int:
    if arguments.out is None:
        raise ConfigError(_("Export to which file? Give its name, ending in .wav, .flac or .ogg."))
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        await store.export_take(arguments.id, arguments.out)
    finally:
        await store.close()
    context.output.event("audio", file=str(arguments.out), take_id=arguments.id)
    return 0


def _row(take: Take) -> str:
    moment = datetime.fromtimestamp(take.started_at).astimezone().strftime("%Y-%m-%d %H:%M")
    text = take.text if len(take.text) <= TEXT_CHARS else take.text[: TEXT_CHARS - 1] + "…"
    parts = (f"{take.id:>5}", moment, f"{take.duration_s:7.1f} s", STATES[take.state], text or take.error)
    return "  ".join(part for part in parts if part)


def _facts(take: Take) -> dict[str, object]:
    return {
        "id": take.id,
        "file": take.file,
        "state": take.state.value,
        "started_at": round(take.started_at, 3),
        "duration_s": round(take.duration_s, 3),
        "rate_hz": take.rate_hz,
        "peak_db": round(take.peak_db, 1),
        "text": take.text,
        "engine": take.engine or None,
        "error": take.error or None,
        "language": take.details.language or None,
        "speakers": sorted({one.speaker for one in take.details.segments if one.speaker}) or None,
        "weak_words": [word.text for word in take.details.words if word.is_weak] or None,
        "is_translation": take.details.is_translation or None,
    }
