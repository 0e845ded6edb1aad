"""Every fault put to every adapter: one error of ours, one sentence, no key, and the connection free again."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.openai_api.adapters import ADAPTERS, BEHIND, Adapter
from tests.openai_api.conftest import KEY, QUICK, MakeWire
from tests.server import faults
from tests.server.audio_answers import plain
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer, Ending, Request
from voiceapp.core import errors as e
from voiceapp.openai_api.wire import Wire

every_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=str)
all_adapters = pytest.mark.parametrize("adapter", [*ADAPTERS, *BEHIND], ids=str)

COLLECT = BEHIND[-1]

FAULTS: dict[str, tuple[Answer, type[e.ProviderError], int]] = {
    "401": (faults.error(401, "No.", code="invalid_api_key"), e.AuthFailed, 1),
    "403": (faults.error(403, "Not from here."), e.AuthFailed, 1),
    "404 model": (faults.error(404, "No such model", code="model_not_found"), e.ModelGone, 1),
    "429 no credit": (faults.error(429, "Pay.", code="insufficient_quota"), e.NoCredit, 1),
    "429 long": (
        faults.error(429, "Slow.", code="rate_limit_exceeded", headers={"retry-after": "30"}),
        e.RateLimited,
        1,
    ),
    "429 short": (
        faults.error(429, "Slow.", code="rate_limit_exceeded", headers={"retry-after-ms": "1"}),
        e.RateLimited,
        3,
    ),
    "500": (faults.error(500, "Oh."), e.ProviderDown, 3),
    "503": (faults.error(503, "Busy.", code="server_is_overloaded"), e.ProviderDown, 3),
    "reset before headers": (faults.reset_before_headers(), e.ProviderDown, 2),
    "close before headers": (faults.close_before_headers(), e.ProviderDown, 2),
    "web page": (faults.html(), e.BadAnswer, 1),
    "web page 404": (faults.html(404), e.BadAnswer, 1),
    "redirect to nowhere": (faults.redirect("http://127.0.0.1:1/v1/x"), e.NoNetwork, 1),
}


OTHERWISE = {("404 model", "/audio/translations"), ("web page", "/containers/cntr_1/files/cfile_1/content")}
"""A model with a successor, and a place where a page may be just what was made."""
FAULTY = [(a, fault) for a in (*ADAPTERS, *BEHIND) for fault in FAULTS if (fault, a.path) not in OTHERWISE]


@pytest.mark.parametrize(("adapter", "fault"), FAULTY, ids=str)
async def test_each_fault_is_one_error_with_a_sentence(
    adapter: Adapter, fault: str, server: LoopbackServer, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    answer, kind, requests = FAULTS[fault]
    server.answer_always(adapter.path, answer)
    with caplog.at_level(logging.DEBUG), pytest.raises(kind) as caught:
        await adapter.call(wire, "")
    assert caught.value.message.strip()
    assert caught.value.hint
    assert caught.value.provider == "OpenAI"
    assert len(server.requests_for(adapter.path)) == (
        requests if fault == "429 short" else min(requests, adapter.tries)
    )
    told = [*traceback.format_exception(caught.value), *(record.getMessage() for record in caplog.records)]
    assert KEY not in "".join(told)


@all_adapters
async def test_a_stall_is_given_up_and_the_connection_is_free(
    adapter: Adapter, server: LoopbackServer, make_wire: MakeWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("images.PATIENCE_S", "documents.UPLOAD_S", "batches.UPLOAD_S"):
        monkeypatch.setattr(f"voiceapp.openai_api.{patience}", 0.2)
    server.answer_always(adapter.path, faults.never())
    with pytest.raises(e.TimedOut):
        await adapter.call(make_wire(timeouts=replace(QUICK, first_s=0.2)), "")
    (request,) = server.requests_for(adapter.path)
    await server.until(lambda: request.disconnected_at is not None)


@all_adapters
async def test_cancelling_before_the_answer_frees_the_connection(
    adapter: Adapter, server: LoopbackServer, wire: Wire
) -> None:
    server.answer_always(adapter.path, faults.never())
    task = asyncio.ensure_future(adapter.call(wire, ""))
    await server.until(lambda: bool(server.requests_for(adapter.path)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (request,) = server.requests_for(adapter.path)
    await server.until(lambda: request.disconnected_at is not None)


def scripted(
    server: LoopbackServer, adapter: Adapter, change: Callable[[Answer], Answer]
) -> Callable[[Request], Answer]:
    usual = server.usual(adapter.path)
    return lambda request: change(usual(request))


@every_adapter
async def test_a_reset_in_the_middle_is_no_whole_answer(adapter: Adapter, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(adapter.path, scripted(server, adapter, lambda a: _half(a, Ending.RESET)))
    with pytest.raises((e.ProviderDown, e.BadAnswer)):
        await adapter.call(wire, "")


@every_adapter
async def test_cancelling_in_the_middle_frees_the_connection(
    adapter: Adapter, server: LoopbackServer, make_wire: MakeWire
) -> None:
    server.answer_always(adapter.path, scripted(server, adapter, lambda a: _half(a, Ending.STALL)))
    wire = make_wire(timeouts=replace(QUICK, silence_s=60.0, first_s=60.0))
    task = asyncio.ensure_future(adapter.call(wire, ""))
    while not any(request.first_byte_at for request in server.requests_for(adapter.path)):  # noqa: ASYNC110 - the server tells nothing between first byte and end
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (request,) = server.requests_for(adapter.path)
    await server.until(lambda: request.disconnected_at is not None)


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"OK", b'{"error": {"message": "x"}}'])
async def test_what_is_no_file_of_answers_is_not_taken_for_one(body: bytes, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(COLLECT.path, plain(body, "application/octet-stream"))
    with pytest.raises(e.BadAnswer):
        await COLLECT.call(wire, "")
    server.answer_always(COLLECT.path, plain(b"\n", "application/octet-stream"))
    assert await COLLECT.call(wire, "") == b"\n"


NOTHING = {"/audio/transcriptions": (), "/audio/speech": (b"",)}
"""What is no answer at all: a recogniser may say in any form that it heard nothing, and any bytes may be sound."""
RUBBISH = [
    (adapter, body)
    for adapter in ADAPTERS
    for body in (
        *NOTHING.get(adapter.path, (b"", b"[]", b"null", b'{"hello"')),
        b'{"error": {"message": "x", "code": "server_error"}}',
    )
]


@pytest.mark.parametrize(("adapter", "body"), RUBBISH, ids=str)
async def test_a_success_that_is_none(adapter: Adapter, body: bytes, server: LoopbackServer, wire: Wire) -> None:
    server.answer_always(adapter.path, plain(body, "application/json"))
    with pytest.raises(e.ProviderError):
        await adapter.call(wire, "")


@pytest.mark.parametrize("adapter", [a for a in ADAPTERS if a.gone], ids=str)
async def test_a_model_that_is_gone_gives_way_to_its_successor_once_and_it_is_said(
    adapter: Adapter, server: LoopbackServer, make_wire: MakeWire
) -> None:
    usual = server.usual(adapter.path)

    def answer(request: Request) -> Answer:
        asked = request.field("model") if request.parts else request.json["model"]
        return faults.error(404, "gone", code="model_not_found") if asked == adapter.gone else usual(request)

    server.answer_always(adapter.path, answer)
    told: list[str] = []
    wire = make_wire(on_notice=told.append)
    assert await adapter.call(wire, adapter.gone)
    assert await adapter.call(wire, adapter.gone)
    asked = [r.field("model") if r.parts else r.json["model"] for r in server.requests_for(adapter.path)]
    assert asked == [adapter.gone, adapter.successor, adapter.successor]
    (sentence,) = told
    assert adapter.gone in sentence
    assert adapter.successor in sentence


def _half(answer: Answer, ending: Ending) -> Answer:
    """Send the first half of an answer, then break off."""
    pieces = tuple(answer.pieces)
    if len(pieces) > 1:
        return replace(answer, pieces=pieces[: max(1, len(pieces) // 2)], ending=ending)
    (piece,) = pieces
    return replace(
        answer,
        pieces=(replace(piece, data=piece.data[: max(1, len(piece.data) // 2)]),),
        ending=ending,
        headers={**answer.headers, "Content-Length": str(len(piece.data))},
    )
