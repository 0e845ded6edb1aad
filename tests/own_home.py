"""The platform's folders of nobody but one test."""

from __future__ import annotations

from pathlib import Path

import pytest

from voiceapp.paths import Paths
from voiceapp.wiring.data_folder import DataFolder


def own_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Paths:
    """Return folders below *folder* that the program takes for the platform's, made, with an empty history."""
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name))
    paths = Paths.of_platform()
    if not paths.data.is_relative_to(folder):
        pytest.skip("this system's folders cannot be moved for a test")
    paths.create()
    DataFolder._make_database(paths.data)
    return paths
