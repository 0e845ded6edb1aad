"""The windows beside the main one: settings, recordings, log. Each is imported and made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from voiceapp.core import events as ev
from voiceapp.core.notes_events import NotesBegun, NotesWritten
from voiceapp.core.providers import ModelsListed
from voiceapp.gui.in_background import in_background
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.batches_window import BatchesWindow
    from voiceapp.gui.log_window import LogWindow, ReadLog
    from voiceapp.gui.notes_window import NotesWindow
    from voiceapp.gui.settings_dialog import SettingsDialog
    from voiceapp.gui.takes_window import TakesWindow

SLICE_MS = 1.0


class SideWindows:
    """Makes, feeds and closes them. Remembers the events a late window must be told first."""

    def __init__(
        self, theme: Theme, bridge: SessionBridge, read_log: ReadLog, make_facts: Callable[[], Facts] = Facts
    ) -> None:
        self._theme, self._bridge, self._read_log = theme, bridge, read_log
        self._make_facts = make_facts
        self._is_gathering = False
        self._wanted_page = ""
        self._recordings: TakesWindow | None = None
        self._batches: BatchesWindow | None = None
        self._log: LogWindow | None = None
        self._notes: NotesWindow | None = None
        self._settings: SettingsDialog | None = None
        self._ready: ev.SessionReady | None = None
        self._listed: dict[str, ModelsListed] = {}
        bridge.happened.connect(self._on_event)

    @property
    def recordings(self) -> TakesWindow:
        """The list of recordings."""
        if self._recordings is None:
            from voiceapp.gui.takes_window import TakesWindow

            self._recordings = TakesWindow(self._theme)
            self._recordings.asked.connect(self._bridge.send)
            self._recordings.batches_wanted.connect(self.show_batches)
            if self._ready is not None:
                self._recordings.apply(self._ready)
        return self._recordings

    @property
    def batches(self) -> BatchesWindow:
        """The list of jobs in batches."""
        if self._batches is None:
            from voiceapp.gui.batches_window import BatchesWindow

            self._batches = BatchesWindow(self._theme)
            self._batches.asked.connect(self._bridge.send)
        return self._batches

    @property
    def notes(self) -> NotesWindow:
        """The notes of a conversation."""
        if self._notes is None:
            from voiceapp.gui.notes_window import NotesWindow

            self._notes = NotesWindow(self._theme)
        return self._notes

    @property
    def log(self) -> LogWindow:
        """The log."""
        if self._log is None:
            from voiceapp.gui.log_window import LogWindow

            self._log = LogWindow(self._theme, self._read_log)
        return self._log

    @property
    def settings(self) -> SettingsDialog | None:
        """The settings; None before they were first shown."""
        return self._settings

    def show_settings(self, page: str = "") -> None:
        """Open the settings, at *page* where one is named; the first time once the facts are gathered."""
        self._wanted_page = page
        if self._settings is not None:
            self._settings.open_page(page)
        elif not self._is_gathering:
            self._is_gathering = True
            in_background(self._bridge, self._gather, self._make_settings)

    def _gather(self) -> Facts:
        """Worker thread: whatever takes long."""
        import voiceapp.gui.settings_dialog  # noqa: F401 - imported here so that the window need not wait

        return self._make_facts()

    def _make_settings(self, facts: Facts) -> None:
        from voiceapp.gui.settings_dialog import SettingsDialog

        settings = None if self._ready is None else self._ready.settings
        dialog = SettingsDialog(self._theme, facts, settings=settings)
        self._go_on_making(self._steps_to_open(dialog))

    def _steps_to_open(self, dialog: SettingsDialog) -> Iterator[None]:
        """Make the settings part by part; then tell what they have missed and open them."""
        yield
        while dialog.make_next():
            yield
        self._settings = dialog  # from here on it hears of everything itself
        dialog.wanted.connect(self._bridge.send)
        if self._ready is not None:
            dialog.handle(self._ready)
        for provider in tuple(self._listed):
            yield
            dialog.handle(self._listed[provider])
        yield
        dialog.open_page(self._wanted_page)

    def _go_on_making(self, steps: Iterator[None]) -> None:
        """Take some of *steps*, and the next ones once other events had their turn."""
        began_s = perf_counter()
        for _taken in steps:
            if (perf_counter() - began_s) * 1000 > SLICE_MS:
                QTimer.singleShot(0, self._bridge, lambda: self._go_on_making(steps))
                return

    def show_recordings(self) -> None:
        """Open the list of recordings."""
        self.recordings.open()

    def show_batches(self) -> None:
        """Open the list of jobs in batches."""
        self.batches.open()

    def show_log(self) -> None:
        """Open the log."""
        self.log.open()

    def close_all(self) -> None:
        """Close those that are open."""
        windows: list[QWidget | None] = [self._settings, self._recordings, self._batches, self._log, self._notes]
        for window in windows:
            if window is not None:
                window.close()
        QApplication.closeAllWindows()

    def _on_event(self, event: ev.Event) -> None:
        self._ready = _after(self._ready, event)
        if isinstance(event, NotesBegun | NotesWritten):
            self.notes.handle(event)
            self.notes.show()
        if isinstance(event, ModelsListed):
            self._listed[event.provider] = event
        if self._recordings is not None:
            self._recordings.apply(event)
        if self._batches is not None:
            self._batches.apply(event)
        if self._settings is not None:
            self._settings.handle(event)


def _after(ready: ev.SessionReady | None, event: ev.Event) -> ev.SessionReady | None:
    """Return how the session stands after *event*: what a window that is made later must be told."""
    match event:
        case ev.SessionReady():
            return event
        case ev.EnginesChanged(engines=engines) if ready is not None:
            return replace(ready, engines=engines)
        case ev.DevicesChanged(devices=devices) if ready is not None:
            return replace(ready, devices=devices)
        case ev.SettingsChanged(settings=settings) if ready is not None:
            return replace(ready, settings=settings)
        case _:
            return ready
