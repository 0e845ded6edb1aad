"""Worker threads that import stand back; the window's thread and the sound's do not."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from voiceapp import gentle
from voiceapp.gentle import Breather, import_ahead


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that rested. Every module counts as long work."""
    rested: list[str] = []
    monkeypatch.setattr(gentle, "WORK_S", -1.0)
    monkeypatch.setattr("voiceapp.gentle.time.sleep", lambda _s: rested.append(threading.current_thread().name))
    return rested


@pytest.fixture
def breather() -> Iterator[Breather]:
    made = Breather()
    made.begin()
    yield made
    made.end()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "imported_gently.py").write_text("answer = 42\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "imported_gently"
    sys.modules.pop("imported_gently", None)


def in_thread(name: str, module: str) -> None:
    thread = threading.Thread(target=__import__, args=(module,), name=name)
    thread.start()
    thread.join()


def test_a_worker_rests(breather: Breather, rests: list[str], module: str) -> None:
    in_thread("worker", module)
    assert sys.modules[module].answer == 42
    assert set(rests) == {"worker"}


@pytest.mark.parametrize("name", ["voice-loop", "MainThread"])
def test_who_must_not_wait_does_not(breather: Breather, rests: list[str], module: str, name: str) -> None:
    in_thread(name, module)
    assert module in sys.modules
    assert rests == []


def test_afterwards_nobody_rests(rests: list[str], module: str) -> None:
    breather = Breather()
    breather.begin()
    breather.begin()
    breather.end()
    assert breather not in sys.meta_path
    in_thread("worker", module)
    assert rests == []


def test_modules_are_imported_ahead(module: str) -> None:
    import_ahead([module]).join(20)
    assert module in sys.modules
