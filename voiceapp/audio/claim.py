"""Opening and closing a device for somebody who may be gone by the time it is done.

Opening blocks, so it runs in a worker thread, and a thread cannot be cancelled: the device opens all the same. Nobody
would close it then. The microphone would go on recording, and once its callback was forgotten, PortAudio would call
into freed memory. Closing blocks too, and work that no thread has begun yet is taken back with its task.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Claim(Generic[T]):
    """Settles between the thread that opens and the task that may give up who closes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_given_up = False
        self._opened: list[T] = []

    def deliver(self, opened: T) -> bool:
        """Hand over what is open; False = nobody wants it any more. The opening thread."""
        with self._lock:
            if not self._is_given_up:
                self._opened.append(opened)
            return not self._is_given_up

    def give_up(self) -> list[T]:
        """Return what was delivered until now; what comes later is refused. The task."""
        with self._lock:
            self._is_given_up = True
            return self._opened


async def open_in_thread(open_device: Callable[[], T], close: Callable[[T], None]) -> T:
    """Return what *open_device* opens in a worker thread; when cancelled, *close* it there, however late it comes."""
    claim = _Claim[T]()

    def work() -> T:
        opened = open_device()
        if not claim.deliver(opened):
            close(opened)
        return opened

    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        for opened in claim.give_up():
            await close_in_thread(close, opened)
        raise


async def close_in_thread(close: Callable[[T], None], opened: T) -> None:
    """Let a worker thread *close* what is *opened*; that happens also when this task is cancelled before it begins."""
    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, close, opened))
