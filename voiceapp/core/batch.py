"""Work that is not urgent, done in batches: a job is a folder of texts and a task, its lines are sent in files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What is done with each text."""

    TITLE = "title"
    SUMMARY = "summary"
    CLEAN = "clean"


class BatchState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"  # nothing of the next file is with the service yet
    RUNNING = "running"  # a file is being worked on
    DONE = "done"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"  # the service refused it; *problem* says why


class LineState(StrEnum):
    """What became of one text."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class BatchLine:
    """One text of a job.

    Attributes:
        number: counted from 1; with it the service's answer finds its text.
        source: a file's path, or ``conversation:12``.
        result: the model's words.
        target: the file that they were written to; "" for a title that was set, and before it is done.
    """

    number: int
    source: str
    text: str = ""
    state: LineState = LineState.WAITING
    attempts: int = 0
    result: str = ""
    error: str = ""
    target: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class BatchJob:
    """A job as it stands.

    Attributes:
        provider, model: who works on it.
        token: tells our batches apart at the service, so that none is started twice after a crash.
        file_id, batch_id: of the file that is being worked on; "" while there is none.
        done, failed, total: lines.
        at_service: how many of the running file's requests the service has finished.
        usd: what it cost, None where the price is unknown.
        folder: where results go that belong beside no file.
    """

    id: int
    task: Task
    provider: str
    model: str
    token: str
    state: BatchState = BatchState.WAITING
    file_id: str = ""
    batch_id: str = ""
    created_at: float = 0.0
    total: int = 0
    done: int = 0
    failed: int = 0
    at_service: int = 0
    problem: str = ""
    usd: float | None = None
    folder: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in (BatchState.DONE, BatchState.CANCELLED, BatchState.FAILED)


@dataclass(frozen=True)
class Remote:
    """A batch as the service tells it. *problem*: why it failed, short and without the person's words."""

    id: str
    status: str
    completed: int = 0
    failed: int = 0
    total: int = 0
    output_file: str = ""
    error_file: str = ""
    problem: str = ""

    @property
    def is_over(self) -> bool:
        """The service does nothing more with it."""
        return self.status in ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class Estimate:
    """What a job will take. *usd* None: the price is unknown."""

    lines: int
    tokens_in: int
    tokens_out: int
    usd: float | None


# --- commands and events ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class EstimateBatch:
    """Say what a job would take. Answered by BatchEstimated."""

    task: Task
    sources: tuple[str, ...]


@dataclass(frozen=True)
class StartBatch:
    """Start a job on files, folders and conversations (``conversation:12``). Answered by BatchesListed."""

    task: Task
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ListBatches:
    """Answered by BatchesListed."""


@dataclass(frozen=True)
class CancelBatch:
    """Stop a job; what is finished is kept."""

    job_id: int


@dataclass(frozen=True)
class ShowBatchLines:
    """Answered by BatchLinesShown."""

    job_id: int


BatchCommand = EstimateBatch | StartBatch | ListBatches | CancelBatch | ShowBatchLines


@dataclass(frozen=True)
class BatchEstimated:
    """The answer to EstimateBatch; *engine*: who would work on it."""

    task: Task
    sources: tuple[str, ...]
    estimate: Estimate
    engine: str


@dataclass(frozen=True)
class BatchesListed:
    """All jobs, newest first."""

    jobs: tuple[BatchJob, ...]


@dataclass(frozen=True)
class BatchChanged:
    """A job stands elsewhere now."""

    job: BatchJob


@dataclass(frozen=True)
class BatchLinesShown:
    """The lines of a job."""

    job_id: int
    lines: tuple[BatchLine, ...]


BatchEvent = BatchEstimated | BatchesListed | BatchChanged | BatchLinesShown
