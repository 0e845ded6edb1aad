"""Joins the header's switches for the service's own tools with the session. Made once the window is usable."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from voiceapp.core import events as ev
from voiceapp.core.documents import DocumentStore, ListStores, StoreChanged, StoreGone, StoresListed
from voiceapp.core.hosted import ChooseHosted, HostedChoice, HostedKnown, ShowHosted
from voiceapp.gui.hosted_menu import HostedButton
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme


class HasHeader(Protocol):
    """What is needed of the window."""

    def add_to_header(self, widget: QWidget) -> None:
        """Put *widget* beside the header's buttons."""


class HasSettings(Protocol):
    """What is needed of the other windows."""

    def show_settings(self, page: str = "") -> None:
        """Open the settings at *page*."""


class HostedSwitches(QObject):
    """One per window."""

    def __init__(self, theme: Theme, bridge: SessionBridge, window: HasHeader, windows: HasSettings) -> None:
        super().__init__(bridge)
        self._send = bridge.send
        self._conversation_id = 0
        self._stores: dict[int, DocumentStore] = {}
        self.button = HostedButton(theme)
        self.button.hide()
        window.add_to_header(self.button)
        self.button.chosen.connect(self._on_chosen)
        self.button.opening.connect(lambda: self._send(ListStores()))
        self.button.documents_wanted.connect(lambda: windows.show_settings("documents"))
        bridge.happened.connect(self.apply)
        self._send(ShowHosted(is_fresh=True))

    def apply(self, event: ev.Event) -> None:
        """Take an event of the session."""
        match event:
            case ev.ConversationOpened(conversation):
                self._conversation_id = conversation.head.id
                self._send(ShowHosted(self._conversation_id, is_fresh=not self._conversation_id))
            case ev.MessageAdded(message) if not self._conversation_id:
                self._conversation_id = message.conversation_id
                self._send(ShowHosted(self._conversation_id, is_begun=True))
            case ev.SettingsChanged():
                self._send(ShowHosted(self._conversation_id))
            case HostedKnown(conversation_id) if conversation_id == self._conversation_id:
                self.button.set_known(event)
            case StoresListed() | StoreChanged() | StoreGone():
                self._on_stores(event)

    def _on_stores(self, event: StoresListed | StoreChanged | StoreGone) -> None:
        match event:
            case StoresListed(stores):
                self._stores = {store.id: store for store in stores}
            case StoreChanged(store):
                self._stores[store.id] = store
            case StoreGone(store_id):
                self._stores.pop(store_id, None)
        if not isinstance(event, StoreChanged) or not event.store.is_busy:
            self.button.set_stores(tuple(self._stores.values()))

    def _on_chosen(self, choice: HostedChoice) -> None:
        self._send(ChooseHosted(choice, self._conversation_id))
