"""Who turns texts into vectors of meaning, and where those are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiceapp.core.own_search import Found, Matching
from voiceapp.core.passages import Passage
from voiceapp.core.settings import Settings
from voiceapp.core.speech import Usage
from voiceapp.core.vectors import Vectors


class Embedder(Protocol):
    """An engine that turns texts into vectors."""

    label: str
    """As shown."""
    max_batch: int
    """How many texts it takes at once without making others wait."""
    is_local: bool
    """Whether texts stay on this computer."""

    async def space(self) -> str:
        """Return what its vectors belong to; those of different spaces cannot be compared. May ask the service once."""
        ...

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """Return a vector of length 1 for each text, shape (n, dim). A text that is too long counts by its beginning.

        Any number of texts; the engine asks in portions. Raises ProviderError.
        """
        ...

    async def close(self) -> None:
        """Release connections and models."""
        ...


class Embedders(Protocol):
    """Builds who judges meaning."""

    async def embedder(self, settings: Settings, on_usage: Callable[[Usage], None]) -> Embedder | None:
        """Return the engine that *settings* choose; None where there is none: full text alone then. Raises NoKey.

        *on_usage* gets what each of its requests consumed.
        """
        ...


@dataclass(frozen=True)
class DueText:
    """A text that waits to be indexed. *kind* and *source* are the store's."""

    kind: int
    source: int
    text: str


@dataclass(frozen=True)
class TextVectors:
    """A text's passages with their vectors, shape (len(passages), dim)."""

    of: DueText
    passages: tuple[Passage, ...]
    vectors: Vectors


@dataclass(frozen=True, eq=False)
class Aim:
    """A query's vector, shape (dim,), and the space that it belongs to."""

    space: str
    vector: Vectors


class PassageStore(Protocol):
    """The index of meaning. Every write is on disk when the coroutine returns."""

    async def use_space(self, space: str) -> None:
        """Keep vectors of *space* from now on; where it is another than before, every text is due again."""
        ...

    async def due(self, limit: int) -> tuple[DueText, ...]:
        """Return texts that wait to be indexed, newest first."""
        ...

    async def count_due(self) -> int:
        """Return how many texts wait."""
        ...

    async def due_characters(self) -> int:
        """Return how long the texts are that wait, together."""
        ...

    async def put(self, space: str, texts: Sequence[TextVectors]) -> None:
        """Index *texts*; one that changed meanwhile stays due. Nothing happens if *space* is no longer in use."""
        ...

    async def find(
        self, query: str, aim: Aim | None, matching: Matching, limit: int, *, is_any_word: bool = False
    ) -> tuple[Found, ...]:
        """Return the best passages, at most one of each text.

        *aim*: where *query* lies; None = by words alone. *is_any_word*: one word of many is enough (questions).
        """
        ...
