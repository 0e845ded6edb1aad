"""Checking: what can be asked to be checked, and what is told of it. Commands, events, and entries of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.errors import ConfigError
from voiceapp.core.moderation import STOPPING, Checkpoint, Decision, Score, Verdict, exceeded, joined
from voiceapp.core.passages import Passage
from voiceapp.core.speech import Basis, Usage

EXCERPT_CHARS = 120


class SubjectKind(StrEnum):
    """What was checked."""

    TEXT = "text"
    MESSAGE = "message"
    CONVERSATION = "conversation"
    FILE = "file"
    IMAGE = "image"
    ATTACHMENT = "attachment"


@dataclass(frozen=True)
class Subject:
    """What was checked: *id* of the message, conversation or picture where it has one, *name* of a file.

    Of an attachment *id* is that of the message that it went with.
    """

    kind: SubjectKind
    id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Part:
    """A passage and what was found in it; a picture is one part without characters."""

    passage: Passage
    verdict: Verdict


@dataclass(frozen=True)
class Checked:
    """Everything about one check.

    Attributes:
        text: what was checked; empty for a picture.
        engine: who judged, as shown.
        duration_ms: how long the check took; for a reply the longest of its clauses.
        waited_ms: how long something had to wait for it.
        problem: a sentence, where the check failed.
        limits: the person's limits when it was decided.
        beside: of an attachment, the words that it was to go with.
    """

    subject: Subject
    checkpoint: Checkpoint
    decision: Decision
    text: str = ""
    parts: tuple[Part, ...] = ()
    engine: str = ""
    duration_ms: float = 0.0
    waited_ms: float = 0.0
    problem: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    beside: str = ""

    @property
    def verdict(self) -> Verdict:
        """What was found in the whole."""
        return joined([part.verdict for part in self.parts])

    @property
    def exceeded(self) -> tuple[Score, ...]:
        """The scores that were too much, highest first."""
        return exceeded(self.verdict, self.limits)

    @property
    def is_stopped(self) -> bool:
        """Whether it was held back."""
        return self.decision in STOPPING

    def part_for(self, category: str) -> Part | None:
        """Return the part with the highest score of *category*; None where no part has one."""
        scored = [(part, part.verdict.score(category)) for part in self.parts]
        known = [(score.is_flagged, score.value or 0.0, part) for part, score in scored if score is not None]
        return max(known, key=lambda row: row[:2])[2] if known else None


@dataclass(frozen=True)
class LoggedVerdict:
    """A line of the log.

    Attributes:
        excerpt: the beginning of what was checked.
        digest: the first 16 hex digits of the SHA-256 of it, so that the same text is recognised.
        draft: the person's whole text, only where it was held back before it was sent.
    """

    id: int
    checked_at: float
    subject: Subject
    checkpoint: Checkpoint
    decision: Decision
    scores: tuple[Score, ...] = ()
    exceeded: tuple[str, ...] = ()
    excerpt: str = ""
    digest: str = ""
    engine: str = ""
    duration_ms: float = 0.0
    problem: str = ""
    draft: str = ""


@dataclass(frozen=True)
class VerdictFilter:
    """Which lines of the log; empty = all. *query* is looked for in excerpts and names."""

    query: str = ""
    checkpoints: tuple[Checkpoint, ...] = ()
    decisions: tuple[Decision, ...] = ()
    category: str = ""


EVERYTHING = VerdictFilter()
"""The whole log."""


def logged(checked: Checked, at_s: float, content: bytes | None = None) -> LoggedVerdict:
    """Return *checked* as a line of the log without its number; *content*: a picture's bytes."""
    import hashlib  # 20 ms that the start does without

    verdict = checked.verdict
    data = checked.text.encode("utf-8", "surrogatepass") if content is None else content
    is_file = checked.subject.kind is SubjectKind.ATTACHMENT
    is_draft = checked.is_stopped and checked.checkpoint in (Checkpoint.INPUT, Checkpoint.IMAGE_PROMPT)
    return LoggedVerdict(
        id=0,
        checked_at=at_s,
        subject=checked.subject,
        checkpoint=checked.checkpoint,
        decision=checked.decision,
        scores=verdict.ranked(),
        exceeded=tuple(score.category for score in checked.exceeded),
        excerpt=excerpt(checked.text),
        digest=hashlib.sha256(data).hexdigest()[:16],
        engine=checked.engine,
        duration_ms=checked.duration_ms,
        problem=checked.problem,
        draft=(checked.beside if is_file else checked.text) if is_draft else "",
    )


def excerpt(text: str) -> str:
    """Return the beginning of *text* on one line, cut at a word."""
    line = " ".join(text[: 4 * EXCERPT_CHARS].split())
    if len(line) <= EXCERPT_CHARS:
        return line
    return line[: EXCERPT_CHARS - 1].rsplit(" ", 1)[0] + "…"


