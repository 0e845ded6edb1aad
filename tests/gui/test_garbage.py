"""Cyclic garbage with Qt objects in it is deleted on the GUI thread, whoever allocates."""

from __future__ import annotations

import gc
import sys
import threading
import types
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from voiceapp.gui.garbage import BURST, MIDDLE, MODULES, OLD, SET_ASIDE, YOUNG, Garbage, give_back


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
    junk: list[list[int]] = []

    def is_deleted() -> bool:
        junk.extend([number] for number in range(100))  # what others free meanwhile is taken off the count
        return bool(deleted_in)

    qtbot.waitUntil(is_deleted, timeout=20_000)
    assert deleted_in == [threading.get_ident()]


def full_collections() -> int:
    return int(gc.get_stats()[2]["collections"])


@pytest.mark.usefixtures("collector")
def test_a_full_collection_waits_for_the_end_of_the_turn(qtbot: QtBot) -> None:
    gc.collect()
    is_busy = True
    garbage = Garbage(lambda: is_busy)
    kept = keep_making_objects(garbage, OLD + 2 * MIDDLE)
    before = full_collections()
    garbage.look()
    assert full_collections() == before
    is_busy = False
    garbage.look()
    assert full_collections() == before + 1
    assert kept


@pytest.mark.usefixtures("collector")
def test_what_a_full_collection_found_alive_is_set_aside_until_the_person_leaves(qtbot: QtBot) -> None:
    gc.collect()
    is_left = False
    garbage = Garbage(lambda: False, is_left=lambda: is_left)
    deleted_in: list[int] = []
    knot = Knot(deleted_in)
    aside_before = gc.get_freeze_count()
    kept = keep_making_objects(garbage, SET_ASIDE + 2 * OLD)
    assert gc.get_freeze_count() > aside_before
    del knot
    kept += keep_making_objects(garbage, 2 * OLD)
    assert deleted_in == []
    is_left = True
    garbage.look()
    assert deleted_in == [threading.get_ident()]
    assert kept


@pytest.mark.usefixtures("collector")
def test_what_an_import_brings_is_set_aside_unseen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    garbage = Garbage(lambda: False)
    for number in range(MODULES):
        monkeypatch.setitem(sys.modules, f"imported_{number}", types.ModuleType("imported"))
    objects = [[number] for number in range(2 * YOUNG)]
    young_before = gc.get_stats()[0]["collections"]
    garbage.look()
    assert gc.get_stats()[0]["collections"] == young_before
    assert gc.get_freeze_count() >= len(objects)


def keep_making_objects(garbage: Garbage, count: int) -> list[list[int]]:
    """Make objects that stay, a second's worth at a time, with looks between."""
    kept: list[list[int]] = []
    while len(kept) < count:
        kept += [[number] for number in range(2 * YOUNG)]
        garbage.look()
    return kept


def test_giving_back_is_harmless_anywhere() -> None:
    give_back()
    give_back()


@pytest.mark.usefixtures("collector")
def test_a_burst_of_objects_is_set_aside_and_looked_at_when_nobody_works_with_the_window(qtbot: QtBot) -> None:
    gc.collect()
    is_left = False
    garbage = Garbage(lambda: False, is_left=lambda: is_left)
    deleted_in: list[int] = []
    Knot(deleted_in)
    young_before, aside_before = gc.get_stats()[0]["collections"], gc.get_freeze_count()
    kept = [[number] for number in range(SET_ASIDE + BURST)]
    garbage.look()
    assert gc.get_stats()[0]["collections"] == young_before
    assert gc.get_freeze_count() >= aside_before + len(kept)
    assert deleted_in == []
    is_left = True
    garbage.look()
    assert deleted_in == [threading.get_ident()]
