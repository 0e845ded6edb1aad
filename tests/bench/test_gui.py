"""The callbacks of the window's thread are measured; what is found is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.test_bench import report_of

pytestmark = pytest.mark.window


def test_callbacks_are_measured_scene_by_scene(tmp_path: Path) -> None:
    report = report_of(tmp_path, "gui", "-n", "1", "--only", "^(searching|devices plugged)")
    names = [series["name"] for series in report["series"]]
    assert "searching, results, back" in names
    assert "by the clock: devices plugged in and out" in names
    values = {series["name"]: series["values"] for series in report["series"]}
    assert all(0.0 < value < 60_000.0 for row in values.values() for value in row)


def test_what_takes_long_is_found_and_named() -> None:
    script = (
        "import json, time\n"
        "from PySide6.QtCore import QTimer\n"
        "from tests.bench.callbacks import WatchedApplication\n"
        "app = WatchedApplication([])\n"
        "def work():\n"
        "    end = time.thread_time() + 0.03\n"
        "    while time.thread_time() < end: pass\n"
        "timer = QTimer(app, singleShot=True, interval=0)\n"
        "timer.timeout.connect(work)\n"
        "timer.start()\n"
        "QTimer.singleShot(200, app.quit)\n"
        "app.exec()\n"
        "worst = max(app.callbacks, key=lambda call: call.cpu_ms)\n"
        "print(json.dumps([worst.cpu_ms, worst.what]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    cpu_ms, what = json.loads(done.stdout)
    assert cpu_ms >= 30
    assert what == "QTimer Timer of WatchedApplication"
