"""The variations are what they say: served over a real socket, complete, each with one outcome."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.server import variations
from tests.server.loopback import LoopbackServer
from tests.server.variations import Variation

ALL = (
    *variations.CHAT_VARIATIONS,
    *variations.SPEECH_VARIATIONS,
    *variations.HEARING_VARIATIONS,
    *variations.IMAGE_VARIATIONS,
)
REQUESTS = {
    variations.CHAT: {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True},
    variations.SPEECH: {"model": "m", "voice": "alloy", "input": "Hello.", "response_format": "pcm"},
    variations.IMAGES: {"model": "gpt-image-2", "prompt": "a cat"},
}
FORM = (
    b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--B--\r\n'
)
BREAKS = {"closed-in-the-middle", "reset-in-the-middle", "stalls-in-the-middle", "no-done-left-open"}


def test_every_kind_is_there_once_by_name() -> None:
    assert {variation.number for variation in ALL} == set(range(1, 17))
    assert len({(str(variation), variation.path) for variation in ALL}) == len(ALL)


@pytest.mark.parametrize("variation", ALL, ids=str)
def test_each_has_one_outcome(variation: Variation) -> None:
    outcomes = (variation.text is not None, variation.error is not None, bool(variation.tool_calls))
    assert sum(outcomes) == 1


def served(server: LoopbackServer, variation: Variation) -> bytes:
    variation.install(server)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    form = {"Content-Type": "multipart/form-data; boundary=B"}
    plain = {"Content-Type": "application/json"}
    if variation.path in REQUESTS:
        connection.request("POST", "/v1" + variation.path, json.dumps(REQUESTS[variation.path]), plain)
    else:
        connection.request("POST", "/v1" + variation.path, FORM, form)
    body = connection.getresponse().read()
    connection.close()
    return body


@pytest.mark.parametrize("variation", [v for v in ALL if v.name not in BREAKS], ids=str)
def test_each_is_served(openai_server: LoopbackServer, variation: Variation) -> None:
    body = served(openai_server, variation)
    assert bool(body) == (variation.name != "empty-body")
    if variation.path == variations.SPEECH and variation.error is None:
        assert len(body) in (6 * 1440 * 2, 6 * 1440 * 2 + 44)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("4-crlf", b"\r\n\r\n"),
        ("4-bare-cr", b"}\r\rdata: "),
        ("4-no-space-after-colon", b"data:{"),
        ("5-multi-line-data-and-ids", b"id: 1\nretry: 100\ndata: {\ndata: "),
        ("6-ping-after-id", b"id: 1\n: ping\n\n"),
        ("7-utf8-split", "👩".encode()),
        ("7-lone-surrogates", rb"\ud83d"),
        ("11-finish-empty", b'"finish_reason": ""'),
    ],
)
def test_the_oddity_is_on_the_wire(openai_server: LoopbackServer, name: str, sign: bytes) -> None:
    (variation,) = [v for v in variations.CHAT_VARIATIONS if str(v) == name]
    assert sign in served(openai_server, variation)
