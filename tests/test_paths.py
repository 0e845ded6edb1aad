"""Where files go."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
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


START = """
import json, sys
import voiceapp.app
opened = []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name == "open" else None)
before = set(sys.modules)
paths = voiceapp.app.Paths.choose(None)
assert paths.is_current()
print(json.dumps({"data": str(paths.data), "opened": opened, "new": sorted(set(sys.modules) - before),
    "modules": [name for name in sys.modules if "data_folder" in name or name.endswith((".moving", "sqlite3"))]}))
"""


@pytest.mark.parametrize("is_set", [False, True])
def test_the_choice_costs_the_start_one_small_file(tmp_path: Path, is_set: bool) -> None:
    choice = tmp_path / "config" / "voiceapp" / "data-folder"
    if is_set:
        choice.parent.mkdir(parents=True)
        choice.write_text(f"in use = {tmp_path / 'elsewhere'}\n")
    env = os.environ | {f"XDG_{name.upper()}_HOME": str(tmp_path / name) for name in ("data", "config", "cache")}
    done = subprocess.run([sys.executable, "-c", START], env=env, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    if str(tmp_path) not in told["data"]:
        pytest.skip("this system's folders cannot be moved for a test")
    assert told["opened"] == [str(choice)]
    assert told["modules"] == []
    assert not [name for name in told["new"] if name.startswith("voiceapp")]
    assert told["data"] == str(tmp_path / "elsewhere" if is_set else tmp_path / "data" / "voiceapp")
