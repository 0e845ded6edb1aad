"""Small pictures of the gallery's files: decoded by one worker, newest wish first, kept on disk and, the last, here.

A thousand images would fill 90 MB as small pictures; what was not seen for long is read again from the cache on disk.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from pathlib import Path

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from voiceapp.gui.picture_reader import QImageReader

KEPT = 400
WISHES_MAX = 60
"""Wishes beyond this are forgotten: whoever scrolled past will ask again."""
TELL_EVERY_MS = 16
RATIO = 2
"""Decoded for screens of twice the pixels; drawn smaller on others."""


def decoded(path: str, size: QSize) -> QImage:
    """Return the middle of *path* filling *size*; a null image where it cannot be read. Any thread."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    whole = reader.size()
    if whole.isValid():
        reader.setScaledSize(whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        return image
    if not whole.isValid():
        image = image.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
    left, top = (image.width() - size.width()) // 2, (image.height() - size.height()) // 2
    return image.copy(QRect(left, top, size.width(), size.height()))


class Thumbnails(QObject):
    """Asked on the GUI thread; ``came`` tells, many at a time, which files can be had now.

    Args:
        size: in logical pixels.
        cache: a folder that may be deleted at any time; None = nothing is kept on disk.
    """

    came = Signal(set)
    _decoded = Signal(str, QImage)

    def __init__(self, size: QSize, cache: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.size = size
        self._pixels = size * RATIO
        self._cache = cache
        self._kept: OrderedDict[str, QPixmap] = OrderedDict()
        self._broken: set[str] = set()
        self._wishes: deque[str] = deque(maxlen=WISHES_MAX)
        self._waiting = threading.Condition()
        self._is_over = False
        self._news: set[str] = set()
        self._tell = QTimer(self, singleShot=True, interval=TELL_EVERY_MS)
        self._tell.timeout.connect(self._on_tell)
        self._decoded.connect(self._on_decoded, Qt.ConnectionType.QueuedConnection)
        self._thread: threading.Thread | None = None

    def get(self, path: str) -> QPixmap | None:
        """Return the small picture of *path*, or None and tell when it has come. GUI thread."""
        if (pixmap := self._kept.get(path)) is not None:
            self._kept.move_to_end(path)
            return pixmap
        if path not in self._broken:
            self._wish(path)
        return None

    def is_broken(self, path: str) -> bool:
        """Whether *path* could not be read."""
        return path in self._broken

    def stop(self) -> None:
        """End the worker. Idempotent."""
        with self._waiting:
            self._is_over = True
            self._waiting.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _wish(self, path: str) -> None:
        if self._thread is None and not self._is_over:
            self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
            self._thread.start()
        with self._waiting:
            if path not in self._wishes:
                self._wishes.append(path)
                self._waiting.notify()

    def _work(self) -> None:
        while True:
            with self._waiting:
                self._waiting.wait_for(lambda: self._wishes or self._is_over)
                if self._is_over:
                    return
                path = self._wishes.pop()
            image = self._load(path)
            try:
                self._decoded.emit(path, image)
            except RuntimeError:
                return  # the program ends

    def _load(self, path: str) -> QImage:
        """Worker thread."""
        if self._cache is None:
            return decoded(path, self._pixels)
        kept = self._cache / f"{Path(path).stem}.png"
        image = QImage(str(kept))
        if image.isNull() or image.size() != self._pixels:
            image = decoded(path, self._pixels)
            if not image.isNull():
                self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
                image.save(str(kept), "PNG", 80)  # type: ignore[call-overload]  # a cache that cannot be written is none
        return image

    def _on_decoded(self, path: str, image: QImage) -> None:
        if image.isNull():
            self._broken.add(path)
        else:
            pixmap = QPixmap.fromImage(image)
            pixmap.setDevicePixelRatio(RATIO)
            self._kept[path] = pixmap
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._news.add(path)
        if not self._tell.isActive():
            self._tell.start()

    def _on_tell(self) -> None:
        news, self._news = self._news, set()
        self.came.emit(news)
