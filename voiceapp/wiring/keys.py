"""Whence a provider's key comes: kept here, or printed by a command that is asked again before it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from voiceapp.core.errors import VoiceAppError
from voiceapp.core.settings import Provider
from voiceapp.ports import Secrets

if TYPE_CHECKING:
    from voiceapp.openai_api.client import HttpClient
    from voiceapp.store.key_command import CommandKey


class Keys:
    """Keys for wires; those to the same provider share what a command printed."""

    def __init__(self, secrets: Secrets, on_notice: Callable[[str], None]) -> None:
        self._secrets, self._on_notice = secrets, on_notice
        self._sources: dict[tuple[str, str], CommandKey] = {}
        self._lock = threading.Lock()

    def of(self, provider: Provider) -> tuple[Callable[[], str], HttpClient | None]:
        """Return what gives the key at once and, where it ends, connections that renew it. Blocking. Raises NoKey."""
        if not provider.key_command:
            key = self._secrets.get(provider.name)
            return lambda: key, None
        from voiceapp.openai_api.client import http_client_for, timeouts_for
        from voiceapp.openai_api.renewed_key import renew_key

        source = self._source(provider)
        source.get()

        async def fresh() -> str:
            if source.is_due:
                try:
                    await asyncio.to_thread(source.get)
                except VoiceAppError as error:  # the service will say that the old one has ended
                    self._on_notice(f"{error.message} {error.hint}".strip())
            return source.last()

        async def refused(key: str) -> None:
            await asyncio.to_thread(source.forget, key)

        client = http_client_for(provider, timeouts_for(provider))
        renew_key(client, fresh, refused)
        return source.last, client

    def _source(self, provider: Provider) -> CommandKey:
        from voiceapp.store.key_command import CommandKey

        with self._lock:
            named = (provider.name, provider.key_command)
            if named not in self._sources:
                self._sources[named] = CommandKey(provider.shown, provider.key_command, self._secrets.seen)
            return self._sources[named]
