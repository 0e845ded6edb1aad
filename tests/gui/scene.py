"""The real window with the side panel open, the real session and a real server behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.fakes import FakeDevices
from tests.server.loopback import LoopbackServer
from tests.server.wire import Request
from voiceapp.core.events import SessionReady, SettingsChanged
from voiceapp.core.settings import Settings
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.images_panel import ImagesPanel
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.side_pages import SidePages
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.paths import Paths
from voiceapp.wiring.session import Opening, open_session


class Scene:
    """The window with its panel open, and what a person does to it."""

    def __init__(self, qtbot: QtBot, theme: Theme, server: LoopbackServer, folder: Path) -> None:
        self.qtbot, self.server = qtbot, server
        paths = Paths.below(folder)
        paths.create()
        opening = Opening(paths, devices=FakeDevices(), adjusted=self._quiet)
        self.bridge = SessionBridge(lambda emit: open_session(opening, emit))
        self.settings = Settings()
        self.bridge.happened.connect(self._note)
        windows = SideWindows(theme, self.bridge, tuple)
        self.window = MainWindow(theme, self.bridge, ConversationView(theme), windows)
        self.pages = SidePages(theme, self.bridge, self.window, windows, paths.cache / "thumbnails")
        qtbot.addWidget(self.window, before_close_func=lambda _: self.end())
        self.window.show()
        qtbot.waitExposed(self.window)
        with qtbot.waitSignal(self.window.ready, timeout=20_000):
            self.bridge.start()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)  # shortcuts are the active window's
        QTest.keyClick(self.window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: any(p.isVisible() for p in self.window.findChildren(ImagesPanel)), timeout=15_000)
        panel = self.window.findChild(ImagesPanel)
        assert panel is not None
        self.panel = panel
        self.until(lambda: self.panel.form.offer is not None or self.panel.missing.text())

    @staticmethod
    def _quiet(settings: Settings) -> Settings:
        return replace(settings, is_reply_aloud=False)

    def _note(self, event: object) -> None:
        if isinstance(event, SessionReady | SettingsChanged):
            self.settings = event.settings

    def until(self, is_so: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(is_so()), timeout=15_000)

    def draw(self, prompt: str) -> None:
        self.panel.form.prompt.setPlainText(prompt)
        QTest.mouseClick(self.panel.form.go, Qt.MouseButton.LeftButton)

    def drawn(self, prompt: str) -> int:
        """Draw and wait for the picture; return its id."""
        before = self.count
        self.draw(prompt)
        self.until(lambda: self.count == before + 1 and self.panel.form.go.isVisible())
        assert self.panel.current is not None
        return self.panel.current.id

    @property
    def count(self) -> int:
        return self.panel.grid.pictures.rowCount()

    def sent(self, path: str = "/images/generations") -> list[Request]:
        return self.server.requests_for(path)

    def end(self) -> None:
        if (panel := self.window.findChild(ImagesPanel)) is not None:
            panel.close_windows()
        self.bridge.stop()
        assert self.bridge.wait(10.0)
