"""What each adapter adds to a bare socket on loopback: per call, to the first piece and to the end.

The server answers at once from a process of its own; a bare socket sends the same bytes and reads the same answer, so
the difference is the adapter: building the request, the SDK's client, the decoder. Calls of both kinds take turns, so
that a busy moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tests.bench.report import Report, Series
from voiceapp.core.conversation import Line, Role
from voiceapp.core.settings import OPENAI
from voiceapp.core.speech import ChatRequest, HearingRequest, SpeechRequest
from voiceapp.openai_api import completions_protocol, responses_protocol
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.moderation import HttpModerator
from voiceapp.openai_api.responses_chat import ResponsesChat
from voiceapp.openai_api.speech_to_text import HttpSpeechToText
from voiceapp.openai_api.text_to_speech import HttpTextToSpeech
from voiceapp.openai_api.uploads import WavEncoder
from voiceapp.openai_api.wire import Wire
from voiceapp.resources import model_table

TOKENS, LINES, TAKE_S, HZ = 50, 31, 5, 16_000
UNCOUNTED = 10
"""First calls open connections and fill caches."""
REQUEST = ChatRequest(
    "Be brief.",
    tuple(Line(Role.ASSISTANT if n % 2 else Role.USER, "hello there " * 20) for n in range(LINES)),
    conversation_key="c",
)


def _events(*events: dict[str, Any], end: bytes = b"") -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + end


def _answers() -> dict[bytes, tuple[bytes, bytes]]:
    """Return per path the type and the body of the answer."""
    delta = {"type": "response.output_text.delta", "delta": "word ", "item_id": "x", "output_index": 0}
    done = {"type": "response.completed", "response": {"status": "completed", "output": [], "usage": {}}}
    token = {"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    verdict = {"results": [{"flagged": False, "categories": {}, "category_scores": {"hate": 0.01}}]}
    return {
        b"/v1/responses": (b"text/event-stream", _events(*[delta] * TOKENS, done)),
        b"/v1/chat/completions": (b"text/event-stream", _events(*[token] * TOKENS, last, end=b"data: [DONE]\n\n")),
        b"/v1/audio/speech": (b"audio/pcm", bytes(48_000)),
        b"/v1/audio/transcriptions": (b"application/json", b'{"text": "hello there my friend"}'),
        b"/v1/moderations": (b"application/json", json.dumps(verdict).encode()),
        b"/v1/models": (b"application/json", b'{"data": []}'),
    }


class Instant(asyncio.Protocol):
    """Answers each request whole, chunked as services do, as soon as its body is there."""

    def __init__(self) -> None:
        self._answers = _answers()
        self._data = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end])
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self._data) < end + 4 + length:
                return
            del self._data[: end + 4 + length]
            kind, body = self._answers[head.split(b" ")[1]]
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
                % (kind, len(body), body)
            )


def _serve(ports: multiprocessing.Queue[int]) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Instant, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def _server() -> Iterator[int]:
    context = multiprocessing.get_context("spawn")
    ports: multiprocessing.Queue[int] = context.Queue()
    process = context.Process(target=_serve, args=(ports,), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=30)
    finally:
        process.terminate()
        process.join()


@dataclass(frozen=True)
class Pair:
    """An adapter and the bare socket that does the same; each call returns when its first piece was there."""

    name: str
    adapter: Callable[[], Awaitable[float]]
    bare: Callable[[], Awaitable[float]]


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("--calls", type=int, default=200, metavar="N")


def measure(options: argparse.Namespace) -> Report:
    """Measure every adapter."""
    report = Report("Adapters over a bare socket, loopback")
    with _server() as port:
        asyncio.run(_measure(port, options.calls, report))
    report.notes += [
        f"Chat: {LINES} lines in, {TOKENS} tokens out at once; transcription: {TAKE_S} s of WAV; speech: 1 s of sound.",
        "Overhead = adapter minus the bare socket beside it, call by call; a busy machine may make it negative.",
    ]
    return report


async def _measure(port: int, calls: int, report: Report) -> None:
    provider = replace(OPENAI, base_url=f"http://127.0.0.1:{port}/v1")
    wire = Wire(provider, lambda: "sk-bench-0123456789abcdef", model_table())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for pair in _pairs(wire, _bare(reader, writer)):
            first, whole = [], []
            for number in range(calls + UNCOUNTED):
                ours, theirs = await _timed(pair.adapter), await _timed(pair.bare)
                if number >= UNCOUNTED:
                    first.append(ours[0] - theirs[0])
                    whole.append(ours[1] - theirs[1])
            report.series.append(Series(f"{pair.name}, to the first piece", first))
            report.series.append(Series(f"{pair.name}, to the end", whole))
    finally:
        writer.close()
        await wire.close()


async def _timed(call: Callable[[], Awaitable[float]]) -> tuple[float, float]:
    """Return the milliseconds to the first piece and to the end."""
    began_s = time.perf_counter()
    first_s = await call()
    return (first_s - began_s) * 1000, (time.perf_counter() - began_s) * 1000


def _bare(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Callable[[str, bytes], Awaitable[float]]:
    async def call(path: str, body: bytes) -> float:
        writer.write(b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (path.encode(), len(body)) + body)
        await reader.readuntil(b"\r\n\r\n")
        tail = await reader.read(65536)
        first_s = time.perf_counter()
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            tail = tail[-16:] + await reader.read(65536)
        return first_s

    return call


def _pairs(wire: Wire, bare: Callable[[str, bytes], Awaitable[float]]) -> tuple[Pair, ...]:
    known = wire.known("gpt-6-luna")
    responses = json.dumps(responses_protocol.request_body(REQUEST, "gpt-6-luna", known)).encode()
    completions = json.dumps(completions_protocol.request_body(REQUEST, "gpt-6-luna", known)).encode()
    take = (0.2 * np.random.default_rng(1).standard_normal(HZ * TAKE_S)).astype(np.float32)
    encoder = WavEncoder(HZ)
    encoder.write(take)
    upload = encoder.finish()
    speech, hearing, moderator = HttpTextToSpeech(wire), HttpSpeechToText(wire), HttpModerator(wire)

    async def spoken() -> float:
        return await _first_of(speech.speak(SpeechRequest("Good morning to you, dear friend.")))

    async def heard() -> float:
        async with hearing.hear(HearingRequest("en")) as utterance:
            await utterance.push(take)
            await utterance.finish()
        return time.perf_counter()

    async def judged() -> float:
        await moderator.check_texts(["hello"])
        return time.perf_counter()

    def at(path: str, body: bytes) -> Callable[[], Awaitable[float]]:
        return lambda: bare(path, body)

    return (
        Pair("Responses", lambda: _first_of(ResponsesChat(wire).reply(REQUEST)), at("/v1/responses", responses)),
        Pair(
            "Chat Completions",
            lambda: _first_of(CompletionsChat(wire).reply(REQUEST)),
            at("/v1/chat/completions", completions),
        ),
        Pair("Speech", spoken, at("/v1/audio/speech", b'{"model": "x", "input": "Good morning"}')),
        Pair("Transcription", heard, at("/v1/audio/transcriptions", upload)),
        Pair("Moderation", judged, at("/v1/moderations", b'{"model": "x", "input": ["hello"]}')),
    )


async def _first_of(pieces: Any) -> float:
    first_s = 0.0
    async for _piece in pieces:
        first_s = first_s or time.perf_counter()
    return first_s
