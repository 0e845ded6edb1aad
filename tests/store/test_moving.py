"""A data folder taken along: whole, verified, consistent while it is in use, and killed at any moment without harm."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp import paths
from voiceapp.core.conversation import Conversation, Message, Role, Source, SourceKind, TakeState
from voiceapp.core.data_folder import Kind
from voiceapp.core.errors import DiskFull, StoreError
from voiceapp.store import data_folder, database_copy, moving, sources
from voiceapp.store.copy_journal import JOURNAL, CopyJournal
from voiceapp.store.data_folder import DATABASE, look
from voiceapp.store.database import open_database
from voiceapp.store.instance import Moving, Owner, announced, lives_beside
from voiceapp.store.moving import Stopped, copy_all
from voiceapp.store.sqlite import SqliteStore


def always(_done: int, _whole: int) -> bool:
    return True


def stopping_after(until_bytes: int) -> moving.GoOn:
    return lambda done, _whole: done < until_bytes


def filled(folder: Path, takes: int = 3) -> tuple[Message, ...]:
    """Make a history in *folder* with recordings, and what lies there beside it."""
    folder.mkdir(exist_ok=True)
    made = folder / "made" / "1-x-plot.png"
    source = Source(SourceKind.MADE, "plot.png", file_id="x", path=str(made), size_bytes=4)

    async def fill() -> list[Message]:
        store = SqliteStore(folder, PlainTakes())
        head = await store.new_conversation("moved")
        messages = []
        for number in range(takes):
            writer = await store.begin_take(1000, head.id)
            writer.write(np.full(1000, 0.5, dtype=np.float32))
            writer.finish(TakeState.RECORDED)
            messages.append(await store.add_message(head.id, Role.USER, f"said {number}", take_id=writer.take.id))
        await store.write(lambda db: sources.put(db, messages[0].id, (source,)))
        await store.close()
        return messages

    messages = asyncio.run(fill())
    for name, data in {
        "made/1-x-plot.png": b"plot",
        "images/a picture.png": os.urandom(3_000_000),
        "images/odd\nname": b"odd",
        "logs/voiceapp.log": b"left",
        "cache/answers.sqlite": b"left",
        "config/keys.secret.json": b"left",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return tuple(messages)


def history(folder: Path) -> tuple[list[str], list[int]]:
    """Return what was said in *folder*, and how long each recording there is; every one can be read."""

    async def read() -> tuple[list[str], list[int]]:
        store = SqliteStore(folder, PlainTakes())
        said = [m.text for head in await store.conversations() for m in (await store.conversation(head.id)).messages]
        frames = [len((await store.load_take(take.id)).samples) for take in await store.takes()]
        assert store.notices == ()
        await store.close()
        return said, frames

    return asyncio.run(read())


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_database_has_one_name(tmp_path: Path) -> None:
    assert SqliteStore(tmp_path, PlainTakes()).database.name == DATABASE == paths.DATABASE


def test_everything_comes_along_and_nothing_else(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "far" / "new"
    filled(old)
    told: list[tuple[int, int]] = []

    def tell(done: int, whole: int) -> bool:
        told.append((done, whole))
        return True

    copy_all(old, new, tell)
    assert look(new).kind is Kind.UNFINISHED
    CopyJournal(new).complete()
    CopyJournal(new).close()
    assert look(new).kind is Kind.HISTORY
    assert history(new) == (["said 0", "said 1", "said 2"], [1000] * 3)
    for name in ("images/a picture.png", "images/odd\nname", "made/1-x-plot.png"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
    assert not {name.split("/")[0] for name in files_of(new)} & {"logs", "cache", "config"}
    assert [done for done, _whole in told] == sorted(done for done, _whole in told)
    assert told[-1][0] <= told[-1][1]
    assert told[-1][0] > 3_000_000


def test_paths_into_the_folder_lead_into_the_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (first, *_rest) = filled(old)
    copy_all(old, new, always)

    async def read() -> Conversation:
        store = SqliteStore(new, PlainTakes())
        found = await store.conversation(first.conversation_id)
        await store.close()
        return found

    (source,) = asyncio.run(read()).messages[0].sources
    assert source.path == str(new / "made" / "1-x-plot.png")


def test_no_column_with_a_path_is_forgotten(tmp_path: Path) -> None:
    """Whoever adds a column for paths has to say whether they lead into the data folder."""
    db, _notices = open_database(tmp_path / DATABASE, lambda: 0.0)
    names = {
        (table, row[1])
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for row in db.execute(f"PRAGMA table_info('{table}')")
        if row[1] in ("path", "folder", "target")
    }
    db.close()
    of_the_person = {("documents", "path")}
    assert names - of_the_person == set(database_copy._PLACES)


def test_what_is_said_during_the_copying_comes_the_last_time(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    filled(old)

    async def talk() -> None:
        store = SqliteStore(old, PlainTakes())
        (head,) = await store.conversations()
        writer = await store.begin_take(1000, head.id)
        writer.write(np.full(500, 0.5, dtype=np.float32))
        await asyncio.to_thread(copy_all, old, new, always)  # while it is recorded, and the database is open
        writer.write(np.full(500, 0.5, dtype=np.float32))
        writer.finish(TakeState.RECORDED)
        await store.add_message(head.id, Role.USER, "said later")
        await store.close()

    asyncio.run(talk())
    (old / "images" / "a picture.png").unlink()
    copy_all(old, new, always)
    CopyJournal(new).complete()
    assert history(new) == (["said 0", "said 1", "said 2", "said later"], [1000] * 4)
    assert not (new / "images" / "a picture.png").exists()  # deleted by the person meanwhile


def test_what_has_not_changed_is_not_copied_again(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    filled(old)
    picture = old / "images" / "a picture.png"
    os.utime(picture, (1_700_000_000, 1_700_000_000))
    copy_all(old, new, always)
    first = (new / "images" / "a picture.png").stat().st_ino
    copy_all(old, new, always)
    assert (new / "images" / "a picture.png").stat().st_ino == first
    picture.write_bytes(bytes(3_000_000))  # as long, but another
    copy_all(old, new, always)
    assert (new / "images" / "a picture.png").read_bytes() == bytes(3_000_000)


def test_who_stops_finds_the_other_folder_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    filled(old)
    before = files_of(old)
    for until in (1, 1_500_000, 3_050_000):
        with pytest.raises(Stopped):
            copy_all(old, new, stopping_after(until))
        assert look(new).kind is Kind.UNFINISHED
        (new / "mine.txt").write_text("of the person")
        CopyJournal(new).discard()
        assert files_of(new) == {"mine.txt"}
        (new / "mine.txt").unlink()
    assert files_of(old) == before
    new.rmdir()
    with pytest.raises(Stopped):
        copy_all(old, new, lambda done, _whole: done < 1)
    CopyJournal(new).discard()
    assert not new.exists()  # made for the copy


def test_a_drive_that_gives_back_something_else_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "old")
    monkeypatch.setattr(moving, "_digest_of", lambda _path: b"other")
    with pytest.raises(StoreError, match="is not what was written"):
        copy_all(tmp_path / "old", tmp_path / "new", always)
    assert look(tmp_path / "new").kind is Kind.UNFINISHED


COPIER = """
import sys
from pathlib import Path
from voiceapp.store.moving import copy_all
old, new = map(Path, sys.argv[1:])
print("ready", flush=True)
copy_all(old, new, lambda done, whole: print(done, whole, flush=True) is None)
"""


def test_killed_at_any_moment_nothing_is_lost_and_it_goes_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    filled(old, takes=20)
    expected, before = history(old), files_of(old)
    rng = random.Random(7)
    steps = 0
    for _round in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", COPIER, str(old), str(new)], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for _step in range(rng.randrange(1, 40)):
                steps += bool(process.stdout.readline())
            process.kill()
        assert look(new).kind in (Kind.UNFINISHED, Kind.EMPTY)  # empty: killed before it had begun
        assert files_of(old) - {f"{DATABASE}-wal", f"{DATABASE}-shm"} == before
    assert steps > 8  # it really was at work
    assert history(old) == expected
    copy_all(old, new, always)
    CopyJournal(new).complete()
    assert history(new) == expected
    assert not [name for name in files_of(new) if ".part" in name]


def test_the_copy_of_a_database_in_use_is_of_one_moment(tmp_path: Path) -> None:
    """Somebody writes pairs without pause: no copy has half of one."""
    old = tmp_path / "old"
    old.mkdir()
    with sqlite3.connect(old / DATABASE, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE pairs (half INTEGER, filling TEXT)")
    db.close()
    is_over, wrote = threading.Event(), threading.Event()

    def write() -> None:
        with sqlite3.connect(old / DATABASE, isolation_level=None, timeout=30.0) as own:
            number = 0
            while not is_over.is_set():
                own.execute("BEGIN IMMEDIATE")
                own.executemany("INSERT INTO pairs VALUES (?, ?)", [(number, "x" * 3000), (number, "y" * 3000)])
                own.execute("COMMIT")
                number += 1
                if number > 200:
                    wrote.set()
        own.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(30.0)
        for number in range(5):
            new = tmp_path / str(number)
            new.mkdir()
            database_copy.copy_database(old / DATABASE, new / DATABASE, lambda _bytes: None)
            with sqlite3.connect(new / DATABASE) as copy:
                halves = copy.execute("SELECT count(*), count(DISTINCT half) FROM pairs").fetchone()
            copy.close()
            assert halves[0] == 2 * halves[1] > 400
    finally:
        is_over.set()
        writer.join()


def test_a_damaged_database_is_not_taken_for_a_good_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    filled(old, takes=200)
    with (old / DATABASE).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for page in range(8, size // 4096, 2):
            file.seek(page * 4096)
            file.write(os.urandom(600))
    with pytest.raises(StoreError, match=r"not whole|damaged"):
        copy_all(old, new, always)
    assert not (new / DATABASE).exists()
    assert (old / f"{DATABASE}.suspect").exists()  # the next start looks at all of it, and sets it aside
    CopyJournal(new).discard()
    assert not new.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_drive_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    old, small = tmp_path / "old", tmp_path / "small"
    filled(old)
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        with pytest.raises(DiskFull):
            copy_all(old, small / "new", always)
        CopyJournal(small / "new").discard()
        assert list(small.iterdir()) == []
        (old / "images" / "a picture.png").unlink()
        (small / "filling").write_bytes(bytes(880_000))  # room for the recordings, none for the database
        with pytest.raises(DiskFull):
            copy_all(old, small / "new", always)
        CopyJournal(small / "new").discard()
        assert files_of(small) == {"filling"}
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_foreign_files_and_foreign_databases_are_known(tmp_path: Path) -> None:
    assert look(tmp_path / "none").kind is Kind.EMPTY
    (tmp_path / "lost+found").mkdir()
    assert look(tmp_path).kind is Kind.EMPTY
    (tmp_path / "settings.toml").touch()
    assert look(tmp_path, is_usual=True).kind is Kind.EMPTY
    assert look(tmp_path).kind is Kind.FOREIGN
    (tmp_path / DATABASE).write_text("not a database, by far")
    assert look(tmp_path).kind is Kind.FOREIGN


def test_a_folder_in_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "1.wav").write_bytes(b"1")
    (tmp_path / "takes" / "back").symlink_to(tmp_path, target_is_directory=True)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "2.png").write_bytes(b"2")
    (tmp_path / "images").symlink_to(elsewhere, target_is_directory=True)
    assert {entry.name for entry in data_folder.entries(tmp_path)} == {"takes/1.wav", "images/2.png"}


COMMAND = """
import sys
from pathlib import Path
from voiceapp.store.instance import announced
sign = announced(Path(sys.argv[1]))
print("here", flush=True)
sys.stdin.read()
"""


def test_a_folder_that_a_command_uses_is_not_moved_away_and_the_other_way_round(tmp_path: Path) -> None:
    words = [sys.executable, "-c", COMMAND, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "here\n"
        assert lives_beside(tmp_path / "owners")
        assert not lives_beside(tmp_path / "owners", frozenset({f"command-{command.pid}"}))
        command.kill()
    assert not lives_beside(tmp_path / "owners")
    with Moving(tmp_path), pytest.raises(StoreError, match="being moved"):
        announced(tmp_path)
    assert not lives_beside(tmp_path / "owners")
    (tmp_path / "moving.lock").touch()  # of one that was killed
    owner = announced(tmp_path)
    assert isinstance(owner, Owner)
    owner.retire()
    assert JOURNAL not in files_of(tmp_path)
