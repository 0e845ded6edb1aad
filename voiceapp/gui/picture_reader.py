"""What pictures are read with in worker threads. Take these classes from here.

PySide makes a class ready when it is first used, and two threads that use one for the first time at the same moment end
the program: a segmentation fault at a start with two pictures above the entry. So each is used once when this module
is imported, which Python lets only one thread do.
"""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColorSpace, QImage, QImageReader

__all__ = ["QBuffer", "QColorSpace", "QImageReader"]


def _use_once() -> None:
    """Read nothing from nowhere, by all calls that the worker threads make."""
    buffer = QBuffer()
    buffer.setData(QByteArray(b""))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    for reader in (QImageReader(":/nothing"), QImageReader(buffer)):
        reader.size()
        reader.setScaledSize(QSize(1, 1))
        reader.read()
    space = QColorSpace(QColorSpace.NamedColorSpace.SRgb)
    QImage(1, 1, QImage.Format.Format_RGB32).setColorSpace(space)


_use_once()
