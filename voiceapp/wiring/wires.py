"""Wires to providers with what they share: keys, the model table, the queue, lessons, kept answers."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from voiceapp.core.catalogue import Listed, refreshed
from voiceapp.core.models import ModelTable
from voiceapp.core.providers import ProviderEvent, ProviderWaiting
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.ports import Cache, NoCache, Secrets
from voiceapp.wiring.beside import WrittenBeside
from voiceapp.wiring.keys import Keys

if TYPE_CHECKING:
    from voiceapp.openai_api.held import HeldConversations
    from voiceapp.openai_api.kept import KeptAnswers
    from voiceapp.openai_api.queue import ProviderQueue
    from voiceapp.openai_api.wire import Wire

log = logging.getLogger("voiceapp.wiring")

LISTING_FRESH_S = 24 * 3600.0
"""Models come and go by weeks; once a day is enough."""


class WireMaker:
    """Makes wires; those to the same provider share its queue, whoever uses them.

    Args:
        secrets: the keys.
        table: shipped, with the person's own rows.
        on_notice: gets a sentence when something was mended on the way; any thread.
        tell: gets events; voice loop.
        cache: lessons and lists of models, and answers where :attr:`is_cached`; speech of private
            conversations only where :attr:`is_private_speech_cached`.
    """

    def __init__(
        self,
        secrets: Secrets,
        table: ModelTable,
        on_notice: Callable[[str], None],
        tell: Callable[[ProviderEvent], None] = lambda _event: None,
        cache: Cache | None = None,
    ) -> None:
        self.table = table
        self.tell = tell
        self.is_cached = True
        self.is_private_speech_cached = False
        self._secrets = secrets
        self.on_notice = on_notice
        self._cache = cache or NoCache()
        self._queues: dict[str, ProviderQueue] = {}
        self._keys = Keys(secrets, on_notice)
        self._held: dict[str, HeldConversations] = {}
        self._besides: list[WrittenBeside] = []
        self._lock = threading.Lock()

    def build(self, provider: Provider, *, is_test: bool = False) -> Wire:
        """Worker thread: asks the keyring once and imports the SDK. Raises ConfigError, StoreError.

        *is_test*: every request is really sent.
        """
        from voiceapp.openai_api.lessons import LessonBook
        from voiceapp.openai_api.queue import ProviderQueue
        from voiceapp.openai_api.wire import Wire

        (ask_key, client), whose = self._keys.of(provider), _whose(provider)
        with self._lock:
            queue = self._queues.setdefault(whose, ProviderQueue())
        table = self.table
        if provider.kind is ProviderKind.OPENAI:
            table = refreshed(table, self.kept_listing(provider)[0])
        return Wire(
            provider,
            ask_key,
            table,
            on_notice=self.on_notice,
            on_wait=lambda wait_s: self.tell(ProviderWaiting(provider.shown, time.monotonic() + wait_s)),
            book=LessonBook(self._cache.get("lessons", whose) or b"", self._keeper("lessons", whose), time.time),
            queue=queue,
            kept=None if is_test else self._kept(provider),
            http_client=client,
        )

    def _kept(self, provider: Provider) -> KeptAnswers | None:
        from voiceapp.openai_api.kept import KeptAnswers

        if not self.is_cached:
            return None
        is_speech_kept = self.is_private_speech_cached or not provider.is_private
        return KeptAnswers(self._cache, _whose(provider), is_speech_kept=is_speech_kept)

    def held(self, provider: Provider) -> HeldConversations:
        """Return the conversations that *provider* holds; the same for all engines of it. Blocking."""
        from voiceapp.openai_api.held import HeldConversations

        whose = _whose(provider)
        with self._lock:
            if whose not in self._held:
                kept = self._cache.get("held", whose) or b""
                beside = WrittenBeside(self._keeper("held", whose))
                self._besides.append(beside)
                self._held[whose] = HeldConversations(kept, beside.keep, time.time)
            return self._held[whose]

    async def listing(self, wire: Wire, *, is_fresh: bool = False) -> tuple[Listed, ...]:
        """Return what the provider lists: kept from today, or asked for. Raises ProviderError."""
        kept, at = await asyncio.to_thread(self.kept_listing, wire.provider)
        if kept and not is_fresh and 0 <= time.time() - at < LISTING_FRESH_S:
            return kept
        listed = await wire.listed()
        data = json.dumps({"at": time.time(), "models": [[m.id, m.ends and m.ends.isoformat()] for m in listed]})
        await asyncio.to_thread(self._cache.put, "models", _whose(wire.provider), data.encode())
        return listed

    def close(self) -> None:
        """Write what is not written yet, and let go of the cache."""
        for beside in self._besides:
            beside.flush()
        self._cache.close()

    def kept_listing(self, provider: Provider) -> tuple[tuple[Listed, ...], float]:
        """Return the list kept from last time and its Unix time. Blocking."""
        data = self._cache.get("models", _whose(provider))
        try:
            found: dict[str, Any] = json.loads(data) if data else {"at": 0.0, "models": []}
            return tuple(_listed(found["models"])), float(found["at"])
        except (ValueError, TypeError, KeyError):
            log.info("a kept list of models could not be read")
            return (), 0.0

    def _keeper(self, kind: str, whose: str) -> Callable[[bytes], None]:
        def keep(data: bytes) -> None:
            self._cache.put(kind, whose, data)  # a millisecond, once per lesson

        return keep


def _whose(provider: Provider) -> str:
    """Name the installation that answers: another address or project is another one."""
    return "|".join((provider.name, provider.kind.value, provider.base_url, provider.organization, provider.project))


def _listed(rows: Iterable[tuple[str, str | None]]) -> Iterable[Listed]:
    for name, ends in rows:
        yield Listed(name, date.fromisoformat(ends) if ends else None)
