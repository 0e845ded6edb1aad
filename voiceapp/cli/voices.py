"""``voiceapp voices``: which voices there are, and how they sound."""

from __future__ import annotations

import argparse
from gettext import gettext as _

from voiceapp.cli.ask import sound_target
from voiceapp.cli.engines import open_engines
from voiceapp.cli.running import Context, run_job
from voiceapp.cli.say import check_voice, speak
from voiceapp.core.speech import SpeechRequest
from voiceapp.core.voices import sample


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: voices(context, arguments))


async def voices(context: Context, arguments: argparse.Namespace) -> int:
    """List the voices of whoever speaks, or let one of them say a sentence."""
    out = sound_target(arguments.out)
    async with open_engines(context, voice_model=arguments.model) as tools:
        engine, settings = tools.engines.speech, tools.settings
        known = {voice.id: voice for voice in engine.voices()}
        if not arguments.preview:
            for voice in known.values():
                is_chosen = voice.id == settings.voice
                facts = {"language": voice.language or None, "is_chosen": is_chosen}
                context.output.event("voice", id=voice.id, name=voice.name, engine=engine.label, **facts)
                mark = _("chosen") if is_chosen else ""
                context.output.text(f"{voice.id:<24} {voice.name:<28} {voice.language:<4} {mark}".rstrip())
            return 0
        check_voice(engine, arguments.preview)
        text = sample(arguments.preview, known, settings.language)
        request = SpeechRequest("", arguments.preview, settings.speed, settings.language, settings.voice_style)
        await speak(context, tools, text, request, out)
    return 0
