"""Moderation: what a service found in a text or picture, what the person allows, and what follows from the two.

A service gives scores and flags of its own. The person may set a limit per category; where they set one it decides,
where they did not, the service's own flag does. Nothing is ever guessed: a score that was not given is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""As services call them; a service may know fewer, or others."""


def name_of(category: str) -> str:
    """Return a plain name for *category*; one that nobody knows is shown as the service wrote it."""
    return {
        "harassment": _("Harassment"),
        "harassment/threatening": _("Harassment with threats"),
        "hate": _("Hate"),
        "hate/threatening": _("Hate with threats"),
        "illicit": _("Unlawful acts"),
        "illicit/violent": _("Unlawful acts with violence"),
        "self-harm": _("Self-harm"),
        "self-harm/instructions": _("Self-harm, instructions"),
        "self-harm/intent": _("Self-harm, intent"),
        "sexual": _("Sexual"),
        "sexual/minors": _("Sexual, minors"),
        "violence": _("Violence"),
        "violence/graphic": _("Violence, graphic"),
    }.get(category, category)


def advice_for(category: str) -> str:
    """Return what to change in a text that has too much of *category*."""
    return {
        "harassment": _("Leave out what insults or demeans somebody."),
        "harassment/threatening": _("Leave out the threat."),
        "hate": _("Leave out what is said against a whole group of people."),
        "hate/threatening": _("Leave out the threat against a group of people."),
        "illicit": _("Ask without instructions for something unlawful."),
        "illicit/violent": _("Ask without instructions for violence or weapons."),
        "self-harm": _("Leave out the description of self-harm."),
        "self-harm/instructions": _("Leave out how self-harm is done."),
        "self-harm/intent": _("If this is about you: please talk to somebody you trust, or to a crisis line."),
        "sexual": _("Leave out the sexual parts."),
        "sexual/minors": _("Leave out everything sexual about young people."),
        "violence": _("Say what happens without describing violence."),
        "violence/graphic": _("Leave out the injuries and the blood."),
    }.get(category, _("Say it differently."))


# --- what was found -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """One category of a verdict.

    Attributes:
        value: 0..1, None where the service gave none.
        is_flagged: the service's own flag for the category.
        inputs: what it looked at for this category ("text", "image"); empty where it did not say.
    """

    category: str
    value: float | None
    is_flagged: bool = False
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What a service found in one text or picture. *is_flagged* is its own overall word; *model* who judged.

    *is_kept*: it was found before, and nothing was sent.
    """

    scores: tuple[Score, ...]
    is_flagged: bool = False
    model: str = ""
    is_kept: bool = False

    def score(self, category: str) -> Score | None:
        """Return the score of *category*, None where the service does not know it."""
        return next((score for score in self.scores if score.category == category), None)

    def ranked(self) -> tuple[Score, ...]:
        """Return the scores, highest first."""
        return tuple(sorted(self.scores, key=lambda s: (-(s.value if s.value is not None else -1.0), s.category)))


