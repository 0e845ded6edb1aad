"""The window's program from outside: its first second, its refusals, its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.scripted_session import READY, ScriptedSession
from voiceapp.core import events as ev
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows, _after
from voiceapp.store.instance import SingleInstance


def started(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voiceapp.app", "--data-dir", str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_one_line_names_the_terminal(tmp_path: Path) -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ended = started(tmp_path, {name: value for name, value in os.environ.items() if name not in hidden})
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "voiceapp ask" in ended.stderr
    assert "voiceapp talk" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_second_window_says_that_there_is_one(tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    first.claim()
    try:
        ended = started(tmp_path, {**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    finally:
        first.release()
    assert ended.returncode == 1
    assert "already running" in ended.stderr
    assert str(os.getpid()) in ended.stderr


def test_a_late_window_is_told_how_things_stand() -> None:
    devices = ev.Devices(input="Other")
    now = None
    for event in (ev.DevicesChanged(ev.Devices()), READY, ev.DevicesChanged(devices), ev.Notice("x")):
        now = _after(now, event)
    assert now is not None
    assert (now.devices, now.engines) == (devices, READY.engines)


def test_settings_open_at_the_page_that_is_named(theme: Theme, qtbot: QtBot) -> None:
    bridge = SessionBridge(ScriptedSession().open)
    windows = SideWindows(theme, bridge, tuple, lambda: Facts("/the/data"))
    windows.show_settings("sound")
    qtbot.waitUntil(lambda: windows.settings is not None and windows.settings.isVisible(), timeout=20_000)
    dialog = windows.settings
    assert dialog is not None
    assert dialog.pages["sound"].isVisible()
    qtbot.addWidget(dialog)  # closed and deleted by the fixture, after the events that are still on their way to it
    windows.close_all()
    assert not dialog.isVisible()
