"""What is asked, and waited for, before there is a window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QProgressDialog, QPushButton
from pytestqt.qtbot import QtBot

from voiceapp.gui.start_question import ask, wait

ANSWERS = ("Try again", "Go on", "Quit")
Tell = Callable[[int, int], bool]


@pytest.fixture(autouse=True)
def quits_as_before(qapp: QApplication) -> Iterator[None]:
    """The tests' application is not left with what is set for a start."""
    name, quits, icon = qapp.applicationName(), qapp.quitOnLastWindowClosed(), qapp.windowIcon()
    yield
    qapp.setApplicationName(name)
    qapp.setQuitOnLastWindowClosed(quits)
    qapp.setWindowIcon(icon)


@pytest.mark.parametrize(("press", "answer"), [("Try again", 0), ("Go on", 1), ("Quit", 2), ("", 2)])
def test_the_answer_is_the_button_and_closing_is_the_last(qtbot: QtBot, press: str, answer: int) -> None:
    seen: list[tuple[str, str, list[str]]] = []

    def act() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, act)
            return
        seen.append((box.text(), box.informativeText(), [button.text() for button in box.buttons()]))
        if press:
            next(button for button in box.buttons() if button.text() == press).click()
        else:
            box.close()

    QTimer.singleShot(0, act)
    assert ask("It is not there.", "Plug it in.", ANSWERS) == answer
    assert seen == [("It is not there.", "Plug it in.", list(ANSWERS))]


def test_work_is_done_in_a_thread_and_its_fault_comes_back(qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []

    def work(tell: Tell) -> None:
        threads.append(threading.current_thread())
        assert tell(1, 2)

    def fail(_tell: Tell) -> None:
        raise ValueError("broken")

    assert wait("Being moved.", work, "Later") is None
    assert threads[0] is not threading.main_thread()
    assert isinstance(wait("Being moved.", fail, "Later"), ValueError)


def test_work_that_takes_long_is_shown_and_can_be_left(qtbot: QtBot) -> None:
    def work(tell: Tell) -> None:
        while tell(500, 1000):  # until the person has had enough
            stop.wait(0.01)
        raise InterruptedError

    stop = threading.Event()
    shown: list[tuple[str, int]] = []

    def leave() -> None:
        found = [one for one in QApplication.topLevelWidgets() if isinstance(one, QProgressDialog) and one.isVisible()]
        if not found:
            QTimer.singleShot(10, leave)
            return
        shown.append((found[0].labelText(), found[0].value()))
        button = found[0].findChild(QPushButton)
        assert isinstance(button, QPushButton)
        button.click()

    QTimer.singleShot(0, leave)
    assert isinstance(wait("Being moved.", work, "Later"), InterruptedError)
    assert shown == [("Being moved.", 500)]
