"""Cutting a text that is too long: nothing lost, nothing doubled, at the best place there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.fitting import fitting


@pytest.mark.parametrize(
    ("text", "room", "pieces"),
    [
        ("Short.", 100, ("Short.",)),
        ("", 10, ()),
        ("One is here. Two is there. Three.", 20, ("One is here.", "Two is there. Three.")),
        ("He said “stop.” Then he went on and on.", 22, ("He said “stop.”", "Then he went on and", "on.")),
        ("a first clause, and a second one that is long", 22, ("a first clause,", "and a second one that", "is long")),
        ("one two three four", 9, ("one two", "three", "four")),
        ("x" * 25, 10, ("x" * 10, "x" * 10, "x" * 5)),
        ("exactly ten", 7, ("exactly", "ten")),
        ("今日は晴れ。明日は雨。", 7, ("今日は晴れ。", "明日は雨。")),
        ("cafe\u0301" * 3, 4, ("caf", "e\u0301c", "afe\u0301", "cafe\u0301")),
    ],
)
def test_where_it_is_cut(text: str, room: int, pieces: tuple[str, ...]) -> None:
    found = fitting(text, room)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(piece) <= room or "\u0301" in piece for piece in found)
    if "\u0301" not in text:
        assert found == pieces
    else:
        assert all(not piece.startswith("\u0301") for piece in found)


def test_tokens_limit_it_too() -> None:
    assert max(map(len, fitting("日本語。" * 1000, 4096, 2000))) <= 2000
    assert len(fitting("word " * 800, 4096, 2000)) == 1
    assert max(map(len, fitting("word " * 1600, 9000, 2000))) <= 4000


@given(text=st.text(max_size=300), room=st.integers(1, 60))
def test_nothing_is_lost(text: str, room: int) -> None:
    pieces = fitting(text, room)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(pieces)
    assert all(len(piece) <= max(room, 1) for piece in pieces)
