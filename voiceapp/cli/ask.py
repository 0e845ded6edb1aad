"""``voiceapp ask``: one question by file or text, one reply."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.device import SoundDevices
from voiceapp.audio.file_devices import FileDevices, KeptSpeech
from voiceapp.audio.soundfile_io import ENDINGS, read, write
from voiceapp.cli.attaching import Attaching
from voiceapp.cli.given import given
from voiceapp.cli.hosting import Hosting
from voiceapp.cli.narrator import Narrator
from voiceapp.cli.outside import TerminalOutside
from voiceapp.cli.permission import refuse
from voiceapp.cli.running import Context, run_job
from voiceapp.cli.search import tell_found
from voiceapp.core.commands import Command, SendText, StartTalking
from voiceapp.core.errors import ConfigError
from voiceapp.core.events import Event
from voiceapp.core.own_search import AskNotes, Found, PassagesFound
from voiceapp.core.settings import Job, Settings
from voiceapp.core.tool_events import PermissionAsked
from voiceapp.core.tool_settings import Permission
from voiceapp.wiring.session import Opening, open_session

TIMER_TOOLS = ("set_timer", "list_timers", "cancel_timer")


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: ask(context, arguments))


async def ask(context: Context, arguments: argparse.Namespace) -> int:
    """Ask; 0 where a reply came."""
    out = sound_target(arguments.out)
    text = await question(arguments.text if arguments.notes is None else arguments.notes)
    given(*filter(None, [arguments.file]), *arguments.images, *arguments.documents)
    recording = None if arguments.file is None else await asyncio.to_thread(read, arguments.file)
    speaker = KeptSpeech(is_kept=True) if out is not None else None
    name = "" if arguments.file is None else arguments.file.name
    is_aloud = not arguments.silent
    opening = Opening(
        context.paths,
        on_key=context.on_key,
        when_spent=context.when_spent,
        provider=context.provider,
        devices=FileDevices(SoundDevices(), recording=recording, name=name, speaker=speaker),
        outside=TerminalOutside(),
        trace=arguments.trace,
        adjusted=partial(
            _for_once, is_aloud=is_aloud, allowed=arguments.allow, chat=chat_of(arguments), is_live=arguments.live
        ),
    )
    narrator = Narrator(context.output)
    sources: list[Found] = []
    attaching, hosting = Attaching(context.output, arguments), Hosting(context.output, arguments)
    is_attached = False

    def emit(event: Event) -> None:
        if isinstance(event, PassagesFound):
            sources.extend(event.found)
        if isinstance(event, PermissionAsked):
            refuse(context.output, event, session.handle)
        attaching.take(event)
        hosting.take(event)
        narrator(event)

    command: Command = SendText(text, is_aloud=is_aloud)
    if arguments.notes is not None:
        command = AskNotes(text, is_aloud=is_aloud, with_attached=True)
    async with open_session(opening, emit) as session:
        await session.tools_settled()
        await hosting.choose(session.handle)
        if is_attached := await attaching.attach(session.handle):
            session.handle(StartTalking() if recording is not None else command)
            await session.settle()
            await hosting.finish(session.handle)
        await attaching.detach(session.handle)
    tell_found(context.output, sources, is_numbered=True)
    if speaker is not None and out is not None and speaker.played_frames:
        clip = speaker.clip()
        await asyncio.to_thread(write, out, clip)
        context.output.event("audio", file=str(out), duration_s=round(clip.duration_s, 3), rate_hz=clip.rate_hz)
    return 1 if narrator.is_failed or not is_attached else 0


async def question(text: str | None) -> str:
    """Return the written question; "-" stands for standard input. Raises ConfigError where it is empty."""
    if text == "-":
        data = await asyncio.to_thread(sys.stdin.buffer.read)
        text = data.decode("utf-8", "replace")
    if text is not None and not text.strip():
        raise ConfigError(_("There is no text to work with."))
    return (text or "").strip()


def sound_target(path: Path | None) -> Path | None:
    """Return *path* if sound can be written there; told before any work is done. Raises ConfigError."""
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise ConfigError(
            _("Sound cannot be written as “{name}”.").format(name=path.name),
            hint=_("Possible endings are {endings}.").format(endings=", ".join(ENDINGS)),
        )
    if path is not None and not path.parent.is_dir():
        raise ConfigError(_("There is no folder “{folder}” to write to.").format(folder=path.parent))
    return path


def chat_of(arguments: argparse.Namespace) -> Mapping[str, str]:
    """Return what the command line says about who answers."""
    wishes = {"model": arguments.model, "effort": getattr(arguments, "effort", "")}
    return {name: wish for name, wish in wishes.items() if wish}


def with_chat(settings: Settings, chat: Mapping[str, str]) -> Settings:
    """Return *settings* in which *chat* counts."""
    choice = replace(settings.choice(Job.CHAT), **chat)
    return replace(settings, jobs={**settings.jobs, Job.CHAT.value: choice}) if chat else settings


def _for_once(
    settings: Settings, *, is_aloud: bool, allowed: Sequence[str], chat: Mapping[str, str], is_live: bool
) -> Settings:
    """One question: nothing is held open, and no timer is set that would end with the command."""
    settings = with_chat(settings, chat)
    settings = settings.heard_live() if is_live else settings
    permissions = {**settings.tool_permissions, **dict.fromkeys(allowed, Permission.ALWAYS)}
    return replace(
        settings,
        is_reply_aloud=is_aloud,
        is_start_sound=False,
        is_microphone_warm=False,
        is_titled_by_model=False,
        tool_permissions={**permissions, **dict.fromkeys(TIMER_TOOLS, Permission.NEVER)},
    )
