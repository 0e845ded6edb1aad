"""Does a provider answer, and which jobs does it really do?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.errors import ProviderError, VoiceAppError
from voiceapp.core.events import ProviderChecked
from voiceapp.core.problems import problem_of
from voiceapp.core.providers import JobCheck, Standing
from voiceapp.core.settings import Job, ProviderKind, Settings, speaks_responses
from voiceapp.wiring.wires import WireMaker

if TYPE_CHECKING:
    from voiceapp.openai_api.wire import Wire

LOCAL_JOBS = frozenset({Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH})
NO_WAY = frozenset({"no_key", "auth", "no_network", "timeout", "no_credit", "config"})
"""Where the list of models ends like this, nothing else can go better."""


async def check(maker: WireMaker, settings: Settings, name: str, jobs: Sequence[str] = ()) -> ProviderChecked:
    """Really call provider *name* and try each of *jobs*; never raises."""
    try:
        provider = settings.provider(name)
        if provider.kind is ProviderKind.LOCAL:
            return ProviderChecked(name, 0.0, jobs=tuple(_local(job) for job in jobs))
        wire = await asyncio.to_thread(partial(maker.build, provider, is_test=True))
    except VoiceAppError as error:
        return ProviderChecked(name, problem=problem_of(error))
    try:
        return await _checked(maker, wire, settings, jobs)
    except VoiceAppError as error:
        return ProviderChecked(name, problem=problem_of(error))
    finally:
        await wire.close()


async def _checked(maker: WireMaker, wire: Wire, settings: Settings, jobs: Sequence[str]) -> ProviderChecked:
    provider = wire.provider
    models: tuple[str, ...] = ()
    began_s = time.perf_counter()
    try:
        models = tuple(one.id for one in await maker.listing(wire, is_fresh=True))
        if jobs:
            began_s = time.perf_counter()  # the first request also opened the connection
            await wire.models()
    except ProviderError as error:
        if error.code in NO_WAY or not jobs:
            raise
    latency_ms = (time.perf_counter() - began_s) * 1000.0
    if not jobs:
        return ProviderChecked(provider.name, latency_ms, models)
    from voiceapp.openai_api.probes import Prober

    chosen = {job: choice.model for job, choice in settings.jobs.items() if choice.provider == provider.name}
    prober = Prober(wire, is_responses=speaks_responses(provider), models=chosen, listed=models)
    found = [await prober.try_job(job) for job in jobs]  # one by one: each latency is its own
    return ProviderChecked(provider.name, latency_ms, models, jobs=tuple(found))


def _local(job: str) -> JobCheck:
    if Job(job) in LOCAL_JOBS:
        return JobCheck(job, Standing.WORKS)
    return JobCheck(job, Standing.NOT_OFFERED, sentence=_("The engines on this computer do not do this."))
