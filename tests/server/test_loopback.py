"""The server over real sockets: keep-alive, timing by absolute moments, faults, the log."""

from __future__ import annotations

import asyncio
import http.client
import json

import pytest

from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, SpeechScript, bench_script
from tests.server.wire import Ending

SPEECH = {"model": "m", "voice": "alloy", "input": "Hello there.", "response_format": "pcm"}
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def connect(server: LoopbackServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)


def post(connection: http.client.HTTPConnection, path: str, body: object) -> http.client.HTTPResponse:
    connection.request("POST", f"/v1{path}", json.dumps(body), {"Content-Type": "application/json"})
    return connection.getresponse()


def test_one_connection_serves_many_requests(openai_server: LoopbackServer) -> None:
    connection = connect(openai_server)
    for _ in range(3):
        assert len(post(connection, "/audio/speech", SPEECH).read()) == 12 * 0.060 * 24_000 * 2
    connection.close()
    assert openai_server.connections == 1
    assert [request.json for request in openai_server.requests_for("/audio/speech")] == [SPEECH] * 3


def test_pieces_never_come_before_their_time(openai_server: LoopbackServer) -> None:
    openai_server.script.chat = ChatScript(tokens=("a",) * 12, first_token_ms=20, tokens_per_s=500)
    connection = connect(openai_server)
    post(connection, "/chat/completions", CHAT).read()
    connection.close()
    (request,) = openai_server.requests
    sent = request.times_of("token")
    earliest = [request.uploaded_at + 0.020 + index / 500 for index in range(12)]
    assert all(at >= due for at, due in zip(sent, earliest, strict=True))
    assert request.headers_sent_at is not None
    assert request.started_at <= request.uploaded_at <= request.headers_sent_at


def test_errors_of_the_clock_do_not_add_up(openai_server: LoopbackServer) -> None:
    """The moments are absolute: they follow from the script and the end of the upload alone."""
    openai_server.script.speech = SpeechScript(first_byte_ms=5, times_real_time=100)
    connection = connect(openai_server)
    post(connection, "/audio/speech", SPEECH | {"input": "x" * 20}).read()
    connection.close()
    (request,) = openai_server.requests
    assert len(request.due) == 60
    assert request.due[-1] - request.due[0] == pytest.approx(59 * 0.020 / 100)


def test_a_wrong_request_is_reported() -> None:
    with LoopbackServer() as server:
        connection = connect(server)
        post(connection, "/audio/speech", {"model": "m"}).read()
        post(connection, "/audio/loud", {}).read()
        connection.close()
        assert any("'voice' is a required property" in line for line in server.violations)
        assert any("not in the specification" in line for line in server.violations)


def test_a_client_that_leaves_is_logged(openai_server: LoopbackServer) -> None:
    openai_server.answer_next("/audio/speech", faults.never())
    connection = connect(openai_server)
    connection.request("POST", "/v1/audio/speech", json.dumps(SPEECH), {"Content-Type": "application/json"})
    openai_server.wait_until(lambda: len(openai_server.requests) == 1)
    connection.close()
    openai_server.wait_until(lambda: openai_server.requests[0].disconnected_at is not None)
    assert openai_server.requests[0].done_at is None


def test_a_faulty_answer_is_given_once(openai_server: LoopbackServer) -> None:
    openai_server.answer_next("/audio/speech", faults.error(429, code="slow_down", headers={"retry-after-ms": "10"}))
    connection = connect(openai_server)
    refused = post(connection, "/audio/speech", SPEECH)
    assert (refused.status, refused.getheader("retry-after-ms")) == (429, "10")
    assert json.loads(refused.read())["error"]["code"] == "slow_down"
    served = post(connection, "/audio/speech", SPEECH)
    assert (served.status, len(served.read()) > 0) == (200, True)
    connection.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.reset_before_headers(), ConnectionResetError),
        (faults.close_before_headers(), http.client.RemoteDisconnected),
        (faults.cut(faults.stream("data: 1\n\n", "data: 2\n\n"), 1, Ending.CLOSE), http.client.IncompleteRead),
        (faults.cut(faults.stream("data: 1\n\n", "data: 2\n\n"), 1, Ending.RESET), ConnectionResetError),
    ],
)
def test_broken_connections_look_broken(
    openai_server: LoopbackServer, fault: object, expected: type[Exception]
) -> None:
    openai_server.answer_always("/chat/completions", fault)  # type: ignore[arg-type]
    connection = connect(openai_server)
    with pytest.raises(expected):
        post(connection, "/chat/completions", CHAT).read()
    connection.close()


async def test_waiting_for_the_log_leaves_the_loop_free(openai_server: LoopbackServer) -> None:
    waiting = asyncio.create_task(openai_server.until(lambda: bool(openai_server.requests_for("/models"))))
    reader, writer = await asyncio.open_connection("127.0.0.1", openai_server.port)
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
    await waiting
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    await writer.wait_closed()


def test_the_benchmark_speaks_six_sentences_of_twenty_tokens() -> None:
    tokens = bench_script().chat.tokens
    ends = [index for index, token in enumerate(tokens) if token == "."]
    assert ends == [19, 39, 59, 79, 99, 119]
    assert tokens[7] == ","
