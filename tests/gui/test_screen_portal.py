"""A picture of the screen by the desktop's portal, over a real bus of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.pictures import png

ASK = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from voiceapp.gui.screen_portal import PortalShot
app = QApplication([])
window = QWidget()
shot = PortalShot(window)
shot.taken.connect(lambda image: (print("taken", image.width(), image.height()), app.quit()))
shot.failed.connect(lambda words: (print("failed", words), app.quit()))
QTimer.singleShot(0, shot.begin)
app.exec()
"""
HOST = """
import subprocess, sys
portal = subprocess.Popen([sys.executable, "-m", "tests.gui.portal", *sys.argv[2:]], stdout=subprocess.PIPE, text=True)
assert portal.stdout.readline() == "ready\\n"
try:
    subprocess.run([sys.executable, "-c", sys.argv[1]], check=True, timeout=60)
finally:
    portal.terminate()
    portal.wait()
"""


@pytest.mark.skipif(
    shutil.which("dbus-run-session") is None or find_spec("jeepney") is None, reason="there is no D-Bus here"
)
@pytest.mark.parametrize(("code", "said"), [(0, "taken 30 20"), (1, "taken 0 0"), (2, "failed The desktop gives no")])
def test_the_desktop_is_asked_and_its_copy_is_not_left_lying_about(
    code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    file = tmp_path / "shot.png"
    file.write_bytes(png(30, 20))
    command = ["dbus-run-session", "--", sys.executable, "-c", HOST, ASK, str(code), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout.startswith(said), done.stderr
    assert file.exists() == (code != 0)


def test_without_a_bus_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("failed The desktop gives no picture")
