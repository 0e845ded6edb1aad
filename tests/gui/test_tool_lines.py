"""Tools in the conversation, and the desktop that the window lends them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core import events as e
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, ToolUse
from voiceapp.core.tool_events import (
    Answer,
    AnswerPermission,
    OutsideAnswered,
    OutsideAsked,
    PermissionAsked,
    PermissionSettled,
)
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import PermissionCard, ToolUseLine, readable, shown_name

USE = ToolUse("c1", "shed__add", '{"a": 1, "b": "two"}', "it is locked", is_error=True, duration_ms=2340.0)


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ConversationView:
    made = ConversationView(theme)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def test_a_reopened_conversation_shows_what_was_used(view: ConversationView, qtbot: QtBot) -> None:
    messages = (
        Message(1, 1, Role.USER, "Add.", 1.0),
        Message(2, 1, Role.ASSISTANT, "It did not work.", 2.0, tool_uses=(USE, USE)),
    )
    view.handle(e.ConversationOpened(Conversation(ConversationHead(1, "t", 1.0), messages)))
    qtbot.waitUntil(lambda: not view.is_working)
    assert [entry.key for entry in view.model.entries] == ["message-1", "tool-2-0", "tool-2-1", "message-2"]
    line = view.widget_of("tool-2-0")
    assert isinstance(line, ToolUseLine)
    assert line.toggle.accessibleName() == "shed.add did not work 2.3 s"
    assert not line.asked.isVisible()
    line.toggle.click()
    assert line.asked.isVisible()
    assert line.asked.toPlainText() == "a: 1\nb: two"
    assert line.answered.toPlainText() == "it is locked"
    line.toggle.click()
    assert not line.answered.isVisible()


@pytest.mark.parametrize("answer", list(Answer))
def test_the_card_asks_once_and_goes_when_it_is_settled(view: ConversationView, answer: Answer, qtbot: QtBot) -> None:
    wanted: list[object] = []
    view.wanted.connect(wanted.append)
    view.handle(PermissionAsked(7, 1, "open_link_or_file", '{"target": "https://example.org"}', "Opens an address."))
    card = view.widget_of("question-7")
    assert isinstance(card, PermissionCard)
    assert card.accessibleName() == "May “open link or file” be used?"
    assert card.details.toPlainText() == "target: https://example.org"
    card.buttons[answer].click()
    card.buttons[Answer.ONCE].click()  # a second click says nothing more
    assert wanted == [AnswerPermission(7, answer)]
    view.handle(PermissionSettled(7, answer))
    assert view.widget_of("question-7") is None


def test_names_and_values_for_people() -> None:
    assert shown_name("read_clipboard") == "read clipboard"
    assert shown_name("shed__add") == "shed.add"
    assert readable("{") == "{"
    assert readable('{"list": [1, 2]}') == "list: [1, 2]"
    assert readable("{}") == "–"


def test_the_window_lends_its_clipboard(stage: Stage) -> None:
    stage.tell(OutsideAsked(1, "write_clipboard", "for you"))
    assert stage.commands(1)[-1] == OutsideAnswered(1)
    assert QGuiApplication.clipboard().text() == "for you"
    stage.tell(OutsideAsked(2, "read_clipboard"))
    assert stage.commands(2)[-1] == OutsideAnswered(2, "for you")


def test_the_window_opens_what_was_allowed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toString())
        return len(opened) < 3

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    for number, target in enumerate(("https://example.org/a", "/tmp/a b.txt", "mailto:ada@example.org"), start=1):
        stage.tell(OutsideAsked(number, "open", target))
    assert stage.commands(3)[2] == OutsideAnswered(3, problem="No program is there to open this.")
    assert opened == ["https://example.org/a", "file:///tmp/a b.txt", "mailto:ada@example.org"]
