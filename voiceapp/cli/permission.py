"""Asking in the terminal whether a tool may run."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext as _

from voiceapp.cli.output import Output
from voiceapp.core.tool_events import Answer, AnswerPermission, PermissionAsked

YES = frozenset({"y", "yes", "j", "ja"})


def told(output: Output, asked: PermissionAsked) -> None:
    """Say what is wanted."""
    arguments = " ".join(asked.arguments.split())
    output.event("permission_asked", tool=asked.tool, arguments=arguments, touches=asked.touches)


def refuse(output: Output, asked: PermissionAsked, handle: Callable[[AnswerPermission], None]) -> None:
    """Nobody is there to be asked: refuse, and say how to allow it."""
    told(output, asked)
    output.notice(_("{tool} was not allowed. “--allow {tool}” allows it for this once.").format(tool=asked.tool))
    handle(AnswerPermission(asked.id, Answer.DENY))


def question(output: Output, asked: PermissionAsked) -> None:
    """Ask; the next line that is typed is the answer."""
    told(output, asked)
    output.end_line()
    output.text(f"{asked.touches}\n{asked.arguments}")
    output.text(_("May “{tool}” be used? y = once, always, never, Enter = no:").format(tool=asked.tool))


def answer(line: str) -> Answer:
    """Return what a typed line means; anything unclear is no."""
    word = line.strip().casefold()
    if word in YES:
        return Answer.ONCE
    return {"always": Answer.ALWAYS, "never": Answer.NEVER}.get(word, Answer.DENY)
