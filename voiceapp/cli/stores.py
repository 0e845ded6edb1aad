"""``voiceapp stores``: documents that a service searches, in stores that are made, filled, followed and deleted."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from gettext import gettext as _

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.hosting import find_store
from voiceapp.cli.installation import keys_of, settings_of
from voiceapp.cli.metering import opened_account
from voiceapp.cli.running import Context, run_job
from voiceapp.core.documents import DocumentState, DocumentStore, summary
from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import Job, Settings
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.account import Account
from voiceapp.voice.documents import Documents
from voiceapp.wiring.documents import documents_of
from voiceapp.wiring.factory import factory_of

STATES = {
    DocumentState.WAITING: _("waiting"),
    DocumentState.UPLOADING: _("uploading"),
    DocumentState.INDEXING: _("being indexed"),
    DocumentState.READY: _("ready"),
    DocumentState.FAILED: _("failed"),
    DocumentState.STOPPED: _("stopped"),
}


@dataclass(frozen=True)
class Office:
    """What the commands work with."""

    documents: Documents
    settings: Settings
    context: Context
    account: Account

    async def named(self, name: str) -> DocumentStore:
        """Return the store that was named. Raises ConfigError."""
        if not name:
            raise ConfigError(_("Which store? Give its number or name."), hint=_("“voiceapp stores” lists them."))
        return find_store(await self.documents.rows.stores(), name)

    async def allow(self, provider: str) -> None:
        """Return where an upload to *provider*, "" = who thinks, may be paid. Raises OverBudget."""
        await self.account.allow(Job.CHAT, provider)

    async def moved(self, store: DocumentStore) -> int:
        """Upload and index what is on its way, with progress; 1 where a document failed."""
        follow = Progress(self)
        store = await self.documents.run(self.settings, store.id, follow)
        self.tell(store)
        return int(bool(store.failed))

    def tell(self, store: DocumentStore) -> None:
        """Print how a store stands."""
        output = self.context.output
        output.end_line()
        output.event(
            "store",
            id=store.id,
            name=store.name,
            provider=store.provider,
            remote_id=store.remote_id or None,
            documents=len(store.documents),
            ready=store.ready,
            failed=store.failed,
        )
        output.text(f"{store.id:>4}  {store.name:<24} {store.provider:<12} {summary(store)}")

    def tell_documents(self, store: DocumentStore) -> None:
        """Print every document of a store."""
        for one in store.documents:
            self.context.output.event(
                "document",
                id=one.id,
                store=store.id,
                name=one.name,
                path=one.path,
                size_bytes=one.size_bytes,
                state=one.state.value,
                problem=one.problem or None,
            )
            words = f"{STATES[one.state]}{f': {one.problem}' if one.problem else ''}"
            self.context.output.text(f"{one.id:>6}  {one.name:<32} {one.size_bytes / 1024:>9.1f} kB  {words}")


class Progress:
    """Tells each document's state once, and uploads by the tenth."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._told: dict[int, tuple[str, int]] = {}

    def __call__(self, store: DocumentStore) -> None:
        """Take in how *store* stands."""
        for one in store.documents:
            step = (one.state.value, int(10 * one.share) if one.state is DocumentState.UPLOADING else 0)
            if one.state is DocumentState.WAITING or self._told.get(one.id) == step:
                continue
            self._told[one.id] = step
            output = self._office.context.output
            share = round(one.share, 2)
            output.event("progress", document=one.name, state=one.state.value, share=share, problem=one.problem or None)
            output.text(f"        {one.name}: {STATES[one.state]} {one.problem}".rstrip())


@asynccontextmanager
async def office(context: Context) -> AsyncIterator[Office]:
    """Open what the commands work with."""
    keys = keys_of(context)
    settings = settings_of(context, keys)
    store = SqliteStore(context.paths.data, WavTakes())
    factory = factory_of(context.paths, keys, context.output.notice)
    try:
        async with opened_account(context, settings, store) as account:
            yield Office(documents_of(store, context.paths.data, factory.wires.build), settings, context, account)
    finally:
        factory.close()
        await store.close()


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: stores(context, arguments))


async def stores(context: Context, arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    deeds = {"make": _make, "add": _add, "retry": _retry, "resume": _resume, "remove": _remove, "list": _list}
    async with office(context) as desk:
        return await deeds[arguments.action](desk, arguments)


async def _make(desk: Office, arguments: argparse.Namespace) -> int:
    if not arguments.name:
        raise ConfigError(_("A new store needs a name: voiceapp stores make NAME FILE…"))
    provider = desk.context.provider
    await desk.allow(provider)
    return await desk.moved(await desk.documents.make(desk.settings, arguments.name, arguments.paths, provider))


async def _add(desk: Office, arguments: argparse.Namespace) -> int:
    store = await desk.named(arguments.name)
    await desk.allow(store.provider)
    return await desk.moved(await desk.documents.add(store.id, arguments.paths))


async def _retry(desk: Office, arguments: argparse.Namespace) -> int:
    store = await desk.named(arguments.name)
    await desk.allow(store.provider)
    return await desk.moved(await desk.documents.retry(desk.settings, store.id))


async def _resume(desk: Office, _arguments: argparse.Namespace) -> int:
    """Go on with everything that was on its way."""
    code = 0
    for store in await desk.documents.rows.stores():
        if store.is_unsent:
            await desk.allow(store.provider)
        if store.is_busy:
            code = max(code, await desk.moved(store))
    return code


async def _remove(desk: Office, arguments: argparse.Namespace) -> int:
    store = await desk.named(arguments.name)
    await desk.documents.remove_store(desk.settings, store.id)
    desk.context.output.event("removed", id=store.id)
    desk.context.output.text(_("{name} is deleted. Your own files stay.").format(name=store.name))
    return 0


async def _list(desk: Office, _arguments: argparse.Namespace) -> int:
    found = await desk.documents.rows.stores()
    for store in found:
        desk.tell(store)
    if not found:
        desk.context.output.text(_("No stores of documents yet. Make one: voiceapp stores make NAME FILE…"))
    return 0
