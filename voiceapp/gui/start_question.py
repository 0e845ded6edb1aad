"""A question, or a wait, before there is a window: where the data folder is, or is being moved to."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEventLoop, QObject, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox, QProgressDialog

from voiceapp.gui.assets import assets_dir
from voiceapp.gui.plain_words import PlainLabel, plain_tip

SHOWN_AFTER_MS = 400
STEPS = 1000

Work = Callable[[Callable[[int, int], bool]], None]
"""Gets what it tells its progress to (done, whole), which answers whether to go on."""


def ask(message: str, hint: str, answers: Sequence[str]) -> int:
    """Return the number of the answer; the last one where the window is closed without any."""
    _application()
    box = QMessageBox(QMessageBox.Icon.Warning, "voiceapp", message)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(plain_tip(hint))
    buttons = [box.addButton(words, QMessageBox.ButtonRole.ActionRole) for words in answers]
    box.setDefaultButton(buttons[0])
    box.setEscapeButton(buttons[-1])
    box.exec()
    clicked = box.clickedButton()
    return next((number for number, button in enumerate(buttons) if button is clicked), len(buttons) - 1)


class _Worker(QObject):
    """Tells of a worker thread on the GUI thread."""

    told = Signal(int)
    ended = Signal(object)


def wait(words: str, work: Work, later: str) -> Exception | None:
    """Do *work* in a thread, and show how far it is where that takes a moment; return what it raised.

    *later*: the button by which the person goes on without it.
    """
    _application()
    dialog = QProgressDialog("", later, 0, STEPS)
    dialog.setLabel(PlainLabel(words))
    dialog.setWindowTitle("voiceapp")
    dialog.setValue(0)
    dialog.setMinimumDuration(SHOWN_AFTER_MS)  # counts from here only where there is a value
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    loop, worker, stopped = QEventLoop(), _Worker(), threading.Event()
    found: list[Exception | None] = []
    worker.told.connect(dialog.setValue)
    worker.ended.connect(found.append)
    worker.ended.connect(loop.quit)
    dialog.canceled.connect(stopped.set)

    def go_on(done: int, whole: int) -> bool:
        worker.told.emit(STEPS * done // max(1, whole))
        return not stopped.is_set()

    def run() -> None:
        try:
            work(go_on)
        except Exception as error:
            worker.ended.emit(error)
        else:
            worker.ended.emit(None)

    thread = threading.Thread(target=run, name="start-work", daemon=True)
    thread.start()
    loop.exec()
    thread.join()
    dialog.close()
    return found[0]


def _application() -> QApplication:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("voiceapp")
    app.setWindowIcon(QIcon(str(assets_dir() / "voiceapp.svg")))
    app.setQuitOnLastWindowClosed(False)  # the window itself is yet to come
    return app
