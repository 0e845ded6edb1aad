"""``voiceapp replay``: a trace's decisions, put to today's reducer."""

from __future__ import annotations

import argparse
import asyncio
from gettext import gettext as _
from gettext import ngettext

from voiceapp.cli.given import given
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError, VoiceAppError
from voiceapp.core.trace import replay
from voiceapp.store.files import told_as_store_error


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: _replay(context, arguments))


async def _replay(context: Context, arguments: argparse.Namespace) -> int:
    given(arguments.trace)
    with told_as_store_error(arguments.trace):
        data = await asyncio.to_thread(arguments.trace.read_bytes)
    try:
        count, difference = replay(data.decode("utf-8", "replace").splitlines())
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(_("{file} is not a trace.").format(file=arguments.trace.name)) from error
    context.output.event("replay", decisions=count, is_same=difference is None)
    if difference is not None:
        raise VoiceAppError(
            _("Line {line}, {event}: recorded {recorded}, today {today}.").format(
                line=difference.line, event=difference.event, recorded=difference.recorded, today=difference.today
            ),
            detail="difference",
        )
    words = ngettext("{count} decision, as today.", "{count} decisions, all as today.", count)
    context.output.text(words.format(count=count))
    return 0
