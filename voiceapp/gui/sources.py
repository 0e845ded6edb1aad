"""What a reply cites and has made, below its words: a line each, pictures small. Nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import urlsplit

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.conversation import Source, SourceKind
from voiceapp.gui.controls import DrawnButton
from voiceapp.gui.in_background import in_background
from voiceapp.gui.picture_reader import QImageReader
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

LINES_MAX = 8
PICTURE_PX = (360, 240)
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})
_ICONS = {SourceKind.PAGE: "globe", SourceKind.DOCUMENT: "file-text", SourceKind.MADE: "download"}


class Sources(QWidget):
    """All of one reply.

    Signals:
        chosen: a ``Source`` that the person wants to see, or to save.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._sources: tuple[Source, ...] = ()
        self._is_whole = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 2)
        self._column.setSpacing(0)
        self._parts: list[QWidget] = []
        self.lines: list[SourceLine] = []
        self.setAccessibleName(self.tr("Sources"))

    def set_sources(self, sources: tuple[Source, ...]) -> None:
        """Show *sources*, numbered in their order."""
        if sources != self._sources:
            self._sources = sources
            self._build()

    def made(self, name: str) -> Source | None:
        """Return the file of that name that the reply has made."""
        return next((one for one in self._sources if one.kind is SourceKind.MADE and one.title == name), None)

    def _build(self) -> None:
        for part in self._parts:
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts, self.lines = [], []
        shown = self._sources if self._is_whole else self._sources[:LINES_MAX]
        for number, source in enumerate(shown, start=1):
            line = SourceLine(self._theme, number, source)
            line.clicked.connect(lambda _checked=False, source=source: self.chosen.emit(source))
            self.lines.append(line)
            self._add(line)
            if source.kind is SourceKind.MADE and source.path and PurePath(source.title).suffix.lower() in PICTURES:
                self._add(MadePicture(self._theme, source))
        if hidden := len(self._sources) - len(shown):
            more = TextLine(self._theme, self.tr("{n} more").format(n=hidden))
            more.clicked.connect(self._show_all)
            self._add(more)
        self.updateGeometry()

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._column.addWidget(part)

    def _show_all(self) -> None:
        self._is_whole = True
        self._build()


class TextLine(DrawnButton):
    """Quiet words that can be clicked."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setText(text)
        self.setFixedHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(200, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.theme.font(12))
        painter.setPen(self.theme.color("ink" if self.underMouse() else "ink2"))
        painter.drawText(QRectF(24, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self.text())


class SourceLine(TextLine):
    """A source with its number: a page's title and host, a document, a file that was made."""

    def __init__(self, theme: Theme, number: int, source: Source) -> None:
        super().__init__(theme, source.title)
        self.source = source
        self._words = f"{number}  {source.title}"
        self._aside = _aside(source) or (self.tr("Save") if source.kind is SourceKind.MADE else "")
        kinds = {
            SourceKind.PAGE: self.tr("Page: {title}, {aside}"),
            SourceKind.DOCUMENT: self.tr("Document: {title}"),
            SourceKind.MADE: self.tr("Save {title}"),
        }
        self.setAccessibleName(kinds[source.kind].format(title=source.title, aside=self._aside))
        self.setToolTip(plain_tip(source.address or source.path or source.title))
        if source.kind is SourceKind.DOCUMENT and not source.path:
            self.setCursor(Qt.CursorShape.ArrowCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        is_lit = self.underMouse() or self.isDown()
        color = "ink" if is_lit else "ink2"
        self.theme.paint_icon(painter, QRectF(0, 5, 16, 16), _ICONS[self.source.kind], "ink2" if is_lit else "ink3")
        painter.setFont(self.theme.font(13))
        metrics = painter.fontMetrics()
        aside = metrics.elidedText(self._aside, Qt.TextElideMode.ElideRight, max(60, self.width() // 3))
        aside_px = metrics.horizontalAdvance(aside) + 12 if aside else 0
        room = max(40, self.width() - 24 - aside_px)
        words = metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        painter.setPen(self.theme.color(color))
        painter.drawText(QRectF(24, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(self.theme.font(12))
        painter.setPen(self.theme.color("ink3"))
        left = 24 + metrics.horizontalAdvance(words) + 10
        painter.drawText(QRectF(left, 0, aside_px, self.height()), Qt.AlignmentFlag.AlignVCenter, aside)


class MadePicture(QWidget):
    """A picture that the reply's code has drawn, from its copy on this computer; decoded beside the window's thread."""

    def __init__(self, theme: Theme, source: Source) -> None:
        super().__init__()
        self._theme = theme
        self.pixels = QImage()
        self._size = QSize(0, 0)
        self.setAccessibleName(self.tr("Image: {name}").format(name=source.title))
        self.setFixedHeight(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        ratio, path = self.devicePixelRatioF(), source.path
        in_background(self, lambda: _decoded(path, QSize(*PICTURE_PX) * ratio), self._show)

    def sizeHint(self) -> QSize:
        return QSize(PICTURE_PX[0], self.height())

    def _show(self, image: QImage) -> None:
        self.pixels = image
        if not image.isNull():
            ratio = self.devicePixelRatioF()
            self._size = QSize(round(image.width() / ratio), round(image.height() / ratio))
            self.setFixedHeight(self._size.height() + 10)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.pixels.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(24, 4, self._size.width(), self._size.height())
        shape = QPainterPath()
        shape.addRoundedRect(box, 8, 8)
        painter.fillPath(shape, self._theme.color("raised"))
        painter.setClipPath(shape)
        painter.drawImage(box, self.pixels)


def _decoded(path: str, size: QSize) -> QImage:
    """Worker thread."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    whole = reader.size()
    if whole.width() > size.width() or whole.height() > size.height():
        reader.setScaledSize(whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _aside(source: Source) -> str:
    if source.kind is SourceKind.PAGE:
        try:
            return (urlsplit(source.address).hostname or "").removeprefix("www.")
        except ValueError:
            return ""
    return size_words(source.size_bytes) if source.size_bytes else ""


def size_words(size_bytes: int) -> str:
    """Return a size for people."""
    if size_bytes < 1024:
        return f"{size_bytes} B"
    if size_bytes < 1024 * 1024:
        return f"{size_bytes / 1024:.0f} kB"
    return f"{size_bytes / 1024 / 1024:.1f} MB"
