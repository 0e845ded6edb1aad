"""Whoever starts the program by an icon is told in a window why it does not start."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from voiceapp.gui.refusal import is_read, refuse


def test_a_pipe_and_a_file_are_read_and_nothing_is_not(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader), os.fdopen(writer, "w") as pipe, (tmp_path / "out").open("w") as file:
        assert is_read(pipe)
        assert is_read(file)
    assert not is_read(pipe)  # closed
    with Path(os.devnull).open("w") as nothing:
        assert not is_read(nothing)
    assert not is_read(None)


def test_who_reads_gets_no_window(qtbot: QtBot) -> None:
    said = io.StringIO()
    refuse("It does not start.", "Do this.", said)
    assert said.getvalue() == "It does not start. Do this.\n"


@pytest.mark.parametrize("has_display", [True, False])
def test_where_nobody_reads_there_is_a_window_until_it_is_closed(qtbot: QtBot, has_display: bool) -> None:
    seen: list[tuple[str, str]] = []

    def close() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append((box.text(), box.informativeText()))
        box.close()

    if has_display:
        QTimer.singleShot(0, close)
    with Path(os.devnull).open("w") as nothing:
        refuse("It does not start.", "Do this.", nothing, has_display=has_display)
    assert seen == [("It does not start.", "Do this.")] * has_display
