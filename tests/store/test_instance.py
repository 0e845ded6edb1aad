from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voiceapp.core.errors import StoreError
from voiceapp.store.instance import Owner, SingleInstance

HOLD = """
import sys
from pathlib import Path
from voiceapp.store.instance import Owner, SingleInstance
instance = SingleInstance(Path(sys.argv[1]))
instance.claim()
owner = Owner(Path(sys.argv[1]) / "owners", "abc")
owner.announce()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_window_is_told_who_has_the_folder(tmp_path: Path) -> None:
    held = SingleInstance(tmp_path)
    held.claim()
    held.claim()
    with pytest.raises(StoreError, match=f"process {os.getpid()}") as caught:
        SingleInstance(tmp_path).claim()
    assert "--data-dir" in caught.value.hint
    held.release()
    after = SingleInstance(tmp_path)
    after.claim()
    after.release()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        other = Owner(tmp_path / "owners", "def")
        assert not other.is_gone("abc")
        with pytest.raises(StoreError, match=f"process {process.pid}"):
            SingleInstance(tmp_path).claim()
        process.kill()
    assert other.is_gone("abc")
    assert other.is_gone("abc")
    after = SingleInstance(tmp_path)
    after.claim()
    after.release()


def test_an_owner_is_never_gone_to_itself(tmp_path: Path) -> None:
    owner = Owner(tmp_path, "me")
    owner.announce()
    assert not owner.is_gone("me")
    owner.retire()
    assert list(tmp_path.iterdir()) == []
