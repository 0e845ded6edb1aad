"""Asking for a recording's words to be cleaned up, and being told how that goes."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voiceapp.core.events import Problem


@dataclass(frozen=True)
class CleanTake:
    """Clean up the words of recording *take_id*; answered by CleanBegun, CleanProgress and CleanEnded.

    The recording and its words stay as they are. One at a time: what is under way for another one is stopped.
    """

    take_id: int


@dataclass(frozen=True)
class StopCleaning:
    """Stop cleaning up recording *take_id*; answered by CleanEnded where that was under way."""

    take_id: int


@dataclass(frozen=True)
class CleanBegun:
    """The words of recording *take_id* are being cleaned up."""

    take_id: int


@dataclass(frozen=True)
class CleanProgress:
    """*done* of *parts* parts of recording *take_id* are cleaned up; *raw*: its words as dictated, all of them.

    *parts* is 0 as long as nothing was asked of a model.
    """

    take_id: int
    raw: str
    done: int = 0
    parts: int = 0


@dataclass(frozen=True)
class CleanEnded:
    """The words of recording *take_id*, cleaned up; "" where it was stopped or there is a *problem*.

    *raw_parts* of its *parts* are as dictated, because words would have been lost.
    """

    take_id: int
    text: str = ""
    parts: int = 0
    raw_parts: int = 0
    problem: Problem | None = None
    is_stopped: bool = False


CleanCommand = CleanTake | StopCleaning
CleanEvent = CleanBegun | CleanProgress | CleanEnded


def left_out(raw_parts: int, parts: int) -> str:
    """Say that the model left words out in *raw_parts* of *parts*."""
    words = ngettext(
        "The model left out words in {raw} of {n} parts; that one is as it was dictated.",
        "The model left out words in {raw} of {n} parts; those are as they were dictated.",
        raw_parts,
    )
    return words.format(raw=raw_parts, n=parts) if parts > 1 else _("The model left out words; they are as dictated.")
