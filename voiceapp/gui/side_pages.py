"""The pages of the side panel and what connects them to the window and the session; each is made when first seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from voiceapp.core import events as ev
from voiceapp.core import images as i
from voiceapp.core.checks import CheckBegan
from voiceapp.core.moderation import Checkpoint
from voiceapp.gui.side_panel import SidePanel
from voiceapp.gui.theme import Theme

if TYPE_CHECKING:
    from voiceapp.gui.main_window import MainWindow, Windows
    from voiceapp.gui.session_bridge import SessionBridge

REMEMBERED = (ev.SessionReady, ev.SettingsChanged, ev.EnginesChanged, ev.ConversationOpened, i.ImageChosen)
"""Of these events a page that is made later is told the last one."""


class Page(Protocol):
    """What the pages have in common, besides being widgets."""

    def apply(self, event: ev.Event) -> None:
        """Take an event of the session."""
        ...


class SidePages(QObject):
    """Makes the side panel of *window* and feeds its pages."""

    def __init__(
        self, theme: Theme, bridge: SessionBridge, window: MainWindow, windows: Windows, cache: Path | None = None
    ) -> None:
        super().__init__(window)
        self._theme, self._bridge, self._windows, self._cache = theme, bridge, windows, cache
        self._window = window
        self._last: dict[type, ev.Event] = {}
        self._pages: list[Page] = []
        self.panel = SidePanel(theme)
        self.panel.close_wanted.connect(window.toggle_side)
        self.panel.add_page(tr("Images"), "image", self._make_images)
        self.panel.add_page(tr("Moderation"), "shield-check", self._make_moderation)
        self._give_back = window.bar.entry.give_back
        window.set_side_panel(self.panel)
        window.image_wanted.connect(self.show_image)
        bridge.happened.connect(self._on_event)

    def follow(self, page: Page) -> None:
        """Tell *page* what it has missed, and every event from now on."""
        for event in self._last.values():
            page.apply(event)
        self._pages.append(page)

    def show_image(self, image_id: int) -> None:
        """Open the panel with this picture."""
        self._open(tr("Images"))
        self._bridge.send(i.ChooseImage(image_id))

    def _make_images(self) -> QWidget:
        from voiceapp.gui.images_panel import ImagesPanel

        page = ImagesPanel(self._theme, self._cache, self.panel.place)
        page.asked.connect(self._bridge.send)
        page.settings_wanted.connect(self._windows.show_settings)
        self._bridge.stopped.connect(page.close_windows)
        self.follow(page)
        return page

    def _make_moderation(self) -> QWidget:
        from voiceapp.gui.moderation_page import ModerationPage

        page = ModerationPage(self._theme, self.panel.place)
        page.wanted.connect(self._bridge.send)
        page.settings_wanted.connect(self._windows.show_settings)
        page.draft_wanted.connect(self._give_back)
        self.follow(page)
        return page

    def _on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.ConversationOpened) and event.conversation.head.id:
            self._bridge.send(i.ListConversationImages(event.conversation.head.id))
        if isinstance(event, REMEMBERED):
            self._last[type(event)] = event
        if isinstance(event, CheckBegan) and event.checkpoint is Checkpoint.BY_HAND:
            self._open(tr("Moderation"))
        for page in self._pages:
            page.apply(event)

    def _open(self, title: str) -> None:
        """What was asked for elsewhere in the window is seen here."""
        if not self._window.shell.is_side_open:
            self._window.toggle_side()
        self.panel.show_page(title)


def tr(text: str) -> str:
    """Translate."""
    return QCoreApplication.translate("SidePages", text)
