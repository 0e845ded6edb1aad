"""Words from elsewhere, shown letter for letter.

Qt guesses whether a label's or a tool tip's text is markup; markup may name a file, or on Windows a computer in the
network, which is then opened only because the text is shown. Titles, names and errors come from models, services and
files: nothing is guessed about them. ``tests/gui/test_plain_words.py`` keeps it so.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as RichText
from PySide6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """A label that never reads its text as markup, unless it is told to by ``setTextFormat``."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def plain_tip(text: str) -> str:
    """Return *text* so that a tool tip shows it letter for letter."""
    return RichText.convertFromPlainText(text) if RichText.mightBeRichText(text) else text
