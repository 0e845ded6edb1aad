"""A session that plays a script: what the window is shown in tests and pictures, through the real bridge."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.settings import Settings

ENGINES = ev.Engines("gpt-4o-mini-transcribe", "gpt-4o-mini", "gpt-4o-mini-tts")
DEVICES = ev.Devices(
    ("USB Headset", "Built-in microphone"), ("USB Headset", "Built-in speakers"), "USB Headset", "USB Headset"
)
READY = ev.SessionReady(ENGINES, DEVICES, Settings())

Answer = Callable[[do.Command], Sequence[ev.Event]]


class ScriptedSession:
    """Emits *opening* when it is opened and *answer(command)* for each command; keeps the commands it was given.

    *fault* is raised instead of opening.
    """

    def __init__(
        self,
        opening: Sequence[ev.Event] = (READY,),
        answer: Answer = lambda command: (),
        fault: Exception | None = None,
    ) -> None:
        self.commands: list[do.Command] = []
        self.thread_name = ""
        self.is_closed = threading.Event()
        self._opening, self._answer, self._fault = opening, answer, fault
        self._emit: Callable[[ev.Event], None] = lambda event: None
        self.loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def open(self, emit: Callable[[ev.Event], None]) -> AsyncIterator[ScriptedSession]:
        """Be the bridge's OpenSession."""
        self._emit, self.loop = emit, asyncio.get_running_loop()
        self.thread_name = threading.current_thread().name
        if self._fault is not None:
            raise self._fault
        for event in self._opening:
            emit(event)
        try:
            yield self
        finally:
            self.is_closed.set()

    def handle(self, command: do.Command) -> None:
        """Take a command on the voice loop."""
        self.commands.append(command)
        for event in self._answer(command):
            self._emit(event)

    def tell(self, *events: ev.Event) -> None:
        """Emit *events* from the voice loop. Any thread."""
        assert self.loop is not None
        for event in events:
            self.loop.call_soon_threadsafe(self._emit, event)