def as_table(verdict: LoggedVerdict) -> dict[str, object]:
    """Return a line of the log as JSON knows it."""
    return {
        "id": verdict.id,
        "checked_at": verdict.checked_at,
        "kind": verdict.subject.kind.value,
        "subject_id": verdict.subject.id,
        "name": verdict.subject.name,
        "checkpoint": verdict.checkpoint.value,
        "decision": verdict.decision.value,
        "exceeded": list(verdict.exceeded),
        "scores": {score.category: score.value for score in verdict.scores},
        "flagged": [score.category for score in verdict.scores if score.is_flagged],
        "excerpt": verdict.excerpt,
        "sha256_16": verdict.digest,
        "engine": verdict.engine,
        "duration_ms": round(verdict.duration_ms, 1),
        "problem": verdict.problem,
    }


def as_report(checked: Checked) -> dict[str, object]:
    """Return a check as JSON knows it: the whole, and each passage with its words."""
    return {
        "checkpoint": checked.checkpoint.value,
        "decision": checked.decision.value,
        "exceeded": [score.category for score in checked.exceeded],
        "limits": dict(checked.limits),
        **verdict_table(checked.verdict),
        "engine": checked.engine,
        "duration_ms": round(checked.duration_ms, 1),
        "problem": checked.problem or None,
        "passages": [
            {
                "start": part.passage.start,
                "end": part.passage.end,
                "text": part.passage.of(checked.text),
                **verdict_table(part.verdict),
            }
            for part in checked.parts
        ],
    }


def verdict_table(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as JSON knows it."""
    return {
        "model": verdict.model,
        "flagged": verdict.is_flagged,
        "categories": {score.category: score.is_flagged for score in verdict.ranked()},
        "category_scores": {score.category: score.value for score in verdict.ranked()},
    }


def parts_of(passages: Sequence[Passage], verdicts: Sequence[Verdict]) -> tuple[Part, ...]:
    """Put passages and what was found in them together."""
    return tuple(Part(passage, verdict) for passage, verdict in zip(passages, verdicts, strict=True))


def consumed(provider: str, verdicts: Iterable[Verdict]) -> tuple[Usage, ...]:
    """Return what *verdicts* of *provider* consumed: those that were asked for, and those that were kept from before.

    An empty text was never sent.
    """
    counts: dict[tuple[str, bool], int] = {}
    for verdict in verdicts:
        if verdict.scores or verdict.is_flagged:
            key = (verdict.model, verdict.is_kept)
            counts[key] = counts.get(key, 0) + 1
    return tuple(
        Usage(provider, model, {"checks": float(count)}, Basis.KEPT if is_kept else Basis.MEASURED)
        for (model, is_kept), count in counts.items()
    )


def nobody_checks() -> ConfigError:
    """Say what checking needs: no engine on this computer can judge, and none pretends to."""
    return ConfigError(
        _("Checking needs a provider that offers moderation; this computer cannot judge by itself."),
        hint=_("Add a key for OpenAI, or choose who checks in Settings, “Who does what”."),
    )


# --- commands -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckText:
    """Check a text; answered, as all of these, by CheckBegan and then CheckDone."""

    text: str


@dataclass(frozen=True)
class CheckMessage:
    """Check a message of the open conversation."""

    message_id: int


@dataclass(frozen=True)
class CheckConversation:
    """Check the open conversation, message by message."""


@dataclass(frozen=True)
class CheckFile:
    """Check a transcript: plain text, Markdown, subtitles, or our JSON."""

    path: str


@dataclass(frozen=True)
class CheckImage:
    """Check a picture: a file, or one of the gallery by *image_id*."""

    path: str = ""
    image_id: int | None = None


@dataclass(frozen=True)
class ListVerdicts:
    """Answered by VerdictsListed."""

    wanted: VerdictFilter = VerdictFilter()


@dataclass(frozen=True)
class ExportVerdicts:
    """Write the log, as far as *wanted*, to *path* (.csv or .json)."""

    path: str
    wanted: VerdictFilter = VerdictFilter()


@dataclass(frozen=True)
class ClearVerdicts:
    """Empty the log; answered by VerdictsListed."""


CheckCommand = (
    CheckText
    | CheckMessage
    | CheckConversation
    | CheckFile
    | CheckImage
    | ListVerdicts
    | ExportVerdicts
    | ClearVerdicts
)

# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckBegan:
    """Something waits for a check, or the person does."""

    subject: Subject
    checkpoint: Checkpoint
    turn: int = 0


@dataclass(frozen=True)
class CheckDone:
    """A check has ended, well or not (``checked.problem``)."""

    checked: Checked
    turn: int = 0
    hint: str = ""


@dataclass(frozen=True)
class DraftKept:
    """What the person said or wrote was not sent; *text* is theirs to change. *take_id*: the recording behind it."""

    text: str
    checked: Checked
    turn: int = 0
    take_id: int | None = None


@dataclass(frozen=True)
class VerdictsListed:
    """The log as far as *wanted*, newest first; *total*: how many there are in all."""

    verdicts: tuple[LoggedVerdict, ...]
    wanted: VerdictFilter = VerdictFilter()
    total: int = 0


CheckEvent = CheckBegan | CheckDone | DraftKept | VerdictsListed
