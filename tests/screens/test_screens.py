"""The pictures are made, one of every state, and no state looks like another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.screens import __main__ as screens

STATES = ("empty", "listening", "thinking", "speaking", "interrupted", "error", "settings")


def test_the_whole_set_has_every_look_width_and_scale() -> None:
    assert {width for width, _height in screens.SIZES} == {900, 1280}
    assert (screens.SCALES, screens.LOOKS) == ((1, 2), ("light", "dark"))


@pytest.mark.window
def test_every_state_is_photographed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.screens", str(tmp_path), "--quick"]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = {file.name: QImage(str(file)) for file in tmp_path.iterdir()}
    assert set(pictures) == {f"{state}-light-1280-1x.png" for state in STATES}
    for name, picture in pictures.items():
        assert (picture.width(), picture.height()) == (1280, 800)
        colors = {
            picture.pixelColor(x, y).rgb() for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 5)
        }
        assert len(colors) > 50, name  # something is painted there
    assert len({file.read_bytes() for file in tmp_path.iterdir()}) == len(STATES)
