"""Work in slices: what is out of sight is laid out later, what is thrown away is deleted between other events."""

from __future__ import annotations

from itertools import pairwise

import pytest
import shiboken6
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.scripted_session import READY
from voiceapp.gui.bin import Bin
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.stack import Stack
from voiceapp.gui.theme import Theme

pytestmark = pytest.mark.window


class Brick(QWidget):
    """The narrower the higher; counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        self.asked += 1
        return 40_000 // max(1, width_px)

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(self.width()))


class Wall:
    """A stack of bricks in a window that shows the first few."""

    def __init__(self, qtbot: QtBot, bricks: int) -> None:
        self.area = QScrollArea()
        qtbot.addWidget(self.area)
        self.stack = Stack(gap_px=0)
        self.area.setWidget(self.stack)
        self.bricks = [Brick() for _ in range(bricks)]
        self.stack.resize(400, 10)
        for brick in self.bricks:
            self.stack.add(brick)
        self.stack.resize(400, self.stack.heightForWidth(400))
        self.area.resize(420, 300)
        self.area.show()
        qtbot.waitExposed(self.area)

    def narrow(self, width_px: int) -> None:
        self.stack.resize(width_px, self.stack.heightForWidth(width_px))


def test_only_what_is_in_sight_is_laid_out_at_once(qtbot: QtBot) -> None:
    wall = Wall(qtbot, 100)
    for brick in wall.bricks:
        brick.asked = 0
    wall.narrow(200)
    assert wall.bricks[0].height() == 200
    assert wall.bricks[-1].asked == 0
    assert not wall.stack.is_settled


def test_the_rest_follows(qtbot: QtBot) -> None:
    wall = Wall(qtbot, 100)
    wall.narrow(200)
    qtbot.waitUntil(lambda: wall.stack.is_settled, timeout=20_000)
    assert [brick.height() for brick in wall.bricks] == [200] * 100
    assert [brick.y() for brick in wall.bricks] == [200 * number for number in range(100)]
    assert {brick.width() for brick in wall.bricks} == {200}


def test_what_is_never_laid_out_is_not_waited_for(qtbot: QtBot) -> None:
    wall = Wall(qtbot, 50)
    wall.narrow(200)
    gone = wall.bricks.pop()
    wall.stack.remove(gone)
    qtbot.waitUntil(lambda: wall.stack.is_settled, timeout=20_000)
    assert wall.stack.heightForWidth(200) == 49 * 200


def test_a_bin_deletes_stacks_child_by_child_and_leaves_nothing_for_the_collector(qtbot: QtBot) -> None:
    wall = Wall(qtbot, 30)
    deleted: list[str] = []
    wall.bricks[7].destroyed.connect(lambda: deleted.append("brick"))
    wall.bricks[8].itself = wall.bricks[8]  # type: ignore[attr-defined]
    bricks, stack = wall.bricks, wall.area.takeWidget()
    bin_ = Bin(wall.area)
    bin_.throw(stack)
    qtbot.waitUntil(lambda: bin_.is_empty, timeout=20_000)
    assert deleted == ["brick"]
    assert not any(shiboken6.isValid(widget) for widget in [stack, *bricks])
    assert vars(bricks[8]) == {}


def test_the_settings_are_made_part_by_part(qtbot: QtBot, theme: Theme) -> None:
    dialog = SettingsDialog(theme)
    qtbot.addWidget(dialog)
    made = []
    while dialog.make_next():
        made.append(len(dialog.findChildren(QWidget)))
    largest = max(after - before for before, after in pairwise(made))
    assert largest < made[-1] / 8
    assert len(dialog.pages["jobs"].findChildren(QComboBox)) > 16
    dialog.handle(READY)
    dialog.open_page("sound")
    assert dialog.pages["sound"].isVisible()
    assert dialog.shown_pages() == list(dialog.pages)
