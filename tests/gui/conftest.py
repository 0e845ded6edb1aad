"""What tests of the window share: one look, and a window with a scripted session behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.scripted_session import ScriptedSession
from voiceapp.core.events import Event
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme


class Pane(QWidget):
    """Stands where the conversation stands; keeps the events it was given."""

    wanted = Signal(object)
    settings_wanted = Signal(str)
    image_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def handle(self, event: Event) -> None:
        self.events.append(event)

    def regenerate_last(self) -> None:
        """Nothing to regenerate."""

    def copy_last_answer(self) -> bool:
        return False


class WindowsFake:
    """Keeps which windows were wanted."""

    def __init__(self) -> None:
        self.wanted: list[str] = []

    def show_settings(self, page: str = "") -> None:
        self.wanted.append(f"settings {page}".strip())

    def show_recordings(self) -> None:
        self.wanted.append("recordings")

    def show_log(self) -> None:
        self.wanted.append("log")


class Stage:
    """A main window, its session and what lies between."""

    def __init__(self, qtbot: QtBot, theme: Theme, session: ScriptedSession) -> None:
        self.qtbot, self.session = qtbot, session
        self.bridge = SessionBridge(session.open)
        self.pane, self.windows = Pane(), WindowsFake()
        self.window = MainWindow(theme, self.bridge, self.pane, self.windows)
        qtbot.addWidget(self.window, before_close_func=lambda _: self.end())
        self.window.show()
        qtbot.waitExposed(self.window)
        with qtbot.waitSignal(self.window.ready):
            self.bridge.start()

    def tell(self, *events: Event) -> None:
        """Let the session emit *events* and wait until the window has them all."""
        last = events[-1]
        self.session.tell(*events)
        self.qtbot.waitUntil(lambda: bool(self.pane.events) and self.pane.events[-1] == last)

    def commands(self, count: int) -> list[object]:
        """Wait until the session has *count* commands; return them."""
        self.qtbot.waitUntil(lambda: len(self.session.commands) >= count)
        return list(self.session.commands)

    def end(self) -> None:
        """End the session."""
        self.bridge.stop()
        assert self.bridge.wait(5.0)


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, "light")


@pytest.fixture
def stage(qtbot: QtBot, theme: Theme) -> Iterator[Stage]:
    made = Stage(qtbot, theme, ScriptedSession())
    yield made
    made.end()
