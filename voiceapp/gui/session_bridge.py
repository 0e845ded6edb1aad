"""Between the window and the session: two threads, two loops, one object with a foot in each.

The session lives on an asyncio loop of its own in the thread "voice-loop", because Qt's event loop carries no
sockets and a busy window must not delay speech. Only frozen commands and events cross.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from voiceapp.core.commands import Command
from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.core.events import Event
from voiceapp.core.problems import problem_of
from voiceapp.gui.event_queue import EventQueue

log = logging.getLogger("voiceapp.gui.bridge")

BATCH_EVERY_MS = 16
"""Events are delivered at most this often: a screen shows no more than 60 pictures a second."""
BATCH_BUDGET_MS = 8.0
"""After this long a batch is broken off and continued in the next, so that painting and keys get their turn."""
SLOW_CALLBACK_S = 0.05


class Session(Protocol):
    """What the bridge needs of a session."""

    def handle(self, command: Command) -> None:
        """Do *command*. Voice loop; never blocks."""


Emit = Callable[[Event], None]
OpenSession = Callable[[Emit], AbstractAsyncContextManager[Session]]
"""Called on the voice loop, so slow imports belong inside; its ``emit`` may be called from any thread."""


class SessionBridge(QObject):
    """Runs a session and carries commands to it and events from it.

    Attributes:
        happened: a frozen ``core.events.Event``, on the GUI thread, in order, in batches of at most 60 a second.
        failed: a ``Problem``: the session could not be opened or ended by a fault.
        stopped: the thread has ended; nothing follows.
    """

    happened = Signal(object)
    failed = Signal(object)
    stopped = Signal()
    _wanted = Signal()

    def __init__(self, open_session: OpenSession, parent: QObject | None = None, *, is_debug: bool = False) -> None:
        super().__init__(parent)
        self._open_session = open_session
        self._is_debug = is_debug
        self._queue = EventQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._session: Session | None = None
        self._stopping = asyncio.Event()
        self._early: list[Command] = []
        self._delivered_at_s = 0.0
        self._timer = QTimer(self, singleShot=True, interval=BATCH_EVERY_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._wanted.connect(self._on_wanted, Qt.ConnectionType.QueuedConnection)

    # --- the GUI's side -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin the thread and open the session in it. Returns at once."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="voice-loop", daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Hand *command* to the session; before it is open it waits. Never blocks; after the end it is dropped."""
        if self._loop is None:
            self._early.append(command)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._handle, command)

    def stop(self) -> None:
        """Ask the session to close; ``stopped`` follows."""
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            self.stopped.emit()
            return
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the thread's end, at most *timeout_s*; return whether it ended. Only for leaving the program."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def emit_event(self, event: Event) -> None:
        """Queue *event* for the GUI thread. Any thread."""
        if self._queue.push(event):
            self._wanted.emit()

    def _on_wanted(self) -> None:
        """Deliver at once after a pause, else when the next batch is due."""
        if self._timer.isActive():
            return
        since_ms = (time.monotonic() - self._delivered_at_s) * 1000.0
        if since_ms >= BATCH_EVERY_MS:
            self._deliver()
        else:
            self._timer.start(max(1, round(BATCH_EVERY_MS - since_ms)))

    def _deliver(self) -> None:
        until_s = time.monotonic() + BATCH_BUDGET_MS / 1000.0
        while (event := self._queue.take()) is not None:
            self.happened.emit(event)
            if time.monotonic() >= until_s:
                self._timer.start(BATCH_EVERY_MS)
                break
        self._delivered_at_s = time.monotonic()

    # --- the voice loop's side ----------------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop, debug=self._is_debug) as runner:
                loop.slow_callback_duration = SLOW_CALLBACK_S
                runner.run(self._main())
        except VoiceAppError as error:
            log.error("the session cannot run: %s %s", error.code, error.detail)
            self.failed.emit(problem_of(error))
        except Exception as error:
            log.exception("the session ended by a fault")
            self.failed.emit(problem_of(unexpected(error)))
        finally:
            self._session = None
            self.stopped.emit()

    async def _main(self) -> None:
        async with self._open_session(self.emit_event) as session:
            self._session = session
            early, self._early = self._early, []
            for command in early:
                session.handle(command)
            await self._stopping.wait()
            self._session = None

    def _handle(self, command: Command) -> None:
        if self._session is None:
            self._early.append(command)
        else:
            self._session.handle(command)
