"""Engines without a session, for commands that need only one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from voiceapp import resources
from voiceapp.audio.resample import StreamResampler
from voiceapp.cli.running import Context
from voiceapp.core.settings import Settings
from voiceapp.ports import EngineSet
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.session import secrets_of, settings_in_force


@dataclass(frozen=True)
class Tools:
    """What a command works with."""

    settings: Settings
    factory: EngineFactory
    engines: EngineSet


@asynccontextmanager
async def open_engines(context: Context) -> AsyncIterator[Tools]:
    """Build the engines that the settings and ``--provider`` name; close them at the end. Raises VoiceAppError."""
    secrets = secrets_of(context.paths)
    settings, file = settings_in_force(context.paths, secrets)
    for sentence in file.notices:
        context.output.notice(sentence)
    if context.provider:
        settings = settings.with_provider(context.provider)
    factory = EngineFactory(secrets, resources.model_table(), StreamResampler, context.output.notice)
    engines = await factory.make(settings)
    try:
        yield Tools(settings, factory, engines)
    finally:
        for engine in (engines.hearing, engines.chat, engines.speech):
            await engine.close()
        await engines.release()
