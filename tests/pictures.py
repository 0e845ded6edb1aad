"""Pictures for tests, made from nothing: PNG needs only zlib."""

from __future__ import annotations

import struct
import zlib

Color = tuple[int, int, int, int]
BLUE: Color = (20, 60, 200, 255)


def png(width: int, height: int, color: Color = BLUE) -> bytes:
    """Return a PNG of one colour (red, green, blue, alpha)."""
    return _png(width, height, (b"\0" + bytes(color) * width) * height)


def bomb(side: int) -> bytes:
    """Return a small PNG that says it is *side* pixels wide and high."""
    return _png(side, side, b"\0" * 100)


def _png(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
