"""A special task for one reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voiceapp.ports import ChatModel


@dataclass(frozen=True)
class Brief:
    """What a reply is told beside the conversation; it gets no tools.

    Attributes:
        instructions: added to the usual ones.
        finished: makes of the written reply what is kept and shown.
        chat: who answers instead of the usual model.
    """

    instructions: str
    finished: Callable[[str], str]
    chat: ChatModel | None = None
