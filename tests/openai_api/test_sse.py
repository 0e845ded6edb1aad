"""The decoder of streams gives the same events however the bytes are cut, and survives what servers send."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.openai_api.sse import EventDecoder, NotTheProtocol, SseDecoder
from voiceapp.openai_api.text_joiner import TextJoiner, whole


def decoded(data: bytes, cuts: list[int] | None = None) -> list[dict[str, object]]:
    decoder = EventDecoder()
    edges = [0, *sorted(cuts or []), len(data)]
    events = [e for a, b in pairwise(edges) for e in decoder.push(data[a:b])]
    return [*events, *decoder.finish()]


EVENTS = st.lists(
    st.fixed_dictionaries({"delta": st.text(st.characters(exclude_categories=["Cs"]), max_size=8)}), max_size=6
)


@given(events=EVENTS, line_end=st.sampled_from(["\n", "\r\n", "\r"]), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_any_cutting_gives_the_same_events(events: list[dict[str, object]], line_end: str, cuts: list[int]) -> None:
    lines = (
        "".join(f": ping\n\nid: 1\ndata:{json.dumps(e, ensure_ascii=False)}\n\n" for e in events) + "data: [DONE]\n\n"
    )
    data = lines.replace("\n", line_end).encode()
    assert decoded(data, [min(cut, len(data)) for cut in cuts]) == events


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b'data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
        (b'data: {"a":1}\ndata: {"a":2}\n\n', [{"a": 1}, {"a": 2}]),
        (b'event: x\ndata: {"a":1}', [{"a": 1}]),
        (b'\xef\xbb\xbfdata: {"a":1}\n\n', [{"a": 1}]),
        (b'{"a":1}', [{"a": 1}]),
        (b' [{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
        (b'data: "boom"\n\n', [{"error": "boom"}]),
        (b"data: [DONE]\n\n", []),
        (b": only a comment\n\n", []),
        (b"", []),
    ],
)
def test_shapes(data: bytes, events: list[dict[str, object]]) -> None:
    assert decoded(data) == events
    assert decoded(data, list(range(len(data)))) == events


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<!DOCTYPE html><html>", "html"),
        (b"Internal Server Error", "rubbish"),
        (b'data: {"a"\n\n', "rubbish"),
        (b'{"a": 1', "rubbish"),
        (b"\x00\xff\xfe\x01", "rubbish"),
    ],
)
def test_what_is_no_protocol(data: bytes, kind: str) -> None:
    for cuts in ([], list(range(len(data)))):
        with pytest.raises(NotTheProtocol) as caught:
            decoded(data, cuts)
        assert caught.value.kind == kind


@given(data=st.binary(max_size=200), prefix=st.sampled_from([b"", b"data: ", b"{", b'{"a":', b"event: x\ndata:"]))
def test_any_bytes_are_events_or_no_protocol(data: bytes, prefix: bytes) -> None:
    with suppress(NotTheProtocol):
        assert all(isinstance(event, dict) for event in decoded(prefix + data))


def test_brackets_without_end_are_no_protocol() -> None:
    for data in (b"[" * 100_000, b"data: " + b"[" * 100_000 + b"\n\n"):
        with pytest.raises(NotTheProtocol):
            decoded(data)


def test_blanks_that_keep_a_line_open_are_not_kept() -> None:
    decoder = EventDecoder(limit_chars=100)
    for _ in range(500):
        assert not list(decoder.push(b" \r\n"))
    assert list(decoder.push(b'{"a": 1}')) + list(decoder.finish()) == [{"a": 1}]


def test_events_before_a_fault_are_not_lost() -> None:
    decoder = EventDecoder()
    pushed = decoder.push(b'data: {"a":1}\n\ndata: {oops\n\n')
    assert next(pushed) == {"a": 1}
    with pytest.raises(NotTheProtocol):
        next(pushed)


def test_an_event_without_end_is_given_up() -> None:
    decoder = SseDecoder(limit_chars=100)
    for _ in range(4):
        decoder.push("data: " + "x" * 20 + "\n")
    with pytest.raises(NotTheProtocol, match="too_large"):
        decoder.push("data: " + "x" * 20 + "\n")
    with pytest.raises(NotTheProtocol, match="too_large"):
        SseDecoder(limit_chars=100).push("x" * 101)
    with pytest.raises(NotTheProtocol, match="too_large"):
        SseDecoder(limit_chars=100).push("data:\n" * 101)
    endless = SseDecoder(limit_chars=100)
    for _ in range(100):
        endless.push("x")
    with pytest.raises(NotTheProtocol, match="too_large"):
        endless.push("x")


@given(text=st.text(max_size=20), cuts=st.lists(st.integers(0, 40), max_size=6))
def test_text_is_whole_however_its_halves_arrive(text: str, cuts: list[int]) -> None:
    text = text.encode("utf-8", "replace").decode()
    units = text.encode("utf-16-le")
    halves = [units[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(units), 2)]
    joiner = TextJoiner()
    edges = [0, *sorted(min(cut, len(halves)) for cut in cuts), len(halves)]
    pieces = [joiner.push("".join(halves[a:b])) for a, b in pairwise(edges)]
    assert "".join(pieces) + joiner.finish() == text
    assert all(piece.encode() is not None for piece in pieces)


def test_a_half_without_its_partner_becomes_a_replacement() -> None:
    joiner = TextJoiner()
    assert joiner.push("a\ud83d") == "a"
    assert joiner.push("b\udc69") == "\ufffdb\ufffd"
    assert joiner.push("\ud83d") == ""
    assert joiner.finish() == "\ufffd"
    assert joiner.finish() == ""
    assert whole("\ud83d\udc69") == "👩"
