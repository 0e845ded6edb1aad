"""The maker of engines of one installation: with its keys, its own model table and its cache."""

from __future__ import annotations

from collections.abc import Callable

from voiceapp import resources
from voiceapp.audio.resample import StreamResampler
from voiceapp.core.models import ModelTable
from voiceapp.core.providers import ProviderEvent
from voiceapp.paths import Paths
from voiceapp.ports import Secrets
from voiceapp.store.cache import DiskCache
from voiceapp.store.own_models import with_own_models
from voiceapp.wiring.engines import EngineFactory


def factory_of(
    paths: Paths,
    secrets: Secrets,
    on_notice: Callable[[str], None],
    tell: Callable[[ProviderEvent], None] = lambda _event: None,
) -> EngineFactory:
    """Return the maker; close it at the end. *on_notice* hears at once of an own model table that cannot be used."""
    table, complaint = with_own_models(resources.model_table(), paths.config)
    if complaint:
        on_notice(complaint)
    return EngineFactory(secrets, table, StreamResampler, on_notice, tell=tell, cache=cache_of(paths))


def table_of(paths: Paths) -> ModelTable:
    """Return the model table in force, without a word about an own one that cannot be used."""
    return with_own_models(resources.model_table(), paths.config)[0]


def cache_of(paths: Paths) -> DiskCache:
    """Return what is kept of providers' answers; nothing is opened yet."""
    return DiskCache(paths.cache / "answers.sqlite")
