"""What the first bytes of an image file say: its format and its size. Nothing is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

ENDINGS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "gif": ".gif"}
"""The formats that are kept, with the endings of their files."""
MIMES = {name: f"image/{name}" for name in ENDINGS}
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def mime_of(format_: str) -> str:
    """Return the media type of a picture whose file ends in *format_*."""
    return MIMES.get({"jpg": "jpeg"}.get(format_, format_), "image/png")


@dataclass(frozen=True)
class PictureFacts:
    """*format* is a key of :data:`ENDINGS`; sizes in pixels, 0 where the file hides them."""

    format: str
    width: int = 0
    height: int = 0


def facts_of(data: bytes) -> PictureFacts | None:
    """Return what *data* is; None when it is no image of a format that is kept."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureFacts("png", *_unpacked(">II", data, 16))
    if data.startswith(b"\xff\xd8\xff"):
        return PictureFacts("jpeg", *_jpeg_size(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureFacts("webp", *_webp_size(data))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return PictureFacts("gif", *_unpacked("<HH", data, 6))
    return None


def format_for(name: str) -> str:
    """Return the format that the ending of file *name* means; "" for one that is not kept."""
    ending = name.lower().rpartition(".")[2]
    return {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp", "gif": "gif"}.get(ending, "")


def _unpacked(layout: str, data: bytes, place: int) -> tuple[int, int]:
    try:
        first, second = struct.unpack_from(layout, data, place)
    except struct.error:
        return 0, 0
    return int(first), int(second)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments to the frame header."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _JPEG_SIZES:
            height, width = _unpacked(">HH", data, place + 5)
            return width, height
        if marker == 0xFF or marker in _JPEG_BARE:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if length < 2:
            break
        place += 2 + length
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = _unpacked("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
