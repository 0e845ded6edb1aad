"""``voiceapp batch``: titles, summaries and clean texts for many transcripts, at half the price within a day."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.metering import opened_account
from voiceapp.cli.running import Context, run_job
from voiceapp.core.batch import BatchJob, BatchState, LineState, Task
from voiceapp.core.batch_requests import PRICE_SHARE, poll_after_s
from voiceapp.core.errors import ConfigError, ProviderError
from voiceapp.core.settings import Job, Settings
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.account import Account
from voiceapp.voice.batching import Batching, Offer
from voiceapp.voice.desks.batches import ending
from voiceapp.wiring.batches import batching_of
from voiceapp.wiring.factory import factory_of

STATES = {
    BatchState.WAITING: _("waiting"),
    BatchState.RUNNING: _("running"),
    BatchState.DONE: _("done"),
    BatchState.CANCELLING: _("cancelling"),
    BatchState.CANCELLED: _("cancelled"),
    BatchState.FAILED: _("failed"),
}


@dataclass(frozen=True)
class Office:
    """What the command works with."""

    batching: Batching
    settings: Settings
    context: Context
    account: Account


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: batch(context, arguments))


async def batch(context: Context, arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    async with _office(context) as office:
        match arguments.action:
            case "start":
                return await _start(office, arguments)
            case "results":
                return await _results(office, _number(arguments))
            case "cancel":
                job = await office.batching.cancel(office.settings, _number(arguments))
                _tell(office, job)
                return 0
            case _:
                return await _status(office, arguments)


@asynccontextmanager
async def _office(context: Context) -> AsyncIterator[Office]:
    keys = keys_of(context)
    settings = settings_of(context, keys)
    store = SqliteStore(context.paths.data, WavTakes())
    factory = factory_of(context.paths, keys, context.output.notice)
    try:
        batching = batching_of(store, context.paths.data, factory.wires.build, factory.wires.table)
        async with opened_account(context, settings, store) as account:
            meter = account.meter
            batching.on_usage = lambda usage: meter.add(meter.priced(Job.CHAT, usage, PRICE_SHARE))
            yield Office(batching, settings, context, account)
    finally:
        factory.close()
        await store.close()


async def _start(office: Office, arguments: argparse.Namespace) -> int:
    """Say what it takes, ask where somebody can answer, begin."""
    if not arguments.what:
        raise ConfigError(_("On which files, folders or conversations? Name them."))
    task, provider = Task(arguments.job), office.context.provider
    offer = await office.batching.offer(office.settings, task, arguments.what, provider)
    _tell_offer(office, offer)
    if arguments.estimate:
        return 0
    if not (arguments.yes or office.context.output.is_json) and sys.stdin.isatty():
        answer = await asyncio.to_thread(input, _("Start? [y/N] "))
        if answer.strip().lower() not in ("y", "yes"):
            return 1
    await office.account.allow(Job.CHAT, provider)
    job = await office.batching.start(office.settings, task, arguments.what, provider)
    job = await office.batching.step(office.settings, job)
    _tell(office, job)
    return await _followed(office, job) if arguments.wait else _code(job)


async def _status(office: Office, arguments: argparse.Namespace) -> int:
    """Look how far jobs are, and take results that are ready."""
    jobs = await office.batching.store.jobs()
    if arguments.what:
        jobs = (await office.batching.store.job(_number(arguments)),)
    if not jobs:
        office.context.output.text(_("No batches yet."))
    code = 0
    for job in jobs:
        moved = job
        try:
            moved = await office.batching.step(office.settings, job)
        except ProviderError as error:
            office.context.output.notice(error.message)
            code = 1
        _tell(office, moved)
        if arguments.wait:
            code = max(code, await _followed(office, moved))
    return code


async def _followed(office: Office, job: BatchJob) -> int:
    """Wait until *job* is over; interrupted, it goes on there the next time."""
    polls = 0
    while not job.is_over:
        await asyncio.sleep(poll_after_s(polls))
        try:
            moved = await office.batching.step(office.settings, job)
        except ProviderError as error:
            if not error.is_retryable:
                raise
            office.context.output.notice(error.message)
            polls += 1
            continue
        polls = polls + 1 if moved == job else 0
        if moved != job:
            _tell(office, moved)
        job = moved
    office.context.output.text(ending(job))
    return _code(job)


async def _results(office: Office, job_id: int) -> int:
    """Print every line of a job: what became of it, and where its result is."""
    output, job = office.context.output, await office.batching.store.job(job_id)
    for line in await office.batching.store.lines(job_id):
        output.event(
            "line",
            number=line.number,
            source=line.source,
            state=line.state.value,
            attempts=line.attempts,
            result=line.result or None,
            error=line.error or None,
            target=line.target or None,
        )
        what = line.target or line.error
        if line.state is LineState.DONE and job.task is Task.TITLE:
            what = line.result
        output.text(f"{line.source}: {what or STATES[BatchState.WAITING]}")
    return _code(job)


def _tell_offer(office: Office, offer: Offer) -> None:
    found, output = offer.estimate, office.context.output
    cost = _("unknown") if found.usd is None else f"${found.usd:.4f}"
    words = ngettext(
        "{n} text, about {tokens_in} tokens in and {tokens_out} out; {engine}; cost about: {cost}",
        "{n} texts, about {tokens_in} tokens in and {tokens_out} out; {engine}; cost about: {cost}",
        found.lines,
    )
    facts = {"n": found.lines, "tokens_in": found.tokens_in, "tokens_out": found.tokens_out}
    output.text(words.format(**facts, engine=offer.engine, cost=cost))
    output.event(
        "estimate",
        lines=found.lines,
        tokens_in=found.tokens_in,
        tokens_out=found.tokens_out,
        usd=found.usd,
        is_cost_known=found.usd is not None,
        engine=offer.engine,
        model=offer.model,
    )


def _tell(office: Office, job: BatchJob) -> None:
    output = office.context.output
    done = job.done + job.failed + (job.at_service if not job.is_over else 0)
    cost = "" if job.usd is None else f"  ${job.usd:.4f}"
    output.text(
        f"{job.id:>4}  {job.task.value:<8} {STATES[job.state]:<11} {min(done, job.total)}/{job.total}"
        + (_("  {n} failed").format(n=job.failed) if job.failed else "")
        + cost
        + (f"  {job.problem}" if job.problem else "")
    )
    output.event(
        "batch",
        id=job.id,
        job=job.task.value,
        state=job.state.value,
        provider=job.provider,
        model=job.model,
        total=job.total,
        done=job.done,
        failed=job.failed,
        at_service=job.at_service,
        usd=job.usd,
        problem=job.problem or None,
    )


def _number(arguments: argparse.Namespace) -> int:
    try:
        return int(arguments.what[0])
    except (IndexError, ValueError):
        raise ConfigError(_("Which batch? Give its number."), hint=_("“voiceapp batch status” lists them.")) from None


def _code(job: BatchJob) -> int:
    return 1 if job.state is BatchState.FAILED or job.failed else 0
