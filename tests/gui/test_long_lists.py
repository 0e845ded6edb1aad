"""Long lists: what Qt asks of every row, whenever some are added, it is told without asking the model for its data."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from voiceapp.core.conversation import ConversationHead
from voiceapp.core.events import ConversationsListed
from voiceapp.gui.conversation_list import PAGE_HEADS, ConversationList, Index
from voiceapp.gui.conversation_rail import ConversationRail
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.window

NOON_S = 1_780_000_000.0
HOUR_S = 3600.0


def heads(count: int) -> tuple[ConversationHead, ...]:
    return tuple(ConversationHead(n, f"Conversation {n}", NOON_S - n * HOUR_S, 4) for n in range(1, count + 1))


def test_a_page_more_is_laid_out_without_reading_every_row_again(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[int] = set()
    data = ConversationList.data

    def counted(self: ConversationList, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        asked.add(index.row())
        return data(self, index, role)

    monkeypatch.setattr(ConversationList, "data", counted)
    rail = ConversationRail(theme)
    qtbot.addWidget(rail)
    rail.resize(280, 600)
    rail.show_list(ConversationsListed(heads(5 * PAGE_HEADS)))
    with qtbot.waitExposed(rail, timeout=20_000):
        rail.show()
    while rail.model.canFetchMore(QModelIndex()):
        rail.model.fetchMore(QModelIndex())
    rail.view.scrollToBottom()
    qtbot.waitUntil(lambda: rail.model.rowCount() - 1 in asked, timeout=20_000)
    assert len(asked) < PAGE_HEADS < rail.model.rowCount() / 5


def test_a_row_is_as_high_as_what_it_shows(qtbot: QtBot, theme: Theme) -> None:
    rail = ConversationRail(theme)
    qtbot.addWidget(rail)
    model, delegate = rail.model, rail.view.itemDelegate()
    rail.show_list(ConversationsListed(heads(2)))
    plain = delegate.sizeHint(QStyleOptionViewItem(), model.index(1))
    found = tuple(ConversationHead(h.id, h.title, h.updated_at, 4, "the words that were found") for h in heads(2))
    rail.show_list(ConversationsListed(found))
    assert delegate.sizeHint(QStyleOptionViewItem(), model.index(1)).height() > plain.height()
    assert delegate.sizeHint(QStyleOptionViewItem(), model.index(0)).height() < plain.height()
