"""What comes from elsewhere is never read as markup: showing a title opens no file and asks no other computer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as RichText
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

import voiceapp.gui
from voiceapp.core.conversation import Source, SourceKind
from voiceapp.core.notes import ActionItem, MeetingNotes
from voiceapp.core.notes_events import NotesWritten
from voiceapp.gui.header import ElidedLabel
from voiceapp.gui.notes_window import NotesWindow
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.sources import SourceLine
from voiceapp.gui.theme import Theme

TRAP = '<img src="file://elsewhere/share/a.png"> <b>bold</b>'
MODULES = sorted(Path(voiceapp.gui.__file__).parent.glob("*.py"))


def is_plain(value: ast.expr) -> bool:
    """Whether *value* goes through ``plain_tip``, or is words of ours: ``self.tr("…")`` and plain constants."""
    if isinstance(value, ast.Call):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name == "plain_tip" or (name == "tr" and all(isinstance(one, ast.Constant) for one in value.args))
    if isinstance(value, ast.IfExp):
        return is_plain(value.body) and is_plain(value.orelse)
    return isinstance(value, ast.Constant)


def faults(source: str) -> Iterator[str]:
    """Yield where *source* makes a label or a tool tip that guesses."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "QLabel" for base in node.bases):
            yield f"line {node.lineno}: derive {node.name} from PlainLabel"
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id == "QLabel":
            yield f"line {node.lineno}: PlainLabel instead of QLabel"
        if isinstance(node.func, ast.Attribute) and node.func.attr == "setToolTip" and not is_plain(node.args[0]):
            yield f"line {node.lineno}: plain_tip around the tool tip"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_labels_and_tool_tips_of_the_window_do_not_guess(path: Path) -> None:
    if path.name != "plain_words.py":
        assert not list(faults(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source", ["QLabel(name)", "class A(QLabel): ...", "a.setToolTip(name)", "a.setToolTip(f'{b}')"]
)
def test_the_rule_can_fail(source: str) -> None:
    assert list(faults(source))


def test_a_label_shows_tags_as_they_are(qtbot: QtBot, theme: Theme) -> None:
    label, title = PlainLabel(TRAP), ElidedLabel()
    for one in (label, title):
        qtbot.addWidget(one)
        assert one.textFormat() is Qt.TextFormat.PlainText
    title.set_whole(TRAP)
    assert "<img" not in title.toolTip()


def test_a_tip_shows_tags_as_they_are(qtbot: QtBot, theme: Theme) -> None:
    assert RichText.mightBeRichText(TRAP)
    assert "<img" not in plain_tip(TRAP)
    assert "&lt;img" in plain_tip(TRAP)
    assert plain_tip("a < b") == "a < b"
    line = SourceLine(theme, 1, Source(SourceKind.PAGE, TRAP, address=f"https://example.org/{TRAP}"))
    qtbot.addWidget(line)
    assert "<img" not in line.toolTip()


def test_notes_open_nothing(qtbot: QtBot, theme: Theme) -> None:
    window = NotesWindow(theme)
    qtbot.addWidget(window)
    hostile = f"{TRAP} ![a](file://elsewhere/b.png) \\![a](file://elsewhere/c.png) [link](file://elsewhere/d)"
    notes = MeetingNotes(hostile, hostile, (hostile,), (ActionItem(hostile, hostile, hostile),))
    window.handle(NotesWritten(1, notes))
    assert window.page.toPlainText().count('<img src="file://elsewhere/share/a.png">') == 6
    cursor = QTextCursor(window.page.document())
    while cursor.movePosition(QTextCursor.MoveOperation.NextCharacter):
        form = cursor.charFormat()
        assert not form.isImageFormat()
        assert not form.isAnchor()
