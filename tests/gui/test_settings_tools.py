"""The page of tools, the notes' window and the menu that asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core import events as e
from voiceapp.core.commands import StoreKey
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role
from voiceapp.core.notes import MeetingNotes
from voiceapp.core.notes_events import NotesBegun, NotesWritten, WriteNotes
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import ListTools, ToolRow, ToolServerState, ToolsListed
from voiceapp.core.tool_settings import Effect, Permission, ToolServer
from voiceapp.gui.notes_window import NotesWindow
from voiceapp.gui.settings_tools import ToolsPage
from voiceapp.gui.theme import Theme

ROWS = (
    ToolRow("calculate", "Sums.", Effect.NOTHING, Permission.ALWAYS, "Touches nothing."),
    ToolRow("read_clipboard", "Reads.", Effect.READS_COMPUTER, Permission.ASK, "Reads the clipboard."),
)
SHED = ToolServer("shed", "run-shed")


@pytest.fixture
def page(qtbot: QtBot, theme: Theme) -> ToolsPage:
    made = ToolsPage(theme)
    qtbot.addWidget(made)
    made.show_settings(Settings())
    made.handle(ToolsListed(ROWS))
    return made


def edits(page: ToolsPage) -> list[Settings]:
    found: list[Settings] = []
    page.edited.connect(found.append)
    return found


def test_permissions_are_shown_and_changed(page: ToolsPage) -> None:
    assert page.permissions["calculate"].currentData() == Permission.ALWAYS
    found = edits(page)
    choice = page.permissions["read_clipboard"]
    choice.setCurrentIndex(choice.findData(Permission.NEVER))
    choice.activated.emit(choice.currentIndex())
    assert found[-1].tool_permissions == {"read_clipboard": Permission.NEVER}


def test_the_list_is_asked_for_when_the_page_is_seen(page: ToolsPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.wanted) as wanted:
        page.show()
    assert wanted.args == [ListTools()]


def test_a_server_is_added_watched_and_removed(page: ToolsPage) -> None:
    found = edits(page)
    wanted: list[object] = []
    page.wanted.connect(wanted.append)
    page.name.setText("Bad Name")
    page.what.setText("npx -y 'some server'")
    page.add.click()
    assert not found
    assert "cannot be the name" in page._what_row.error
    page.name.setText("some")
    page.add.click()
    assert list(found[-1].tool_servers) == [ToolServer("some", "npx", ("-y", "some server"))]
    page.name.setText("web")
    page.what.setText("https://example.org/mcp")
    page.key.setText("k-1")
    page.add.click()
    assert found[-1].tool_servers[1] == ToolServer("web", url="https://example.org/mcp")
    assert wanted == [StoreKey("tools-web", "k-1")]
    page.handle(ToolsListed(ROWS, (ToolServerState("some", problem="It ended."), ToolServerState("web", True, 3))))
    assert page._state_words(found[-1].tool_servers[1], page._states[1]) == "Connected, 3 tools."
    page.switches["some"].click()
    assert not found[-1].tool_servers[0].is_on
    page._remove("some")
    assert [server.name for server in found[-1].tool_servers] == ["web"]


def test_files_are_allowed_and_taken_back(page: ToolsPage) -> None:
    found = edits(page)
    page.allow("")
    page.allow("/home/ada/plans")
    page.allow("/home/ada/plans")
    assert [settings.readable_paths for settings in found] == [("/home/ada/plans",)]
    page._forget_path("/home/ada/plans")
    assert found[-1].readable_paths == ()


def test_titles_can_be_switched_off(page: ToolsPage) -> None:
    found = edits(page)
    page.titles.click()
    assert not found[-1].is_titled_by_model


def test_the_header_asks_for_notes_of_what_was_said(stage: Stage) -> None:
    assert stage.window.header.menu_button.isHidden()
    message = Message(1, 4, Role.USER, "Hi.", 1.0)
    stage.tell(e.ConversationOpened(Conversation(ConversationHead(4, "Boats", 1.0), (message,))))
    assert stage.window.header.menu_button.isVisible()
    stage.window.header.notes.trigger()
    assert WriteNotes(4) in stage.commands(1)


def test_notes_are_shown_saved_and_failures_told(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    window = NotesWindow(theme)
    qtbot.addWidget(window)
    window.handle(NotesBegun(4))
    assert not window.save.isEnabled()
    window.handle(NotesWritten(4, MeetingNotes("Boats", "We spoke.", (), ())))
    assert "We spoke." in window.page.toPlainText()
    window.write(tmp_path / "notes.md")
    assert (tmp_path / "notes.md").read_text() == "# Boats\n\nWe spoke.\n"
    window.write(tmp_path / "gone" / "notes.md")
    assert "could not be saved" in window.state.text()
    window.handle(NotesWritten(4, problem=e.Problem("down", "It is down.", "Try later.")))
    assert window.state.text() == "It is down. Try later."
    assert not window.copy.isEnabled()
