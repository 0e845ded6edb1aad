"""Cutting a growing reply gives the same blocks as cutting it whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceapp.gui.markdown_blocks import Block, BlockScanner, Kind

PIECES = (
    "para words", "\n", "\n\n", "# head\n", "- item\n", "  - sub\n", "1. one\n", "```py\ncode\n```\n", "```\n", "~~~\n",
    "> quote\n", "|a|b|\n|-|-|\n|1|2|\n", "|a|b|\n", "|-|-|\n", "***", "---\n", "===\n", "**bold**", "    indented\n",
    "`c`", " ", "#", "-", "`", "<b>x</b>", "![a](b)", "[l](http://x)", "\ttab", "\r\n", "עברית", "한국어", "🙂",
)  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
LIMITS = st.sampled_from([(4000, 24000), (40, 30), (12, 12)])


def settled(scanner: BlockScanner) -> list[Block]:
    blocks = []
    while (block := scanner.next()) is not None:
        blocks.append(block)
    return blocks


def whole(text: str, limits: tuple[int, int] = (4000, 24000)) -> list[Block]:
    scanner = BlockScanner(*limits)
    scanner.push(text)
    scanner.finish()
    return settled(scanner)


@given(text=MARKDOWN, limits=LIMITS, cuts=st.lists(st.integers(1, 9), min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_portions_settle_to_the_same_blocks(text: str, limits: tuple[int, int], cuts: list[int]) -> None:
    scanner = BlockScanner(*limits)
    grown: list[Block] = []
    at = turn = 0
    while at < len(text):
        size = cuts[turn % len(cuts)]
        scanner.push(text[at : at + size])
        at, turn = at + size, turn + 1
        grown += settled(scanner)
        scanner.tail()
    scanner.finish()
    grown += settled(scanner)
    assert grown == whole(text, limits)


@given(text=MARKDOWN, limits=LIMITS)
@settings(max_examples=150, deadline=None)
def test_blocks_are_in_order_and_nothing_but_blanks_and_fences_lies_between(text: str, limits: tuple[int, int]) -> None:
    at = 0
    for block in whole(text, limits):
        assert block.start >= at
        assert not text[at : block.start].strip()
        assert block.end >= block.start
        at = block.end
    assert not text[at:].strip()


def test_an_unfinished_line_settles_nothing_it_could_still_belong_to() -> None:
    scanner = BlockScanner()
    scanner.push("words\n#")  # a heading, or the word "#x"?
    assert settled(scanner) == []
    scanner.push("x\n\n")
    assert settled(scanner) == []
    scanner.push("more\n")
    assert [block.text for block in settled(scanner)] == ["words\n#x\n"]


def test_open_code_is_shown_as_code_before_its_end_is_there() -> None:
    scanner = BlockScanner()
    scanner.push("```python\nx = 1\n")
    assert scanner.next() is None
    (block,) = scanner.tail()
    assert (block.kind, block.language, block.text) == (Kind.CODE, "python", "x = 1\n")


def test_a_long_table_goes_on_with_its_head() -> None:
    rows = "".join(f"| row {n} | {n} |\n" for n in range(40))
    blocks = whole("| name | n |\n|---|---|\n" + rows, (200, 200))
    assert len(blocks) > 3
    assert all(block.kind is Kind.TABLE and block.text.startswith("| name | n |\n|---|---|\n") for block in blocks)


@pytest.mark.parametrize("text", ["x" * 200_000, "word " * 40_000, "```\n" + "y\n" * 100_000, "- item\n" * 30_000])
def test_no_piece_is_larger_than_what_can_be_shown_at_once(text: str) -> None:
    blocks = whole(text)
    assert max(len(block.text) for block in blocks) <= 24_000
    assert sum(block.text.count("x") + block.text.count("word") for block in blocks) == text.count("x") + text.count(
        "word"
    )


def test_html_and_references_stay_text() -> None:
    (block, *_) = whole('<script>alert(1)</script>\n\n[a]: http://x "t"\n')
    assert block.kind is Kind.PROSE
    assert "<script>" in block.text
