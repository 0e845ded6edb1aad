"""Searching by meaning in the window: results join after a pause, citations lead to their messages; and batches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core import events as ev
from voiceapp.core.batch import (
    BatchChanged,
    BatchesListed,
    BatchEstimated,
    BatchJob,
    BatchLine,
    BatchLinesShown,
    BatchState,
    CancelBatch,
    Estimate,
    EstimateBatch,
    LineState,
    ListBatches,
    ShowBatchLines,
    StartBatch,
    Task,
)
from voiceapp.core.commands import Search
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role
from voiceapp.core.own_search import (
    AskNotes,
    Found,
    IndexOwn,
    IndexProgress,
    OpenMessage,
    PassagesFound,
    SearchPassages,
)
from voiceapp.core.settings import Settings
from voiceapp.gui.batch_sources import ConversationChoice
from voiceapp.gui.batches_window import BatchesWindow
from voiceapp.gui.conversation_list import HEAD_ROLE, DayRow, FoundRow
from voiceapp.gui.conversation_rail import ConversationRail
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.takes_window import TakesWindow
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen, where there is no screen

LISTED = ConversationHead(1, "Boiler", 1_790_000_000.0, 2, "the boiler")
NEAR = Found("The heating is cold.", 2, "Heating", 21, None, Role.USER, 1_780_000_000.0, is_by_meaning=True)
SAME = Found("The boiler.", 1, "Boiler", 11, None, Role.USER, 1_790_000_000.0, is_by_meaning=True, is_by_text=True)
JOB = BatchJob(4, Task.SUMMARY, "openai", "gpt-6-luna", "t", BatchState.RUNNING, total=10, done=2, at_service=3)


@pytest.fixture
def rail(qtbot: QtBot, theme: Theme) -> ConversationRail:
    made = ConversationRail(theme)
    qtbot.addWidget(made)
    made.show()
    return made


def rows(rail: ConversationRail) -> list[object]:
    return [rail.model.index(row).data(HEAD_ROLE) for row in range(rail.model.rowCount())]


def test_meaning_is_asked_for_after_a_pause_only(rail: ConversationRail, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(rail.meaning_wanted), qtbot.waitSignal(rail.searched) as searched:
        QTest.keyClicks(rail.search, "boiler")
    assert searched.args == ["boiler"]
    with qtbot.waitSignal(rail.meaning_wanted) as wanted:
        pass
    assert wanted.args == ["boiler"]


def test_what_was_found_by_meaning_joins_marked_and_opens_at_its_message(rail: ConversationRail, qtbot: QtBot) -> None:
    rail.search.setText("boiler")
    rail.show_list(ev.ConversationsListed((LISTED,), "boiler"))
    rail.show_found(PassagesFound("boiler", (NEAR, SAME)))
    shown = rows(rail)
    assert shown[-2:] == [DayRow("Found by meaning"), FoundRow(2, "Heating", NEAR.at_s, 0, NEAR.text, 21)]
    assert len(shown) == 4
    with qtbot.waitSignal(rail.message_opened) as opened:
        rail._open(rail.model.index(3))
    assert opened.args == [2, 21]


def test_an_answer_to_other_words_is_left_out(rail: ConversationRail) -> None:
    rail.search.setText("boiler")
    rail.show_found(PassagesFound("boile", (NEAR,)))
    assert rows(rail) == []
    rail.show_found(PassagesFound("boiler", (NEAR,)))
    assert len(rows(rail)) == 2
    rail.search.setText("boilers")
    assert rows(rail) == []


def test_asking_the_notes_is_offered_once_there_are_words(rail: ConversationRail, qtbot: QtBot) -> None:
    assert not rail.ask.isVisible()
    rail.search.setText(" when does the plumber come ")
    with qtbot.waitSignal(rail.asked) as asked:
        QTest.mouseClick(rail.ask, Qt.MouseButton.LeftButton)
    assert asked.args == ["when does the plumber come"]


def test_the_window_sends_what_the_rail_wants(stage: Stage) -> None:
    rail = stage.window.rail
    rail.meaning_wanted.emit("boiler")
    rail.asked.emit("when?")
    rail.message_opened.emit(2, 21)
    assert stage.commands(3)[-3:] == [SearchPassages("boiler"), AskNotes("when?"), OpenMessage(2, 21)]


def test_the_window_says_how_much_is_still_to_be_read(stage: Stage, qtbot: QtBot) -> None:
    line = stage.window.rail.indexing
    assert not line.isVisible()
    stage.session.tell(IndexProgress(1200, "Judge"))
    qtbot.waitUntil(line.isVisible)
    assert "1200 texts" in line.text()
    QTest.mouseClick(stage.window.rail.index_now, Qt.MouseButton.LeftButton)
    assert stage.commands(1)[-1] == IndexOwn()
    stage.session.tell(IndexProgress(0, "Judge"))
    qtbot.waitUntil(lambda: not line.isVisible())


def test_what_costs_much_is_said_before_it_is_read(stage: Stage, qtbot: QtBot) -> None:
    line = stage.window.rail.indexing
    stage.session.tell(IndexProgress(5000, "OpenAI", "5,000 texts, about 250,000 tokens, price unknown"))
    qtbot.waitUntil(line.isVisible)
    assert "price unknown" in line.text()
    QTest.mouseClick(stage.window.rail.index_now, Qt.MouseButton.LeftButton)
    assert stage.commands(1)[-1] == IndexOwn()
    stage.session.tell(IndexProgress(4936, "OpenAI"))
    qtbot.waitUntil(lambda: "4936 texts still" in line.text())
    stage.session.tell(IndexProgress(1, "OpenAI"))
    qtbot.waitUntil(lambda: "1 text still" in line.text())


def long_conversation(count: int) -> Conversation:
    head = ConversationHead(7, "Long", 0.0, count)
    messages = tuple(
        Message(n, 7, Role.USER if n % 2 else Role.ASSISTANT, f"Message {n}. " * 8, float(n)) for n in range(1, count)
    )
    return Conversation(head, messages)


def test_a_message_far_up_is_built_and_brought_into_view(qtbot: QtBot, theme: Theme) -> None:
    view = ConversationView(theme)
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    view.handle(ev.SettingsChanged(Settings()))
    view.handle(ev.ConversationOpened(long_conversation(120)))
    view.show_message(5)
    qtbot.waitUntil(lambda: not view.is_working and view.widget_of("message-5") is not None)
    widget = view.widget_of("message-5")
    assert widget is not None
    top = widget.mapTo(view.viewport(), widget.rect().topLeft()).y()
    assert 0 <= top < view.viewport().height() // 2
    view.show_message(9999)


def test_a_citation_leads_to_its_message_without_a_question(qtbot: QtBot, theme: Theme) -> None:
    view = ConversationView(theme)
    qtbot.addWidget(view)
    wanted: list[object] = []
    view.wanted.connect(wanted.append)
    view.handle(ev.ConversationOpened(long_conversation(3)))
    reply = view.widget_of("message-2")
    assert isinstance(reply, ReplyView)
    reply.link_clicked.emit("voiceapp:message/3/12")
    assert wanted == [OpenMessage(3, 12)]
    assert view.findChildren(QMessageBox) == []


@pytest.fixture
def batches(qtbot: QtBot, theme: Theme) -> tuple[BatchesWindow, list[object]]:
    window = BatchesWindow(theme)
    qtbot.addWidget(window)
    commands: list[object] = []
    window.asked.connect(commands.append)
    window.open()
    qtbot.waitExposed(window)
    window.apply(BatchesListed((JOB,)))
    return window, commands


def test_a_job_shows_its_progress_and_ends(batches: tuple[BatchesWindow, list[object]]) -> None:
    window, commands = batches
    assert commands == [ListBatches()]
    (row,) = window.rows
    assert (row.progress.value(), row.progress.maximum()) == (5, 10)
    assert "5 of 10 done" in row.facts.text()
    QTest.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
    assert commands[-1] == CancelBatch(4)
    window.apply(
        BatchChanged(BatchJob(4, Task.SUMMARY, "openai", "m", "t", BatchState.DONE, total=10, done=9, failed=1))
    )
    assert len(window.rows) == 1
    assert "1 failed" in row.facts.text()
    assert not row.cancel.isVisible()
    assert not row.progress.isVisible()


@pytest.mark.parametrize(("usd", "said"), [(0.0123, "$0.0123"), (None, "unknown")])
def test_nothing_starts_before_its_cost_was_said(
    batches: tuple[BatchesWindow, list[object]], usd: float | None, said: str
) -> None:
    window, commands = batches
    window.task.setCurrentIndex(1)
    window.estimate("/talks")
    assert commands == [ListBatches(), EstimateBatch(Task.CLEAN, ("/talks",))]
    window.apply(BatchEstimated(Task.CLEAN, ("/talks",), Estimate(3, 100, 90, usd), "OpenAI gpt-6-luna"))
    (box,) = window.findChildren(QMessageBox)
    assert said in box.informativeText()
    start = next(button for button in box.buttons() if button.text() == "Start")
    assert isinstance(start, QPushButton)
    start.click()
    assert commands[2:] == [StartBatch(Task.CLEAN, ("/talks",))]


@pytest.mark.parametrize("task", Task)
def test_what_is_chosen_is_a_task_not_only_its_name(batches: tuple[BatchesWindow, list[object]], task: Task) -> None:
    """Qt gives a plain string back, which equals the task; the store asks it for its value."""
    window, commands = batches
    window.task.setCurrentIndex(window.task.findData(task))
    window.estimate("/talks")
    asked = commands[-1]
    assert isinstance(asked, EstimateBatch)
    assert asked.task is task


def test_conversations_and_files_can_be_worked_on(batches: tuple[BatchesWindow, list[object]]) -> None:
    window, commands = batches
    window.choose_conversations()
    (choice,) = window.findChildren(ConversationChoice)
    assert Search() in commands
    assert not choice.ok.isEnabled()
    window.apply(ev.ConversationsListed((LISTED, ConversationHead(2, "Heating", 1_780_000_000.0, 4)), "boiler"))
    assert choice.list.count() == 0  # the answer to a search in the rail
    window.apply(ev.ConversationsListed((LISTED, ConversationHead(2, "Heating", 1_780_000_000.0, 4))))
    assert "Heating" in choice.list.item(1).text()
    choice.list.item(1).setCheckState(Qt.CheckState.Checked)
    choice.ok.click()
    assert EstimateBatch(Task.SUMMARY, ("conversation:2",)) in commands
    window.choose_files()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.filesSelected.emit(["/talks/a.txt", "/talks/b.srt"])
    dialog.close()
    assert EstimateBatch(Task.SUMMARY, ("/talks/a.txt", "/talks/b.srt")) in commands


def test_what_became_of_each_text_is_shown_and_kept_up_to_date(
    batches: tuple[BatchesWindow, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    window, commands = batches
    (row,) = window.rows
    assert not row.list.isVisible()
    QTest.mouseClick(row.more, Qt.MouseButton.LeftButton)
    assert commands.count(ShowBatchLines(4)) == 1
    window.apply(
        BatchLinesShown(
            4,
            (
                BatchLine(1, "/talks/a.txt", state=LineState.DONE, result="…", target="/talks/a.summary.md"),
                BatchLine(2, "/talks/b.txt", state=LineState.FAILED, attempts=3, error="500 server_error"),
                BatchLine(3, "conversation:7", state=LineState.WAITING, attempts=1, error="429 rate_limit_exceeded"),
            ),
        )
    )
    assert row.list.isVisible()
    shown = [row.lines.index(n).data() for n in range(3)]
    assert shown == [
        "b.txt: failed: 500 server_error",
        "a.txt: a.summary.md",
        "conversation:7: is tried again: 429 rate_limit_exceeded",
    ]
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    row.list.activated.emit(row.lines.index(1))
    assert opened == [QUrl.fromLocalFile("/talks/a.summary.md")]
    window.apply(BatchChanged(replace(JOB, done=3)))
    assert commands.count(ShowBatchLines(4)) == 2


def test_recordings_lead_to_batches(qtbot: QtBot, theme: Theme) -> None:
    window = TakesWindow(theme)
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.batches_wanted):
        window.batches.click()
