"""An open answer read to its end, for both chat protocols: what is yielded stays valid whatever happens later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import Any, ClassVar, Protocol

from voiceapp.core.errors import ProviderDown, ProviderError, TimedOut
from voiceapp.core.speech import ReplyPart
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event, error_from
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.sse import EventDecoder, NotTheProtocol
from voiceapp.openai_api.wire import Sent, Wire

GRACE_S = 0.5
"""How long the usage may come after the reply's last word; a socket left open must not hold the voice back."""
DRAIN_S = 0.2
"""How long the end of the body may come after the reply: only a body read to its end gives its connection back."""


class ReplyDecoder(Protocol):
    """A chat protocol, one direction."""

    has_content: bool
    is_end_said: ClassVar[bool]
    """Whether the protocol always says its end; some servers of the other one just close."""

    @property
    def is_ending(self) -> bool:
        """The server said that the reply ends here; its usage may still follow."""
        ...

    @property
    def is_over(self) -> bool:
        """Nothing follows that matters."""
        ...

    @property
    def is_blocked(self) -> bool:
        """The service let nothing of the reply through."""
        ...

    @property
    def failure(self) -> object:
        """The server's error object, where the reply failed."""
        ...

    def push(self, event: Mapping[str, Any]) -> Iterator[ReplyPart]:
        """Yield what *event* adds."""
        ...

    def finish(self) -> Iterator[ReplyPart]:
        """Yield what was held back, and the ReplyEnd."""
        ...


async def reply_parts(
    wire: Wire, sent: Sent, reply: ReplyDecoder, silence_s: float | None = None
) -> AsyncGenerator[ReplyPart, None]:
    """Yield the parts of *sent* as *reply* reads them, last a ReplyEnd. Raises ProviderError.

    *silence_s*: patience between pieces, where it differs from the wire's own.
    """
    where = wire.where(sent.model)
    error: ProviderError | None = None
    async with aclosing(wire.chunks(sent, silence_s=silence_s)) as chunks:
        try:
            async with aclosing(_until_over(chunks, reply, where, _has_frame(sent))) as parts:
                async for part in parts:
                    yield part
        except (NotTheProtocol, ProviderError) as problem:
            error = error_from(problem, where)
        if error is not None and not (reply.is_ending and isinstance(error, ProviderDown | TimedOut)):
            raise error
        if not (reply.has_content or reply.is_ending):
            raise sentences.not_the_protocol("empty", where)
        if reply.is_blocked:
            raise sentences.refused(where)
        try:
            rest = tuple(reply.finish())
        except (AttributeError, TypeError, ValueError):
            raise sentences.not_the_protocol("rubbish", where) from None
        for part in rest:
            yield part
        await _drain(chunks)


async def _until_over(
    chunks: AsyncGenerator[bytes, None], reply: ReplyDecoder, where: sentences.Where, has_frame: bool
) -> AsyncGenerator[ReplyPart, None]:
    """Yield parts until the server said the end: ``[DONE]``, a last event, a finish and then nothing, or no more."""
    events = EventDecoder()
    chunk: bytes | None = b""
    while chunk is not None and not (events.is_done or reply.is_over):
        try:
            async with asyncio.timeout(GRACE_S if reply.is_ending else None):
                chunk = await anext(chunks, None)
        except TimeoutError:
            return
        for event in events.finish() if chunk is None else events.push(chunk):
            for part in _read(reply, event):
                yield part
            if reply.failure or is_error(event):
                raise error_for_event(reply.failure or event, where)
    is_end_known = events.is_done or reply.is_ending or events.is_json or (has_frame and not reply.is_end_said)
    if chunk is None and reply.has_content and not is_end_known:
        raise sentences.broke_off(where)


def _read(reply: ReplyDecoder, event: Mapping[str, Any]) -> Iterator[ReplyPart]:
    """Yield what *event* adds. A number where an object belongs is the server's fault, not a crash of ours."""
    try:
        yield from reply.push(event)
    except (AttributeError, TypeError, ValueError):
        raise NotTheProtocol("rubbish") from None


def _has_frame(sent: Sent) -> bool:
    """Whether HTTP itself tells a whole body from a broken one."""
    return not sent.response.headers.keys().isdisjoint(("content-length", "transfer-encoding"))


async def _drain(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read the body's end, where it comes soon."""
    with suppress(TimeoutError, ProviderError):
        async with asyncio.timeout(DRAIN_S):
            while await anext(chunks, None) is not None:
                pass
