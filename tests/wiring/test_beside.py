"""Written beside the loop: the newest value, whole, also at the end."""

from __future__ import annotations

import threading

from voiceapp.wiring.beside import WrittenBeside


async def test_the_newest_is_written_and_nothing_twice() -> None:
    written: list[bytes] = []
    is_free, is_written = threading.Event(), threading.Event()

    def write(data: bytes) -> None:
        is_free.wait(20)
        written.append(data)
        is_written.set()

    beside = WrittenBeside(write)
    for number in range(5):
        beside.keep(b"%d" % number)
    is_free.set()
    assert is_written.wait(20)
    beside.flush()
    beside.flush()
    assert written[-1] == b"4"
    assert len(written) <= 2
