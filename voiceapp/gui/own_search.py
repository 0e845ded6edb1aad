"""Joins the rail's search by meaning with the session, and leads to the messages that were found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voiceapp.core.events import Event
from voiceapp.core.own_search import (
    AskNotes,
    IndexOwn,
    IndexProgress,
    MessageShown,
    OpenMessage,
    OwnSearchCommand,
    PassagesFound,
    SearchPassages,
)
from voiceapp.gui.conversation_rail import ConversationRail


class Page(Protocol):
    """What is needed of the conversation view."""

    def show_message(self, message_id: int) -> None:
        """Bring a message of the open conversation into view."""


class OwnSearch:
    """Between rail, page and session. *before* is called when the person leaves the rail for the page."""

    def __init__(
        self,
        rail: ConversationRail,
        page: Page,
        send: Callable[[OwnSearchCommand | AskNotes], None],
        before: Callable[[], None],
    ) -> None:
        self._rail, self._page, self._send, self._before = rail, page, send, before
        rail.meaning_wanted.connect(lambda words: send(SearchPassages(words)))
        rail.message_opened.connect(lambda talk, message: self._leave(OpenMessage(talk, message)))
        rail.index_now.clicked.connect(lambda: send(IndexOwn()))
        rail.asked.connect(lambda question: self._leave(AskNotes(question)))

    def apply(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case PassagesFound():
                self._rail.show_found(event)
            case IndexProgress(left=left, estimate=estimate):
                self._rail.show_indexing(left, estimate)
            case MessageShown(message_id):
                self._page.show_message(message_id)

    def _leave(self, command: OpenMessage | AskNotes) -> None:
        self._before()
        self._send(command)
