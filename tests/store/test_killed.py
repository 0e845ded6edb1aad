"""A process is killed, without any chance to clean up, at random moments of writing."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import TakeState
from voiceapp.store.sqlite import SqliteStore

ROUNDS = 12

WRITER = """
import asyncio, sys
from pathlib import Path
import numpy as np
from voiceapp.core.conversation import Role, TakeState
from voiceapp.store.sqlite import SqliteStore
from tests.store.plain_takes import PlainTakes

async def main():
    store = SqliteStore(Path(sys.argv[1]), PlainTakes())
    await store.recover_takes()
    head = await store.new_conversation("killed")
    while True:
        writer = await store.begin_take(1000, head.id)
        print("take", writer.take.id, 0, flush=True)
        for count in range(1, 6):
            writer.write(np.full(100, 0.5, dtype=np.float32))
            print("take", writer.take.id, count * 100, flush=True)
        if writer.take.id % 2:
            writer.finish(TakeState.RECORDED)
        message = await store.add_message(head.id, Role.USER, "said", take_id=writer.take.id)
        print("message", message.id, flush=True)
        await store.update_message(message.id, text="said, and more", is_complete=True)
        print("changed", message.id, flush=True)

asyncio.run(main())
"""


@contextmanager
def writing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def test_what_was_confirmed_survives_kill_at_any_moment(tmp_path: Path) -> None:
    rng = random.Random(20)
    samples: dict[int, int] = {}
    messages: dict[int, str] = {}
    for _ in range(ROUNDS):
        with writing(tmp_path) as process:
            assert process.stdout is not None
            confirmed = [process.stdout.readline()]
            killer = threading.Timer(rng.uniform(0.0, 0.15), process.kill)
            killer.start()
            confirmed += process.stdout.readlines()  # ends when it is dead
            killer.join()
        for line in confirmed:
            match line.split() if line.endswith("\n") else []:
                case ["take", number, frames]:
                    samples[int(number)] = int(frames)
                case ["message", number]:
                    messages[int(number)] = "said"
                case ["changed", number]:
                    messages[int(number)] = "said, and more"

        store = SqliteStore(tmp_path, PlainTakes())
        await store.recover_takes()
        assert store.notices == ()
        takes = {take.id: take for take in await store.takes()}
        for take_id, count in samples.items():
            if count:
                assert takes[take_id].state is TakeState.RECORDED
                assert len((await store.load_take(take_id)).samples) >= count
        kept = {
            m.id: m.text for head in await store.conversations() for m in (await store.conversation(head.id)).messages
        }
        assert all(kept[id_].startswith(text) for id_, text in messages.items())
        await store.close()
        with sqlite3.connect(store.database) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        db.close()
    assert len(messages) > ROUNDS  # it really was at work


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
import numpy as np
from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.errors import DiskFull
from voiceapp.store.sqlite import SqliteStore
from tests.store.plain_takes import PlainTakes

async def main():
    store = SqliteStore(Path(sys.argv[1]), PlainTakes())
    head = await store.new_conversation("full")
    await store.add_message(head.id, Role.USER, "first")
    writer = await store.begin_take(1000, head.id)
    if sys.argv[2] == "limit":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    count, frames, full = 0, 0, set()
    while len(full) < (2 if sys.argv[2] == 'tmpfs' else 1) and count < 5000:
        count += 1
        if "take" not in full:
            try:
                writer.write(np.full(1000, 0.5, dtype=np.float32))
                frames += 1000
            except DiskFull:
                full.add("take")
        if "message" not in full and sys.argv[2] == "tmpfs":
            try:
                await store.add_message(head.id, Role.USER, "x" * 4000)
            except DiskFull:
                full.add("message")
    stored = (await store.conversation(head.id)).head.message_count
    print(sorted(full), frames, stored, flush=True)
    try:
        writer.finish(TakeState.RECORDED)
    except DiskFull:
        pass
    await store.close()

asyncio.run(main())
"""


def run_full(folder: Path, how: str) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), how], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['message', 'take']" if how == "tmpfs" else "['take']"), done.stdout
    frames, stored = done.stdout.split()[-2:]
    return int(frames), int(stored)


@contextmanager
def disk(folder: Path, how: str) -> Iterator[Callable[[], None]]:
    """Make *folder* a small disk; yields what makes room on it."""
    folder.mkdir()
    if how == "limit":
        yield lambda: None
        return
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting needs root")
    try:
        yield lambda: print(subprocess.check_output(["mount", "-o", "remount,size=8m", str(folder)]))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("how", ["limit", "tmpfs"])
async def test_a_full_disk_is_named_and_what_was_written_stays(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "data"
    with disk(folder, how) as make_room:
        frames, stored = run_full(folder, how)
        make_room()
        store = SqliteStore(folder, PlainTakes())
        await store.recover_takes()
        assert store.notices == ()
        (take,) = await store.takes()
        assert take.state is TakeState.RECORDED
        assert len((await store.load_take(take.id)).samples) >= frames > 0
        (head,) = await store.conversations()
        assert head.message_count == stored > 0
        await store.close()
