"""A cache in memory."""

from __future__ import annotations

from voiceapp.ports.caching import NoCache


class MemoryCache(NoCache):
    """Port Cache; *found* holds what was kept, by kind and key."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        return self.found.get((kind, key))

    def put(self, kind: str, key: str, data: bytes) -> None:
        self.found[kind, key] = data

    def clear(self, kind: str = "") -> None:
        self.found = {where: data for where, data in self.found.items() if kind and where[0] != kind}
