"""What one command's calls consume, kept in the same log as the window's."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.running import Context
from voiceapp.core.events import Event, Notice
from voiceapp.core.settings import Settings
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.usage import SqliteUsage
from voiceapp.voice.account import Account
from voiceapp.voice.metering import Meter
from voiceapp.wiring.factory import table_of


@asynccontextmanager
async def opened_account(
    context: Context, settings: Settings, store: SqliteStore | None = None
) -> AsyncIterator[Account]:
    """Open an account for calls outside a session; all of it is written when the context ends.

    *store*: one that is open already. Raises StoreError.
    """
    own = store or SqliteStore(context.paths.data, WavTakes())

    def tell(event: Event) -> None:
        if isinstance(event, Notice):
            context.output.notice(f"{event.message} {event.hint}".strip())

    meter = Meter(SqliteUsage(own), table_of(context.paths), tell, time.time, when_spent=context.when_spent)
    try:
        await meter.open(settings)
        account = Account(meter, tell)
        try:
            yield account
        finally:
            account.close()
            await meter.close()
    finally:
        if store is None:
            await own.close()
