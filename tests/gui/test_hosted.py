"""The service's own tools in the window: switches in the header, lines while they work, sources below the reply."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core import documents as d
from voiceapp.core import events as e
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Source, SourceKind, ToolUse
from voiceapp.core.hosted import ChooseHosted, HostedChoice, HostedKnown, HostedOffer, SaveMade, ShowHosted
from voiceapp.core.tool_events import HostedWorked, SourcesKnown
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.hosted_switches import HostedSwitches
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.sources import LINES_MAX, MadePicture
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import ToolUseLine

OFFER = HostedOffer(("web_search", "file_search", "code_interpreter"), "openai", "OpenAI")
STORE = d.DocumentStore(
    3, "openai", "Household", 0.0, "vs_3", (d.Document(1, 3, "a.md", "/a.md", 5, d.DocumentState.READY, "file-1"),)
)
EMPTY = d.DocumentStore(4, "openai", "New", 0.0)
ELSEWHERE = d.DocumentStore(5, "azure", "Work", 0.0, "vs_5")
PAGE = Source(SourceKind.PAGE, "Tides in Brest", "https://www.tides.example/brest")
DOCUMENT = Source(SourceKind.DOCUMENT, "boiler.md", file_id="file-1")
MADE = Source(SourceKind.MADE, "plot.png", file_id="c_1", container_id="cntr_1")


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ConversationView:
    made = ConversationView(theme)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    messages = (Message(1, 1, Role.USER, "When?", 1.0),)
    made.handle(e.ConversationOpened(Conversation(ConversationHead(1, "t", 1.0), messages)))
    made.handle(e.MessageAdded(Message(2, 1, Role.ASSISTANT, "", 2.0, is_complete=False), 1))
    return made


def reply_of(view: ConversationView, qtbot: QtBot) -> ReplyView:
    qtbot.waitUntil(lambda: not view.is_working)
    reply = view.widget_of("message-2")
    assert isinstance(reply, ReplyView)
    return reply


# --- lines ------------------------------------------------------------------------------------------------


def test_a_line_tells_what_goes_on_and_what_came_of_it(view: ConversationView, qtbot: QtBot) -> None:
    running = ToolUse("ws_1", "web_search", "{}", "")
    view.handle(HostedWorked(1, 2, running, is_running=True))
    qtbot.waitUntil(lambda: not view.is_working)
    assert [entry.key for entry in view.model.entries] == ["message-1", "tool-2-ws_1", "message-2"]
    line = view.widget_of("tool-2-ws_1")
    assert isinstance(line, ToolUseLine)
    assert line.toggle.text() == "Searching the web…"
    done = ToolUse("ws_1", "web_search", '{"queries": "tide"}', "https://tides.example", duration_ms=1200.0)
    view.handle(HostedWorked(1, 2, done))
    assert line.toggle.accessibleName() == "Searched the web 1.2 s"
    line.toggle.click()
    assert line.asked.toPlainText() == "queries: tide"
    assert line.answered.toPlainText() == "https://tides.example"
    failed = ToolUse("ci_1", "code_interpreter", "{}", "", is_error=True)
    view.handle(HostedWorked(1, 2, failed))
    qtbot.waitUntil(lambda: view.widget_of("tool-2-ci_1") is not None)
    other = view.widget_of("tool-2-ci_1")
    assert isinstance(other, ToolUseLine)
    assert other.toggle.text() == "code interpreter did not work"
    view.handle(HostedWorked(1, 99, failed))  # of a reply that is not shown
    assert len(view.model.entries) == 4


# --- sources ----------------------------------------------------------------------------------------------


def test_sources_stand_below_the_reply_and_are_asked_about(
    view: ConversationView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    view.handle(e.ReplyDelta(2, 1, "At six."))
    view.handle(SourcesKnown(2, (PAGE, DOCUMENT, MADE)))
    reply = reply_of(view, qtbot)
    view.handle(e.MessageChanged(Message(2, 1, Role.ASSISTANT, "At six.", 2.0, sources=(PAGE, DOCUMENT, MADE)), 1))
    qtbot.waitUntil(lambda: not view.is_working)
    assert reply.sources is not None
    assert reply.sources.isVisible()
    names = [line.accessibleName() for line in reply.sources.lines]
    assert names == ["Page: Tides in Brest, tides.example", "Document: boiler.md", "Save plot.png"]
    assert reply.text == "At six."  # so nothing of them is spoken
    reply.sources.lines[0].click()
    box = view.findChild(QMessageBox)
    assert box is not None
    assert "https://www.tides.example/brest" in box.informativeText()
    assert opened == []
    box.buttons()[0].click()
    assert opened == ["https://www.tides.example/brest"]
    reply.sources.lines[1].click()  # nothing of it is on this computer
    assert opened == ["https://www.tides.example/brest"]


@pytest.mark.parametrize(("name", "is_run"), [("boiler.md", False), ("build.JS", True), ("setup.bat ", True)])
def test_a_cited_document_is_opened_but_never_run(
    view: ConversationView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, is_run: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile()))
    document = tmp_path / name
    document.write_text("x")
    view.handle(SourcesKnown(2, (replace(DOCUMENT, path=str(document)),)))
    reply = reply_of(view, qtbot)
    assert reply.sources is not None
    reply.sources.lines[0].click()
    box = view.findChild(QMessageBox)
    assert box is not None
    box.buttons()[0].click()
    assert opened == [str(tmp_path if is_run else document)]


def test_a_file_that_was_made_is_saved_also_by_its_link(view: ConversationView, qtbot: QtBot, tmp_path: Path) -> None:
    wanted: list[object] = []
    view.wanted.connect(wanted.append)
    view.handle(SourcesKnown(2, (MADE,)))
    reply = reply_of(view, qtbot)
    assert reply.sources is not None
    click, follow = reply.sources.lines[0].click, reply.link_clicked.emit
    for choose in (click, lambda: follow("sandbox:/mnt/data/plot.png")):
        choose()  # type: ignore[no-untyped-call, unused-ignore]
        (dialog,) = [one for one in view.findChildren(QFileDialog) if one.isVisible()]
        dialog.fileSelected.emit(str(tmp_path / "mine.png"))
        dialog.close()
        dialog.setParent(None)
    assert wanted == [SaveMade(2, "c_1", str(tmp_path / "mine.png"))] * 2
    reply.link_clicked.emit("sandbox:/mnt/data/other.csv")
    box = view.findChild(QMessageBox)
    assert box is not None
    assert "not opened" in box.text()


def test_a_picture_that_was_made_is_shown_from_its_copy(view: ConversationView, qtbot: QtBot, tmp_path: Path) -> None:
    copy = tmp_path / "plot.png"
    image = QImage(900, 300, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    image.save(str(copy))
    view.handle(SourcesKnown(2, (MADE,)))
    reply = reply_of(view, qtbot)
    assert reply.sources is not None
    assert reply.sources.findChildren(MadePicture) == []
    copied = Source(SourceKind.MADE, "plot.png", "", "c_1", "cntr_1", str(copy), 2048)
    view.handle(SourcesKnown(2, (copied,)))
    (picture,) = reply.sources.findChildren(MadePicture)
    qtbot.waitUntil(lambda: not picture.pixels.isNull(), timeout=20_000)
    assert picture.pixels.width() <= 360 * picture.devicePixelRatioF()
    assert picture.height() > 50


def test_a_reopened_conversation_has_its_sources(view: ConversationView, qtbot: QtBot) -> None:
    use = ToolUse("ws_1", "web_search", "{}", "https://tides.example")
    reply = Message(2, 1, Role.ASSISTANT, "At six.", 2.0, tool_uses=(use,), sources=(PAGE, MADE))
    messages = (Message(1, 1, Role.USER, "When?", 1.0), reply)
    view.handle(e.ConversationOpened(Conversation(ConversationHead(1, "t", 1.0), messages)))
    shown = reply_of(view, qtbot)
    assert shown.sources is not None
    assert [line.source for line in shown.sources.lines] == [PAGE, MADE]
    line = view.widget_of("tool-2-0")
    assert isinstance(line, ToolUseLine)
    assert line.toggle.text() == "Searched the web"


def test_many_sources_are_folded(view: ConversationView, qtbot: QtBot) -> None:
    many = tuple(Source(SourceKind.PAGE, f"Page {n}", f"https://example.org/{n}") for n in range(20))
    view.handle(SourcesKnown(2, many))
    reply = reply_of(view, qtbot)
    assert reply.sources is not None
    assert len(reply.sources.lines) == LINES_MAX
    reply.sources._show_all()
    assert len(reply.sources.lines) == 20


# --- switches ---------------------------------------------------------------------------------------------


@pytest.fixture
def switches(stage: Stage, theme: Theme) -> HostedSwitches:
    return HostedSwitches(theme, stage.bridge, stage.window, stage.windows)


@pytest.mark.window
def test_switches_are_there_where_they_are_offered(stage: Stage, switches: HostedSwitches) -> None:
    button = switches.button
    assert stage.commands(1)[-1] == ShowHosted(is_fresh=True)
    assert not button.isVisible()
    stage.tell(HostedKnown(0, HostedChoice(), HostedOffer(provider="local")))
    assert not button.isVisible()
    stage.tell(HostedKnown(0, HostedChoice(), OFFER))
    assert button.isVisible()
    assert button.text() == ""
    button.web.trigger()
    assert stage.commands(2)[-1] == ChooseHosted(HostedChoice(web=True))
    assert button.text() == "Web"
    button.code.trigger()
    assert stage.commands(3)[-1] == ChooseHosted(HostedChoice(web=True, code=True))
    assert button.text() == "Web, Code"
    stage.tell(HostedKnown(0, HostedChoice(web=True), HostedOffer(("web_search",), "openai", "OpenAI")))
    assert not button.code.isVisible()


@pytest.mark.window
def test_stores_are_chosen_for_the_conversation(stage: Stage, switches: HostedSwitches) -> None:
    button = switches.button
    head = ConversationHead(7, "Boiler", 0.0)
    stage.tell(e.ConversationOpened(Conversation(head)))
    assert stage.commands(2)[-1] == ShowHosted(7)
    stage.tell(HostedKnown(8, HostedChoice(web=True), OFFER))  # of another conversation
    assert not button.isVisible()
    stage.tell(HostedKnown(7, HostedChoice(), OFFER), d.StoresListed((STORE, EMPTY, ELSEWHERE)))
    actions = [one for one in button.documents.actions() if not one.isSeparator()]
    assert [one.text() for one in actions] == ["Household · 1 document", "New · No documents yet.", "Documents…"]
    assert [one.isEnabled() for one in actions] == [True, False, True]
    actions[0].trigger()
    assert stage.commands(3)[-1] == ChooseHosted(HostedChoice(stores=("vs_3",)), 7)
    assert button.text() == "Documents"
    button.documents.actions()[-1].trigger()
    assert stage.windows.wanted == ["settings documents"]
    button.opening.emit()
    assert stage.commands(4)[-1] == d.ListStores()


@pytest.mark.window
def test_a_new_conversation_begins_with_nothing_on(stage: Stage, switches: HostedSwitches) -> None:
    stage.tell(e.ConversationOpened(Conversation(ConversationHead(7, "t", 0.0))))
    stage.tell(e.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))
    assert stage.commands(3)[-1] == ShowHosted(0, is_fresh=True)
    stage.tell(e.MessageAdded(Message(1, 9, Role.USER, "Hi.", 0.0)))
    assert stage.commands(4)[-1] == ShowHosted(9, is_begun=True)
