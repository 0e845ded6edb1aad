"""Text to read, select and copy: as high as it needs to be, and loading nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from PySide6.QtCore import QMimeData, QSize, QSizeF, Qt, QUrl, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QTextCursor, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from voiceapp.gui.markdown_writer import CHIP_PAD, INDENT_PX, LIST_MARK
from voiceapp.gui.theme import Theme

BELOW_PX = 3
"""Room below the last line for the frame of a chip and the line under spoken words."""


class StillDocument(QTextDocument):
    """A document that loads nothing, whatever is written into it."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        return None


class SelectableText(QTextEdit):
    """Read-only text as high as it needs to be; the wheel belongs to the conversation."""

    link_clicked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._measured = (-1, 0)
        self._pressed_link = ""
        document = StillDocument(self)
        document.setDocumentMargin(0)
        document.setUndoRedoEnabled(False)
        document.setIndentWidth(INDENT_PX)
        document.setDefaultFont(theme.font(15))
        self.setDocument(document)
        self.setProperty("bare", True)
        self._ink = "ink"
        self._dye()
        self.setFrameStyle(QFrame.Shape.NoFrame)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        document.contentsChanged.connect(self._forget_height)

    def set_ink(self, color: str) -> None:
        """Write in token *color* what has no colour of its own."""
        self._ink = color
        self._dye()

    def _dye(self) -> None:
        """Most words take their colour from the palette, so that a change of look writes nothing anew."""
        self._dyed = (self.theme.scheme, self._ink)
        self.setPalette(self.theme.palette(self._ink))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._dyed[0] != self.theme.scheme:  # not when the look changed: most texts are out of sight then
            self._dye()
        super().paintEvent(event)

    @contextmanager
    def steady(self) -> Iterator[QTextCursor]:
        """Give a cursor at the end for adding text; the person's selection stays where it was."""
        own = self.textCursor()
        anchor, position = own.anchor(), own.position()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        yield cursor
        cursor.endEditBlock()
        last = self.document().characterCount() - 1
        own.setPosition(min(anchor, last))
        own.setPosition(min(position, last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(own)

    # --- size ---------------------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        if self._measured[0] != width_px:
            document = self.document()
            if document.textWidth() != width_px and self.lineWrapMode() is not QTextEdit.LineWrapMode.NoWrap:
                document.setPageSize(QSizeF(width_px, -1))
            self._measured = (width_px, ceil(document.size().height()) + BELOW_PX)
        return self._measured[1]

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.heightForWidth(max(1, self.width())))

    minimumSizeHint = sizeHint

    def _forget_height(self) -> None:
        self._measured = (-1, 0)
        self.updateGeometry()

    # --- the person ---------------------------------------------------------------------------------------

    def selected_text(self) -> str:
        """Return the selection as plain text."""
        return plain(self.textCursor())

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.selected_text())
        return data

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        if event.angleDelta().x() and bar.maximum():
            bar.setValue(bar.value() - event.angleDelta().x())
            return
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_link = self.anchorAt(event.position().toPoint())
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        link = self.anchorAt(event.position().toPoint())
        if link and link == self._pressed_link and not self.textCursor().hasSelection():
            self.link_clicked.emit(link)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        is_link = bool(self.anchorAt(event.position().toPoint()))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.IBeamCursor)


def plain(cursor: QTextCursor) -> str:
    """Return what *cursor* selects as plain text, with list marks and without the room inside code chips."""
    if not cursor.hasSelection():
        return ""
    start, end = cursor.selectionStart(), cursor.selectionEnd()
    document = cursor.document()
    block = document.findBlock(start)
    lines: list[str] = []
    while block.isValid() and block.position() < end:
        text = block.text()
        first = max(0, start - block.position())
        # Positions count UTF-16 units, Python counts characters.
        units = text.encode("utf-16-le")[first * 2 : (end - block.position()) * 2]
        line = units.decode("utf-16-le", "replace").replace("\u2028", "\n").replace(CHIP_PAD, "").replace("\xa0", " ")
        mark = block.blockFormat().property(LIST_MARK)
        if mark and first == 0:
            line = f"{'  ' * (block.blockFormat().indent() - 1)}{mark} {line}"
        lines.append(line)
        block = block.next()
    return "\n".join(lines)
