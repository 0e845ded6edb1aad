"""What went along with a message, in its card: pictures small, other files by name; a click opens them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from voiceapp.core.attachments import Attachment, Kind
from voiceapp.core.draft_words import facts
from voiceapp.gui.in_background import in_background
from voiceapp.gui.picture_reader import QImageReader
from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

PICTURE_PX = QSize(200, 150)
FILE_PX = QSize(248, 44)
GAP_PX = 6
KEEP = Qt.AspectRatioMode.KeepAspectRatio


class AttachedFile(QWidget):
    """One file. ``opened`` when the person wants to see it."""

    opened = Signal()

    def __init__(self, theme: Theme, attachment: Attachment) -> None:
        super().__init__()
        self._theme, self.attachment = theme, attachment
        self.pixels = QImage()
        self._is_gone = False
        is_picture = attachment.kind is Kind.PICTURE
        self._size = _fitted(attachment) if is_picture else FILE_PX
        self.setFixedSize(self._size)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        said = self.tr("Picture: {name}") if is_picture else self.tr("File: {name}")
        self.setAccessibleName(said.format(name=attachment.name))
        self.setToolTip(plain_tip(f"{attachment.name}\n{facts(attachment)}"))

    def decode(self, then: Callable[[], None]) -> None:
        """Fetch the pixels beside the window's thread, then call *then*; at once where there are none to fetch."""
        if self.attachment.kind is not Kind.PICTURE:
            then()
            return
        path, wanted = self.attachment.path, self._size * self.devicePixelRatioF()

        def show(image: QImage) -> None:
            self._show(image)
            then()

        in_background(self, lambda: _decoded(path, wanted), show)

    def sizeHint(self) -> QSize:
        return self._size

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, 8, 8)
        if not self.pixels.isNull():
            painter.setClipPath(shape)
            painter.fillPath(shape, self._theme.color("hover"))
            seen = QSize(self.attachment.width, self.attachment.height).scaled(self.size(), KEEP)
            left, top = (box.width() - seen.width()) / 2, (box.height() - seen.height()) / 2
            painter.drawImage(QRectF(left, top, max(1, seen.width()), max(1, seen.height())), self.pixels)
            return
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("canvas"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        icon = "image" if self.attachment.kind is Kind.PICTURE else "file-text"
        self._theme.paint_icon(painter, QRectF(10, (box.height() - 20) / 2, 20, 20), icon, "ink2")
        self._paint_words(painter, box)

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        left, wide, top = 38.0, box.width() - 46, box.height() / 2 - 18
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(13, 500))
        painter.setPen(self._theme.color("ink"))
        name = painter.fontMetrics().elidedText(self.attachment.name, Qt.TextElideMode.ElideMiddle, int(wide))
        painter.drawText(QRectF(left, top, wide, 19), middle, name)
        painter.setFont(self._theme.font(12))
        painter.setPen(self._theme.color("ink2"))
        said = self.tr("The file is gone") if self._is_gone else facts(self.attachment)
        painter.drawText(QRectF(left, top + 18, wide, 17), middle, said)

    def _show(self, image: QImage) -> None:
        self.pixels, self._is_gone = image, image.isNull()
        self.update()


class AttachedRow(QWidget):
    """The files of one message, in rows. ``opened`` carries the attachment."""

    opened = Signal(object)

    def __init__(self, theme: Theme, attachments: Sequence[Attachment]) -> None:
        super().__init__()
        self.files = [AttachedFile(theme, one) for one in attachments]
        for file in self.files:
            file.setParent(self)
            file.opened.connect(lambda file=file: self.opened.emit(file.attachment))
        self._decode(0)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _decode(self, number: int) -> None:
        """One after the other: many at once would take the processor from the window."""
        if number < len(self.files):
            self.files[number].decode(lambda: self._decode(number + 1))

    def sizeHint(self) -> QSize:
        wide = sum(file.width() + GAP_PX for file in self.files) - GAP_PX
        return QSize(wide, self.heightForWidth(wide))

    def minimumSizeHint(self) -> QSize:
        return QSize(max((file.width() for file in self.files), default=0), 0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        return self._placed(width_px, is_moving=False)

    def resizeEvent(self, event: object) -> None:
        self._placed(self.width(), is_moving=True)

    def _placed(self, width_px: int, *, is_moving: bool) -> int:
        """Put the files in rows; return how high they are."""
        x = y = high = 0
        for file in self.files:
            if x and x + file.width() > width_px:
                x, y, high = 0, y + high + GAP_PX, 0
            if is_moving:
                file.move(x, y)
            x, high = x + file.width() + GAP_PX, max(high, file.height())
        return y + high


def _fitted(one: Attachment) -> QSize:
    whole = QSize(max(1, one.width), max(1, one.height))
    if whole.width() <= PICTURE_PX.width() and whole.height() <= PICTURE_PX.height():
        return whole.expandedTo(QSize(48, 48))
    return whole.scaled(PICTURE_PX, KEEP).expandedTo(QSize(48, 24))


def _decoded(path: str, size: QSize) -> QImage:
    """Worker thread."""
    reader = QImageReader(path)
    reader.setScaledSize(size)
    return reader.read()
