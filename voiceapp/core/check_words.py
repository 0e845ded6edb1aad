"""What became of a check, in words for a person: in the window, the terminal, and beside a draft."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.core.checks import Checked, LoggedVerdict, SubjectKind
from voiceapp.core.moderation import Checkpoint, Decision, advice_for, figure, name_of, named


def outcome(decision: Decision) -> str:
    """Say what became of something that was checked."""
    return {
        Decision.PASSED: _("Fine"),
        Decision.SHOWN: _("Flagged"),
        Decision.BLOCKED: _("Blocked"),
        Decision.UNCHECKED: _("Not checked"),
        Decision.HELD: _("Held back, not checked"),
    }[decision]


def place(checkpoint: Checkpoint) -> str:
    """Say where something was checked."""
    return {
        Checkpoint.BY_HAND: _("by hand"),
        Checkpoint.INPUT: _("what you said or typed"),
        Checkpoint.REPLY: _("answer"),
        Checkpoint.IMAGE_PROMPT: _("image prompt"),
        Checkpoint.IMAGE: _("generated image"),
    }[checkpoint]


def what(verdict: LoggedVerdict) -> str:
    """Say what was checked: its first words, or the name of its file."""
    if verdict.excerpt or verdict.subject.name:
        return verdict.excerpt or verdict.subject.name
    return _("A picture") if verdict.subject.kind is SubjectKind.IMAGE else _("Empty")


def why(verdict: LoggedVerdict) -> str:
    """Say what was too much, or why it was not checked; "" where all was fine."""
    values = {score.category: score.value for score in verdict.scores}
    words = (f"{name_of(category)} {figure(values.get(category))}".strip() for category in verdict.exceeded)
    return ", ".join(words) or verdict.problem


def not_sent(checked: Checked) -> tuple[str, str]:
    """Return a sentence and a hint about a draft that was held back: category, score, and what to change."""
    if checked.subject.kind is SubjectKind.ATTACHMENT:
        return _not_sent_with(checked)
    if checked.problem:
        return (
            _("Not sent, because it could not be checked: {why}").format(why=checked.problem),
            _("Your words are kept. Send them again, or change the rule under Moderation."),
        )
    found = named(checked.exceeded) or _("flagged by the service")
    advice = " ".join(dict.fromkeys(advice_for(score.category) for score in checked.exceeded[:2]))
    return (
        _("Not sent: {found}.").format(found=found),
        f"{_('Your words are kept.')} {advice}".strip(),
    )


def _not_sent_with(checked: Checked) -> tuple[str, str]:
    """The same where it is a file that goes along."""
    name = checked.subject.name
    if checked.problem:
        return (
            _("Not sent, because “{name}” could not be checked: {why}").format(name=name, why=checked.problem),
            _("Your words and your files are kept. Take it out, send them again, or change the rule under Moderation."),
        )
    found = named(checked.exceeded) or _("flagged by the service")
    return (
        _("Not sent because of “{name}”: {found}.").format(name=name, found=found),
        _("Your words and your files are kept. Take it out, or attach something else."),
    )


def found_in(checked: Checked) -> str:
    """Name a file that went along, with what was found in it."""
    return f"“{checked.subject.name}”: {named(checked.exceeded) or _('flagged by the service')}"


def not_spoken(checked: Checked) -> str:
    """Return a sentence about a reply that was not, or not wholly, read aloud."""
    if checked.problem:
        return _("Not read aloud from here on: it could not be checked.")
    return _("Not read aloud from here on: {found}.").format(found=named(checked.exceeded) or _("flagged"))
