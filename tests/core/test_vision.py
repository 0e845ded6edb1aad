from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.showing import at_provider
from voiceapp.core.vision import ANY_MODEL, BLIND, Vision, VisionTable, parse_vision
from voiceapp.resources import vision_table


@pytest.mark.parametrize(
    ("model", "size", "sent", "tokens"),
    [
        ("gpt-4.1-mini", (1024, 1024), (1024, 1024), 1659),  # the published examples: 1024 and 1452 patches × 1.62
        ("gpt-4.1-mini", (1800, 2400), (1056, 1408), 2353),
        ("gpt-4o", (1024, 1024), (768, 768), 765),
        ("gpt-4o", (2048, 4096), (768, 1536), 1105),
        ("gpt-6-luna", (4000, 3000), (1824, 1368), 2451),
        ("gpt-6-luna", (300, 200), (300, 200), 70),
        ("llava", (4096, 1024), (2048, 512), None),
    ],
)
def test_sizes_and_tokens(model: str, size: tuple[int, int], sent: tuple[int, int], tokens: int | None) -> None:
    vision = vision_table().find(model)
    assert vision.fitted(*size) == sent
    assert vision.tokens(*sent) == tokens


@pytest.mark.parametrize(
    ("model", "is_blind"),
    [("gpt-3.5-turbo", True), ("openai/gpt-oss-20b", True), ("gpt-4", True), ("gpt-4o", False), ("qwen2.5-vl", False),
     ("ft:gpt-3.5-turbo:me::1", True), ("o3-mini-2025-01-31", True), ("o3", False), ("", False)],
)  # fmt: skip
def test_who_has_eyes(model: str, is_blind: bool) -> None:
    assert vision_table().find(model).is_blind is is_blind


@given(st.sampled_from(vision_table().rules), st.integers(1, 30_000), st.integers(1, 30_000))
def test_what_is_sent_is_within_every_limit(rule: tuple[tuple[str, ...], Vision], width: int, height: int) -> None:
    vision = rule[1]
    sent = vision.fitted(width, height)
    assert 1 <= sent[0] <= width
    assert 1 <= sent[1] <= height
    assert max(sent) <= vision.side_max
    if vision.patches_max:
        tokens = vision.tokens(*sent)
        assert tokens is not None
        assert tokens <= vision.patches_max * vision.tokens_per_patch + 1
        patches = -(-sent[0] // vision.patch_px) * -(-sent[1] // vision.patch_px)
        assert patches <= vision.patches_max  # the service need not make it smaller still


def test_a_rule_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigError, match="Rule 2"):
        parse_vision({"rules": [{"models": ["a"], "vision": False}, {"models": ["b"], "vision": {"colour": 1}}]})


def test_only_openai_takes_pdf_files() -> None:
    takes = Vision(pdf_pages=100)
    assert at_provider(Provider("openai", ProviderKind.OPENAI), takes).pdf_pages == 100
    assert at_provider(Provider("shed", ProviderKind.COMPATIBLE), takes).pdf_pages == 0


def test_an_empty_table_knows_nobody() -> None:
    assert VisionTable().find("gpt-6-luna") is ANY_MODEL
    assert BLIND.is_blind
