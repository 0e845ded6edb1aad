"""``voiceapp providers``: list, add, remove and really test who does the work."""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import replace
from getpass import getpass
from gettext import gettext as _
from sys import stdin

from voiceapp.cli.installation import keys_of, settings_and_file, settings_of
from voiceapp.cli.running import Context, run_job
from voiceapp.core.environment import without_environment
from voiceapp.core.errors import ConfigError, StoreError
from voiceapp.core.events import ProviderChecked
from voiceapp.core.providers import JobCheck, Standing
from voiceapp.core.settings import Choice, Job, Memory, Provider, ProviderKind, Settings, address_problem, validated
from voiceapp.store.settings_file import SettingsFile
from voiceapp.wiring.factory import factory_of


def run(arguments: argparse.Namespace) -> int:
    actions = {"list": list_them, "add": add, "set": set_it, "remove": remove, "test": test}
    return run_job(arguments, lambda context: actions[arguments.action](context, arguments))


async def list_them(context: Context, _arguments: argparse.Namespace) -> int:
    """Name every provider with its address and the jobs it does."""
    settings = settings_of(context)
    for provider in settings.providers:
        jobs = [job for job, choice in settings.jobs.items() if choice.provider == provider.name]
        rank = settings.fallbacks.index(provider.name) + 1 if provider.name in settings.fallbacks else None
        context.output.event(
            "provider",
            name=provider.name,
            kind=provider.kind.value,
            base_url=provider.base_url or None,
            jobs=jobs,
            fallback=rank,
        )
        does = ", ".join(jobs) or (_("takes over as number {n}").format(n=rank) if rank else "")
        context.output.text(f"{provider.name:<16} {provider.kind.value:<11} {provider.base_url:<40} {does}".rstrip())
    return 0


async def add(context: Context, arguments: argparse.Namespace) -> int:
    """Add a provider; a key is read from standard input, never from the command line."""
    name = _name_of(arguments)
    settings, file = settings_and_file(context)
    if any(provider.name == name for provider in settings.providers):
        raise ConfigError(_("There is a provider called “{name}” already.").format(name=name))
    kind = ProviderKind.AZURE if arguments.azure else ProviderKind.COMPATIBLE
    if not arguments.base_url:
        raise ConfigError(_("A provider needs its address."), hint=_("Give it with --base-url."))
    if wrong := address_problem(arguments.base_url):
        raise ConfigError(wrong)
    provider = Provider(
        name,
        kind,
        base_url=arguments.base_url,
        api_version=arguments.api_version,
        paths=_pairs(arguments.path),
        deployments=_pairs(arguments.deployment),
        key_command=arguments.key_command,
    )
    if arguments.key:
        key = getpass(_("Key: ")) if stdin.isatty() else stdin.readline()
        await asyncio.to_thread(keys_of(context).set, name, key.strip())
    _save(context, file, replace(settings, providers=(*settings.providers, provider)))
    context.output.event("added", name=name)
    context.output.text(_("{name} is added. Try it: voiceapp providers test {name}").format(name=name))
    return 0


async def set_it(context: Context, arguments: argparse.Namespace) -> int:
    """Decide who remembers conversations with a provider."""
    name = _name_of(arguments)
    settings, file = settings_and_file(context)
    provider = settings.provider(name)
    if arguments.memory is None:
        raise ConfigError(_("Set what? --memory resent, or --memory held."))
    memory = Memory(arguments.memory)
    if memory is Memory.HELD and provider.kind not in (ProviderKind.OPENAI, ProviderKind.AZURE):
        raise ConfigError(_("{name} is not known to hold conversations.").format(name=provider.shown))
    changed = replace(provider, memory=memory)
    providers = tuple(changed if one.name == name else one for one in settings.providers)
    _save(context, file, replace(settings, providers=providers))
    context.output.event("set", name=name, memory=memory.value)
    words = {
        Memory.RESENT: _("Private: everything is sent again in each turn, and {name} is told to keep nothing."),
        Memory.HELD: _("{name} keeps what is said for about 30 days, and gets only what is new."),
    }
    context.output.text(words[memory].format(name=provider.shown))
    return 0


