"""Cyclic garbage with Qt objects in it is deleted on the GUI thread, whoever allocates."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from voiceapp.gui.garbage import OFTEN, YOUNG, Garbage


class Knot(QObject):
    """A QObject that only the cyclic collector can delete."""

    def __init__(self, deleted_in: list[int]) -> None:
        super().__init__()
        self.itself = self
        self._end = weakref.finalize(self, lambda: deleted_in.append(threading.get_ident()))


@pytest.fixture
def collector() -> Iterator[None]:
    """Leave the collector as it was found."""
    was_enabled = gc.isenabled()
    yield
    gc.unfreeze()
    if was_enabled:
        gc.enable()
    else:
        gc.disable()


def allocate(count: int) -> None:
    """Make so many containers that an automatic collector would run."""
    kept = [[number] for number in range(count)]
    del kept


@pytest.mark.usefixtures("collector")
def test_another_thread_that_allocates_deletes_nothing_of_qt(qtbot: QtBot) -> None:
    gc.collect()
    garbage = Garbage(lambda: False)
    deleted_in: list[int] = []
    Knot(deleted_in)
    kept = threading.Thread(target=allocate, args=(50 * YOUNG,))
    kept.start()
    kept.join()
    assert deleted_in == []
    junk = [[number] for number in range(2 * YOUNG)]
    garbage.look()
    assert deleted_in == [threading.get_ident()]
    assert junk


@pytest.mark.usefixtures("collector")
def test_it_looks_by_itself_once_begun(qtbot: QtBot) -> None:
    garbage = Garbage(lambda: False)
    garbage.begin()
    deleted_in: list[int] = []
    Knot(deleted_in)
    junk = [[number] for number in range(2 * YOUNG)]
    qtbot.waitUntil(lambda: bool(deleted_in), timeout=20_000)
    assert deleted_in == [threading.get_ident()]
    assert junk


@pytest.mark.usefixtures("collector")
def test_a_full_collection_waits_for_the_end_of_the_turn(qtbot: QtBot) -> None:
    gc.collect()
    is_busy = True
    garbage = Garbage(lambda: is_busy)
    for _ in range(OFTEN + 1):
        gc.collect(1)
    full_before = gc.get_stats()[2]["collections"]
    garbage.look()
    assert gc.get_stats()[2]["collections"] == full_before
    is_busy = False
    garbage.look()
    assert gc.get_stats()[2]["collections"] == full_before + 1
