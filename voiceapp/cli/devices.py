"""``voiceapp devices``: microphones and loudspeakers by name."""

from __future__ import annotations

import argparse
from gettext import gettext as _

from voiceapp.audio.device import SoundDevices
from voiceapp.cli.installation import settings_of
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import DeviceError


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, devices)


async def devices(context: Context) -> int:
    """List what is there; the one that would be used is marked."""
    settings = settings_of(context)
    found = await SoundDevices(settings.input_device, settings.output_device).refresh()
    if not found.inputs and not found.outputs:
        raise DeviceError(
            _("There is neither a microphone nor a loudspeaker."), hint=_("“voiceapp doctor” says what may be missing.")
        )
    for title, kind, names, used in (
        (_("Microphones"), "input", found.inputs, found.input),
        (_("Loudspeakers"), "output", found.outputs, found.output),
    ):
        context.output.text(f"{title}:")
        for name in names:
            context.output.text(f"  {'*' if name == used else ' '} {name}")
            context.output.event("device", kind=kind, name=name, is_used=name == used)
        if not names:
            context.output.text("    " + _("none"))
    return 0
