"""What a screen reader says of a field, where Qt does not say it by itself."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from voiceapp.gui.plain_words import PlainLabel


def name_box(box: QComboBox, words: str) -> None:
    """Let *words* say what *box* is for.

    On Linux Qt tells what is chosen as a box's name, and its accessible name not at all; what it is for is read from a
    label that belongs to it. Where the window shows no such label, one that is never seen does.
    """
    box.setAccessibleName(words)
    label = PlainLabel(words, box)
    label.setBuddy(box)
    label.hide()
