"""The row of the settings with the data folder, on real folders."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from tests.own_home import own_home
from voiceapp.gui.data_folder_row import DataFolderRow
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_plain import PrivacyPage
from voiceapp.gui.theme import Theme
from voiceapp.paths import Paths
from voiceapp.store.data_folder import look
from voiceapp.wiring.data_folder import DataFolder

PATIENCE_MS = 30_000
PICTURE_BYTES = 5_000_000


class HeldDesk(DataFolder):
    """The real one; copying waits at its first step until it is let go."""

    def __init__(self, paths: Paths) -> None:
        super().__init__(paths)
        self.begun, self.go = threading.Event(), threading.Event()

    def take_along(self, folder: Path, go_on: Callable[[int, int], bool]) -> None:
        def held(done: int, whole: int) -> bool:
            self.begun.set()
            assert self.go.wait(30.0)
            return go_on(done, whole)

        super().take_along(folder, held)


class Scene:
    """The page of the settings with the row, and hands."""

    def __init__(self, qtbot: QtBot, theme: Theme, paths: Paths) -> None:
        self.qtbot, self.desk = qtbot, HeldDesk(paths)
        self.restarts = 0
        facts = Facts(str(paths.data), folder=self.desk, restart=self._restart)
        self.dialog = SettingsDialog(theme, facts)
        qtbot.addWidget(self.dialog)
        self.dialog.open_page("privacy")
        qtbot.waitExposed(self.dialog)
        page = self.dialog.pages["privacy"]
        assert isinstance(page, PrivacyPage)
        self.row: DataFolderRow = page.folder

    def _restart(self) -> None:
        self.restarts += 1

    def click(self, button: QPushButton) -> None:
        self.until(lambda: button.isVisible() and button.isEnabled())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))

    def until(self, is_so: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(is_so, timeout=PATIENCE_MS)

    @property
    def answers(self) -> list[str]:
        row = self.row
        buttons = (row.take, row.use, row.restart, row.cancel)
        return [button.text() for button in buttons if button.isVisible()]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Paths:
    paths = own_home(monkeypatch, tmp_path)
    (paths.data / "images").mkdir()
    (paths.data / "images" / "a.png").write_bytes(bytes(PICTURE_BYTES))
    return paths


@pytest.fixture
def scene(qtbot: QtBot, theme: Theme, home: Paths) -> Scene:
    return Scene(qtbot, theme, home)


def test_another_folder_is_chosen_and_everything_taken_along(
    scene: Scene, home: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, row = tmp_path / "new", scene.row
    new.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_given: str(new))
    assert (row.path.text(), scene.answers) == (str(home.data), [])
    scene.click(row.change)
    scene.until(lambda: scene.answers == ["Take everything along", "Start there empty", "Cancel"])
    assert str(new) in row.words.text()
    assert list(new.iterdir()) == []  # nothing happens before an answer
    scene.click(row.take)
    scene.until(scene.desk.begun.is_set)
    assert row.progress.isVisible()
    assert scene.answers == ["Cancel"]
    assert not row.change.isEnabled()
    scene.desk.go.set()
    scene.until(lambda: scene.answers == ["Restart now", "Stay with this folder"])
    assert row.progress.value() > 900
    assert str(new) in row.words.text()
    assert str(home.data) in row.words.text()  # the old folder is named
    assert (new / "images" / "a.png").stat().st_size == PICTURE_BYTES
    assert Paths.of_platform().next_data == new
    scene.click(row.restart)
    assert scene.restarts == 1
    scene.until(lambda: not scene.dialog.isVisible())


def test_cancelling_takes_away_what_was_copied(scene: Scene, tmp_path: Path) -> None:
    new, row = tmp_path / "new", scene.row
    row.look_at(new)
    scene.click(row.take)
    scene.until(scene.desk.begun.is_set)
    scene.click(row.cancel)
    scene.desk.go.set()
    scene.until(lambda: scene.answers == [] and row.change.isEnabled())
    assert row.problem.text() == ""
    assert not new.exists()
    assert Paths.of_platform().next_data is None


def test_who_thinks_better_of_it_stays(scene: Scene, tmp_path: Path) -> None:
    row = scene.row
    scene.desk.go.set()
    row.look_at(tmp_path / "new")
    scene.click(row.cancel)
    assert scene.answers == []
    row.look_at(tmp_path / "new")
    scene.click(row.take)
    scene.until(lambda: "Stay with this folder" in scene.answers)
    scene.click(row.cancel)
    scene.until(lambda: scene.answers == [] and row.change.isEnabled())
    assert not (tmp_path / "new").exists()


def test_a_history_that_is_there_can_be_used_and_is_not_copied_over(scene: Scene, tmp_path: Path) -> None:
    there, row = tmp_path / "there", scene.row
    DataFolder._make_database(there)
    row.look_at(there)
    scene.until(lambda: scene.answers == ["Use what is there", "Cancel"])
    scene.click(row.use)
    scene.until(lambda: "Restart now" in scene.answers)
    assert Paths.of_platform().data == there


def test_starting_empty_elsewhere(scene: Scene, tmp_path: Path) -> None:
    scene.row.look_at(tmp_path / "new")
    scene.click(scene.row.use)
    scene.until(lambda: "Restart now" in scene.answers)
    assert look(tmp_path / "new").conversations == 0
    assert Paths.of_platform().data == tmp_path / "new"


def test_what_cannot_be_used_is_said_in_red(scene: Scene, home: Paths) -> None:
    scene.row.look_at(home.data / "images")
    scene.until(scene.row.problem.isVisible)
    assert "inside the data folder" in scene.row.problem.text()
    assert scene.answers == []
    assert scene.row.change.isEnabled()


def test_a_folder_from_the_command_line_cannot_be_changed_here(
    qtbot: QtBot, theme: Theme, home: Paths, tmp_path: Path
) -> None:
    scene = Scene(qtbot, theme, Paths.choose(tmp_path / "named"))
    assert not scene.row.change.isVisible()
    assert "--data-dir" in scene.row.why.text()
    assert scene.row.path.text() == str(tmp_path / "named")


def test_a_folder_that_stands_in_says_so(qtbot: QtBot, theme: Theme, home: Paths, tmp_path: Path) -> None:
    DataFolder(home).use(tmp_path / "drive")
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    scene = Scene(qtbot, theme, Paths.usual(missing=tmp_path / "drive"))
    assert str(tmp_path / "drive") in scene.row.why.text()
    assert scene.answers == []


def test_without_a_desk_the_folder_is_only_told(qtbot: QtBot, theme: Theme) -> None:
    row = DataFolderRow(theme, Facts("/the/data"))
    qtbot.addWidget(row)
    row.show()
    assert row.path.text() == "/the/data"
    assert not row.change.isVisible()
