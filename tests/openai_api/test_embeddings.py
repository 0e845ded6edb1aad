"""Embeddings on the wire: portions, base64, shortening, and answers that are none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.openai_api.conftest import MakeWire
from tests.server import faults
from tests.server.audio_answers import json_answer
from tests.server.loopback import LoopbackServer
from voiceapp.core.errors import BadAnswer, TooLong
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import Usage
from voiceapp.openai_api.embeddings import DIMENSIONS, HttpEmbedder, cut, portions, token_estimate
from voiceapp.openai_api.wire import Wire

PATH = "/embeddings"


async def test_texts_come_back_in_order_with_length_one(wire: Wire, server: LoopbackServer) -> None:
    used: list[Usage] = []
    embedder = HttpEmbedder(wire, on_usage=used.append)
    vectors = await embedder.embed(["the boiler rattles", "tomatoes grow", "the boiler hums"])
    assert vectors.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1] + 0.3
    (request,) = server.requests_for(PATH)
    assert request.json["encoding_format"] == "base64"
    assert request.json["dimensions"] == DIMENSIONS
    assert await embedder.space() == f"openai text-embedding-3-small {DIMENSIONS}"
    assert used == [Usage("openai", "text-embedding-3-small", {"text_in": 15.0})]


async def test_more_than_2048_texts_go_in_portions(wire: Wire, server: LoopbackServer) -> None:
    vectors = await HttpEmbedder(wire).embed([f"text {number}" for number in range(2100)])
    assert vectors.shape == (2100, DIMENSIONS)
    assert [len(request.json["input"]) for request in server.requests_for(PATH)] == [2048, 52]


async def test_long_texts_are_cut_and_empty_ones_still_get_a_vector(wire: Wire, server: LoopbackServer) -> None:
    vectors = await HttpEmbedder(wire).embed(["word " * 20_000, " "])
    assert vectors.shape == (2, DIMENSIONS)
    long, empty = server.requests_for(PATH)[0].json["input"]
    assert 8000 * 3 < len(long) < 8192 * 3 + 100
    assert empty == "."


async def test_a_server_that_takes_less_gets_the_beginning(make_wire: MakeWire, server: LoopbackServer) -> None:
    compatible = make_wire(kind=ProviderKind.COMPATIBLE, name="small")
    refusal = faults.error(400, "maximum context length is 512 tokens", code="context_length_exceeded")
    server.answer_next(PATH, refusal, times=2)
    vectors = await HttpEmbedder(compatible, "bge-small").embed(["word " * 2000])
    assert vectors.shape == (1, 8)
    sizes = [len(request.json["input"][0]) for request in server.requests_for(PATH)]
    assert sizes[0] > 1.9 * sizes[1] > 3.5 * sizes[2]


async def test_what_stays_too_long_is_told(wire: Wire, server: LoopbackServer) -> None:
    refusal = faults.error(400, "maximum context length is 9 tokens", code="context_length_exceeded")
    server.answer_next(PATH, refusal, times=4)
    with pytest.raises(TooLong):
        await HttpEmbedder(wire).embed(["word " * 2000])


async def test_plain_numbers_are_understood_too(make_wire: MakeWire, server: LoopbackServer) -> None:
    rows = [{"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [2.0, 0.0]}]
    server.answer_next(PATH, json_answer({"data": rows}))
    compatible = make_wire(kind=ProviderKind.COMPATIBLE, name="plain")
    vectors = await HttpEmbedder(compatible, "nomic-embed-text").embed(["a", "b"], is_query=True)
    assert vectors.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert server.requests_for(PATH)[0].json["input"] == ["search_query: a", "search_query: b"]


async def test_a_refused_parameter_is_left_out_once_and_for_all(wire: Wire, server: LoopbackServer) -> None:
    refusal = faults.error(400, "Unsupported: 'dimensions'", code="unsupported_parameter", param="dimensions")
    server.answer_next(PATH, refusal)
    embedder = HttpEmbedder(wire)
    assert (await embedder.embed(["a"])).shape == (1, 8)
    await embedder.embed(["b"])
    assert ["dimensions" in request.json for request in server.requests_for(PATH)] == [True, False, False]


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {"data": [{"index": 0, "embedding": "no base64"}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": ["x"]}]},
        {"data": [{"index": 0}]},
        {"data": [{"index": 5, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [float("nan")]}]},
        {"data": "rubbish"},
        {},
    ],
)
async def test_rubbish_is_said_plainly(wire: Wire, server: LoopbackServer, body: object) -> None:
    server.answer_always(PATH, json_answer(body))
    with pytest.raises(BadAnswer):
        await HttpEmbedder(wire).embed(["a"])


def test_portions_keep_both_limits() -> None:
    texts = ["x" * 300] * 10
    assert [len(portion) for portion in portions(texts, 4, 10_000, 8192)] == [4, 4, 2]
    assert [len(portion) for portion in portions(texts, 100, 303, 8192)] == [3, 3, 3, 1]
    assert list(portions([], 4, 10, 10)) == []


def test_cutting_reaches_the_limit_for_every_script() -> None:
    for text in ("word " * 1000, "文字" * 1000, "é" * 1000, "🙂" * 1000):
        assert token_estimate(cut(text, 100)) <= 100
        assert len(cut(text, 100)) >= 50
    assert cut("short", 100) == "short"
