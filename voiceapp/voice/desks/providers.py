"""Tests of providers that the person asks for: seconds of real requests, beside everything else."""

from __future__ import annotations

from voiceapp.core import commands as c
from voiceapp.voice.studio import Studio


class ProviderDesk:
    """Keeps ``voice.parts.Desk``."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, c.CheckProvider)

    async def do(self, command: object) -> None:
        """As Desk."""
        assert isinstance(command, c.CheckProvider)
        studio = self._studio
        studio.emit(await studio.parts.maker.check(studio.settings, command.name, command.jobs))