def joined(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of *verdicts*, category by category: what a text in passages comes to as a whole."""
    worst: dict[str, Score] = {}
    for score in (score for verdict in verdicts for score in verdict.scores):
        known = worst.get(score.category)
        worst[score.category] = score if known is None else _worse(known, score)
    model = next((verdict.model for verdict in verdicts if verdict.model), "")
    return Verdict(tuple(worst.values()), any(verdict.is_flagged for verdict in verdicts), model)


def _worse(one: Score, other: Score) -> Score:
    values = [value for value in (one.value, other.value) if value is not None]
    inputs = tuple(dict.fromkeys((*one.inputs, *other.inputs)))
    return Score(one.category, max(values, default=None), one.is_flagged or other.is_flagged, inputs)


# --- what the person allows -----------------------------------------------------------------------------------


class Checkpoint(StrEnum):
    """Where something is checked by itself; BY_HAND: because the person asked."""

    BY_HAND = "by_hand"
    INPUT = "input"
    REPLY = "reply"
    IMAGE_PROMPT = "image_prompt"
    IMAGE = "image"


class Action(StrEnum):
    """What an automatic check does."""

    OFF = "off"
    SHOW = "show"
    BLOCK = "block"


class OnFailure(StrEnum):
    """What happens when the check itself fails: the thing passes with a note, or it is held back."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Rule:
    """What one checkpoint does."""

    action: Action = Action.OFF
    on_failure: OnFailure = OnFailure.OPEN


@dataclass(frozen=True)
class Policy:
    """The person's rules.

    Attributes:
        limits: by category the score from which on it is too much, 0..1; absent = the service's flag decides.
    """

    input: Rule = Rule()
    reply: Rule = Rule()
    image_prompt: Rule = Rule()
    image: Rule = Rule()
    limits: Mapping[str, float] = field(default_factory=dict)

    def rule(self, checkpoint: Checkpoint) -> Rule:
        """Return the rule of an automatic *checkpoint*; what is checked by hand is only shown."""
        rules = {
            Checkpoint.INPUT: self.input,
            Checkpoint.REPLY: self.reply,
            Checkpoint.IMAGE_PROMPT: self.image_prompt,
            Checkpoint.IMAGE: self.image,
        }
        return rules.get(checkpoint, Rule(Action.SHOW))


LOWEST_LIMIT = 0.01
"""A limit of nothing would block everything: services never answer exactly zero."""


# --- what follows ---------------------------------------------------------------------------------------------


class Decision(StrEnum):
    """What became of what was checked."""

    PASSED = "passed"
    SHOWN = "shown"  # too much, but only shown
    BLOCKED = "blocked"
    UNCHECKED = "unchecked"  # the check failed and the rule lets it pass
    HELD = "held"  # the check failed and the rule holds it back


STOPPING = frozenset({Decision.BLOCKED, Decision.HELD})


def exceeded(verdict: Verdict, limits: Mapping[str, float]) -> tuple[Score, ...]:
    """Return the scores that are too much, highest first."""
    return tuple(score for score in verdict.ranked() if is_too_much(score, limits.get(score.category)))


def is_too_much(score: Score, limit: float | None) -> bool:
    """Tell whether *score* is too much: the person's *limit* decides; without one, or without a score, the flag."""
    if limit is None or score.value is None:
        return score.is_flagged
    return score.value >= limit


def is_over(verdict: Verdict, limits: Mapping[str, float]) -> bool:
    """Tell whether *verdict* is too much, also where a service flags without naming a category."""
    return bool(exceeded(verdict, limits)) or (verdict.is_flagged and not any(s.is_flagged for s in verdict.scores))


def decide(verdict: Verdict, policy: Policy, checkpoint: Checkpoint) -> Decision:
    """Return what becomes of something with *verdict* at *checkpoint*."""
    if not is_over(verdict, policy.limits):
        return Decision.PASSED
    return Decision.BLOCKED if policy.rule(checkpoint).action is Action.BLOCK else Decision.SHOWN


def decide_failure(policy: Policy, checkpoint: Checkpoint) -> Decision:
    """Return what becomes of something whose check failed. What is only shown is never held back."""
    rule = policy.rule(checkpoint)
    is_held = rule.action is Action.BLOCK and rule.on_failure is OnFailure.CLOSED
    return Decision.HELD if is_held else Decision.UNCHECKED


def named(scores: Iterable[Score]) -> str:
    """Return *scores* in words, "Violence 0.71, Hate 0.52"; a flag without a score is the name alone."""
    words = (f"{name_of(s.category)} {figure(s.value)}".strip() for s in scores)
    return ", ".join(words)


def figure(value: float | None) -> str:
    """Return a score as it is shown: two or more figures that mean something, "0.71", "0.0004"; "" for None."""
    if value is None:
        return ""
    if value >= 0.01 or value == 0:
        return f"{value:.2f}"
    return f"{value:.4f}" if value >= 0.0001 else "< 0.0001"
