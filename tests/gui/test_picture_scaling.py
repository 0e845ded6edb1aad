"""Pictures made ready to be sent: upright, small, and nothing but pixels. No window is needed."""

from __future__ import annotations

import struct

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QColorSpace, QImage, QImageReader

from tests.pictures import bomb, png
from voiceapp.core.errors import AttachmentError
from voiceapp.core.vision import ANY_MODEL, Vision
from voiceapp.gui.picture_scaling import LOSSLESS_BYTES, file_of, prepared

SECRET = b"GPS 52.5200 N 13.4050 E"


def jpeg(width: int = 200, height: int = 100, orientation: int = 6) -> bytes:
    """Return a photograph, red at its left, that a camera held upright: with orientation and place in its EXIF."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("blue"))
    for x in range(width // 2):
        for y in range(height):
            image.setPixelColor(x, y, QColor("red"))
    data = file_of(image, "JPEG", 95)
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x0112, 3, 1, orientation) + b"\0\0\0\0" + SECRET
    exif = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


def decoded(data: bytes) -> QImage:
    return QImage.fromData(data)


def test_a_photograph_comes_upright_and_without_its_place() -> None:
    original = jpeg()
    assert SECRET in original
    ready = prepared(original, "a.jpg", ANY_MODEL)
    assert (ready.width, ready.height, ready.format) == (100, 200, "jpg")
    assert SECRET not in ready.data
    assert b"Exif" not in ready.data
    image = decoded(ready.data)
    assert image.pixelColor(50, 20).red() > 200  # what was at the left is now at the top
    assert image.pixelColor(50, 180).blue() > 200


def test_comments_and_colour_profiles_do_not_travel() -> None:
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 30, 30))
    image.setText("Comment", "taken at home")
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.AdobeRgb))
    data = file_of(image, "PNG")
    assert b"iCCP" in data
    ready = prepared(data, "a.png", ANY_MODEL)
    assert b"taken at home" not in ready.data
    assert b"iCCP" not in ready.data


@pytest.mark.parametrize(
    ("vision", "size", "sent"),
    [
        (Vision(), (5000, 1000), (2048, 409)),
        (Vision(patch_px=32, patches_max=1536), (2400, 1800), (1408, 1056)),
        (Vision(short_side_max=768, tile_px=512), (4096, 2048), (1536, 768)),
        (Vision(), (30, 20), (30, 20)),
    ],
)
def test_it_is_made_as_small_as_the_model_sees(vision: Vision, size: tuple[int, int], sent: tuple[int, int]) -> None:
    ready = prepared(png(*size), "a.png", vision)
    assert (ready.width, ready.height) == sent
    assert decoded(ready.data).size().toTuple() == sent


def test_screens_stay_sharp_until_they_are_heavy_and_what_is_transparent_stays_so() -> None:
    assert prepared(png(400, 300, (1, 2, 3, 255)), "a.png", ANY_MODEL).format == "png"
    clear = prepared(png(400, 300, (1, 2, 3, 100)), "a.png", ANY_MODEL)
    assert decoded(clear.data).pixelColor(5, 5).alpha() == 100
    noise = QImage(
        bytes((n * n * 7919 >> 3) & 0xFF for n in range(1200 * 1200 * 4)), 1200, 1200, QImage.Format.Format_RGB32
    )
    heavy = file_of(noise, "PNG")
    ready = prepared(heavy, "a.png", ANY_MODEL)
    assert (len(heavy) > LOSSLESS_BYTES) == (ready.format == "jpg")


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "BMP"])
def test_these_formats_are_read(format_: str) -> None:
    if format_.encode().lower() not in [bytes(one.data()) for one in QImageReader.supportedImageFormats()]:
        pytest.skip(f"this Qt reads no {format_}")
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(QColor("green"))
    ready = prepared(file_of(image, format_), f"a.{format_.lower()}", ANY_MODEL)
    assert (ready.width, ready.height) == (20, 10)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bomb(20_000), "too large a picture: 20000 × 20000"),
        (png(50, 50)[:-20], "damaged"),
        (png(50, 50).replace(b"IDAT", b"IDAU"), "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "not a picture"),
        (b"\xff\xd8\xff\xe0 rubbish", "not a picture"),
        (b"", "not a picture"),
    ],
    ids=["bomb", "torn", "changed", "svg", "rubbish", "empty"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(AttachmentError) as caught:
        prepared(data, "a.png", ANY_MODEL)
    assert said in caught.value.message


def test_no_more_than_the_first_frame_of_an_animation() -> None:
    buffer = QBuffer(QByteArray())
    assert buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    gif = (
        b"GIF89a\x02\x00\x02\x00\x80\x00\x00\xff\x00\x00\x00\x00\xff!\xf9\x04\x04\x00\x00\x00\x00,\x00\x00\x00\x00\x02"
        b"\x00\x02\x00\x00\x02\x02\x84Q\x00;"
    )
    assert prepared(gif, "a.gif", ANY_MODEL).format == "png"
