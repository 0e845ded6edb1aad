"""What a program left in its data folder, read by the program's own store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from voiceapp.audio.takefile import WavTakes
from voiceapp.core.audio import Clip
from voiceapp.core.conversation import Message, Take
from voiceapp.store.sqlite import SqliteStore

T = TypeVar("T")


def conversations_in(data: Path) -> list[tuple[Message, ...]]:
    """Return the messages of every conversation, newest conversation first."""

    async def read(store: SqliteStore) -> list[tuple[Message, ...]]:
        heads = await store.conversations()
        return [(await store.conversation(head.id)).messages for head in heads]

    return asyncio.run(_with_store(data, read))


def takes_in(data: Path) -> list[Take]:
    """Return every take, oldest first."""

    async def read(store: SqliteStore) -> list[Take]:
        return list(reversed(await store.takes()))

    return asyncio.run(_with_store(data, read))


def sound_of(data: Path, take_id: int) -> Clip:
    """Return a take's sound."""
    return asyncio.run(_with_store(data, lambda store: store.load_take(take_id)))


async def _with_store(data: Path, read: Callable[[SqliteStore], Awaitable[T]]) -> T:
    store = SqliteStore(data, WavTakes())
    try:
        return await read(store)
    finally:
        await store.close()
