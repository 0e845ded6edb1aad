"""The desktop through the window: asks it by events and is answered by commands. Keeps ``ports.Outside``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from gettext import gettext as _

from voiceapp.core.errors import ToolError
from voiceapp.core.events import Event
from voiceapp.core.tool_events import OutsideAnswered, OutsideAsked

ANSWER_WITHIN_S = 5.0
"""A window answers within a frame; one that is just closing does not answer any more."""


class WindowOutside:
    """Also the desk that takes the answers."""

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._open: dict[int, asyncio.Future[OutsideAnswered]] = {}
        self._last_id = 0

    async def read_clipboard(self) -> str:
        """As Outside."""
        return (await self._ask("read_clipboard")).text

    async def write_clipboard(self, text: str) -> None:
        """As Outside."""
        await self._ask("write_clipboard", text)

    async def open(self, target: str) -> None:
        """As Outside."""
        await self._ask("open", target)

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, OutsideAnswered)

    async def do(self, command: object) -> None:
        """As Desk."""
        assert isinstance(command, OutsideAnswered)
        waiting = self._open.get(command.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(command)

    async def _ask(self, act: str, text: str = "") -> OutsideAnswered:
        self._last_id += 1
        number = self._last_id
        self._open[number] = asyncio.get_running_loop().create_future()
        self._emit(OutsideAsked(number, act, text))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await self._open[number]
        except TimeoutError:
            raise ToolError(_("The desktop did not answer.")) from None
        finally:
            del self._open[number]
        if answer.problem:
            raise ToolError(answer.problem)
        return answer
