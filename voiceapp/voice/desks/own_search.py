"""The desk for searching what was said and written; it also keeps the index of meaning up to date."""

from __future__ import annotations

import asyncio
import logging
from gettext import gettext as _
from typing import get_args

from voiceapp.core import own_search as o
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.settings import Job
from voiceapp.core.speech import Usage
from voiceapp.voice.own_search import OwnSearch
from voiceapp.voice.studio import Studio

log = logging.getLogger("voiceapp.voice")

COMMANDS = get_args(o.OwnSearchCommand)
START_S = 10.0
"""How long after the start the index is left alone: the first turn comes first."""
CHECK_S = 20.0
"""How often it is looked for texts that wait; the list is kept by the database, so looking costs nothing."""
PAUSE_S = 0.2
"""Between two portions, so that indexing leaves the machine to others."""
RETRY_S = (60.0, 300.0, 1800.0)
"""After failures one after another."""


class OwnSearchDesk:
    """Keeps ``voice.parts.Desk``. Runs on the voice loop."""

    def __init__(self, studio: Studio, search: OwnSearch) -> None:
        self._studio = studio
        self._search = search
        self._wanted = asyncio.Event()
        self._failures = 0
        self._is_behind = False
        search.on_usage = self._count

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        match command:
            case o.SearchPassages(query, limit):
                hits = await self._search.find(self._studio.settings, query, limit=limit)
                self._studio.emit(o.PassagesFound(query, hits.found, hits.engine))
            case o.OpenMessage(conversation_id, message_id):
                history = self._studio.history
                if history.conversation_id != conversation_id:
                    await history.open(conversation_id)
                self._studio.emit(o.MessageShown(message_id))
            case o.IndexOwn():
                self._failures = 0
                self._wanted.set()

    async def keep_indexed(self) -> None:
        """Index what waits whenever nothing else goes on, until cancelled. Never raises."""
        await self._wait(START_S)
        while True:
            is_free = self._studio.is_idle() and self._is_affordable()
            left = await self._some() if is_free else 1
            if self._failures:
                await self._wait(RETRY_S[min(self._failures, len(RETRY_S)) - 1])
            else:
                await self._wait(PAUSE_S if left else CHECK_S)

    def _count(self, usage: Usage) -> None:
        self._studio.account.record(Job.EMBEDDINGS, usage)

    def _is_affordable(self) -> bool:
        """Where the month's budget is spent, a provider's vectors wait: background work asks nobody."""
        settings, meter = self._studio.settings, self._studio.meter
        is_paid = meter.is_paid(settings.choice(Job.EMBEDDINGS).provider)
        return not is_paid or settings.budget_usd is None or meter.spent_usd()[1] < settings.budget_usd

    async def _some(self) -> int:
        """Index a portion; return how many texts wait still."""
        try:
            left = await self._search.index_some(self._studio.settings)
            embedder = await self._search.embedder(self._studio.settings)
        except Exception as fault:
            self._failed(unexpected(fault))
            return 0
        self._failures = 0
        if left or self._is_behind or self._wanted.is_set():
            self._is_behind = bool(left)
            self._studio.emit(o.IndexProgress(left, embedder.label if embedder else ""))
        if not left:
            self._wanted.clear()
        return left

    def _failed(self, error: VoiceAppError) -> None:
        """Tell the first failure of several; what waits is indexed later."""
        self._failures += 1
        self._wanted.clear()
        log.info("indexing failed: %s", error.message)
        if self._failures == 1:
            sentence = _("Searching by meaning is behind: {what}").format(what=error.message)
            self._studio.emit(Notice(sentence, error.hint))

    async def _wait(self, seconds: float) -> None:
        """Wait, shorter where the person asks for the index now."""
        if self._wanted.is_set() and not self._failures:
            await asyncio.sleep(min(seconds, PAUSE_S))
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            pass
