from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.errors import StoreError
from voiceapp.store.database import migrate
from voiceapp.store.schema import MIGRATIONS
from voiceapp.store.sqlite import SqliteStore

MESSAGES = 300


async def filled(folder: Path) -> None:
    store = SqliteStore(folder, PlainTakes())
    writer = await store.begin_take(16000, None)
    writer.write(np.full(16000, 0.25, dtype=np.float32))
    writer.finish(TakeState.RECORDED)
    head = await store.new_conversation("Long talk")
    for number in range(MESSAGES):
        await store.add_message(head.id, Role.USER, f"message {number} " + "lorem ipsum " * 30)
    await store.close()


def set_aside_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm"))]


def garbage(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(file.stat().st_size))


def text(file: Path) -> None:
    file.write_text("Dear diary,\n" * 1000)


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def cut_in_the_header(file: Path) -> None:
    os.truncate(file, 50)


def one_wrong_page(file: Path) -> None:
    data = bytearray(file.read_bytes())
    with sqlite3.connect(file) as db:
        (page,) = db.execute(
            "SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 10"
        ).fetchone()
    db.close()
    data[(page - 1) * 4096 : page * 4096] = random.Random(2).randbytes(4096)
    file.write_bytes(data)


def another_program(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE recipes (name)")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.close()


@pytest.mark.parametrize(
    ("spoil", "least_kept"),
    [
        (garbage, 0),
        (text, 0),
        (cut_in_the_header, 0),
        (another_program, 0),
        (truncated, 0),
        (one_wrong_page, MESSAGES // 2),
    ],
)
async def test_a_damaged_database_is_set_aside_and_nothing_is_lost(
    tmp_path: Path, spoil: Callable[[Path], None], least_kept: int
) -> None:
    await filled(tmp_path)
    file = tmp_path / "voiceapp.db"
    spoil(file)
    spoiled = file.read_bytes()

    store = SqliteStore(tmp_path, PlainTakes(), now=lambda: 1_700_000_000.0)
    await store.open()
    await store.recover_takes()

    (aside,) = set_aside_in(tmp_path)
    assert aside.name == "voiceapp.db.damaged-20231114-221320"
    assert spoil is another_program or aside.read_bytes() == spoiled
    assert len(store.notices) == 1
    assert aside.name in store.notices[0]
    (take,) = await store.takes()
    assert (await store.load_take(take.id)).duration_s == 1.0
    conversations = await store.conversations()
    kept = sum(head.message_count for head in conversations)
    assert kept >= least_kept
    if kept:
        assert len(await store.search_texts("lorem", 1000)) == kept
    await store.add_note("works")
    await store.close()

    healthy = SqliteStore(tmp_path, PlainTakes())
    assert await healthy.notes() == ("works",)
    assert healthy.notices == ()
    await healthy.close()


async def test_damage_met_while_running_is_told_and_mended_at_the_next_start(tmp_path: Path) -> None:
    await filled(tmp_path)
    store = SqliteStore(tmp_path, PlainTakes())
    await store.open()
    one_wrong_page(tmp_path / "voiceapp.db")
    with sqlite3.connect(tmp_path / "voiceapp.db") as beside:  # so that nothing is answered from memory
        beside.execute("INSERT INTO notes (text, created_at) VALUES ('x', 0)")
    beside.close()
    with pytest.raises(StoreError, match="damaged"):
        await store.conversation(1)
    await store.close()
    assert (tmp_path / "voiceapp.db.suspect").exists()

    again = SqliteStore(tmp_path, PlainTakes())
    await again.open()
    assert len(again.notices) == 1
    assert not (tmp_path / "voiceapp.db.suspect").exists()
    await again.close()


async def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "voiceapp.db").touch()
    store = SqliteStore(tmp_path, PlainTakes())
    await store.add_note("x")
    assert store.notices == ()
    await store.close()


async def test_a_database_of_the_future_is_left_untouched(tmp_path: Path) -> None:
    await filled(tmp_path)
    file = tmp_path / "voiceapp.db"
    with sqlite3.connect(file) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = file.read_bytes()
    store = SqliteStore(tmp_path, PlainTakes())
    with pytest.raises(StoreError, match="newer voiceapp"):
        await store.open()
    await store.close()
    assert file.read_bytes() == before
    assert set_aside_in(tmp_path) == []


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_every_older_layout_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    with sqlite3.connect(tmp_path / "voiceapp.db") as db:
        for step in MIGRATIONS[:version]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    store = SqliteStore(tmp_path, PlainTakes())
    head = await store.new_conversation("x")
    assert (await store.conversation(head.id)).head.title == "x"
    await store.close()


def test_a_step_that_fails_leaves_the_layout_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        first, second = "CREATE TABLE a (x INTEGER) STRICT", "CREATE TABLE b (x INTEGER) STRICT"
        with pytest.raises(sqlite3.OperationalError):
            migrate(db, path, ((first,), (second, "no sql")))
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
        migrate(db, path, ((first,), (second,)))
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


FORBIDDEN = """
import asyncio, os, sys
from pathlib import Path
from voiceapp.core.errors import StoreError
from voiceapp.paths import Paths
from voiceapp.store.sqlite import SqliteStore
from tests.store.plain_takes import PlainTakes

async def main(folder):
    store = SqliteStore(folder, PlainTakes())
    try:
        await store.add_note("x")
    except StoreError as error:
        print(type(error).__name__, error.message)
    await store.close()

os.setgid(65534)
os.setuid(65534)
folder = Path(sys.argv[1])
try:
    Paths.below(folder).create()
except StoreError as error:
    print(type(error).__name__, error.message)
asyncio.run(main(folder))
"""


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_may_not_be_written_gives_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in (tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN, str(tmp_path), *sys.path],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all(line.startswith("StoreError") and str(tmp_path) in line for line in lines)
