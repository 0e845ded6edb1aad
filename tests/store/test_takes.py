from __future__ import annotations

import asyncio
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.store.plain_takes import PlainSink, PlainTakes
from voiceapp.core.audio import Float32Block
from voiceapp.core.conversation import TakeState
from voiceapp.core.errors import AudioFileError, DiskFull, StoreError
from voiceapp.store.sqlite import SqliteStore

HALF = np.full(8000, 0.5, dtype=np.float32)


async def test_row_and_file_exist_before_the_first_block(store: SqliteStore) -> None:
    writer = await store.begin_take(16000, None)
    assert (store.takes_folder / writer.take.file).exists()
    assert [(t.id, t.state) for t in await store.takes()] == [(writer.take.id, TakeState.RECORDING)]


async def test_a_finished_take_knows_its_length_and_loudness(store: SqliteStore) -> None:
    writer = await store.begin_take(16000, None)
    await asyncio.to_thread(writer.write, HALF)
    take = await asyncio.to_thread(writer.finish, TakeState.RECORDED)
    again = await asyncio.to_thread(writer.finish, TakeState.CANCELLED)

    assert take == again == await store.take(take.id)
    assert (take.duration_s, take.rate_hz, take.state) == (0.5, 16000, TakeState.RECORDED)
    assert take.peak_db == pytest.approx(-6.02, abs=0.01)
    assert take.envelope == pytest.approx((0.0, 0.5), abs=0.01)
    clip = await store.load_take(take.id)
    assert np.array_equal(clip.samples, HALF)


async def test_files_and_folders_are_for_this_person_only(store: SqliteStore) -> None:
    writer = await store.begin_take(16000, None)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (store.database, store.database.with_name("voiceapp.db-wal"), store.takes_folder)
    }
    assert modes == {"voiceapp.db": 0o600, "voiceapp.db-wal": 0o600, "takes": 0o700}
    writer.finish(TakeState.RECORDED)


async def test_update_changes_what_is_given(store: SqliteStore) -> None:
    writer = await store.begin_take(16000, None)
    head = await store.new_conversation("x")
    writer.finish(TakeState.RECORDED)
    await store.update_take(writer.take.id, state=TakeState.FAILED, error="No network.", engine="OpenAI")
    take = await store.update_take(writer.take.id, conversation_id=head.id)
    assert (take.state, take.error, take.engine, take.conversation_id) == (
        TakeState.FAILED,
        "No network.",
        "OpenAI",
        head.id,
    )
    with pytest.raises(StoreError, match="no recording 99"):
        await store.update_take(99, text="x")


async def test_a_take_in_progress_is_not_mended_by_a_second_process(store: SqliteStore, tmp_path: Path) -> None:
    writer = await store.begin_take(16000, None)
    writer.write(HALF)
    beside = SqliteStore(tmp_path, PlainTakes())
    assert await beside.recover_takes() == ()
    assert await store.recover_takes() == ()
    writer.write(HALF)
    assert writer.finish(TakeState.RECORDED).duration_s == 1.0
    await beside.close()


async def test_what_a_dead_process_left_is_mended_with_its_torn_end(tmp_path: Path) -> None:
    dead = SqliteStore(tmp_path, PlainTakes())
    writer = await dead.begin_take(16000, None)
    writer.write(HALF)
    empty = await dead.begin_take(16000, None)
    await dead.close()  # gone without finishing either
    file = tmp_path / "takes" / writer.take.file
    with file.open("ab") as end:
        end.write(b"\x01\x02")

    store = SqliteStore(tmp_path, PlainTakes())
    recovered = await store.recover_takes()

    assert [(t.id, t.state, t.duration_s) for t in recovered] == [(writer.take.id, TakeState.RECORDED, 0.5)]
    assert await store.takes() == recovered
    assert not (tmp_path / "takes" / empty.take.file).exists()
    assert await store.recover_takes() == ()
    await store.close()


