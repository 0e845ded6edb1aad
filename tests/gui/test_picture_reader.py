"""Pictures are read in several threads at once, also as the very first thing."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from PySide6 import QtGui

from voiceapp import gui
from voiceapp.gui import picture_reader

READERS = re.compile(r"from PySide6\.Qt\w+ import .*\b(QImageReader|QColorSpace)\b")


def test_a_reader_has_been_used_before_any_thread_can_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []

    class Recorded(QtGui.QImageReader):
        def read(self) -> QtGui.QImage:
            used.append("read")
            return super().read()

    with monkeypatch.context() as patch:
        patch.setattr(QtGui, "QImageReader", Recorded)
        importlib.reload(picture_reader)
    importlib.reload(picture_reader)
    assert used == ["read", "read"]


def test_nothing_else_brings_a_reader() -> None:
    """Two threads that used one for the first time at once ended the program."""
    files = Path(gui.__path__[0]).glob("*.py")
    others = [file.name for file in files if READERS.search(file.read_text("utf-8"))]
    assert others == ["picture_reader.py"]
