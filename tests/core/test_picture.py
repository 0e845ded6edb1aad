"""Image files tell their format and size; what a model takes decides what is sent; estimates are never invented."""

from __future__ import annotations

from dataclasses import replace

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
    normal_size,
    parse_offer,
    refused_option,
    size_problem,
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
    ("size", "problem"),
    [
        ("auto", ""),  # of the list
        ("1024x1024", ""),
        ("2048x688", ""),
        ("720x1280", ""),
        ("2160x3840", ""),
        ("2048x672", "The longer side may be 3 times the shorter at most."),
        ("1000x1000", "Width and height must be multiples of 16: 992x992 would be."),
        ("0x0", "Width and height must be multiples of 16: 16x16 would be."),
        ("3856x2160", "The largest size is 3840x2160, lying or standing."),
        ("2176x2176", "The largest size is 3840x2160, lying or standing."),
        ("640x480", "This is too small: width times height must be 600000 at least."),
        ("large", "A size is width and height in pixels, such as 1536x864."),
        ("-16x16", "A size is width and height in pixels, such as 1536x864."),
        ("1024x", "A size is width and height in pixels, such as 1536x864."),
        ("9999999999x16", "A size is width and height in pixels, such as 1536x864."),
    ],
)
def test_free_sizes_have_rules_and_what_breaks_them_is_said(size: str, problem: str) -> None:
    offer = replace(model_table().find("gpt-image-2").images, size_pixels_min=600_000)
    assert size_problem(size, offer) == problem
    assert fitted(ImageOptions(size=size), offer).size == ("auto" if problem else size)


def test_a_model_without_free_sizes_takes_its_own_only() -> None:
    offer = model_table().find("dall-e-3").images
    assert size_problem("1536x864", offer) == "This model draws in 1024x1024, 1792x1024, 1024x1792 only."


@given(st.integers(1, 240), st.integers(1, 240))
def test_a_size_that_is_said_to_be_right_keeps_every_rule(width: int, height: int) -> None:
    offer = model_table().find("gpt-image-2").images
    size = f"{16 * width}x{16 * height}"
    longer, shorter = max(width, height) * 16, min(width, height) * 16
    is_right = longer <= 3840 and shorter <= 2160 and longer <= 3 * shorter
    assert (size_problem(size, offer) == "") is is_right


@pytest.mark.parametrize("written", ["1536x864", " 1536 x 864 ", "1536×864", "1536X864", "1536*864"])
def test_sizes_are_understood_as_people_write_them(written: str) -> None:
    assert normal_size(written) == "1536x864"


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
