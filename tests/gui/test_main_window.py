"""The window as a whole: shortcuts, list, notices, room, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale, QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QShortcut, QTextCursor
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Pane, Stage, WindowsFake
from tests.gui.scripted_session import DEVICES, ScriptedSession
from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Take, TakeState
from voiceapp.core.providers import ModelEnding
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.turn import Phase
from voiceapp.gui.conversation_list import HEAD_ROLE, PAGE_HEADS, ConversationList, DayRow, day_title
from voiceapp.gui.focus_ring import FocusRing
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.notice_texts import using
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.settings_plain import KeyboardPage
from voiceapp.gui.shell import is_text_field, plan_for
from voiceapp.gui.side_panel import SidePanel
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen, where there is no screen

NOW_S = time.time()
HEADS = tuple(
    ConversationHead(n + 1, f"Title {n + 1}", NOW_S - hours * 3600.0) for n, hours in enumerate((0, 0.01, 30, 400))
)
LISTED = ev.ConversationsListed(HEADS)
TAKE = Take(5, "5.wav", TakeState.RECORDED, NOW_S, 12.34)


def press(stage: Stage, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    QTest.keyClick(stage.window, key, modifiers)


# --- shortcuts --------------------------------------------------------------------------------------------


def test_shortcuts_reach_their_places(stage: Stage) -> None:
    press(stage, Qt.Key.Key_N)
    assert stage.commands(1) == [do.NewConversation()]
    press(stage, Qt.Key.Key_K)
    assert stage.window.rail.search.hasFocus()
    press(stage, Qt.Key.Key_L)
    assert stage.window.bar.entry.lines.hasFocus()
    press(stage, Qt.Key.Key_Comma)
    assert stage.windows.wanted == ["settings"]
    press(stage, Qt.Key.Key_B)
    assert not stage.window.rail.isVisible()
    press(stage, Qt.Key.Key_B)
    assert stage.window.rail.isVisible()


ELSEWHERE = {"Space", "Ctrl+Space", "Ctrl+V", "Ctrl+Shift+S"}
"""Held, not pressed, or of what can be attached: each has tests of its own."""


def test_the_keys_that_are_told_are_the_keys_that_work(stage: Stage, theme: Theme) -> None:
    told = set(KeyboardPage(theme).keys)
    bound = {shortcut.key().toString() for shortcut in stage.window.findChildren(QShortcut)}
    assert told >= ELSEWHERE
    assert told - ELSEWHERE == bound - {"Shift+F6"}


def test_escape_leaves_the_entry_so_that_space_talks_again(stage: Stage) -> None:
    press(stage, Qt.Key.Key_L)
    QTest.keyClick(stage.window.bar.entry.lines, Qt.Key.Key_Escape)
    assert stage.commands(1) == [do.Interrupt()]
    assert stage.window.bar.button.hasFocus()


def go_round(stage: Stage, times: int, *, is_back: bool = False) -> list[QWidget]:
    """Press F6 (Shift+F6) so often; return what had the focus each time, always in sight and with the ring."""
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    seen: list[QWidget] = []
    for _ in range(times):
        keys = Qt.KeyboardModifier.ShiftModifier if is_back else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(stage.window, Qt.Key.Key_F6, keys)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert not focus.visibleRegion().isEmpty()
        assert is_marked(stage, focus)
        seen.append(focus)
    return seen


def is_marked(stage: Stage, focus: QWidget) -> bool:
    """Whether the person sees that *focus* has the keyboard."""
    if focus.property("drawsFocus"):
        return bool(focus.property("isFocusVisible"))
    (ring,) = stage.window.findChildren(FocusRing)
    corner = focus.mapTo(stage.window, QPoint(0, 0))
    return ring.isVisible() and ring.geometry().intersects(QRect(corner, focus.size()))


@pytest.fixture
def side(stage: Stage, theme: Theme) -> SidePanel:
    """A side panel with two pages, open; the conversation takes the focus as the real one does."""
    stage.pane.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    panel = SidePanel(theme)
    panel.add_page("Images", "image", QLineEdit())
    panel.add_page("Moderation", "shield-check", QLineEdit())
    stage.window.set_side_panel(panel)
    stage.window.toggle_side()
    return panel


def tab(panel: SidePanel, title: str) -> QAbstractButton:
    (found,) = [button for button in panel.findChildren(QAbstractButton) if button.text() == title]
    return found


def test_f6_goes_round(stage: Stage, side: SidePanel) -> None:
    window = stage.window
    around = [window.rail.view, stage.pane, window.bar.button, window.bar.entry.lines, tab(side, "Images")]
    window.rail.view.setFocus()
    assert go_round(stage, 6) == [*around[1:], *around[:2]]
    assert go_round(stage, 6, is_back=True) == [around[0], *reversed(around[1:]), around[0]]


def test_f6_begins_at_either_end_where_nothing_has_the_focus(stage: Stage, side: SidePanel) -> None:
    window = stage.window
    window.shell.setFocus()
    assert go_round(stage, 1) == [window.rail.view]
    window.shell.setFocus()
    assert go_round(stage, 1, is_back=True) == [tab(side, "Images")]


def test_f6_comes_back_to_where_the_side_panel_was_left(stage: Stage, side: SidePanel) -> None:
    side.show_page("Moderation")
    window = stage.window
    window.bar.entry.lines.setFocus()
    assert go_round(stage, 1) == [tab(side, "Moderation")]
    field = next(field for field in side.findChildren(QLineEdit) if field.isVisible())
    field.setFocus()
    assert go_round(stage, 2, is_back=True)[-1] == window.bar.button
    assert go_round(stage, 2) == [window.bar.entry.lines, field]
    go_round(stage, 1, is_back=True)
    side.show_page("Images")  # what had it is not seen any more
    assert go_round(stage, 1) == [tab(side, "Images")]


def test_f6_leaves_out_what_is_closed(stage: Stage, side: SidePanel) -> None:
    window = stage.window
    window.toggle_side()
    press(stage, Qt.Key.Key_B)
    window.bar.entry.lines.setFocus()
    first, *others = go_round(stage, 4)
    assert window.icons.isAncestorOf(first)
    assert others == [stage.pane, window.bar.button, window.bar.entry.lines]


def test_f6_closes_what_lies_over_where_it_goes(stage: Stage, side: SidePanel) -> None:
    window = stage.window
    window.resize(800, 700)
    stage.qtbot.waitUntil(lambda: window.shell.has_over)
    window.shell.setFocus()
    assert go_round(stage, 1, is_back=True) == [tab(side, "Images")]
    assert side.isVisible()
    assert go_round(stage, 1, is_back=True) == [window.bar.entry.lines]
    assert [side.isVisible(), window.shell.is_side_open, window.header.side_button.isChecked()] == [False] * 3


def test_the_window_starts_with_space_for_talking(stage: Stage) -> None:
    stage.window.activateWindow()
    stage.qtbot.waitUntil(stage.window.isActiveWindow)
    assert not is_text_field(QApplication.focusWidget())


def test_even_before_the_session_is_there(qtbot: QtBot, theme: Theme) -> None:
    bridge = SessionBridge(ScriptedSession().open)
    window = MainWindow(theme, bridge, Pane(), WindowsFake())
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert not is_text_field(QApplication.focusWidget())


# --- typing -----------------------------------------------------------------------------------------------


def test_enter_sends_and_shift_enter_begins_a_line(stage: Stage) -> None:
    lines = stage.window.bar.entry.lines
    QTest.keyClicks(lines, "one")
    QTest.keyClick(lines, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(lines, "two")
    QTest.keyClick(lines, Qt.Key.Key_Return)
    assert stage.commands(1) == [do.SendText("one\ntwo")]
    assert lines.toPlainText() == ""


def test_blanks_are_not_sent(stage: Stage) -> None:
    entry = stage.window.bar.entry
    QTest.keyClicks(entry.lines, "   ")
    assert not entry.send_button.isEnabled()
    QTest.keyClick(entry.lines, Qt.Key.Key_Return)
    press(stage, Qt.Key.Key_N)
    assert stage.commands(1) == [do.NewConversation()]


def test_the_entry_grows_to_five_lines_and_no_further(stage: Stage) -> None:
    entry = stage.window.bar.entry
    heights = []
    for count in range(1, 8):
        entry.lines.setPlainText("\n".join("x" * count))
        heights.append(entry.lines.height())
    assert heights[:5] == sorted(set(heights[:5]))
    assert len(set(heights[4:])) == 1


def test_a_long_paste_has_a_stand_in_and_is_sent_whole(stage: Stage) -> None:
    entry, long = stage.window.bar.entry, "words and more words\n" * 3000
    entry.lines.setPlainText("Before: ")
    entry.lines.moveCursor(QTextCursor.MoveOperation.End)
    QGuiApplication.clipboard().setText(long)
    entry.lines.paste()
    entry.lines.insertPlainText(" After.")
    assert len(entry.lines.toPlainText()) < 100
    QTest.keyClick(entry.lines, Qt.Key.Key_Return)
    assert stage.commands(1) == [do.SendText(f"Before: {long} After.")]
    assert entry.text() == ""


def test_what_is_given_back_is_whole_again_however_long(stage: Stage) -> None:
    entry, long = stage.window.bar.entry, "x" * 100_000
    entry.give_back(long)
    assert entry.text() == long
    entry.give_back(long)
    assert entry.text() == long


def test_a_short_paste_stands_as_it_is(stage: Stage) -> None:
    QGuiApplication.clipboard().setText("a few words")
    stage.window.bar.entry.lines.paste()
    assert stage.window.bar.entry.lines.toPlainText() == "a few words"


def test_the_switch_changes_the_setting(stage: Stage) -> None:
    QTest.mouseClick(stage.window.bar.aloud, Qt.MouseButton.LeftButton)
    assert stage.commands(1) == [do.ApplySettings(Settings(is_reply_aloud=False))]


# --- the list ---------------------------------------------------------------------------------------------


def test_the_list_keeps_qts_rules(qtbot: QtBot) -> None:
    model = ConversationList()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(HEADS)
    model.hide(2, is_hidden=True)
    model.hide(2, is_hidden=False)
    model.show(())
    assert tester.model() is model


def test_a_long_list_is_made_page_by_page(qtbot: QtBot) -> None:
    model = ConversationList()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tester.setUseFetchMore(False)  # it would, within the reset that it is being told of
    heads = tuple(ConversationHead(n, f"Number {n}", 1e9 - n * 7200.0) for n in range(1, 501))
    model.show(heads)
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    rows = [model.index(row).data(HEAD_ROLE) for row in range(model.rowCount())]
    assert [row for row in rows if isinstance(row, ConversationHead)] == list(heads)
    titles = [row.title for row in rows if isinstance(row, DayRow)]
    assert len(titles) == len(set(titles))
    assert tester.model() is model


def test_only_the_first_page_is_made_at_once(qtbot: QtBot) -> None:
    model = ConversationList()
    model.show(tuple(ConversationHead(n, f"Number {n}", 1e9) for n in range(1, 5001)))
    assert model.rowCount() == PAGE_HEADS + 1
    assert model.row_of(4000) == -1


def test_days_stand_above_their_conversations(qtbot: QtBot) -> None:
    model = ConversationList()
    model.show(HEADS)
    rows = [model.index(n).data(HEAD_ROLE) for n in range(model.rowCount())]
    assert next(row.title for row in rows if not isinstance(row, ConversationHead)) == "Today"
    assert [row for row in rows if isinstance(row, ConversationHead)] == list(HEADS)
    assert model.row_of(99) == -1


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2026, 5, 14), "Today"),
        (date(2026, 5, 13), "Yesterday"),
        (date(2026, 5, 11), "Monday 11 May"),
        (date(2025, 5, 11), "11 May 2025"),
    ],
)
def test_day_titles(qapp: QApplication, day: date, title: str) -> None:
    assert day_title(day, date(2026, 5, 14), QLocale(QLocale.Language.English)) == title


def test_a_clock_set_back_shows_the_date(qapp: QApplication) -> None:
    assert day_title(date(2026, 5, 15), date(2026, 5, 14), QLocale(QLocale.Language.English)) == "Friday 15 May"


def test_a_click_opens_and_the_open_one_is_marked(stage: Stage) -> None:
    stage.tell(LISTED)
    view = stage.window.rail.view
    row = stage.window.rail.model.row_of(3)
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(row, 0)).center()
    )
    assert stage.commands(1) == [do.OpenConversation(3)]
    stage.tell(ev.ConversationOpened(Conversation(HEADS[2])))
    assert view.currentIndex().row() == row
    assert stage.window.header.title.whole() == "Title 3"


def test_search_waits_for_a_pause_and_ignores_stale_answers(stage: Stage) -> None:
    stage.tell(LISTED)
    QTest.keyClicks(stage.window.rail.search, "boat")
    assert stage.commands(1) == [do.Search("boat")]
    stage.tell(ev.ConversationsListed(HEADS[:1], "bo"))
    assert stage.window.rail.model.row_of(4) >= 0
    stage.tell(ev.ConversationsListed((replace(HEADS[3], snippet="names for the boat"),), "boat"))
    assert stage.window.rail.model.rowCount() == 2


def test_deleting_can_be_undone(stage: Stage) -> None:
    stage.tell(LISTED)
    stage.window.rail.deleted.emit(HEADS[0])
    assert stage.window.rail.model.row_of(1) == -1
    click_notice(stage, "Undo")
    assert stage.window.rail.model.row_of(1) >= 0
    press(stage, Qt.Key.Key_N)
    assert stage.commands(1) == [do.NewConversation()]


def test_ctrl_z_takes_the_newest_deletion_back_while_it_can_be_seen(stage: Stage) -> None:
    stage.tell(LISTED)
    row_of = stage.window.rail.model.row_of
    stage.window.rail.deleted.emit(HEADS[0])
    stage.window.rail.deleted.emit(HEADS[1])
    press(stage, Qt.Key.Key_Z)
    assert (row_of(1), row_of(2) >= 0) == (-1, True)
    stage.tell(ev.Notice("Something newer."))
    entry = stage.window.bar.entry.lines
    entry.setFocus()
    stage.qtbot.waitUntil(entry.hasFocus, timeout=20_000)
    QTest.keyClicks(entry, "boat")
    QTest.keyClick(entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (entry.toPlainText(), row_of(1)) == ("", -1)  # what was written is nearer
    QTest.keyClick(entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert row_of(1) >= 0
    press(stage, Qt.Key.Key_Z)
    press(stage, Qt.Key.Key_N)
    assert stage.commands(1) == [do.NewConversation()]


def test_the_end_of_a_model_that_is_not_used_any_more_is_no_news(stage: Stage) -> None:
    chosen = Settings(jobs={Job.CHAT.value: Choice("openai", "gpt-4o")})
    stage.tell(ev.SettingsChanged(chosen))
    stage.tell(ModelEnding("openai", "chat", "gpt-4o", date(2027, 1, 4), "gpt-6-luna"))
    stage.tell(ev.SettingsChanged(replace(chosen, is_reply_aloud=False)))
    assert [notice.message for notice in stage.window.notices.shown] == ["gpt-4o ends on 4 January 2027."]
    stage.tell(ev.SettingsChanged(chosen.with_provider("local")))
    assert stage.window.notices.shown == ()
    assert not stage.commands(0), "nothing is put off by that"


def test_leaving_carries_out_what_was_not_undone(stage: Stage) -> None:
    stage.tell(LISTED)
    stage.window.rail.deleted.emit(HEADS[0])
    with stage.qtbot.waitSignal(stage.window.closed):
        stage.window.close()
    assert stage.session.commands == [do.DeleteConversation(1)]
    assert stage.session.is_closed.is_set()


def test_renaming(stage: Stage) -> None:
    stage.tell(LISTED)
    model = stage.window.rail.model
    index = model.index(model.row_of(2))
    assert not model.setData(index, "   ")
    assert model.setData(index, " New title ")
    assert stage.commands(1) == [do.RenameConversation(2, "New title")]


# --- header -----------------------------------------------------------------------------------------------


def test_the_header_counts_the_persons_turns(stage: Stage) -> None:
    stage.tell(ev.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))
    assert stage.window.header.title.whole() == "New conversation"
    stage.tell(ev.MessageAdded(Message(1, 1, Role.USER, "Hello", NOW_S), 1))
    stage.tell(ev.MessageAdded(Message(2, 1, Role.ASSISTANT, "", NOW_S), 1))
    assert stage.window.header.meta.text() == "1 turn"
    stage.tell(ev.ConversationsListed((ConversationHead(1, "Hello", NOW_S, 2),)))
    assert stage.window.header.title.whole() == "Hello"


# --- notices ----------------------------------------------------------------------------------------------


def buttons(stage: Stage) -> Sequence[QPushButton]:
    return [b for b in stage.window.notices.findChildren(QPushButton) if b.isVisible()]


def click_notice(stage: Stage, text: str) -> None:
    stage.qtbot.waitUntil(lambda: any(b.text() == text for b in buttons(stage)))
    next(b for b in buttons(stage) if b.text() == text).click()


def test_a_server_is_used_in_one_click(stage: Stage) -> None:
    stage.tell(ev.ServerFound("Ollama", "http://localhost:11434/v1", ("llama3.2",)))
    click_notice(stage, "Use it")
    (command,) = stage.commands(1)
    assert isinstance(command, do.ApplySettings)
    choice = command.settings.choice(Job.CHAT)
    assert choice.model == "llama3.2"
    assert command.settings.provider(choice.provider).base_url == "http://localhost:11434/v1"
    assert stage.window.notices.shown == ()


def test_a_declined_server_is_not_offered_again(stage: Stage) -> None:
    found = ev.ServerFound("Ollama", "http://localhost:11434/v1")
    stage.tell(found)
    click_notice(stage, "Not now")
    (command,) = stage.commands(1)
    assert isinstance(command, do.ApplySettings)
    stage.tell(ev.SettingsChanged(command.settings), found)
    assert stage.window.notices.shown == ()


def test_a_server_that_only_hears_and_speaks_does_not_chat() -> None:
    settings = using(Settings(), ev.ServerFound("Speaches", "http://localhost:8000/v1", ("whisper-1",)))
    assert settings.choice(Job.CHAT).provider == "local"
    assert settings.choice(Job.TRANSCRIPTION).provider == "speaches"


def test_a_second_server_of_the_same_name_gets_its_own() -> None:
    first = Provider("vllm", ProviderKind.COMPATIBLE, "http://localhost:8000/v1")
    settings = using(
        Settings(providers=(*Settings().providers, first)), ev.ServerFound("vLLM", "http://localhost:8001/v1", ("m",))
    )
    assert settings.provider("vllm") == first
    assert settings.choice(Job.CHAT).provider == "vllm-2"


def test_a_recovered_take_can_be_turned_into_words(stage: Stage) -> None:
    stage.tell(ev.TakesListed((TAKE,), recovered=(TAKE,)))
    assert stage.window.notices.shown[0].message == "A recording was cut off. 12.3 s of it are saved."
    click_notice(stage, "Turn into words")
    assert stage.commands(1) == [do.RetryTake(5)]


def test_several_recovered_takes_lead_to_the_list(stage: Stage) -> None:
    stage.tell(ev.TakesListed((), recovered=(TAKE, replace(TAKE, id=6))))
    click_notice(stage, "Show recordings")
    assert stage.windows.wanted == ["recordings"]


def test_devices_and_store_tell_of_themselves_without_a_dialog(stage: Stage) -> None:
    stage.tell(
        ev.DevicesChanged(DEVICES, "Headset unplugged"),
        ev.Notice("The database was damaged and set aside.", "A new one has begun.", is_problem=True),
        ev.Notice("The database was damaged and set aside.", "A new one has begun.", is_problem=True),
    )
    assert [notice.message for notice in stage.window.notices.shown] == [
        "Headset unplugged",
        "The database was damaged and set aside.",
    ]
    assert QApplication.activeModalWidget() is None


def test_at_most_three_notices_at_once(stage: Stage) -> None:
    stage.tell(*(ev.Notice(f"Notice {n}") for n in range(5)))
    assert [notice.message for notice in stage.window.notices.shown] == ["Notice 2", "Notice 3", "Notice 4"]


# --- room -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "height", "rail", "side", "low"),
    [
        (1280, 800, True, True, False),
        (1199, 800, True, False, False),
        (959, 800, False, False, False),
        (640, 400, False, False, True),
        (960, 560, True, False, False),
    ],
)
def test_floor_plan(width: int, height: int, rail: bool, side: bool, low: bool) -> None:
    plan = plan_for(width, height)
    assert (plan.is_rail_beside, plan.is_side_beside, plan.is_low) == (rail, side, low)


def resized(stage: Stage, width: int, height: int) -> None:
    stage.window.resize(width, height)
    stage.qtbot.waitUntil(lambda: (stage.window.shell.width(), stage.window.shell.height()) == (width, height))


def test_narrow_windows_have_icons_and_the_list_opens_over(stage: Stage) -> None:
    resized(stage, 900, 640)
    assert stage.window.icons.isVisible()
    assert not stage.window.rail.isVisible()
    press(stage, Qt.Key.Key_B)
    assert stage.window.rail.isVisible()
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    assert not stage.window.rail.isVisible()
    assert stage.session.commands == []  # Esc closed the list and interrupted nothing


def test_low_windows_have_a_small_button_with_a_tooltip(stage: Stage) -> None:
    resized(stage, 640, 400)
    stage.qtbot.waitUntil(lambda: stage.window.bar.button.width() < 96)
    assert not stage.window.bar.label.isVisible()
    assert stage.window.bar.button.toolTip() == "Hold Space"
    resized(stage, 1280, 800)
    stage.qtbot.waitUntil(lambda: stage.window.bar.button.width() >= 96)
    assert stage.window.bar.label.isVisible()


def test_the_side_panel_has_a_button_only_with_content(stage: Stage) -> None:
    header, shell = stage.window.header, stage.window.shell
    assert not header.side_button.isVisible()
    panel = QLabel("Images")
    stage.window.set_side_panel(panel)
    assert header.side_button.isVisible()
    assert not panel.isVisible()
    QTest.mouseClick(header.side_button, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    wide = stage.pane.width()
    resized(stage, 1100, 800)
    assert shell.has_over
    assert stage.pane.width() > wide - 200  # the panel lies over, the conversation keeps its room
    stage.window.set_side_panel(None)
    assert not header.side_button.isVisible()


# --- everybody --------------------------------------------------------------------------------------------


def test_every_button_has_a_name(stage: Stage) -> None:
    nameless = [
        type(b).__name__
        for b in stage.window.findChildren(QAbstractButton)
        if not (b.accessibleName() or b.text())
    ]  # fmt: skip
    assert nameless == []
    assert stage.window.bar.button.accessibleName() == "Talk"


def test_the_strip_tells_its_word_to_those_who_cannot_see_it(stage: Stage) -> None:
    stage.tell(ev.PhaseChanged(Phase.THINKING, 1))
    assert stage.window.strip.accessibleName().startswith("Thinking")
    stage.tell(ev.PhaseChanged(Phase.IDLE, 1))
    assert stage.window.strip.accessibleName() == "Muted. Microphone closed. Nothing is recorded."


def test_at_rest_nothing_ticks(stage: Stage) -> None:
    stage.tell(ev.PhaseChanged(Phase.THINKING, 1))
    assert stage.window.strip.is_animating
    stage.tell(ev.PhaseChanged(Phase.IDLE, 1))
    stage.qtbot.waitUntil(lambda: not stage.window.bar.button.is_animating)
    assert not stage.window.strip.is_animating


def test_a_session_that_fails_says_so_and_offers_the_log(stage: Stage) -> None:
    stage.bridge.failed.emit(ev.Problem("store", "The data folder cannot be written."))
    assert not stage.window.bar.button.isEnabled()
    assert stage.window.strip.accessibleName() == "Problem. The data folder cannot be written."
    click_notice(stage, "Show the log")
    assert stage.windows.wanted == ["log"]


def test_the_settings_theme_is_followed(stage: Stage) -> None:
    stage.tell(ev.SettingsChanged(Settings(theme="dark")))
    window: QWidget = stage.window
    stage.qtbot.waitUntil(lambda: window.palette().window().color().name() == "#121716", timeout=20_000)
    stage.tell(ev.SettingsChanged(Settings(theme="light")))
    stage.qtbot.waitUntil(lambda: window.palette().window().color().name() == "#fcfdfc", timeout=20_000)


def test_days_end_at_midnight() -> None:
    late = datetime.now().astimezone().replace(hour=0, minute=0, second=0) - timedelta(seconds=1)
    model = ConversationList()
    model.show((ConversationHead(1, "Late", late.timestamp()),))
    assert model.index(0).data() == "Yesterday"
