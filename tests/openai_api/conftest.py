"""Engines on the wire to a loopback server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from tests.openai_api.clock import Clock
from tests.server.loopback import LoopbackServer
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.openai_api.client import Timeouts
from voiceapp.openai_api.queue import ProviderQueue
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

KEY = "sk-test-51b0c8e2d7a94f2c"
QUICK = Timeouts(connect_s=2.0, silence_s=0.3, first_s=5.0)

MakeWire = Callable[..., Wire]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A loopback server; every request that it got must have been a valid one."""
    with LoopbackServer() as server:
        yield server
    assert server.violations == []


@pytest.fixture
def waits_s() -> list[float]:
    """The waits before requests were sent again; nobody really waited."""
    return []


@pytest.fixture
async def make_wire(server: LoopbackServer, waits_s: list[float]) -> AsyncIterator[MakeWire]:
    """Make wires to *server* that are closed at the end. Keyword arguments reach ``Wire``; ``kind``, ``base_url`` and
    other fields of ``Provider`` too."""

    async def pause(wait_s: float) -> None:
        waits_s.append(wait_s)

    async with AsyncExitStack() as stack:

        def make(key: str = KEY, **options: object) -> Wire:
            fields = {name: options.pop(name) for name in tuple(options) if name in Provider.__dataclass_fields__}
            fields = {"name": "openai", "kind": ProviderKind.OPENAI, "base_url": server.base_url, **fields}
            wire = Wire(
                Provider(**fields),  # type: ignore[arg-type]
                lambda: key,
                **{"table": model_table(), "timeouts": QUICK, "pause": pause, **options},  # type: ignore[arg-type]
            )
            stack.push_async_callback(wire.close)
            return wire

        yield make


@pytest.fixture
def wire(make_wire: MakeWire) -> Wire:
    """The wire to OpenAI as the server plays it."""
    return make_wire()


@pytest.fixture
def clock() -> Clock:
    """Passes only while somebody pauses."""
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> ProviderQueue:
    """A provider's queue that waits by the clock."""
    return ProviderQueue(clock.now, clock.pause)
