"""Who judges texts and pictures, and where verdicts are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from voiceapp.core.checks import EVERYTHING, LoggedVerdict, VerdictFilter
from voiceapp.core.moderation import Verdict


class Moderator(Protocol):
    """An engine that judges."""

    label: str

    async def check_texts(self, texts: Sequence[str]) -> tuple[Verdict, ...]:
        """Return one verdict per text, in order. No text is sent that is blank: its verdict has no scores."""
        ...

    async def check_image(self, image: bytes, mime: str) -> Verdict:
        """Judge a picture, an encoded file of type *mime* ("image/png"). Raises TooLong where it is too large."""
        ...

    async def ready(self) -> None:
        """Return once it can be asked; at once but for the first time. No request is sent. May raise VoiceAppError."""
        ...

    async def warm(self) -> None:
        """As ChatModel.warm."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class VerdictLog(Protocol):
    """The log of verdicts. Every write is on disk when the coroutine returns."""

    async def add_verdict(self, verdict: LoggedVerdict) -> LoggedVerdict:
        """Keep *verdict*; its number is given here."""
        ...

    async def verdicts(
        self, wanted: VerdictFilter = EVERYTHING, limit: int = 500
    ) -> tuple[tuple[LoggedVerdict, ...], int]:
        """Return the newest *limit* lines that are *wanted*, newest first, and how many there are of them in all."""
        ...

    async def export_verdicts(self, path: Path, wanted: VerdictFilter = EVERYTHING) -> int:
        """Write every line that is *wanted* to *path* (.csv or .json); return how many. Raises StoreError, DiskFull."""
        ...

    async def clear_verdicts(self) -> None:
        """Empty the log."""
        ...
