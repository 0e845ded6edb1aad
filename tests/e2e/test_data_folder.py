"""The data folder as a setting, in the program itself: moved, missing at the start, killed on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import environment, spoken_of
from tests.e2e.window import Window
from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role
from voiceapp.core.data_folder import Kind
from voiceapp.store.data_folder import look
from voiceapp.store.sqlite import SqliteStore

PATIENCE_S = 60.0
BIG_BYTES = 4_000_000


@dataclass(frozen=True)
class Home:
    """A person's folders, of this test alone."""

    root: Path

    @property
    def usual(self) -> Path:
        return self.root / "data" / "voiceapp"

    @property
    def choice(self) -> Path:
        return self.root / "config" / "voiceapp" / "data-folder"

    @property
    def env(self) -> dict[str, str]:
        return {f"XDG_{name.upper()}_HOME": str(self.root / name) for name in ("data", "config", "cache")}

    def words(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "voiceapp", *map(str, words)]

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.words(*words),
            env=environment(self.env),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def where(self) -> dict[str, Any]:
        """Ask the program where its data is."""
        found: dict[str, Any] = json.loads(self.run("data", "where", "--json").stdout)
        return found

    def said(self, folder: Path) -> list[str]:
        """Return what was said in the history of *folder*."""

        async def read() -> list[str]:
            store = SqliteStore(folder, PlainTakes())
            heads = await store.conversations()
            found = [m.text for head in heads for m in (await store.conversation(head.id)).messages]
            await store.close()
            return found

        return asyncio.run(read())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With a history of one message, and something that takes a moment to copy."""
    home = Home(tmp_path / "home")
    home.usual.mkdir(parents=True, mode=0o700)
    if home.where()["usual"] != str(home.usual):
        pytest.skip("this system's folders cannot be moved for a test")

    async def fill() -> None:
        store = SqliteStore(home.usual, PlainTakes())
        head = await store.new_conversation("kept")
        await store.add_message(head.id, Role.USER, "said before")
        await store.close()

    asyncio.run(fill())
    (home.usual / "images").mkdir()
    (home.usual / "images" / "big.png").write_bytes(os.urandom(BIG_BYTES))
    return home


class HomeWindow(Window):
    """The window of *home*, started without ``--data-dir``."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.root / "window", home.env)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "voiceapp"]


# --- in the terminal ---------------------------------------------------------------------------------------------


def test_a_move_in_the_terminal_and_what_the_doctor_says(home: Home, tmp_path: Path) -> None:
    new = tmp_path / "new"
    done = home.run("data", "move", new)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(new) in done.stdout
    assert str(home.usual) in done.stdout  # where the old one stays
    assert home.where() == {"event": "data", "folder": str(new), "why": "chosen", "usual": str(home.usual)}
    assert "said before" in home.run("search", "said", "--text").stdout
    assert (new / "images" / "big.png").read_bytes() == (home.usual / "images" / "big.png").read_bytes()
    checks = [json.loads(line) for line in home.run("doctor", "--json").stdout.splitlines()]
    (data,) = [check for check in checks if check.get("name") == "data"]
    assert data["state"] == "ok"
    assert str(new) in data["text"]
    assert "Chosen in the settings" in data["text"]


def test_wrong_usage_and_refusals_have_their_codes(home: Home, tmp_path: Path) -> None:
    assert home.run("data", "move").returncode == 2
    inside = home.run("data", "move", home.usual / "new")
    assert (inside.returncode, inside.stderr.count("\n")) == (2, 1)
    assert "inside the data folder" in inside.stderr
    named = home.run("data", "use", tmp_path / "new", "--data-dir", tmp_path / "named")
    assert named.returncode == 2
    assert "--data-dir" in named.stderr
    assert not home.choice.exists()