async def test_files_that_no_row_knows_are_listed_with_their_own_time(store: SqliteStore) -> None:
    await store.open()
    orphan = store.takes_folder / "20240229-235959-7.take"
    orphan.write_bytes(b"8000\n" + HALF.tobytes())
    (store.takes_folder / "rubbish.take").write_bytes(b"\x00\x01")
    (store.takes_folder / "notes.txt").write_text("mine")

    rubbish, found = sorted(await store.recover_takes(), key=lambda take: take.file, reverse=True)

    assert (found.state, found.duration_s, found.rate_hz) == (TakeState.RECORDED, 1.0, 8000)
    assert found.started_at == pytest.approx(1709251199, abs=86_400)
    assert (rubbish.state, bool(rubbish.error)) == (TakeState.FAILED, True)
    assert (store.takes_folder / "rubbish.take").exists()


async def test_names_stay_new_when_the_clock_stands_still(tmp_path: Path) -> None:
    (tmp_path / "takes").mkdir()
    store = SqliteStore(tmp_path, PlainTakes(), now=lambda: 1_700_000_000.0)
    first = await store.begin_take(16000, None)
    await store.close()
    (tmp_path / "voiceapp.db").unlink()
    again = SqliteStore(tmp_path, PlainTakes(), now=lambda: 1_700_000_000.0)
    second = await again.begin_take(16000, None)
    assert first.take.id == second.take.id
    assert first.take.file != second.take.file
    await again.close()


async def test_a_take_whose_file_is_gone_says_so(store: SqliteStore, tmp_path: Path) -> None:
    writer = await store.begin_take(16000, None)
    writer.finish(TakeState.RECORDED)
    (store.takes_folder / writer.take.file).unlink()
    with pytest.raises(AudioFileError, match="gone"):
        await store.load_take(writer.take.id)
    with pytest.raises(AudioFileError, match="gone"):
        await store.export_take(writer.take.id, tmp_path / "x.wav")


async def test_export_to_a_folder_that_is_not_there_is_told(store: SqliteStore, tmp_path: Path) -> None:
    writer = await store.begin_take(16000, None)
    writer.write(HALF)
    writer.finish(TakeState.RECORDED)
    await store.export_take(writer.take.id, tmp_path / "out.wav")
    assert (tmp_path / "out.wav").stat().st_size > len(HALF) * 4
    with pytest.raises(StoreError):
        await store.export_take(writer.take.id, tmp_path / "nowhere" / "out.wav")


class FullSink(PlainSink):
    def write(self, block: Float32Block) -> None:
        raise OSError(28, "No space left on device")


class FullTakes(PlainTakes):
    def create(self, path: Path, rate_hz: int) -> PlainSink:
        if rate_hz == 1:
            raise OSError(28, "No space left on device")
        return FullSink(path, rate_hz)


async def test_a_full_disk_is_named_and_leaves_no_empty_row(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, FullTakes())
    with pytest.raises(DiskFull):
        await store.begin_take(1, None)
    assert await store.takes() == ()
    writer = await store.begin_take(16000, None)
    with pytest.raises(DiskFull):
        writer.write(HALF)
    assert writer.finish(TakeState.RECORDED).state is TakeState.RECORDED
    await store.close()


class SlowTakes(PlainTakes):
    def __init__(self) -> None:
        self.is_begun = threading.Event()
        self.may_go_on = threading.Event()

    def create(self, path: Path, rate_hz: int) -> PlainSink:
        self.is_begun.set()
        assert self.may_go_on.wait(10)
        return PlainSink(path, rate_hz)


async def test_a_take_whose_beginning_was_cancelled_is_closed(tmp_path: Path) -> None:
    slow = SlowTakes()
    store = SqliteStore(tmp_path, slow)
    beginning = asyncio.create_task(store.begin_take(16000, None))
    await asyncio.to_thread(slow.is_begun.wait, 10)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    slow.may_go_on.set()
    await store.notes()  # behind the beginning in the queue; its ending is behind this one
    assert [t.state for t in await store.takes()] == [TakeState.CANCELLED]
    await store.close()
