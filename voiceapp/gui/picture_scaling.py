"""Pictures made ready to be shown to a model: upright, small enough, and nothing in them but their pixels.

Needs no window and no application; any thread (Qt lets go of Python's lock while it decodes). The terminal uses it too.
"""

from __future__ import annotations

import zlib
from gettext import gettext as _

from PySide6.QtCore import QByteArray, QIODevice, QLoggingCategory, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from voiceapp.core.attachments import Kind, Prepared, not_a_picture
from voiceapp.core.errors import AttachmentError
from voiceapp.core.vision import Vision
from voiceapp.gui.picture_reader import QBuffer, QColorSpace, QImageReader

PIXELS_MAX = 64_000_000
"""Qt decodes up to 256 MB; a file that would take more is refused before it is tried."""
JPEG_PIXELS_MAX = 200_000_000
"""JPEG is made smaller while it is decoded."""
SIDE_MAX_PX = 30_000
READ_FORMATS = frozenset({"png", "jpeg", "webp", "gif", "bmp"})
LOSSLESS = frozenset({"png", "gif", "bmp"})
LOSSLESS_BYTES = 1_500_000
"""Screens and drawings stay sharp up to this; beyond it they travel as JPEG, as photographs do."""
JPEG_QUALITY = 88
PNG = b"\x89PNG\r\n\x1a\n"

QLoggingCategory.setFilterRules("qt.gui.imageio*=false")  # what is wrong with a file is said in a sentence


def prepared(data: bytes, name: str, vision: Vision) -> Prepared:
    """Return the picture in *data* as it is sent to who sees so. Raises AttachmentError."""
    image, format_ = _decoded(data, name, vision)
    image = _bare(image)
    has_alpha = image.hasAlphaChannel()
    ending, file = "png", b""
    if has_alpha or format_ in LOSSLESS:
        file = file_of(image, "PNG")
    if not has_alpha and (not file or len(file) > LOSSLESS_BYTES):
        ending, file = "jpg", file_of(image, "JPEG", JPEG_QUALITY)
    return Prepared(Kind.PICTURE, name, ending, file, image.width(), image.height())


def file_of(image: QImage, format_: str, quality: int = -1) -> bytes:
    """Return *image* as a file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, format_, quality)  # type: ignore[call-overload]
    return bytes(data.data())


def _decoded(data: bytes, name: str, vision: Vision) -> tuple[QImage, str]:
    """Decode upright and at the size it is sent at, as far as the format can."""
    if data.startswith(PNG) and not _is_whole_png(data):
        raise _damaged(name)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    format_ = bytes(reader.format().data()).decode("ascii", "replace").replace("jpg", "jpeg")
    whole = reader.size()
    if format_ not in READ_FORMATS or not whole.isValid():
        raise not_a_picture(name)
    width, height = whole.width(), whole.height()
    pixels_max = JPEG_PIXELS_MAX if format_ == "jpeg" else PIXELS_MAX
    if max(width, height) > SIDE_MAX_PX or width * height > pixels_max:
        raise AttachmentError(
            _("“{name}” is too large a picture: {width} × {height} pixels.").format(
                name=name, width=width, height=height
            ),
            hint=_("Make it smaller, or attach the part that matters."),
        )
    reader.setScaledSize(QSize(*vision.fitted(width, height)))
    image = reader.read()
    if image.isNull():
        raise _damaged(name)
    return image, format_


def _damaged(name: str) -> AttachmentError:
    return AttachmentError(
        _("“{name}” is damaged and cannot be read.").format(name=name),
        hint=_("Open it in another program and save it anew."),
    )


def _is_whole_png(data: bytes) -> bool:
    """Whether the file has its end and its sums agree; libpng complains past everybody, on standard error."""
    place, view = len(PNG), memoryview(data)
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if zlib.crc32(view[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        if data[place + 4 : place + 8] == b"IEND":
            return True
        place = end + 4
    return False


def _bare(image: QImage) -> QImage:
    """Return the pixels alone, in sRGB: no place, no camera, no comment travels with them."""
    if image.colorSpace().isValid() and image.colorSpace() != QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        image.convertToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    has_alpha = image.hasAlphaChannel()
    kind = QImage.Format.Format_ARGB32 if has_alpha else QImage.Format.Format_RGB32
    bare = QImage(image.size(), kind)
    bare.fill(Qt.GlobalColor.transparent if has_alpha else Qt.GlobalColor.white)
    painter = QPainter(bare)
    painter.drawImage(0, 0, image)
    painter.end()
    return bare
