"""Hands on the program's window: a script in a thread does things on the GUI thread and waits until all is quiet."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from tests.bench.callbacks import WatchedApplication
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.main_window import MainWindow

T = TypeVar("T")
PATIENCE_S = 60.0
QUIET_S = 0.15
"""When no callback took a millisecond for so long, what was caused is over."""
LOOK_EVERY_S = 0.03


class Hands(QObject):
    """Made on the GUI thread, used from the script's."""

    _wanted = Signal(object)

    def __init__(self, app: WatchedApplication) -> None:
        super().__init__()
        self.app = app
        self._wanted.connect(lambda act: act(), Qt.ConnectionType.QueuedConnection)

    def do(self, act: Callable[[], T], name: str = "") -> T:
        """Do *act* in one callback of its own, called *name* in the report; return what it returns."""
        answer: queue.SimpleQueue[tuple[bool, T | BaseException]] = queue.SimpleQueue()

        def acted() -> None:
            self.app.act = name
            try:
                answer.put((True, act()))
            except BaseException as fault:
                answer.put((False, fault))

        self._wanted.emit(acted)
        is_done, value = answer.get(timeout=PATIENCE_S)
        if not is_done:
            assert isinstance(value, BaseException)
            raise value
        return value  # type: ignore[return-value]

    def settle(self, is_so: Callable[[], bool] = lambda: True) -> None:
        """Wait until *is_so* (asked on the GUI thread), the conversation is all shown, and the thread is quiet."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
            is_quiet = time.monotonic() - self.app.busy_at_s > QUIET_S
            if is_quiet and self.do(lambda: is_so() and not view().is_working):
                return
        raise TimeoutError("the window did not become quiet")


class Script(threading.Thread):
    """Runs *script* beside the window and closes it afterwards."""

    def __init__(self, hands: Hands, script: Callable[[Hands], None]) -> None:
        super().__init__(name="script")
        self._hands, self._script = hands, script
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self._script(self._hands)
        except BaseException as fault:
            self.fault = fault
        finally:
            self._hands.do(lambda: window().close())


def window() -> MainWindow:
    """Return the program's window."""
    return next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))


def view() -> ConversationView:
    """Return the conversation's page."""
    pane = window()._pane
    assert isinstance(pane, ConversationView)
    return pane
