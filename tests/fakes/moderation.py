"""A scripted moderator, and a log of verdicts in memory."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from voiceapp.core.checks import EVERYTHING, LoggedVerdict, VerdictFilter
from voiceapp.core.moderation import CATEGORIES, Score, Verdict
from voiceapp.core.search_text import folded

QUIET = 0.001


def verdict_of(found: Mapping[str, float], model: str = "fake-moderation") -> Verdict:
    """Return a verdict in which the categories *found* are flagged, and the others are next to nothing."""
    scores = tuple(Score(name, found.get(name, QUIET), name in found, ("text",)) for name in CATEGORIES)
    return Verdict(scores, bool(found), model)


class FakeModerator:
    """Flags what it is told to.

    Args:
        flagged: by a word that a text holds the categories with their scores.
        image: the categories of every picture.
        check_s: pause before each answer.
        errors: raised by the first requests, one each; None answers.
        built_s: how long it takes until it can be asked.
    """

    def __init__(
        self,
        flagged: Mapping[str, Mapping[str, float]] | None = None,
        *,
        image: Mapping[str, float] | None = None,
        check_s: float = 0.0,
        errors: Sequence[Exception | None] = (),
        label: str = "Fake moderation",
        built_s: float = 0.0,
    ) -> None:
        self.label = label
        self.requests: list[tuple[str, ...]] = []
        self.times_s: list[float] = []
        self.images: list[bytes] = []
        self.warmed = 0
        self._flagged = dict(flagged or {})
        self._image = dict(image or {})
        self._check_s = check_s
        self._errors = list(errors)
        self._built_s = built_s

    @property
    def texts(self) -> list[str]:
        """Every text that was to be checked, in order."""
        return [text for request in self.requests for text in request]

    async def check_texts(self, texts: Sequence[str]) -> tuple[Verdict, ...]:
        """As Moderator.check_texts."""
        self.requests.append(tuple(texts))
        self.times_s.append(asyncio.get_running_loop().time())
        await self._work()
        return tuple(self._verdict(text) for text in texts)

    async def check_image(self, image: bytes, mime: str) -> Verdict:
        """As Moderator.check_image."""
        self.images.append(image)
        await self._work()
        return verdict_of(self._image)

    async def ready(self) -> None:
        """As Moderator.ready."""
        built_s, self._built_s = self._built_s, 0.0
        await asyncio.sleep(built_s)

    async def warm(self) -> None:
        """As Moderator.warm."""
        self.warmed += 1

    async def close(self) -> None:
        """As Moderator.close."""

    async def _work(self) -> None:
        await asyncio.sleep(self._check_s)
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error

    def _verdict(self, text: str) -> Verdict:
        if not text.strip():
            return Verdict(())
        found: dict[str, float] = {}
        for word, categories in self._flagged.items():
            if word in text:
                found.update(categories)
        return verdict_of(found)


class MemoryVerdicts:
    """Port VerdictLog."""

    def __init__(self) -> None:
        self.kept: list[LoggedVerdict] = []
        self.exported: dict[Path, int] = {}

    async def add_verdict(self, verdict: LoggedVerdict) -> LoggedVerdict:
        """As VerdictLog."""
        kept = dataclasses.replace(verdict, id=len(self.kept) + 1)
        self.kept.append(kept)
        return kept

    async def verdicts(
        self, wanted: VerdictFilter = EVERYTHING, limit: int = 500
    ) -> tuple[tuple[LoggedVerdict, ...], int]:
        """As VerdictLog."""
        found = [verdict for verdict in reversed(self.kept) if _matches(verdict, wanted)]
        return tuple(found[:limit]), len(found)

    async def export_verdicts(self, path: Path, wanted: VerdictFilter = EVERYTHING) -> int:
        """As VerdictLog, but only notes the wish."""
        _found, count = await self.verdicts(wanted)
        self.exported[path] = count
        return count

    async def clear_verdicts(self) -> None:
        """As VerdictLog."""
        self.kept.clear()


def _matches(verdict: LoggedVerdict, wanted: VerdictFilter) -> bool:
    words = folded(f"{verdict.excerpt} {verdict.subject.name}")
    return (
        (not wanted.checkpoints or verdict.checkpoint in wanted.checkpoints)
        and (not wanted.decisions or verdict.decision in wanted.decisions)
        and (not wanted.category or wanted.category in verdict.exceeded)
        and all(word in words for word in folded(wanted.query).split())
    )
