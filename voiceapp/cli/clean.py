"""``voiceapp clean``: a dictation, cleaned up without losing words."""

from __future__ import annotations

import argparse

from voiceapp.cli.ask import question
from voiceapp.cli.engines import open_engines
from voiceapp.cli.notes import deliver, text_of
from voiceapp.cli.running import Context, run_job
from voiceapp.core.cleaning import left_out
from voiceapp.core.settings import LOCAL, Job
from voiceapp.voice.desks.notes import needs_model
from voiceapp.voice.writing import clean as cleaned


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: clean(context, arguments))


async def clean(context: Context, arguments: argparse.Namespace) -> int:
    """Clean up; a part that would lose words stays as it is, and that is said."""
    text = await question("-") if str(arguments.file) == "-" else await text_of(arguments.file)
    async with open_engines(context, Job.CHAT) as tools:
        if tools.settings.choice(Job.CHAT).provider == LOCAL.name:
            raise needs_model()
        result = await cleaned(tools.engines.chat, text)
    if result.raw_parts:
        context.output.notice(left_out(result.raw_parts, result.parts))
    if context.output.is_json:
        context.output.event("clean", text=result.text, parts=result.parts, raw_parts=result.raw_parts)
    if not context.output.is_json or arguments.out is not None:
        await deliver(context, arguments.out, result.text + "\n")
    return 0
