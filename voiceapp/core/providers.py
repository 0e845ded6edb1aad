"""Providers beside the turn: what a test found per job, who waits, who took over, whose model ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

WELL_KNOWN_PORTS = (11434, 1234, 8080, 8000)
"""Of servers on this machine: Ollama; LM Studio; llama.cpp and LocalAI; vLLM and Speaches."""


class Standing(StrEnum):
    """How a provider stands with one job."""

    WORKS = "works"
    FAILS = "fails"
    NOT_TRIED = "not_tried"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True)
class JobCheck:
    """What a test found about one job.

    Attributes:
        job: a value of ``core.settings.Job``.
        model: the one that was asked.
        latency_ms: from the request to its first useful byte; None where it was not tried or failed.
        sentence: why it does not work or was not tried; empty where it works.
    """

    job: str
    standing: Standing
    model: str = ""
    latency_ms: float | None = None
    sentence: str = ""


@dataclass(frozen=True)
class ProviderWaiting:
    """A provider asked to wait; the request goes out again by itself at *resumes_at_s* of time.monotonic()."""

    provider: str
    resumes_at_s: float


@dataclass(frozen=True)
class TookOver:
    """*used* does *job* of this turn because *failed* could not; *reason* is the sentence of its error."""

    job: str
    failed: str
    used: str
    reason: str


@dataclass(frozen=True)
class ModelsListed:
    """What a provider offers, by its own list or the one kept from last time."""

    provider: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class ModelEnding:
    """The model chosen for *job* ends soon, or has; *replacement* "" where none is known for the same work."""

    provider: str
    job: str
    model: str
    ends: date
    replacement: str = ""


ProviderEvent = ProviderWaiting | TookOver | ModelsListed | ModelEnding
