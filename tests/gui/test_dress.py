"""A change of look: what is in sight follows in slices, what is hidden when shown, texts when they are painted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from voiceapp.gui.dress import Words, dress
from voiceapp.gui.theme import Theme, tokens
from voiceapp.gui.user_turn import TurnText


@pytest.fixture
def dark_afterwards_light(theme: Theme) -> Iterator[Theme]:
    yield theme
    theme.set_choice("light")


def region(qtbot: QtBot, theme: Theme) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    dress(theme, made)
    column = QVBoxLayout(made)
    column.addWidget(QPushButton("Press"))
    column.addWidget(QLineEdit("Words"))
    return made


def test_the_application_has_no_style_sheet(theme: Theme, qapp: QApplication) -> None:
    assert qapp.styleSheet() == ""


def test_a_region_in_sight_follows(qtbot: QtBot, dark_afterwards_light: Theme) -> None:
    shown = region(qtbot, dark_afterwards_light)
    shown.show()
    assert tokens("light")["raised"] in shown.styleSheet()
    dark_afterwards_light.set_choice("dark")
    qtbot.waitUntil(lambda: tokens("dark")["raised"] in shown.styleSheet(), timeout=20_000)


def test_a_hidden_region_waits_until_it_is_shown(qtbot: QtBot, dark_afterwards_light: Theme) -> None:
    hidden, shown = region(qtbot, dark_afterwards_light), region(qtbot, dark_afterwards_light)
    shown.show()
    dark_afterwards_light.set_choice("dark")
    qtbot.waitUntil(lambda: tokens("dark")["raised"] in shown.styleSheet(), timeout=20_000)
    assert tokens("light")["raised"] in hidden.styleSheet()
    hidden.show()
    assert tokens("dark")["raised"] in hidden.styleSheet()


def test_a_region_that_is_gone_is_not_dressed(qtbot: QtBot, dark_afterwards_light: Theme) -> None:
    gone, shown = region(qtbot, dark_afterwards_light), region(qtbot, dark_afterwards_light)
    for widget in (gone, shown):
        widget.show()
    dark_afterwards_light.set_choice("dark")
    gone.deleteLater()
    qtbot.waitUntil(lambda: tokens("dark")["raised"] in shown.styleSheet(), timeout=20_000)


def test_one_kind_of_rules_is_enough_for_one_widget(theme: Theme) -> None:
    sheet = theme.style_sheet("QScrollBar")
    assert "QScrollBar::handle" in sheet
    assert "QPushButton" not in sheet
    assert "$" not in theme.style_sheet()
    assert theme.style_sheet().count("{") > 40


@pytest.mark.parametrize("make", [lambda theme: Words(theme, "Beside"), lambda theme: TurnText(theme, "Said")])
def test_words_are_dyed_when_they_are_painted(qtbot: QtBot, dark_afterwards_light: Theme, make: object) -> None:
    words = make(dark_afterwards_light)  # type: ignore[operator]
    qtbot.addWidget(words)
    role = QPalette.ColorRole.WindowText if isinstance(words, Words) else QPalette.ColorRole.Text
    before = words.palette().color(role)
    dark_afterwards_light.set_choice("dark")
    words.grab()
    assert words.palette().color(role) != before
