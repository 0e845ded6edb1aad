"""What the environment says about OpenAI, laid over what the person chose.

The environment counts only for the provider called "openai", and only as long as nothing was configured for it: a
key in the environment then also makes it do the turn's jobs, unless the person ever chose who does them. Configured
and environment values are never mixed, so a stored key is not sent to an address that came from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from voiceapp.core.settings import OPENAI, Job, Provider, Settings

TURN_JOBS = (Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH)


def key_from(environ: Mapping[str, str], provider: str) -> str:
    """Return the key that the environment holds for *provider*, "" where it holds none."""
    return environ.get("OPENAI_API_KEY", "").strip() if provider == OPENAI.name else ""


def effective(settings: Settings, environ: Mapping[str, str], *, has_stored_key: bool = False) -> Settings:
    """Return the settings in force: *settings* with what *environ* adds.

    Args:
        settings: as read from the file.
        environ: the process's environment.
        has_stored_key: a key for "openai" is kept by ``Secrets``; the environment is then left alone.
    """
    provider = settings.provider(OPENAI.name)
    if has_stored_key or not _is_unconfigured(provider):
        return settings
    named = replace(
        provider,
        base_url=_first(environ, "OPENAI_BASE_URL"),
        organization=_first(environ, "OPENAI_ORG_ID", "OPENAI_ORGANIZATION"),
        project=_first(environ, "OPENAI_PROJECT_ID", "OPENAI_PROJECT"),
    )
    result = replace(settings, providers=tuple(named if p is provider else p for p in settings.providers))
    is_chosen = any(job.value in settings.jobs for job in TURN_JOBS)
    if key_from(environ, OPENAI.name) and not is_chosen:
        return result.with_provider(OPENAI.name)
    return result


def without_environment(settings: Settings, stored: Settings, environ: Mapping[str, str]) -> Settings:
    """Return *settings* as they should be written to the file: without what only the environment added.

    Args:
        settings: in force, perhaps changed by the person since.
        stored: what the file holds so far.
        environ: as given to :func:`effective`.
    """
    added = effective(stored, environ)
    providers = tuple(
        stored.provider(p.name) if p.name == OPENAI.name and p == added.provider(p.name) else p
        for p in settings.providers
    )
    jobs_added = {name: choice for name, choice in added.jobs.items() if name not in stored.jobs}
    is_untouched = all(settings.jobs.get(name) == choice for name, choice in jobs_added.items())
    jobs = {name: c for name, c in settings.jobs.items() if not (is_untouched and name in jobs_added)}
    return replace(settings, providers=providers, jobs=jobs)


def without_adjustments(settings: Settings, before: Settings, adjusted: Settings) -> Settings:
    """Return *settings* as they should be written to the file: without what was only meant for one run.

    Args:
        settings: in force, perhaps changed by the person since.
        before: as they were read.
        adjusted: *before* as this run wanted them. What the person changed since stays changed.
    """
    put_back: dict[str, Any] = {}
    for field in fields(Settings):
        now, once, was = (getattr(one, field.name) for one in (settings, adjusted, before))
        if once == was:
            continue
        if isinstance(now, Mapping):
            put_back[field.name] = {
                name: value
                for name in {**was, **now}
                if (value := (was if now.get(name) == once.get(name) else now).get(name)) is not None
            }
        elif now == once:
            put_back[field.name] = was
    return replace(settings, **put_back)


def _is_unconfigured(provider: Provider) -> bool:
    return not (provider.base_url or provider.organization or provider.project)


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")
