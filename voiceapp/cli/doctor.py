"""``voiceapp doctor``: what works, what does not, and what helps."""

from __future__ import annotations

import argparse

from voiceapp.cli.checks import Patient, State, examine
from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.running import Context, run_job


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, doctor, can_do_without=True)


async def doctor(context: Context) -> int:
    """Examine everything; 1 where something fails."""
    keys = keys_of(context)
    settings = settings_of(context, keys)
    if context.provider:
        settings = settings.with_provider(context.provider)
    is_ill = False
    async for check in examine(Patient(context.paths, settings, keys)):
        is_ill = is_ill or check.state is State.FAIL
        context.output.event(
            "check", name=check.name, state=check.state.value, text=check.text, remedy=check.remedy or None
        )
        context.output.text(f"{check.state.value:<5} {check.name:<12} {check.text}")
        if check.remedy:
            context.output.text(" " * 19 + check.remedy)
    return 1 if is_ill else 0
