"""Asking the person whether a tool may run. Nothing times out: the turn waits, and Esc cancels the wait with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from voiceapp.core.events import Event
from voiceapp.core.tool_events import Answer, PermissionAsked, PermissionSettled
from voiceapp.core.tool_settings import Permission
from voiceapp.core.tools import Wish

LASTING = {Answer.ALWAYS: Permission.ALWAYS, Answer.NEVER: Permission.NEVER}


@dataclass
class _Open:
    tool: str
    answer: asyncio.Future[Answer]


class Permits:
    """The questions that are open. *keep* is told a decision that is to last, at once."""

    def __init__(self, emit: Callable[[Event], None], keep: Callable[[str, Permission], None]) -> None:
        self._emit = emit
        self._keep = keep
        self._open: dict[int, _Open] = {}
        self._last_id = 0

    async def may(self, turn: int, wish: Wish) -> bool:
        """Ask and wait for the answer. Cancelling takes the question back."""
        self._last_id += 1
        number = self._last_id
        question = _Open(wish.tool, asyncio.get_running_loop().create_future())
        self._open[number] = question
        self._emit(PermissionAsked(number, turn, wish.tool, wish.arguments, wish.touches))
        answer: Answer | None = None
        try:
            answer = await question.answer
        finally:
            del self._open[number]
            self._emit(PermissionSettled(number, answer))
        return answer in (Answer.ONCE, Answer.ALWAYS)

    def answer(self, number: int, answer: Answer) -> None:
        """The person answered question *number*; one that is no longer open is left alone.

        A lasting answer holds for all open questions about the same tool.
        """
        asked = self._open.get(number)
        if asked is None:
            return
        same = [one for one in self._open.values() if one.tool == asked.tool] if answer in LASTING else [asked]
        for one in same:
            if not one.answer.done():
                one.answer.set_result(answer)
        if answer in LASTING:
            self._keep(asked.tool, LASTING[answer])
