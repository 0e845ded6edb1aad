"""The windows beside the main one: settings, recordings, log. Each is made when it is first wanted."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QWidget

from voiceapp.core import events as ev
from voiceapp.gui.log_window import LogWindow, ReadLog
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.takes_window import TakesWindow
from voiceapp.gui.theme import Theme


class SideWindows:
    """Makes, feeds and closes them. Remembers the events a late window must be told first."""

    def __init__(self, theme: Theme, bridge: SessionBridge, read_log: ReadLog) -> None:
        self._theme, self._bridge, self._read_log = theme, bridge, read_log
        self._recordings: TakesWindow | None = None
        self._log: LogWindow | None = None
        self._settings: ev.SettingsChanged | None = None
        bridge.happened.connect(self._on_event)

    @property
    def recordings(self) -> TakesWindow:
        """The list of recordings."""
        if self._recordings is None:
            self._recordings = TakesWindow(self._theme)
            self._recordings.asked.connect(self._bridge.send)
            if self._settings is not None:
                self._recordings.apply(self._settings)
        return self._recordings

    @property
    def log(self) -> LogWindow:
        """The log."""
        if self._log is None:
            self._log = LogWindow(self._theme, self._read_log)
        return self._log

    def show_settings(self, page: str = "") -> None:
        """Open the settings, at *page* where one is named."""

    def show_recordings(self) -> None:
        """Open the list of recordings."""
        self.recordings.open()

    def show_log(self) -> None:
        """Open the log."""
        self.log.open()

    def close_all(self) -> None:
        """Close those that are open."""
        windows: list[QWidget | None] = [self._recordings, self._log]
        for window in windows:
            if window is not None:
                window.close()
        QApplication.closeAllWindows()

    def _on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.SessionReady | ev.SettingsChanged):
            self._settings = ev.SettingsChanged(event.settings)
        if self._recordings is not None:
            self._recordings.apply(event)
