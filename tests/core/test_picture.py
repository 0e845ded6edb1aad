"""Image files tell their format and size; what a model takes decides what is sent; estimates are never invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import png
from voiceapp.core.image_offer import (
    ANY_MODEL,
    Estimate,
    ImageOffer,
    estimate,
    fitted,
    is_free_size,
    parse_offer,
    refused_option,
)
from voiceapp.core.images import ImageOptions, StoredImage
from voiceapp.core.picture import PictureFacts, facts_of, format_for
from voiceapp.resources import model_table

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080003000401011100ffd9")
WEBP_LOSSLESS = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + ((7 - 1) | ((5 - 1) << 14)).to_bytes(4, "little") + bytes(8)
WEBP_LOSSY = b"RIFF\x1a\0\0\0WEBPVP8 \x0d\0\0\0" + bytes(3) + b"\x9d\x01\x2a" + bytes((9, 0, 6, 0))
WEBP_EXTENDED = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + bytes((11, 0, 0, 12, 0, 0))
GIF = b"GIF89a" + bytes((10, 0, 20, 0))


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (png(4, 3), PictureFacts("png", 4, 3)),
        (JPEG, PictureFacts("jpeg", 4, 3)),
        (WEBP_LOSSLESS, PictureFacts("webp", 7, 5)),
        (WEBP_LOSSY, PictureFacts("webp", 9, 6)),
        (WEBP_EXTENDED, PictureFacts("webp", 12, 13)),
        (GIF, PictureFacts("gif", 10, 20)),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell(data: bytes, facts: PictureFacts | None) -> None:
    assert facts_of(data) == facts


@given(head=st.sampled_from([png(4, 3)[:8], JPEG[:2], b"\xff\xd8\xff", b"RIFF....WEBP", b"GIF89a"]), rest=st.binary())
def test_any_bytes_are_an_image_or_none(head: bytes, rest: bytes) -> None:
    facts = facts_of(head + rest)
    assert facts is None or (facts.width >= 0 and facts.height >= 0)


def test_endings_mean_formats() -> None:
    assert [format_for(name) for name in ("a.PNG", "b.jpg", "c.jpeg", "d.webp", "e.txt", "f")] == [
        "png",
        "jpeg",
        "jpeg",
        "webp",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("size", "is_free"),
    [
        ("1024x1024", True),
        ("2048x688", True),
        ("2048x672", False),  # narrower than one to three
        ("1000x1000", False),
        ("3840x2160", True),
        ("3856x2160", False),
        ("0x0", False),
        ("auto", False),
    ],
)
def test_free_sizes_have_rules(size: str, is_free: bool) -> None:
    assert is_free_size(size) is is_free


def test_options_are_fitted_to_the_model() -> None:
    offer = model_table().find("dall-e-3").images
    wanted = ImageOptions("dall-e-3", "1536x1024", "high", "transparent", "webp", 4, 3)
    assert fitted(wanted, offer) == ImageOptions("dall-e-3", "1024x1024", "standard", "", "", 1, 0)
    assert refused_option(wanted, offer) == "size"
    assert refused_option(ImageOptions("dall-e-3", "1792x1024"), offer) == ""


def test_transparent_needs_a_format_that_can() -> None:
    offer = model_table().find("gpt-image-2.6-flare").images
    assert fitted(ImageOptions(background="transparent", format="jpeg"), offer).format == "png"


def test_each_model_of_the_table_takes_something() -> None:
    rows = [row for row in model_table().rows if "images" in row.jobs]
    assert rows
    for row in rows:
        assert row.images is not ANY_MODEL
        assert fitted(ImageOptions(), row.images).count == 1


@pytest.mark.parametrize("values", [{"sizes": 3}, {"colours": ["red"]}, {"count_max": "many"}])
def test_a_wrong_row_is_an_error(values: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        parse_offer(values)


OPTIONS = ImageOptions("m", "1024x1024", "medium", count=2)
OFFER = ImageOffer(output_tokens={"medium 1024x1024": 1000})


def past(cost_usd: float | None, duration_s: float, options: ImageOptions = OPTIONS) -> StoredImage:
    return StoredImage(1, "", "png", 1, 1, options=options, cost_usd=cost_usd, duration_s=duration_s)


def test_an_estimate_comes_from_the_table_where_it_knows() -> None:
    assert estimate(OPTIONS, OFFER, {"image_out": 30.0}, ()) == Estimate(0.06)


def test_else_from_pictures_of_the_same_kind() -> None:
    before = (past(0.04, 10.0), past(0.06, 20.0), past(None, 30.0), past(9.0, 99.0, ImageOptions("other")))
    assert estimate(OPTIONS, ANY_MODEL, {}, before) == Estimate(pytest.approx(0.1), 20.0, is_from_past=True)  # type: ignore[arg-type]


def test_else_it_is_unknown() -> None:
    assert estimate(OPTIONS, OFFER, {}, ()) == Estimate(None, None)
    assert estimate(OPTIONS, ANY_MODEL, {"image_out": 30.0}, ()) == Estimate(None, None)
