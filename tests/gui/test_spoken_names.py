"""Whoever hears the windows instead of seeing them: every field says what it is for, and Tab goes as one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.test_settings_tools import ROWS
from voiceapp.core import conversation as k
from voiceapp.core.events import SettingsChanged
from voiceapp.core.settings import Provider, ProviderKind, Settings
from voiceapp.core.tool_events import ToolsListed
from voiceapp.gui.batches_window import BatchesWindow
from voiceapp.gui.images_panel import ImagesPanel
from voiceapp.gui.log_window import LogWindow
from voiceapp.gui.moderation_page import ModerationPage
from voiceapp.gui.notes_window import NotesWindow
from voiceapp.gui.reading_order import stops_of
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.takes_window import TakesWindow
from voiceapp.gui.theme import Theme
from voiceapp.gui.transcribe_dialog import TranscribeDialog

pytestmark = pytest.mark.window

TAKE = k.Take(1, "1.wav", k.TakeState.TRANSCRIBED, 0.0, 2.0, 48000, -9.0, (0.5,))
SERVER = Provider("Shed", ProviderKind.COMPATIBLE, "http://localhost:11434/v1")
BESIDE_PX = 12  # what stands in one row differs in height
WINDOWS: dict[str, Callable[[Theme], QWidget]] = {
    "log": lambda theme: LogWindow(theme, tuple),
    "recordings": TakesWindow,
    "batches": BatchesWindow,
    "notes": NotesWindow,
    "images": ImagesPanel,
    "moderation": ModerationPage,
    "words": lambda theme: TranscribeDialog(theme, TAKE, Settings()),
}


def purpose_of(widget: QWidget) -> str:
    """Return what is said of *widget* wherever Qt runs: of a box only its label is heard on every system."""
    labels = [label for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    if isinstance(widget, QComboBox) and not widget.isEditable():
        return labels[0].text() if labels else ""
    interface = QAccessible.queryAccessibleInterface(widget)
    return labels[0].text() if labels else interface.text(QAccessible.Text.Name)


def nameless(top: QWidget) -> list[str]:
    """Return what in *top* takes the keyboard and does not say what it is for, on whatever page."""
    reached = [
        part
        for part in [top, *top.findChildren(QWidget)]
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.focusProxy() is None and not _is_inside(part)
    ]
    return [f"{type(part).__name__} in {type(part.parent()).__name__}" for part in reached if not purpose_of(part)]


def _is_inside(part: QWidget) -> bool:
    """Whether *part* is Qt's own inside of another field, or waits hidden for what it will say."""
    parent = part.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox):
            return True
        parent = parent.parentWidget()
    return isinstance(part, QAbstractButton) and part.isHidden()


@pytest.fixture
def settings(qtbot: QtBot, theme: Theme) -> Iterator[SettingsDialog]:
    dialog = SettingsDialog(theme, settings=Settings().with_provider("openai"))
    qtbot.addWidget(dialog)
    dialog.pages["tools"].handle(ToolsListed(ROWS))
    dialog.open_page("providers")
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.close()


def test_every_field_of_the_settings_says_what_it_is_for(settings: SettingsDialog, qtbot: QtBot) -> None:
    tools = settings.pages["tools"]
    qtbot.waitUntil(lambda: len(tools.permissions) == len(ROWS), timeout=20_000)  # type: ignore[attr-defined]
    assert nameless(settings) == []
    calculate = tools.permissions["calculate"]  # type: ignore[attr-defined]
    assert purpose_of(calculate) != calculate.currentText()


@pytest.mark.parametrize("name", WINDOWS)
def test_every_field_of_a_window_says_what_it_is_for(name: str, theme: Theme, qtbot: QtBot) -> None:
    window = WINDOWS[name](theme)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    QApplication.processEvents()
    assert nameless(window) == []


@pytest.mark.parametrize("page", ["providers", "tools"])
def test_tab_goes_down_a_page_of_the_settings(page: str, settings: SettingsDialog, qtbot: QtBot) -> None:
    with_server = replace(settings.settings, providers=(*settings.settings.providers, SERVER))
    settings.handle(SettingsChanged(with_server))  # makes the list of providers anew, below it the form stays
    settings.show_page(page)
    tools = settings.pages["tools"]
    qtbot.waitUntil(lambda: len(tools.permissions) == len(ROWS), timeout=20_000)  # type: ignore[attr-defined]
    qtbot.waitUntil(settings.isActiveWindow, timeout=20_000)
    shown = settings.pages[page]
    stops = list(stops_of(shown))
    stops[0].setFocus()
    seen: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and shown.isAncestorOf(focused):
        seen.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert seen == stops
    down = [stop.mapTo(shown, stop.rect().topLeft()).y() for stop in seen]
    assert [(a, b) for a, b in pairwise(down) if b < a - BESIDE_PX] == []
