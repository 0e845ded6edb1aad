"""What is opened for somebody who gave up meanwhile is closed again."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from voiceapp.audio.claim import close_in_thread, open_in_thread


class Door:
    """Opens only when let; remembers how often it was closed."""

    def __init__(self) -> None:
        self.knocked = threading.Event()
        self.may_open = threading.Event()
        self.closed = threading.Semaphore(0)

    def open(self) -> Door:
        self.knocked.set()
        self.may_open.wait()
        return self

    def close(self) -> None:
        self.closed.release()


async def test_whoever_waits_gets_it() -> None:
    door = Door()
    door.may_open.set()
    assert await open_in_thread(door.open, Door.close) is door
    assert not door.closed.acquire(blocking=False)


async def test_opened_after_its_task_was_cancelled_it_is_closed() -> None:
    door = Door()
    task = asyncio.create_task(open_in_thread(door.open, Door.close))
    await asyncio.to_thread(door.knocked.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    door.may_open.set()
    assert await asyncio.to_thread(door.closed.acquire)
    assert not door.closed.acquire(blocking=False)


async def test_cancelled_between_opening_and_receiving_it_is_closed() -> None:
    door = Door()
    task = asyncio.create_task(open_in_thread(door.open, Door.close))
    await asyncio.to_thread(door.knocked.wait)
    door.may_open.set()
    opened = threading.Thread(target=lambda: None)  # gives the opening thread time while this loop stands still
    opened.start()
    opened.join()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(door.closed.acquire)
    assert not door.closed.acquire(blocking=False)


async def test_cancelled_before_a_thread_is_free_it_is_closed_all_the_same() -> None:
    door, others = Door(), threading.Event()
    with ThreadPoolExecutor(1) as only_one:
        asyncio.get_running_loop().set_default_executor(only_one)
        busy = asyncio.get_running_loop().run_in_executor(None, others.wait)
        task = asyncio.create_task(close_in_thread(Door.close, door))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        others.set()
        await busy
    assert door.closed.acquire(blocking=False)


async def test_what_cannot_be_opened_says_so() -> None:
    def refuse() -> Door:
        raise OSError("busy")

    with pytest.raises(OSError, match="busy"):
        await open_in_thread(refuse, Door.close)
