"""The virtual clock jumps, keeps order, and turns deadlocks into failures."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.virtual_clock import START_S, Deadlock, run_virtual, virtual_clock


def test_time_jumps_to_the_next_timer_in_order() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        seen: list[tuple[str, float]] = []

        async def note(name: str, after_s: float) -> None:
            await asyncio.sleep(after_s)
            seen.append((name, round(loop.time() - START_S, 6)))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(note("late", 600.0))
            tasks.create_task(note("early", 0.5))
        return seen

    began_s = time.monotonic()
    assert run_virtual(main()) == [("early", 0.5), ("late", 600.0)]
    assert time.monotonic() - began_s < 60  # ten minutes did not pass


def test_waiting_for_nothing_is_a_failure_that_names_the_tasks() -> None:
    async def main() -> None:
        asyncio.current_task().set_name("the forgotten one")  # type: ignore[union-attr]
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="no timer is set: the forgotten one"):
        run_virtual(main())


def test_endless_timers_are_a_failure() -> None:
    async def main() -> None:
        while True:  # noqa: ASYNC110
            await asyncio.sleep(1.0)

    with pytest.raises(Deadlock, match="10 s of virtual time"):
        run_virtual(main(), limit_s=10)


def test_work_for_threads_runs_in_line() -> None:
    async def main() -> str:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        return await asyncio.to_thread(str, 7)

    assert run_virtual(main()) == "7"


@pytest.fixture
def seven() -> int:
    return 7


@virtual_clock
async def test_decorated_tests_take_fixtures(seven: int) -> None:
    assert seven == 7
    assert isinstance(asyncio.get_running_loop().time(), float)
    async with asyncio.timeout(3600 - 1):
        await asyncio.sleep(3000)
