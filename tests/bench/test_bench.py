"""The measurements run to their end and find something; what they find is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def report_of(folder: Path, *words: str) -> dict[str, Any]:
    file = folder / "report.json"
    command = [sys.executable, "-m", "tests.bench", *words, "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert found["title"] in done.stdout
    return found


@pytest.mark.sound
@pytest.mark.usefixtures("sound_card_server")
def test_a_turn_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "turn", "-n", "1", "--char-ms", "10")  # enough sound to be cut off in the middle of it
    values = {series["name"].partition(":")[0].strip(): series["values"] for series in report["series"]}
    (response,), (overhead,), (service,) = (
        values["response"],
        values["overhead"],
        values["service on the critical path"],
    )
    assert response == pytest.approx(overhead + service, abs=0.01)
    parts = sum(values[part][0] for part in ("upload", "chat", "speech", "playback"))
    assert overhead == pytest.approx(parts, abs=0.01)
    assert len(values["Esc → silence at the sink"]) == 1
    assert len(values["measuring chain"]) == 20


@pytest.mark.sound
@pytest.mark.window
@pytest.mark.usefixtures("sound_card_server")
def test_a_turn_in_the_window_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "turn", "--window", "-n", "1", "--interrupts", "0", "--char-ms", "2")
    assert report["title"] == "turn, with the window running"
    assert [series["n"] for series in report["series"] if series["name"].startswith("response")] == [1]


@pytest.mark.sound
@pytest.mark.window
@pytest.mark.usefixtures("sound_card_server")
def test_a_start_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "startup", "-n", "1", "--settle", "0.2", "--idle", "0.2")
    values = {series["name"]: series["values"] for series in report["series"]}
    assert len(values["command → usable window, warm"]) == 2
    assert values["idle memory, window process (RSS)"][0] > 10


def test_adapters_are_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "adapter", "--calls", "3")
    assert {series["n"] for series in report["series"]} == {3}
    assert all(value < 1000 for series in report["series"] for value in series["values"])


@pytest.mark.sound
@pytest.mark.usefixtures("sound_card_server")
def test_moderation_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "moderation", "-n", "1", "--check-ms", "20")
    assert [series["n"] for series in report["series"]] == [1, 1, 1, 1]


@pytest.mark.window
def test_the_gallery_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "gallery", "-n", "1", "--images", "60", "--size", "64")
    values = {series["name"]: series["values"] for series in report["series"]}
    assert len(values["opens, small pictures on disk: list painted"]) == 1
    assert values["frames a second while scrolling"][0] > 0


@pytest.mark.window
def test_a_preview_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "images", "-n", "1", "--size", "64")
    (shown, kept) = (series["values"] for series in report["series"])
    assert len(shown) == len(kept) == 1
    assert shown[0] > 0


def test_the_uplink_is_measured(tmp_path: Path) -> None:
    report = report_of(tmp_path, "uplink", "-n", "1", "--live", "1", "--seconds", "0.5")
    values = {series["name"]: series["values"] for series in report["series"]}
    assert len(values) == 12
    (slow,) = next(values[name] for name in values if name.startswith("1 Mbit/s, WAV"))
    assert slow >= 150 + 16 * 8 - 20, "16 kB take 128 ms on that line"
