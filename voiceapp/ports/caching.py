"""What may be forgotten at any time and only saves asking again."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """Answers on this disk, up to a bound. Blocking for a few milliseconds; any thread. Never raises."""

    def get(self, kind: str, key: str) -> bytes | None:
        """Return what was put under *key*, None where it is not (any more) there."""
        ...

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Keep *data*; what was not used for longest gives way."""
        ...

    def clear(self, kind: str = "") -> None:
        """Forget everything, or all of one *kind*."""
        ...

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        ...


class NoCache:
    """Keeps nothing."""

    def get(self, kind: str, key: str) -> bytes | None:
        """There is nothing."""
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Nothing is kept."""

    def clear(self, kind: str = "") -> None:
        """There is nothing to forget."""

    def close(self) -> None:
        """Nothing is held."""
