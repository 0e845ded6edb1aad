"""Recordings and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.hearing import ExportTranscript, HearingOptions, HearingWishes, TakePartial, TranscribeTake
from voiceapp.core.settings import Settings
from voiceapp.core.transcript import Details, Segment, Word
from voiceapp.gui.display import has_display
from voiceapp.gui.log_window import LogWindow, parsed
from voiceapp.gui.take_row import TakeRow
from voiceapp.gui.takes_window import TakesWindow
from voiceapp.gui.theme import Theme
from voiceapp.gui.transcribe_dialog import TranscribeDialog

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen, where there is no screen

FAILED = Take(2, "2.wav", TakeState.FAILED, 1_790_000_000.0, 5.2, error="OpenAI did not answer.", envelope=(0.1, 0.9))
DONE = Take(1, "1.wav", TakeState.TRANSCRIBED, 1_780_000_000.0, 3.4, text="What time is it?", engine="local")


@pytest.fixture
def takes(qtbot: QtBot, theme: Theme) -> tuple[TakesWindow, list[object]]:
    window = TakesWindow(theme)
    qtbot.addWidget(window)
    commands: list[object] = []
    window.asked.connect(commands.append)
    window.open()
    qtbot.waitExposed(window)
    window.apply(ev.SettingsChanged(Settings()))
    window.apply(ev.TakesListed((FAILED, DONE)))
    return window, commands


def test_each_take_says_what_became_of_it(takes: tuple[TakesWindow, list[object]]) -> None:
    window, commands = takes
    assert commands == [do.ListTakes()]
    assert [row.words.text() for row in window.rows] == ["OpenAI did not answer.", "What time is it?"]
    assert [row.retry.isVisible() for row in window.rows] == [True, False]
    assert "5.2 s" in window.rows[0].facts.text()


def test_the_list_of_recordings_opens_with_room_for_recordings(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    assert window.size() == window.sizeHint()


def test_one_recording_is_called_one(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    assert window.note.text().startswith("2 recordings, ")
    window.apply(ev.TakesListed((DONE,)))
    assert window.note.text() == "1 recording, 3.4 s. Kept on this computer only."


def test_play_and_retry(takes: tuple[TakesWindow, list[object]]) -> None:
    window, commands = takes
    row = window.rows[0]
    QTest.mouseClick(row.play, Qt.MouseButton.LeftButton)
    QTest.mouseClick(row.retry, Qt.MouseButton.LeftButton)
    assert commands[1:] == [do.PlayTake(2), do.RetryTake(2)]


def test_another_engine(takes: tuple[TakesWindow, list[object]], qtbot: QtBot) -> None:
    window, commands = takes
    row = window.rows[0]
    QTest.mouseClick(row.other, Qt.MouseButton.LeftButton)
    menu = row.findChild(QMenu)
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == ["local (as set)", "openai"]
    menu.actions()[1].trigger()
    menu.close()
    assert commands[1:] == [do.RetryTake(2, "openai")]


def test_a_take_that_got_its_words_changes_in_place(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    row = window.rows[0]
    window.apply(ev.TakeChanged(Take(2, "2.wav", TakeState.TRANSCRIBED, FAILED.started_at, 5.2, text="Hello")))
    assert window.rows[0] is row
    assert row.words.text() == "Hello"
    assert not row.retry.isVisible()


def test_the_take_that_plays_is_marked(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    window.apply(ev.PlaybackChanged(take_id=2))
    assert window.rows[0].play.accessibleName() == "Playing"
    window.apply(ev.PlaybackChanged())
    assert window.rows[0].play.accessibleName() == "Play"


def menu_of(row: TakeRow, qtbot: QtBot) -> QMenu:
    QTest.mouseClick(row.more, Qt.MouseButton.LeftButton)
    return row.findChildren(QMenu)[-1]


def test_doubtful_words_and_speakers_are_shown(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    doubtful = Details(words=(Word("Zoë", 0.25), Word("<b>says", 0.9), Word("hello.", 0.9)))
    heard = replace(DONE, text="Zoë <b>says hello.", details=doubtful)
    window.apply(ev.TakeChanged(heard))
    row = window.rows[1]
    assert row.words.textFormat() is Qt.TextFormat.RichText
    assert ">Zoë</u> &lt;b&gt;says hello." in row.words.text()
    assert row.words.toolTip() == "Doubtful: Zoë 25 %"
    assert row.words.accessibleName() == "Zoë <b>says hello."
    told = Details(segments=(Segment(0, 1, "Who <is> it?", "A"), Segment(1, 2, "Me.", "B")))
    window.apply(ev.TakeChanged(replace(DONE, text="Who <is> it? Me.", details=told)))
    assert row.words.text() == "<b>Speaker A: </b>Who &lt;is&gt; it?<br><b>Speaker B: </b>Me."
    window.apply(ev.TakeChanged(DONE))
    assert (row.words.textFormat(), row.words.toolTip()) == (Qt.TextFormat.PlainText, "")


def test_words_appear_while_a_recording_is_heard_again(takes: tuple[TakesWindow, list[object]]) -> None:
    window, _ = takes
    window.apply(TakePartial(1, "What <time"))
    assert window.rows[1].words.text() == "What <time…"
    window.apply(TakePartial(99, "nobody's"))
    window.apply(ev.TakeChanged(DONE))
    assert window.rows[1].words.text() == "What time is it?"


def test_a_recording_is_turned_into_words_as_asked(takes: tuple[TakesWindow, list[object]], qtbot: QtBot) -> None:
    window, commands = takes
    window.apply(ev.SettingsChanged(replace(Settings(), language="de", hearing=HearingWishes("A talk."))))
    menu = menu_of(window.rows[1], qtbot)
    menu.actions()[0].trigger()
    menu.close()
    (dialog,) = window.findChildren(TranscribeDialog)
    assert (dialog.language.currentData(), dialog.prompt.text()) == ("de", "A talk.")
    dialog.provider.setCurrentIndex(dialog.provider.findData("openai"))
    dialog.keywords.setText("Zoë, ,Ada")
    dialog.speakers.click()
    dialog.translated.click()
    assert not dialog.speakers.isChecked(), "no model does both"
    QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    wanted = HearingOptions("de", "A talk.", ("Zoë", "Ada"), True, False, "openai")
    assert commands[1:] == [TranscribeTake(1, wanted)]
    assert window.rows[1].words.text() == "…"


def test_words_are_saved(takes: tuple[TakesWindow, list[object]], qtbot: QtBot) -> None:
    window, commands = takes
    menu = menu_of(window.rows[0], qtbot)
    assert [action.isEnabled() for action in menu.actions()] == [True, False, False], "there are no words yet"
    menu.close()
    menu = menu_of(window.rows[1], qtbot)
    menu.actions()[2].trigger()
    menu.close()
    (dialog,) = window.findChildren(QFileDialog)
    assert any("*.srt" in kind for kind in dialog.nameFilters())
    dialog.fileSelected.emit("/x/words.srt")
    dialog.close()
    assert commands[1:] == [ExportTranscript(1, "/x/words.srt")]


LINES = [
    "2026-01-31 12:00:00.000 INFO    voiceapp.voice: turn 1 begins",
    "2026-01-31 12:00:00.100 DEBUG   voiceapp.audio: 960 frames",
    "2026-01-31 12:00:00.200 WARNING voiceapp.audio: underrun\nin two lines",
]


class Log:
    """Stands where the lines kept in memory stand."""

    def __init__(self) -> None:
        self.lines: list[str] = list(LINES)

    def read(self) -> Sequence[str]:
        return tuple(self.lines)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def log_window(qtbot: QtBot, theme: Theme, log: Log) -> LogWindow:
    window = LogWindow(theme, log.read)
    qtbot.addWidget(window)
    window.open()
    qtbot.waitExposed(window)
    return window


def test_lines_are_known_by_level_and_room() -> None:
    assert [(line.level, line.room) for line in map(parsed, LINES)] == [(20, "voice"), (10, "audio"), (30, "audio")]
    assert parsed("something else").level == 20


def test_the_log_is_filtered(log_window: LogWindow) -> None:
    assert log_window.text.toPlainText() == "\n".join((LINES[0], LINES[2]))
    log_window.room.setCurrentIndex(log_window.room.findData("audio"))
    assert log_window.text.toPlainText() == LINES[2]
    log_window.level.setCurrentIndex(0)
    assert log_window.text.toPlainText() == "\n".join(LINES[1:])


def test_only_new_lines_are_added_even_when_old_ones_are_dropped(log_window: LogWindow, log: Log) -> None:
    log.lines = [*log.lines[1:], "2026-01-31 12:00:01.000 ERROR   voiceapp.voice: new", str(LINES[0])]
    log_window.refresh()
    shown = log_window.text.toPlainText()
    assert shown.count("underrun") == 1
    assert shown.count("new") == 1


def test_the_log_is_copied_as_it_is_shown(log_window: LogWindow) -> None:
    next(b for b in log_window.findChildren(QPushButton) if b.text() == "Copy").click()
    assert QGuiApplication.clipboard().text() == "\n".join((LINES[0], LINES[2]))


@pytest.mark.parametrize(
    ("platform", "environment", "has"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("linux", {"QT_QPA_PLATFORM": "xcb"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_where_a_window_can_be_shown(platform: str, environment: dict[str, str], has: bool) -> None:
    assert has_display(platform, environment) is has
