"""The desk for searching what was said and written; it also keeps the index of meaning up to date."""

from __future__ import annotations

import asyncio
import logging
from gettext import gettext as _
from typing import get_args

from voiceapp.core import own_search as o
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.settings import Choice, Job
from voiceapp.core.speech import Usage
from voiceapp.voice.account import Account, account_here, work_on
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
        self._is_waived = False
        self._is_behind = False
        self._agreed: Choice | None = None
        self._asked_for: Choice | None = None
        self._typed = ""
        self._typing: Account | None = None
        search.on_usage = self._count
        search.allow = self._allow

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        match command:
            case o.SearchPassages(query, limit):
                work_on(self._account_for(query))
                hits = await self._search.find(self._studio.settings, query, limit=limit)
                self._studio.emit(o.PassagesFound(query, hits.found, hits.engine))
            case o.OpenMessage(conversation_id, message_id):
                history = self._studio.history
                if history.conversation_id != conversation_id:
                    await history.open(conversation_id)
                self._studio.emit(o.MessageShown(message_id))
            case o.IndexOwn():
                if not self._is_affordable():
                    await Account(self._studio.meter, self._studio.emit).allow(Job.EMBEDDINGS)
                    self._is_waived = True
                self._agreed = self._studio.settings.choice(Job.EMBEDDINGS)
                self._asked_for = None
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

    async def _allow(self) -> None:
        account = account_here() or Account(self._studio.meter, self._studio.emit)
        await account.allow(Job.EMBEDDINGS)

    def _account_for(self, query: str) -> Account:
        """Return the account of a search: while a query is being typed on, it is one search and one question."""
        is_same = bool(self._typed) and (query.startswith(self._typed) or self._typed.startswith(query))
        self._typed = query
        if self._typing is None or not is_same:
            self._typing = Account(self._studio.meter, self._studio.emit)
        return self._typing

    def _is_affordable(self) -> bool:
        """Where the month's budget is spent, a provider's vectors wait for a click: background work asks nobody."""
        meter = self._studio.meter
        is_paid = meter.is_paid(self._studio.settings.choice(Job.EMBEDDINGS).provider)
        return self._is_waived or not is_paid or not meter.gate.is_closed

    async def _some(self) -> int:
        """Index a portion; return how many texts wait still."""
        try:
            if not await self._is_agreed():
                return 0
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
            self._is_waived = False  # the yes was for what waited
            self._wanted.clear()
        return left

    async def _is_agreed(self) -> bool:
        """Whether texts may go to the engine: where that costs much, once the person has seen it and said yes."""
        settings, meter = self._studio.settings, self._studio.meter
        choice = settings.choice(Job.EMBEDDINGS)
        if self._asked_for == choice:
            return False
        self._asked_for = None
        if self._agreed == choice or not meter.is_paid(choice.provider):
            return True
        texts, tokens = await self._search.waiting(settings)
        if self._agreed == choice:  # they said yes meanwhile
            return True
        cost = meter.estimate(Job.EMBEDDINGS, {"text_in": float(tokens)}).cost
        estimate = o.IndexEstimate(texts, tokens, cost)
        if estimate.is_large:
            self._asked_for, self._is_behind = choice, True
            self._wanted.clear()
            self._studio.emit(o.IndexProgress(texts, settings.provider(choice.provider).shown, estimate.words))
        return not estimate.is_large

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
