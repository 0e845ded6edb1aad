"""A worker thread beside the window's stands back between its steps."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

import pytest

from voiceapp.gui import code_colors, rests
from voiceapp.gui.code_colors import colored
from voiceapp.gui.rests import with_rests


@pytest.fixture
def rested(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The rests that were taken. Every step counts as long work."""
    taken: list[float] = []
    monkeypatch.setattr(rests, "WORK_S", -1.0)
    monkeypatch.setattr("voiceapp.gui.rests.time.sleep", taken.append)
    return taken


def test_long_work_is_done_with_rests(rested: list[float]) -> None:
    assert list(with_rests(range(5))) == [0, 1, 2, 3, 4]
    assert rested == [rests.REST_S] * 5


def test_short_work_is_not(rested: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rests, "WORK_S", 3600.0)
    assert list(with_rests("abc")) == ["a", "b", "c"]
    assert rested == []


def test_colours_are_found_with_rests(rested: list[float]) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(colored("def f():\n    return 1\n", "python")))
    thread.start()
    thread.join()
    assert found[0]
    assert len(rested) > 5


def test_one_block_of_code_is_coloured_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, both = [0], [0], threading.Event()

    def watched(steps: Iterable[object]) -> Iterator[object]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        if inside[0] > 1:
            both.set()
        both.wait(0.2)  # time enough for the other to come in, if it may
        yield from steps
        inside[0] -= 1

    monkeypatch.setattr(code_colors, "with_rests", watched)
    threads = [threading.Thread(target=colored, args=("x = 1\n", "python")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
