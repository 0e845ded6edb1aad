"""One text in several requests, heard as one: the next piece is asked for as soon as the one before it sounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from voiceapp.core.audio import Float32Block

Blocks = AsyncGenerator[Float32Block, None]


async def joined(pieces: Sequence[str], speak: Callable[[str], Blocks]) -> Blocks:
    """Yield the sound of *pieces* in order, without a gap of ours. Closing it ends every request under way."""
    if len(pieces) == 1:
        async with aclosing(speak(pieces[0])) as blocks:
            async for block in blocks:
                yield block
        return
    now: _Ahead | None = None
    following: _Ahead | None = None
    try:
        for number, piece in enumerate(pieces):
            now, following = following or _Ahead(speak(piece)), None
            while (sound := await now.block()) is not None:
                if following is None and number + 1 < len(pieces):
                    following = _Ahead(speak(pieces[number + 1]))
                yield sound
    finally:
        for ahead in (now, following):
            if ahead is not None:
                await ahead.close()


class _Ahead:
    """A piece that is being received whether or not somebody listens yet."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._queue: asyncio.Queue[Float32Block | Exception | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._fill(), name="piece")

    async def block(self) -> Float32Block | None:
        """Return the next block, None at the end. Raises what the request raised."""
        block = await self._queue.get()
        if isinstance(block, Exception):
            raise block
        return block

    async def close(self) -> None:
        """End the request."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _fill(self) -> None:
        try:
            async with aclosing(self._blocks) as blocks:
                async for block in blocks:
                    self._queue.put_nowait(block)
        except Exception as error:
            self._queue.put_nowait(error)
        else:
            self._queue.put_nowait(None)
