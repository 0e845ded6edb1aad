"""Answers on this disk: found again, bounded, private, and no harm when the file is damaged."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from voiceapp.store.cache import DiskCache


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "answers.sqlite"


@pytest.fixture
def make(path: Path) -> Iterator[Callable[..., DiskCache]]:
    path.parent.mkdir()
    made: list[DiskCache] = []
    ticks = iter(range(1_000_000))

    def open_one(**options: int) -> DiskCache:
        made.append(DiskCache(path, now=lambda: float(next(ticks)), **options))
        return made[-1]

    yield open_one
    for cache in made:
        cache.close()


def test_what_was_put_is_found_also_by_the_next_process(make: Callable[..., DiskCache]) -> None:
    first = make()
    assert first.get("answer", "k") is None
    first.put("answer", "k", b"one")
    first.put("answer", "k", b"two")
    first.put("models", "k", b"three")
    first.close()
    second = make()
    assert second.get("answer", "k") == b"two"
    assert second.get("models", "k") == b"three"
    second.clear("answer")
    assert second.get("answer", "k") is None
    assert second.get("models", "k") == b"three"


def test_it_stays_below_its_bound_and_forgets_what_was_not_used(make: Callable[..., DiskCache]) -> None:
    cache = make(limit_bytes=10_000)
    cache.put("answer", "used", bytes(1000))
    for number in range(40):
        assert cache.get("answer", "used") is not None
        cache.put("answer", str(number), bytes(1000))
        assert cache.size_bytes() <= 10_000
    assert cache.get("answer", "0") is None
    assert cache.get("answer", "39") is not None


def test_one_entry_cannot_push_all_others_out(make: Callable[..., DiskCache]) -> None:
    cache = make(limit_bytes=8_000)
    cache.put("answer", "large", bytes(1_001))
    assert cache.get("answer", "large") is None


def test_the_file_is_private_and_does_not_say_what_was_asked(make: Callable[..., DiskCache], path: Path) -> None:
    cache = make()
    cache.put("answer", "what nobody may read", b"x")
    cache.close()
    files = list(path.parent.iterdir())
    assert all(b"nobody may read" not in file.read_bytes() for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


@pytest.mark.parametrize("rubbish", [b"not a database at all" * 100, b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_file_is_thrown_away(make: Callable[..., DiskCache], path: Path, rubbish: bytes) -> None:
    path.write_bytes(rubbish)
    cache = make()
    assert cache.get("answer", "k") is None
    cache.put("answer", "k", b"one")
    assert cache.get("answer", "k") == b"one"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "answers.sqlite")
    cache.put("answer", "k", b"one")
    assert cache.get("answer", "k") is None
    cache.close()


def test_several_threads_use_it_at_once(make: Callable[..., DiskCache]) -> None:
    cache, found = make(), []

    def work(number: int) -> None:
        for turn in range(20):
            cache.put("answer", f"{number}.{turn}", b"%d" % turn)
            found.append(cache.get("answer", f"{number}.{turn}") == b"%d" % turn)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80
