"""A recording's words cleaned up: from the menu of the recordings to the window that shows them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.fakes import FakeDevices
from tests.gui.scripted_session import ScriptedSession
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript
from voiceapp.audio.takefile import WavTakes
from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanProgress, CleanTake, StopCleaning
from voiceapp.core.conversation import Take, TakeState
from voiceapp.gui.clean_window import PORTION_CHARS, CleanWindow
from voiceapp.gui.session_bridge import OpenSession, SessionBridge
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.paths import Paths
from voiceapp.store.sqlite import SqliteStore
from voiceapp.wiring.session import Opening, open_session

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen, where there is no screen

RAW = "um we should buy the red boat"
BETTER = "We should buy the red boat."
TAKE = Take(7, "7.wav", TakeState.TRANSCRIBED, 1_780_000_000.0, 3.4, text=RAW)


def answer(command: do.Command) -> Sequence[ev.Event]:
    """Be a session that never comes to the second part."""
    match command:
        case do.ListTakes():
            return (ev.TakesListed((TAKE,)),)
        case CleanTake(number):
            return (CleanBegun(number), CleanProgress(number, RAW), CleanProgress(number, RAW, 1, 2))
        case StopCleaning(number):
            return (CleanEnded(number, is_stopped=True),)
        case _:
            return ()


class Room:
    """The recordings, opened, and the session behind them."""

    def __init__(self, qtbot: QtBot, theme: Theme, open_session: OpenSession) -> None:
        self.qtbot = qtbot
        self.bridge = SessionBridge(open_session)
        self.windows = SideWindows(theme, self.bridge, tuple)
        self.bridge.start()
        self.recordings = self.windows.recordings
        self.recordings.open()
        qtbot.waitUntil(lambda: bool(self.recordings.rows), timeout=20_000)

    @property
    def window(self) -> CleanWindow:
        return self.recordings.cleaning

    def clean_up(self) -> None:
        """Choose it in the menu; wait until it is under way."""
        row = self.recordings.rows[0]
        QTest.mouseClick(row.more, Qt.MouseButton.LeftButton)
        menu = row.findChildren(QMenu)[-1]
        (action,) = (one for one in menu.actions() if one.text() == "Clean up")
        action.trigger()
        menu.close()

    def until(self, state: str) -> None:
        self.qtbot.waitUntil(lambda: self.window.state.text() == state, timeout=20_000)

    def end(self) -> None:
        self.window.close()
        self.recordings.close()
        self.bridge.stop()
        assert self.bridge.wait(10.0)


class ScriptedRoom(Room):
    """The same with a session that plays a script."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.session = ScriptedSession(answer=answer)
        super().__init__(qtbot, theme, self.session.open)

    def clean_up(self) -> None:
        super().clean_up()
        self.until("The words are being cleaned up: part 2 of 2.")


@pytest.fixture
def room(qtbot: QtBot, theme: Theme) -> Iterator[ScriptedRoom]:
    made = ScriptedRoom(qtbot, theme)
    yield made
    made.end()


def test_clean_words_stand_beside_the_dictated_ones_and_are_taken_along(room: ScriptedRoom, tmp_path: Path) -> None:
    room.clean_up()
    window = room.window
    assert room.session.commands[-1] == CleanTake(7)
    assert window.isVisible()
    assert (window.raw.toPlainText(), window.progress.value(), window.progress.maximum()) == (RAW, 1, 2)
    assert (window.stop.isVisible(), window.copy.isVisible()) == (True, False)
    room.session.tell(CleanEnded(8, "another's"), CleanEnded(7, BETTER, 2))
    room.until("Compared with what was dictated, nothing seems to be lost.")
    assert (window.raw.toPlainText(), window.clean.toPlainText()) == (RAW, BETTER)
    assert (window.stop.isVisible(), window.copy.isVisible()) == (False, True)
    QTest.mouseClick(window.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == BETTER
    window.write(tmp_path / "clean.txt")
    assert (tmp_path / "clean.txt").read_text(encoding="utf-8") == f"{BETTER}\n"
    window.write(tmp_path / "gone" / "clean.txt")
    assert "could not be saved" in window.state.text()


def test_lost_words_and_failures_are_told(room: ScriptedRoom) -> None:
    room.clean_up()
    room.session.tell(CleanEnded(7, RAW, 2, 1))
    room.until("The model left out words in 1 of 2 parts; that one is as it was dictated.")
    room.clean_up()
    assert not room.window.clean.toPlainText()
    room.session.tell(CleanEnded(7, problem=ev.Problem("config", "This needs a language model.", "Choose one.")))
    room.until("This needs a language model. Choose one.")
    assert not room.window.copy.isEnabled()
    assert not room.window.save.isEnabled()


def test_it_is_stopped_by_the_button_and_by_closing(room: ScriptedRoom) -> None:
    room.clean_up()
    QTest.mouseClick(room.window.stop, Qt.MouseButton.LeftButton)
    room.until("Stopped. The words stay as they were dictated.")
    room.clean_up()
    room.window.close()
    room.until("Stopped. The words stay as they were dictated.")
    assert room.session.commands[1:] == [CleanTake(7), StopCleaning(7)] * 2
    assert not room.window.isVisible(), "one that was closed stays closed"


def test_a_long_dictation_is_shown_whole(qtbot: QtBot, theme: Theme) -> None:
    window = CleanWindow(theme)
    qtbot.addWidget(window)
    long = " ".join(f"Boat number {n} is red." for n in range(PORTION_CHARS // 5))
    window.handle(CleanBegun(7))
    window.handle(CleanProgress(7, long))
    assert len(window.raw.toPlainText()) < len(long), "the first portion"
    qtbot.waitUntil(lambda: window.raw.toPlainText().split() == long.split(), timeout=20_000)


async def dictated(folder: Path) -> None:
    """Leave one recording with words in the data *folder*."""
    store = SqliteStore(folder, WavTakes())
    try:
        writer = await store.begin_take(16_000, None)
        writer.write(np.full(1600, 0.1, np.float32))
        take = writer.finish(TakeState.TRANSCRIBED)
        await store.update_take(take.id, text=RAW)
    finally:
        await store.close()


def test_the_real_session_asks_the_service_and_keeps_what_was_dictated(
    qtbot: QtBot, theme: Theme, keyed_server: LoopbackServer, tmp_path: Path
) -> None:
    paths = Paths.below(tmp_path)
    paths.create()
    asyncio.run(dictated(paths.data))
    opening = Opening(paths, provider="openai", devices=FakeDevices())
    room = Room(qtbot, theme, lambda emit: open_session(opening, emit))
    try:
        for text, shown, words in ((BETTER, BETTER, "nothing seems"), ("A boat.", RAW, "left out words; they are")):
            keyed_server.script.chat = ChatScript((json.dumps({"text": text}),))
            room.clean_up()
            qtbot.waitUntil(lambda words=words: words in room.window.state.text(), timeout=20_000)  # type: ignore[misc]
            assert (room.window.raw.toPlainText(), room.window.clean.toPlainText()) == (RAW, shown)
        assert len(keyed_server.requests_for("/chat/completions")) == 2
        assert room.recordings.rows[0].words.text() == RAW
    finally:
        room.end()
