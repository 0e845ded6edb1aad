"""What providers taught, per endpoint and model, kept across restarts so that only the first request ever pays."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from voiceapp.openai_api.adapt import Body, Lessons

log = logging.getLogger("voiceapp.openai_api")

KEPT_S = 14 * 24 * 3600.0
"""Servers learn too: after two weeks a refused parameter is tried again."""

Keep = Callable[[bytes], None]


class LessonBook:
    """The lessons of one provider. Voice loop.

    Args:
        kept: what an earlier book handed to *keep*; anything unreadable is an empty book.
        keep: gets the whole book as bytes whenever something was learnt; must not block.
        wall: Unix time in seconds.
    """

    def __init__(self, kept: bytes = b"", keep: Keep | None = None, wall: Callable[[], float] = lambda: 0.0) -> None:
        self._keep = keep
        self._wall = wall
        self._lessons: dict[str, Lessons] = {}
        self._learnt_at: dict[str, float] = {}
        self._read(kept)

    def of(self, endpoint: str, body: Body) -> Lessons:
        """Return what is known about requests like *body* to *endpoint*."""
        return self._lessons.get(_key(endpoint, body), Lessons())

    def learn(self, endpoint: str, body: Body, lessons: Lessons) -> None:
        """Remember *lessons* for requests like *body*, as it was wanted."""
        key = _key(endpoint, body)
        self._lessons[key] = lessons
        self._learnt_at[key] = self._wall()
        if self._keep is not None:
            rows = {name: _row(known, self._learnt_at[name]) for name, known in self._lessons.items()}
            self._keep(json.dumps(rows).encode())

    def _read(self, kept: bytes) -> None:
        try:
            rows: Mapping[str, Any] = json.loads(kept) if kept else {}
            for key, row in rows.items():
                if self._wall() - row["at"] < KEPT_S:
                    self._lessons[key] = Lessons(frozenset(map(str, row["dropped"])), dict(row["replaced"]) or None)
                    self._learnt_at[key] = float(row["at"])
        except (ValueError, TypeError, KeyError, AttributeError):
            log.info("what providers taught could not be read; it is learnt anew")
            self._lessons.clear()


def _key(endpoint: str, body: Body) -> str:
    return f"{endpoint} {body.get('model', '')}"


def _row(lessons: Lessons, at: float) -> dict[str, object]:
    return {"at": at, "dropped": sorted(lessons.dropped), "replaced": dict(lessons.replaced or {})}