async def remove(context: Context, arguments: argparse.Namespace) -> int:
    """Remove a provider with its key; its jobs go back to this computer."""
    name = _name_of(arguments)
    settings, file = settings_and_file(context)
    if settings.provider(name).kind in (ProviderKind.LOCAL, ProviderKind.OPENAI):
        raise ConfigError(_("“{name}” is always there.").format(name=name))
    jobs = {job: Choice("local") if choice.provider == name else choice for job, choice in settings.jobs.items()}
    kept = tuple(provider for provider in settings.providers if provider.name != name)
    fallbacks = tuple(one for one in settings.fallbacks if one != name)
    await asyncio.to_thread(keys_of(context).set, name, "")
    _save(context, file, replace(settings, providers=kept, jobs=jobs, fallbacks=fallbacks))
    context.output.event("removed", name=name)
    context.output.text(_("{name} is removed.").format(name=name))
    return 0


async def test(context: Context, arguments: argparse.Namespace) -> int:
    """Try every job with the cheapest real request; 1 where a job that is in use does not work."""
    name = _name_of(arguments)
    keys = keys_of(context)
    settings = settings_of(context, keys)
    settings.provider(name)
    factory = factory_of(context.paths, keys, context.output.notice)
    try:
        jobs = [job.value for job in Job if job is not Job.IMAGES or arguments.images]
        checked = await factory.check(settings, name, jobs)
    finally:
        factory.close()
    if checked.problem is not None:
        context.output.failed(checked.problem)
        return 1
    _show(context, checked)
    if not arguments.images and settings.provider(name).kind is not ProviderKind.LOCAL:
        _show_job(context, JobCheck("images", Standing.NOT_TRIED, sentence=_("Not tried: costs money (--images).")))
    used = {job for job, choice in settings.jobs.items() if choice.provider == name}
    return int(any(one.standing is Standing.FAILS and one.job in used for one in checked.jobs))


def _show(context: Context, checked: ProviderChecked) -> None:
    latency_ms = None if checked.latency_ms is None else round(checked.latency_ms, 1)
    context.output.event("provider", name=checked.name, latency_ms=latency_ms, models=list(checked.models))
    facts = _("{n:.0f} ms away, models listed: {count}").format(n=latency_ms or 0.0, count=len(checked.models))
    context.output.text(f"{checked.name}: {facts if checked.models or latency_ms else _('on this computer')}")
    for one in checked.jobs:
        _show_job(context, one)


def _show_job(context: Context, one: JobCheck) -> None:
    latency_ms = None if one.latency_ms is None else round(one.latency_ms, 1)
    context.output.event(
        "job",
        job=one.job,
        standing=one.standing.value,
        model=one.model or None,
        latency_ms=latency_ms,
        sentence=one.sentence or None,
    )
    figure = "" if latency_ms is None else f"{latency_ms:.0f} ms"
    words = " ".join(part for part in (one.model, one.sentence) if part)
    context.output.text(f"  {one.standing.value.replace('_', ' '):<12} {one.job:<19} {figure:>8}  {words}".rstrip())


def _save(context: Context, file: SettingsFile, settings: Settings) -> None:
    stored = SettingsFile(context.paths.settings_file).load()
    try:
        file.save(without_environment(validated(settings), stored, os.environ))
    except OSError as error:  # told by the store in its own words everywhere else
        raise StoreError(_("The settings could not be saved."), detail=type(error).__name__) from error


def _name_of(arguments: argparse.Namespace) -> str:
    if not arguments.name:
        raise ConfigError(_("Name the provider: voiceapp providers {action} NAME").format(action=arguments.action))
    return str(arguments.name)


def _pairs(given: list[str] | None) -> dict[str, str]:
    """Read ``job=value`` pairs. Raises ConfigError."""
    found = {}
    for pair in given or ():
        job, mark, value = pair.partition("=")
        if not mark or not value or job not in {one.value for one in Job}:
            jobs = ", ".join(one.value for one in Job)
            raise ConfigError(
                _("“{pair}” is not JOB=VALUE.").format(pair=pair), hint=_("Jobs: {all}.").format(all=jobs)
            )
        found[job] = value
    return found
