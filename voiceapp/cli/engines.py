"""Engines without a session, for commands that need only one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from gettext import gettext as _

from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.metering import opened_account
from voiceapp.cli.provider_news import told_in
from voiceapp.cli.running import Context
from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import LOCAL, Choice, Job, Settings
from voiceapp.ports import EngineSet
from voiceapp.voice.account import Account
from voiceapp.voice.metered_engines import metered
from voiceapp.wiring.engines import EngineFactory
from voiceapp.wiring.factory import factory_of


@dataclass(frozen=True)
class Tools:
    """What a command works with."""

    settings: Settings
    factory: EngineFactory
    engines: EngineSet
    account: Account


@asynccontextmanager
async def open_engines(context: Context, *jobs: Job, model: str = "", voice_model: str = "") -> AsyncIterator[Tools]:
    """Build the engines that the settings and ``--provider`` name; close them at the end. Raises VoiceAppError.

    *jobs*: what the provider named does besides the jobs of a turn; *model*: who hears instead of the usual one;
    *voice_model*: who speaks.
    """
    keys = keys_of(context)
    settings = settings_of(context, keys)
    if context.provider:
        settings = settings.with_provider(context.provider)
        more = {job.value: settings.jobs.get(job.value, Choice(context.provider)) for job in jobs}
        settings = replace(settings, jobs={**settings.jobs, **more})
    if voice_model:
        voice = Choice(settings.choice(Job.SPEECH).provider, voice_model)
        if voice.provider == LOCAL.name:
            raise ConfigError(
                _("The engine on this computer speaks without a choice of models."),
                hint=_("Name a provider: --provider openai"),
            )
        settings = replace(settings, jobs={**settings.jobs, Job.SPEECH.value: voice})
    if model:
        ears = Choice(settings.choice(Job.TRANSCRIPTION).provider, model)
        settings = replace(settings, jobs={**settings.jobs, Job.TRANSCRIPTION.value: ears})
    factory = factory_of(context.paths, keys, context.output.notice, told_in(context.output))
    engines = await factory.make(settings)
    try:
        async with opened_account(context, settings) as account:
            yield Tools(settings, factory, metered(engines, account), account)
    finally:
        for engine in (engines.hearing, engines.chat, engines.speech):
            await engine.close()
        await engines.release()
        factory.close()
