"""An event loop whose clock jumps: nothing really waits, and the same test gives the same times every time.

When no task can run, the loop's time jumps to the next timer. When there is no timer either, every task waits for
something that cannot come: :class:`Deadlock`, with the tasks' names. ``asyncio.to_thread`` runs its function at once
on the loop's own thread, so a run is deterministic; real threads, sockets and processes do not belong here.

    @virtual_clock
    async def test_reply_is_spoken(stage: Stage) -> None: ...

Fixtures of such a test must not be coroutines (they would live on another loop).
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

START_S = 1000.0
"""Where the virtual clock starts. Not zero: zero means "now" in some commands."""

LIMIT_S = 3600.0
"""Virtual time after which a run is taken for endless."""


class Deadlock(AssertionError):
    """Every task is waiting and no timer is set, or timers go on without end."""


class _JumpingSelector(selectors.BaseSelector):
    """Asks the real selector without waiting, and moves the clock instead of sleeping."""

    def __init__(self, limit_s: float) -> None:
        self.now_s = START_S
        self._limit_s = limit_s
        self._real = selectors.DefaultSelector()
        self.describe: Callable[[], str] = str

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            raise Deadlock(f"every task is waiting and no timer is set: {self.describe()}")
        self.now_s += timeout
        if self.now_s - START_S > self._limit_s:
            raise Deadlock(f"{self._limit_s:.0f} s of virtual time have passed: {self.describe()}")
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Any:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` is virtual."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._jumping = _JumpingSelector(limit_s)
        self._jumping.describe = self._waiting_tasks
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s

    def _waiting_tasks(self) -> str:
        return ", ".join(sorted(task.get_name() for task in asyncio.all_tasks(self))) or "no task"

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run *func* here and now; the caller still gives way to others once."""
        future = self.create_future()

        def settle() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:
                future.set_exception(error)

        self.call_soon(settle)
        return future


def run_virtual(coroutine: Coroutine[Any, Any, T], *, limit_s: float = LIMIT_S) -> T:
    """Run *coroutine* to its end on a fresh virtual clock."""
    with asyncio.Runner(loop_factory=lambda: VirtualClockLoop(limit_s)) as runner:
        return runner.run(coroutine)


def virtual_clock(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Make an async test run on a virtual clock."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_virtual(test(*args, **kwargs))

    return run
