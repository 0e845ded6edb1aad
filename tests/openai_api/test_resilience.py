"""The queue before a provider, what it taught, and answers that are kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes.cache import MemoryCache
from tests.openai_api.adapters import ADAPTERS, Adapter
from tests.openai_api.clock import Clock
from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer, Request
from voiceapp.core.errors import RateLimited
from voiceapp.core.speech import Basis, SpeechRequest, Usage
from voiceapp.openai_api.kept import KeptAnswers
from voiceapp.openai_api.lessons import KEPT_S, LessonBook
from voiceapp.openai_api.queue import LOOK_AGAIN_S, ProviderQueue
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech

COMPLETE, _RESPOND, _HEAR, SPEAK, DRAW, JUDGE, EMBED = ADAPTERS


def empty(resets: str) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": resets,
    }


async def test_a_request_that_may_go_waits_for_nothing(queue: ProviderQueue, clock: Clock) -> None:
    entering = queue.enter("m", is_urgent=True, longest_s=8.0)
    with pytest.raises(StopIteration):
        entering.send(None)  # not even one turn of the loop
    assert clock.pauses == []


async def test_somebody_who_waits_is_held_for_a_short_guess_only(queue: ProviderQueue, clock: Clock) -> None:
    queue.note_answer("m", empty("50s"))
    await queue.enter("m", is_urgent=True, longest_s=8.0)
    assert clock.pauses == [pytest.approx(5.0)]
    queue.note_answer("m", empty("500s"))
    await queue.enter("m", is_urgent=True, longest_s=8.0)
    assert len(clock.pauses) == 1  # the server knows better
    await queue.enter("other", is_urgent=True, longest_s=8.0)
    assert len(clock.pauses) == 1


async def test_work_without_hurry_stays_within_the_limits(queue: ProviderQueue, clock: Clock) -> None:
    queue.note_answer("m", {**empty("10s"), "x-ratelimit-remaining-requests": "3"})
    began_s = clock.now_s
    for _ in range(20):
        async with queue.place(is_urgent=False):
            await queue.enter("m", is_urgent=False, longest_s=8.0)
    assert clock.now_s - began_s >= 0.9 * 20 / (7 / 10)  # 0.7 a second flow back, and the reserve stays


async def test_the_conversation_goes_first(queue: ProviderQueue, clock: Clock) -> None:
    order: list[str] = []

    async def ask(name: str, *, is_urgent: bool) -> None:
        await queue.enter("m", is_urgent=is_urgent, longest_s=8.0)
        order.append(name)

    queue.note_answer("m", {**empty("20s"), "x-ratelimit-remaining-requests": "0"})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask("batch", is_urgent=False))
        tasks.create_task(ask("turn", is_urgent=True))
    assert order == ["turn", "batch"]
    assert LOOK_AGAIN_S > 0


async def test_a_long_wait_is_obeyed_by_every_wire_without_asking_again(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    queue = ProviderQueue()
    server.answer_next(COMPLETE.path, faults.error(429, code="rate_limit_exceeded", headers={"retry-after": "30"}))
    first, second = make_wire(queue=queue), make_wire(queue=queue)
    for wire in (first, second):
        with pytest.raises(RateLimited) as caught:
            await COMPLETE.call(wire, "m")
        assert 29.0 <= caught.value.retry_after_s <= 30.0
    assert len(server.requests_for(COMPLETE.path)) == 1
    assert await COMPLETE.call(second, "another-model")


async def test_a_short_wait_is_told_with_its_length(server: LoopbackServer, make_wire: MakeWire) -> None:
    waits: list[float] = []
    answer = faults.error(429, code="rate_limit_exceeded", headers={"retry-after": "7"})
    server.answer_next(COMPLETE.path, answer)
    assert await COMPLETE.call(make_wire(on_wait=waits.append), "")
    assert waits == [pytest.approx(7.0, abs=0.5)]


async def test_an_allowance_in_an_answer_is_kept_within(
    server: LoopbackServer, make_wire: MakeWire, waits_s: list[float]
) -> None:
    usual = server.usual(JUDGE.path)
    server.answer_always(JUDGE.path, lambda request: _with(usual(request), empty("30s")))
    wire = make_wire()
    await JUDGE.call(wire, "")
    await JUDGE.call(wire, "")
    assert waits_s == [pytest.approx(3.0, abs=0.5)]


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return replace(answer, headers={**answer.headers, **headers})


# --- lessons ------------------------------------------------------------------------------------------------


def refusing(server: LoopbackServer, adapter: Adapter, name: str) -> Callable[[Request], Answer]:
    usual = server.usual(adapter.path)

    def answer(request: Request) -> Answer:
        if name in request.json:
            return faults.error(400, f"Unsupported parameter: '{name}'.", code="unsupported_parameter", param=name)
        return usual(request)

    return answer


async def test_lessons_outlive_the_program(server: LoopbackServer, make_wire: MakeWire) -> None:
    kept: list[bytes] = []
    server.answer_always("/responses", refusing(server, _RESPOND, "store"))
    await _RESPOND.call(make_wire(book=LessonBook(b"", kept.append)), "gpt-6-luna")
    assert len(server.requests) == 2
    await _RESPOND.call(make_wire(book=LessonBook(kept[-1])), "gpt-6-luna")
    assert len(server.requests) == 3
    assert b"Hi" not in kept[-1]
    await _RESPOND.call(make_wire(book=LessonBook(kept[-1])), "gpt-6.1-sol")
    assert len(server.requests) == 5  # another model may take what this one refuses


def test_lessons_are_forgotten_after_a_while() -> None:
    rows = {"chat m": {"at": 100.0, "dropped": ["store"], "replaced": {}}}
    kept = json.dumps(rows).encode()
    assert LessonBook(kept, wall=lambda: 200.0).of("chat", {"model": "m"}).dropped == {"store"}
    assert not LessonBook(kept, wall=lambda: 100.0 + KEPT_S).of("chat", {"model": "m"}).dropped


@pytest.mark.parametrize("kept", [b"{", b"[]", b'{"chat m": 1}', b'{"chat m": {"at": "x"}}', b"\xff"])
def test_a_broken_book_is_an_empty_one(kept: bytes) -> None:
    assert not LessonBook(kept).of("chat", {"model": "m"}).dropped


# --- kept answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", [SPEAK, JUDGE, EMBED], ids=str)
async def test_the_same_request_is_paid_once(adapter: Adapter, server: LoopbackServer, make_wire: MakeWire) -> None:
    shelf = MemoryCache()
    first = await adapter.call(make_wire(kept=KeptAnswers(shelf, "a")), "")
    again = await adapter.call(make_wire(kept=KeptAnswers(shelf, "a")), "")
    assert str(again).replace("is_kept=True", "is_kept=False") == str(first)
    assert len(server.requests_for(adapter.path)) == 1
    await adapter.call(make_wire(kept=KeptAnswers(shelf, "b")), "")
    assert len(server.requests_for(adapter.path)) == 2  # another provider answers for itself


@pytest.mark.parametrize("adapter", [COMPLETE, DRAW], ids=str)
async def test_what_is_never_the_same_twice_is_not_kept(
    adapter: Adapter, server: LoopbackServer, make_wire: MakeWire
) -> None:
    shelf = MemoryCache()
    await adapter.call(make_wire(kept=KeptAnswers(shelf, "a")), "")
    assert shelf.found == {}


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": {"message": "x", "code": "server_error"}}),
        json_answer({"results": []}),
        faults.rubbish(),
        faults.html(),
    ],
)
async def test_an_error_is_not_repeated_from_the_disk(
    answer: Answer, server: LoopbackServer, make_wire: MakeWire
) -> None:
    shelf = MemoryCache()
    server.answer_next(JUDGE.path, answer)
    with pytest.raises(Exception):  # noqa: B017, PT011 - which one is not the matter here
        await JUDGE.call(make_wire(kept=KeptAnswers(shelf, "a")), "")
    assert shelf.found == {}
    assert await JUDGE.call(make_wire(kept=KeptAnswers(shelf, "a")), "")


async def test_half_a_sound_is_not_kept_and_a_kept_one_costs_nothing(
    server: LoopbackServer, make_wire: MakeWire
) -> None:
    shelf, used = MemoryCache(), list[Usage]()
    request = SpeechRequest("Good morning.", on_usage=used.append)
    speech = HttpTextToSpeech(make_wire(kept=KeptAnswers(shelf, "a")))
    blocks = speech.speak(request)
    await anext(blocks)
    await blocks.aclose()
    assert shelf.found == {}
    first = [block async for block in speech.speak(request)]
    assert len(used) == 1
    second = [block async for block in speech.speak(request)]
    assert sum(map(len, first)) == sum(map(len, second))
    assert [usage.basis for usage in used] == [Basis.REPORTED, Basis.KEPT]
