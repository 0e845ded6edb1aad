"""Commands that are worked through one after another, and those that must not overtake a change of settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from voiceapp.core import commands as c
from voiceapp.core.errors import unexpected
from voiceapp.core.events import Event, Notice

log = logging.getLogger("voiceapp.voice")

CHANGES = (c.ApplySettings, c.StoreKey)
AT_ONCE = (c.StartTalking, c.StopTalking, c.Interrupt)
"""Speech is recorded and silence falls whatever else is under way."""


class Errands:
    """A queue of commands. *do* carries one out and may raise; that is told as a notice."""

    def __init__(self, do: Callable[[object], Awaitable[None]], emit: Callable[[Event], None]) -> None:
        self._do = do
        self._emit = emit
        self._queue: asyncio.Queue[tuple[object, bool]] = asyncio.Queue()
        self._held = 0

    def holds(self, command: object) -> bool:
        """Tell whether *command* has to wait: settings or a key that it may need are not in force yet."""
        return self._held > 0 and not isinstance(command, AT_ONCE)

    def put(self, command: object) -> None:
        """Let *command* be done after all that were put before it."""
        is_held = self._held > 0 or isinstance(command, CHANGES)
        self._held += is_held
        self._queue.put_nowait((command, is_held))

    async def work(self) -> None:
        """Work through the queue until cancelled."""
        while True:
            command, is_held = await self._queue.get()
            try:
                await self._do(command)
            except Exception as fault:
                error = unexpected(fault)
                log.log(logging.INFO if error is fault else logging.ERROR, "%r failed", command, exc_info=fault)
                self._emit(Notice(error.message, error.hint, is_problem=True))
            finally:
                self._held -= is_held
                self._queue.task_done()

    async def join(self) -> None:
        """Wait until everything is done."""
        await self._queue.join()
