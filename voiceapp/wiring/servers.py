"""Servers on this machine that speak the OpenAI API. A port is knocked at before anything heavy is imported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voiceapp.core.events import ServerFound
from voiceapp.core.providers import WELL_KNOWN_PORTS
from voiceapp.core.settings import Settings

KNOCK_S = 0.3


async def on_this_machine(settings: Settings) -> AsyncIterator[ServerFound]:
    """Yield servers that answer and are not configured yet. Never raises."""
    answers = await asyncio.gather(*(_is_open(port) for port in WELL_KNOWN_PORTS))
    if not any(answers):
        return
    from voiceapp.openai_api.discovery import discover

    known = [provider.base_url for provider in settings.providers if provider.base_url]
    async for found in discover(
        known, [port for port, is_open in zip(WELL_KNOWN_PORTS, answers, strict=True) if is_open]
    ):
        yield found


async def _is_open(port: int) -> bool:
    try:
        async with asyncio.timeout(KNOCK_S):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # TimeoutError is one
        return False
    writer.close()
    return True
