"""Work in batches: who does it, and where its state is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voiceapp.core.batch import BatchJob, BatchLine, BatchState, Remote, Task
from voiceapp.core.settings import Settings


class BatchService(Protocol):
    """A provider's batches. Every method may raise ProviderError."""

    label: str
    provider: str

    async def model(self) -> str:
        """Return the model that would work."""
        ...

    async def upload(self, data: bytes) -> str:
        """Hand over a file of requests; return its id."""
        ...

    async def create(self, file_id: str, token: str) -> Remote:
        """Begin working on a file. Never sent twice by itself: look with :meth:`find` after an error."""
        ...

    async def find(self, file_id: str, token: str) -> Remote | None:
        """Return the batch that was begun for *file_id* with *token*, if any."""
        ...

    async def status(self, batch_id: str) -> Remote:
        """Return how far a batch is."""
        ...

    async def cancel(self, batch_id: str) -> Remote:
        """Ask the service to stop; it may take minutes."""
        ...

    async def download(self, file_id: str) -> bytes:
        """Return an output or error file."""
        ...

    async def forget(self, file_id: str) -> None:
        """Delete a file at the service."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class BatchServices(Protocol):
    """Builds who works on batches."""

    async def batches(self, settings: Settings, provider: str = "", model: str = "") -> BatchService:
        """Return *provider*'s batches, by default those of whoever thinks. Raises ConfigError, NoKey."""
        ...


class BatchStore(Protocol):
    """Jobs and their lines. Every write is on disk when the coroutine returns."""

    async def begin(
        self, task: Task, provider: str, model: str, token: str, folder: str, lines: Sequence[BatchLine]
    ) -> BatchJob:
        """Keep a new job with its lines, all or none."""
        ...

    async def jobs(self) -> tuple[BatchJob, ...]:
        """All jobs, newest first."""
        ...

    async def job(self, job_id: int) -> BatchJob:
        """Raises StoreError when there is none."""
        ...

    async def lines(self, job_id: int) -> tuple[BatchLine, ...]:
        """A job's lines in order."""
        ...

    async def change(
        self,
        job_id: int,
        *,
        state: BatchState | None = None,
        file_id: str | None = None,
        batch_id: str | None = None,
        at_service: int | None = None,
        problem: str | None = None,
        usd: float | None = None,
        lines: Sequence[BatchLine] = (),
    ) -> BatchJob:
        """Change what is given and replace *lines* by their numbers, in one transaction."""
        ...


class Texts(Protocol):
    """What batches work on: files, folders, conversations."""

    async def gather(self, sources: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Return source and words of every text that *sources* name; empty ones are left out.

        A source is a file, a folder (its transcripts, those in folders below too) or ``conversation:12``.
        Raises ConfigError, StoreError.
        """
        ...

    async def deliver(self, source: str, folder: str, task: Task, result: str) -> str:
        """Put a result where it belongs; return where that is.

        A conversation's title is set; everything else becomes a new file beside the text, or in *folder* for a
        conversation. No file is ever overwritten. Delivering the same again after a crash changes nothing.
        """
        ...