ENDLESS = """
import sys, time
from voiceapp.cli import main
from voiceapp.store import moving

def tell(self, count_bytes):
    if not count_bytes:
        return
    print("copying", flush=True)
    while self._go_on(count_bytes, 2 * count_bytes):
        time.sleep(0.01)
    raise moving.Stopped

moving._Copy._tell = tell  # a drive that is never done with the first block
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_move_ended_in_the_middle_loses_nothing(home: Home, tmp_path: Path, number: int) -> None:
    new = tmp_path / "new"
    words = [sys.executable, "-c", ENDLESS, "data", "move", str(new)]
    with subprocess.Popen(words, env=environment(home.env), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "copying\n"
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (1, -signal.SIGKILL)
    assert home.where()["folder"] == str(home.usual)
    assert home.said(home.usual) == ["said before"]
    if number == signal.SIGINT:
        assert not new.exists()
        assert not home.choice.exists()
    else:
        assert home.where()["unfinished"] == str(new)  # it takes up room there: told until it is settled
        assert look(new).kind is Kind.UNFINISHED
        refused = home.run("data", "use", new)
        assert refused.returncode == 2
        assert "not finished" in refused.stderr
    assert home.run("data", "move", new).returncode == 0  # taken up again
    assert home.where() == {"event": "data", "folder": str(new), "why": "chosen", "usual": str(home.usual)}
    assert home.said(new) == ["said before"]
    assert (new / "images" / "big.png").read_bytes() == (home.usual / "images" / "big.png").read_bytes()
    assert not list(new.rglob("*.part"))


def test_without_its_drive_a_command_says_so_and_makes_no_history(home: Home, tmp_path: Path) -> None:
    new = tmp_path / "drive"
    assert home.run("data", "move", new).returncode == 0
    new.rename(tmp_path / "unplugged")
    new.mkdir()  # the mount point
    done = home.run("search", "said")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert str(new) in done.stderr
    assert list(new.iterdir()) == []
    assert home.where() == {
        "event": "data",
        "folder": str(home.usual),
        "why": "for_now",
        "usual": str(home.usual),
        "missing": str(new),
    }
    doctor = home.run("doctor")
    assert doctor.returncode == 1
    assert str(new) in doctor.stdout


# --- in the window -----------------------------------------------------------------------------------------------


def copied(home: Home, new: Path) -> None:
    """Do what “Take everything along” does, from beside the window."""
    done = subprocess.run(
        [sys.executable, "-c", COPY, str(new)], env=environment(home.env), timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0


COPY = """
import sys
from pathlib import Path
from voiceapp.paths import Paths
from voiceapp.wiring.data_folder import DataFolder
DataFolder(Paths.of_platform()).take_along(Path(sys.argv[1]), lambda done, whole: True)
"""


def said_in(window: Window, words: str) -> None:
    """Write *words*, and wait until they are kept."""
    here = len(window.facts())
    window.write(words)
    window.wait_for("MessageAdded", lambda fact: fact["message"]["text"] == words, after=here)


@pytest.mark.window
@pytest.mark.parametrize("is_killed", [False, True], ids=["closed", "killed"])
def test_what_is_said_after_the_copying_comes_along(home: Home, tmp_path: Path, is_killed: bool) -> None:
    new = tmp_path / "new"
    with HomeWindow(home) as window:
        copied(home, new)
        assert home.where()["folder"] == str(home.usual)  # nothing is switched below a running window
        said_in(window, "what is two plus two")
        if is_killed:
            window.kill()
    if is_killed:
        assert home.where()["folder"] == str(home.usual)
        with HomeWindow(home):  # which takes the rest along before it begins
            assert home.where()["folder"] == str(new)
    assert home.where()["folder"] == str(new)
    for folder in (new, home.usual):
        assert {"said before", "what is two plus two"} <= set(home.said(folder))


@pytest.mark.window
def test_a_copy_whose_drive_is_gone_at_the_start_waits(home: Home, tmp_path: Path) -> None:
    new = tmp_path / "new"
    copied(home, new)
    new.rename(tmp_path / "away")
    window = HomeWindow(home)
    try:
        asked(window)
        window.key("Tab")
        window.key("space")  # Go on with the old folder for now
        window.wait_for("SessionReady")
        assert home.where()["next"] == str(new)
        (tmp_path / "away").rename(new)
    finally:
        window.kill()
    with HomeWindow(home):
        assert home.where()["folder"] == str(new)
    assert home.said(new) == ["said before"]


@pytest.fixture
def unplugged(home: Home, tmp_path: Path) -> Path:
    """The folder that was chosen; what was in it is in ``away`` beside it."""
    new = tmp_path / "drive"
    assert home.run("data", "move", new).returncode == 0
    new.rename(tmp_path / "away")
    return new


def asked(window: HomeWindow) -> None:
    """Start *window* and wait for its question."""
    window.start()
    assert window.name  # it is on the screen, and has the keyboard
    assert window.of_type("SessionReady") == []


@pytest.mark.window
def test_without_its_drive_the_window_asks_and_goes_on_once_it_is_there(home: Home, unplugged: Path) -> None:
    window = HomeWindow(home)
    try:
        asked(window)
        unplugged.with_name("away").rename(unplugged)
        window.key("Return")  # Try again
        window.wait_for("SessionReady")
        assert home.where()["folder"] == str(unplugged)
    finally:
        window.kill()
    assert home.said(unplugged) == ["said before"]


@pytest.mark.window
def test_without_its_drive_the_usual_folder_serves_for_now(home: Home, unplugged: Path) -> None:
    window = HomeWindow(home)
    try:
        asked(window)
        window.key("Tab")
        window.key("space")  # Use the usual folder for now
        window.wait_for("SessionReady")
    finally:
        window.kill()
    assert not unplugged.exists()
    unplugged.with_name("away").rename(unplugged)
    assert home.where()["folder"] == str(unplugged)  # the choice was left as it was


@pytest.mark.window
def test_without_its_drive_nothing_is_begun_by_who_closes_the_question(home: Home, unplugged: Path) -> None:
    window = HomeWindow(home)
    try:
        asked(window)
        window.key("Escape")
        _out, said = window.process.communicate(timeout=PATIENCE_S)
    finally:
        window.kill()
    assert window.process.returncode == 1
    assert str(unplugged) in spoken_of(said)
    assert not unplugged.exists()


HANDS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer, Qt
from PySide6.QtTest import QTest
from voiceapp import app

new, log = Path(sys.argv[1]), Path(sys.argv[2])

def note(line):
    with log.open("a") as file:
        file.write(line + "\\n")

def play(theme, bridge, window, windows):
    start = app.Paths.of_platform()
    note(f"started {start.data}")
    if start.data == new:
        QTimer.singleShot(0, window.close)
        return
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    steps = iter((
        lambda: windows.settings is not None and windows.settings.isVisible(),
        lambda: windows.settings.open_page("privacy") is None,
        lambda: row().change.isVisible() and row().look_at(new) is None,
        lambda: row().take.isVisible() and (QTest.mouseClick(row().take, Qt.MouseButton.LeftButton), True)[1],
        lambda: row().restart.isVisible() and (QTest.mouseClick(row().restart, Qt.MouseButton.LeftButton), True)[1],
    ))
    row = lambda: windows.settings.pages["privacy"].folder
    now = [next(steps)]
    timer = QTimer(window)
    def step():
        if now[0]():
            try:
                now[0] = next(steps)
            except StopIteration:
                timer.stop()
    timer.timeout.connect(step)
    timer.start(20)

app._add_switches = play
raise SystemExit(app.main([]))
"""


@pytest.mark.window
def test_moved_in_the_settings_and_started_again(home: Home, tmp_path: Path) -> None:
    """The program itself: its settings, its row, its buttons; and the process that takes its place."""
    new, log = tmp_path / "new", tmp_path / "hands.txt"
    process = subprocess.Popen(
        [sys.executable, "-c", HANDS, str(new), str(log)],
        env=environment(home.env),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _out, said = process.communicate(timeout=2 * PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert log.read_text().splitlines() == [f"started {home.usual}", f"started {new}"], said
    assert home.where()["why"] == "chosen"
    assert home.said(new) == ["said before"]
    assert home.said(home.usual) == ["said before"]
