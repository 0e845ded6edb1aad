"""Ways in which a server fails, each an answer or a change to one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace

from tests.server.audio_answers import json_answer, plain
from tests.server.wire import Answer, Ending, Framing, Piece


def error(
    status: int,
    message: str = "It did not work.",
    *,
    code: str | None = None,
    kind: str = "invalid_request_error",
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An error in OpenAI's form."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    answer = json_answer(body, status=status)
    return replace(answer, headers={**answer.headers, **(headers or {})})


def odd_error(status: int, body: object) -> Answer:
    """An error whose JSON body has another form."""
    return json_answer(body, status=status)


def html(status: int = 200) -> Answer:
    """A web page where JSON was asked for, as a captive portal or a proxy sends."""
    return plain(b"<!doctype html><html><title>Sign in</title></html>", "text/html; charset=utf-8", status=status)


def rubbish() -> Answer:
    """Broken JSON that claims to be JSON."""
    return plain(b'{"text": "unfini', "application/json")


def empty_stream() -> Answer:
    """A successful SSE answer without a single event."""
    return Answer(headers={"Content-Type": "text/event-stream"})


def redirect(location: str) -> Answer:
    """A permanent redirect that keeps the method."""
    return Answer((), 308, {"Location": location}, Framing.LENGTH)


def reset_before_headers() -> Answer:
    """A TCP reset in place of an answer."""
    return Answer((), has_headers=False, framing=Framing.CLOSE, ending=Ending.RESET)


def close_before_headers() -> Answer:
    """The connection is closed in place of an answer."""
    return Answer((), has_headers=False, framing=Framing.CLOSE, ending=Ending.CLOSE)


def never() -> Answer:
    """Nothing at all is answered until the client gives up."""
    return Answer((), has_headers=False, ending=Ending.STALL)


def cut(answer: Answer, pieces: int, ending: Ending) -> Answer:
    """Break *answer* off after *pieces* pieces: reset, close or stall."""
    return replace(answer, pieces=tuple(itertools.islice(answer.pieces, pieces)), ending=ending)


def late(answer: Answer, headers_ms: float) -> Answer:
    """Delay the headers and everything after them."""
    delay_s = headers_ms / 1000
    pieces = tuple(replace(piece, at_s=piece.at_s + delay_s) for piece in answer.pieces)
    return replace(answer, headers_at_s=delay_s, pieces=pieces)


def stream(*blocks: bytes | str | dict[str, object], ending: Ending = Ending.KEEP, pause_ms: float = 0.0) -> Answer:
    """An SSE answer of hand-made pieces: bytes and text as they are, dicts as ``data:`` events."""
    pieces = []
    for number, block in enumerate(blocks):
        if isinstance(block, dict):
            block = f"data: {json.dumps(block)}\n\n"
        pieces.append(Piece(block.encode() if isinstance(block, str) else block, number * pause_ms / 1000))
    return Answer(tuple(pieces), headers={"Content-Type": "text/event-stream"}, ending=ending)
