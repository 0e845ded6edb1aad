"""Why the program does not start, said where the person looks: in the terminal, or in a window of its own."""

from __future__ import annotations

import io
import os
import stat
from typing import TextIO

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from voiceapp.gui.assets import assets_dir


def is_read(stream: TextIO | None) -> bool:
    """Return whether somebody reads *stream*: a terminal, a pipe or a file. Started from an icon, nobody does."""
    if stream is None or stream.closed:  # Windows without a console
        return False
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, io.UnsupportedOperation):
        return True  # not a file of the system's: whoever put it there reads it
    return stream.isatty() or stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def refuse(message: str, hint: str, stream: TextIO | None, *, has_display: bool = True) -> None:
    """Say *message* and *hint* on *stream* and, where nobody reads it, in a window until it is closed."""
    if stream is not None and not stream.closed:
        print(f"{message} {hint}".strip(), file=stream)
    if is_read(stream) or not has_display:
        return
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    app.setWindowIcon(QIcon(str(assets_dir() / "voiceapp.svg")))
    box = QMessageBox(QMessageBox.Icon.Warning, "voiceapp", message, QMessageBox.StandardButton.Close)
    box.setInformativeText(hint)
    box.exec()
