"""Noticing that devices come and go without asking all the time.

The sound server tells, at no cost while nothing happens. Where there is no such server, it is asked now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator

_SETTLED_S = 0.5  # by then the subscription is in force; what changed until then is found by looking once more
_QUIET_S = 0.1  # one plug is a handful of events
_SELDOM_S = 10.0
_ABOUT_DEVICES = re.compile(rb" on (sink|source|server|card) ?#?")


async def hints() -> AsyncGenerator[None, None]:
    """Yield whenever the list of devices may have changed. Closing the iterator ends it."""
    try:
        process = await asyncio.create_subprocess_exec(
            "pactl", "subscribe", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        process = None
    if process is not None:
        try:
            async for _hint in _told_by(process):
                yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
    while True:
        await asyncio.sleep(_SELDOM_S)
        yield


async def _told_by(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    assert process.stdout is not None
    await asyncio.sleep(_SETTLED_S)
    if process.returncode is None:
        yield
    while line := await process.stdout.readline():
        if not _ABOUT_DEVICES.search(line):
            continue
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(_QUIET_S):
                    if not await process.stdout.readline():
                        return
        yield
