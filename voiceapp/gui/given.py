"""What is pasted or dropped: files, pictures; everything else stays with whoever takes text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QImage

from voiceapp.gui.in_background import in_background

RAW_FORMATS = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
"""Taken as the bytes that they are: to decode a screenshot here would make the window wait."""


def paths_in(mime: QMimeData) -> tuple[str, ...]:
    """Return the files of this computer that *mime* names."""
    return tuple(url.toLocalFile() for url in mime.urls() if url.isLocalFile()) if mime.hasUrls() else ()


def is_for_attaching(mime: QMimeData) -> bool:
    """Whether *mime* is files or a picture; words that come with a picture of themselves are words."""
    return bool(paths_in(mime)) or (mime.hasImage() and not mime.hasText()) or _raw_format(mime) != ""


def attach_given(mime: QMimeData, name: str, owner: QObject, ask: Callable[[object], None]) -> bool:
    """Ask for what is in *mime* to be attached; False where there is nothing of the kind. GUI thread."""
    from voiceapp.core.attachments import AttachData, AttachFile

    if not is_for_attaching(mime):
        return False
    if paths := paths_in(mime):
        for path in paths:
            ask(AttachFile(path))
    elif format_ := _raw_format(mime):
        ask(AttachData(f"{name}.{format_.partition('/')[2]}", bytes(mime.data(format_).data())))
    else:
        attach_image(mime.imageData(), name, owner, ask)
    return True


def attach_image(image: QImage, name: str, owner: QObject, ask: Callable[[object], None]) -> None:
    """Ask for pixels to be attached; they become a file beside the window's thread."""
    from voiceapp.core.attachments import AttachData

    def encoded() -> bytes:
        from voiceapp.gui.picture_scaling import file_of

        return file_of(image, "PNG", 90)  # quickly rather than small: it is made ready again

    in_background(owner, encoded, lambda data: ask(AttachData(f"{name}.png", data)))


def _raw_format(mime: QMimeData) -> str:
    if mime.hasText():
        return ""
    return next((one for one in RAW_FORMATS if mime.hasFormat(one)), "")
