"""Where files go."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voiceapp.core.errors import StoreError
from voiceapp.paths import Paths, assets


def test_one_folder_holds_everything_and_is_private(tmp_path: Path) -> None:
    paths = Paths.choose(tmp_path / "a" / "b")
    assert not paths.data.exists()
    paths.create()
    paths.create()
    folders = (paths.data, paths.config, paths.cache, paths.logs)
    assert all(folder.is_relative_to(tmp_path / "a" / "b") for folder in folders)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert sorted(p.name for p in paths.data.iterdir()) == ["cache", "config", "logs"]


def test_the_platform_decides_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    paths = Paths.choose(None)
    if paths.data.is_relative_to(tmp_path):  # Linux
        assert paths.data == tmp_path / "DATA" / "voiceapp"
        assert paths.settings_file == tmp_path / "CONFIG" / "voiceapp" / "settings.toml"
    assert paths.keyring_service == "voiceapp"
    assert Paths.choose(tmp_path).keyring_service != "voiceapp"


def test_a_file_where_the_folder_should_be_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StoreError) as caught:
        Paths.below(tmp_path / "data").create()
    assert "data" in caught.value.message
    assert "--data-dir" in caught.value.hint


def test_the_assets_are_there() -> None:
    assert (assets() / "icons").is_dir()
