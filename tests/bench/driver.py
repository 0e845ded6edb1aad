"""Drives a session from a script in a thread: commands in, events out, with the moments on the monotonic clock."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from voiceapp.core.commands import Command, Interrupt, StartTalking, StopTalking
from voiceapp.core.events import Event, TurnFailed

E = TypeVar("E")
T = TypeVar("T")
PATIENCE_S = 60.0


class Session(Protocol):
    """What is driven."""

    def handle(self, command: Command) -> None:
        """Do *command*."""


OpenSession = Callable[[Callable[[Event], None]], AbstractAsyncContextManager[Session]]


class Driver:
    """What the script of a measurement does with a session, whoever runs it."""

    def __init__(self) -> None:
        self._events: queue.Queue[Event] = queue.Queue()

    def press(self) -> float:
        """Key down; return when."""
        raise NotImplementedError

    def release(self) -> float:
        """Key up; return when."""
        raise NotImplementedError

    def interrupt(self) -> float:
        """Esc; return when."""
        raise NotImplementedError

    def close(self) -> None:
        """End the session."""
        raise NotImplementedError

    def note(self, event: Event) -> None:
        """Take an event. Any thread."""
        self._events.put(event)

    def forget(self) -> None:
        """Drop the events so far."""
        while not self._events.empty():
            self._events.get_nowait()

    def wait_for(self, kind: type[E], is_it: Callable[[E], bool] = lambda _event: True) -> E:
        """Return the next event of *kind* that *is_it*. Raises RuntimeError when the turn fails, TimeoutError."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"no {kind.__name__} within {PATIENCE_S:g} s") from None
            if isinstance(event, kind) and is_it(event):
                return event
            if isinstance(event, TurnFailed):
                raise RuntimeError(f"the turn failed: {event.problem}")


class LoopDriver(Driver):
    """The session alone, on a loop in its own thread, as the window runs it."""

    def __init__(self, open_session: OpenSession) -> None:
        super().__init__()
        self._open_session = open_session
        self._loop = asyncio.new_event_loop()
        self._session: Session
        self._is_open = threading.Event()
        self._stopping = asyncio.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="voice-loop")
        self._thread.start()
        self._is_open.wait()
        if self._fault:
            raise self._fault

    def press(self) -> float:
        return self._send(lambda at_s: StartTalking(at_s))

    def release(self) -> float:
        return self._send(lambda at_s: StopTalking(at_s))

    def interrupt(self) -> float:
        return self._send(lambda _at_s: Interrupt())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _send(self, command: Callable[[float], Command]) -> float:
        at_s = time.monotonic()
        self._loop.call_soon_threadsafe(self._session.handle, command(at_s))
        return at_s

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except BaseException as fault:
            self._fault = fault
        finally:
            self._is_open.set()

    async def _main(self) -> None:
        async with self._open_session(self.note) as self._session:
            self._is_open.set()
            await self._stopping.wait()


def run_alone(open_session: OpenSession, script: Callable[[Driver], T]) -> T:
    """Run *script* on a session without a window; return what it returns."""
    driver = LoopDriver(open_session)
    try:
        return script(driver)
    finally:
        driver.close()
