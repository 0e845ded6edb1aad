"""The same script with the real window: presses on its talk button, events through its bridge, replies painted.

Qt wants the main thread, so the script runs in another; what it does to the window crosses as a queued signal, and the
moment of a press or release is taken before the crossing: a busy window counts.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from tests.bench.driver import Driver, OpenSession, Session
from voiceapp import app
from voiceapp.core.commands import Interrupt
from voiceapp.core.events import Event, SessionReady
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import Emit
from voiceapp.logs import Logs

T = TypeVar("T")


class Hand(QObject):
    """Does things to the window on its own thread."""

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.wanted.connect(lambda act: act(window()), Qt.ConnectionType.QueuedConnection)


def window() -> MainWindow:
    """Return the program's window."""
    return next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))


class WindowDriver(Driver):
    """Drives the session by the window's talk button."""

    def __init__(self) -> None:
        super().__init__()
        self.hand = Hand()

    def press(self) -> float:
        return self._do(lambda shown: shown.gesture.press())

    def release(self) -> float:
        return self._do(lambda shown: shown.gesture.release())

    def interrupt(self) -> float:
        return self._do(lambda shown: shown._bridge.send(Interrupt()))

    def close(self) -> None:
        self._do(lambda shown: shown.close())

    def _do(self, act: Callable[[MainWindow], object]) -> float:
        at_s = time.monotonic()
        self.hand.wanted.emit(act)
        return at_s


class Script(threading.Thread, Generic[T]):
    """Runs the measurement beside the window, then closes it."""

    def __init__(self, driver: WindowDriver, script: Callable[[Driver], T]) -> None:
        super().__init__(name="script")
        self._driver = driver
        self._script = script
        self.result: T
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self._driver.wait_for(SessionReady)
            self.result = self._script(self._driver)
        except BaseException as fault:
            self.fault = fault
        finally:
            self._driver.close()


def run_in_window(open_session: OpenSession, folder: Path, script: Callable[[Driver], T]) -> T:
    """Run the program's window with a session from *open_session*, *script* beside it; return what that returns."""
    driver = WindowDriver()

    @asynccontextmanager
    async def overheard(emit: Emit) -> AsyncIterator[Session]:
        def tell(event: Event) -> None:
            driver.note(event)
            emit(event)

        async with open_session(tell) as session:
            yield session

    beside = Script(driver, script)
    logs = Logs(folder / "logs", is_debug=False, topics=[])
    try:
        beside.start()
        app.run(overheard, logs, argparse.Namespace(debug=False, ready_file=None))
        beside.join()
    finally:
        logs.close()
    if beside.fault:
        raise beside.fault
    return beside.result
