"""Code in a reply: language, Copy button, colours, sideways scrolling.

The colours come from Pygments in a worker thread: a long block takes it a tenth of a second. Growing code is only
appended to; a result that arrives too late for the text it was made from is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from PySide6.QtCore import QObject, QRectF, QRunnable, QSize, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QHBoxLayout, QTextEdit, QWidget

from voiceapp.gui.copy_button import CopyButton
from voiceapp.gui.dress import Words, dress
from voiceapp.gui.markdown_blocks import Block
from voiceapp.gui.selectable_text import SelectableText
from voiceapp.gui.theme import Theme

HEAD_PX = 36
PAD_PX = 12
LINE_PX = 20
SCROLL_BAR_PX = 12
COLOR_WAIT_MS = 150
"""Growing code is coloured at most this often."""
STEP_MS = 4.0

Colored = Sequence[Sequence[tuple[int, int, str]]]
"""Per line: (start, length, token of the look) in UTF-16 units; see ``code_colors``."""


class _Done(QObject):
    colored = Signal(int, object)


class _Coloring(QRunnable):
    """One pass of Pygments over a text."""

    def __init__(self, number: int, code: str, language: str, done: _Done) -> None:
        super().__init__()
        self._number, self._code, self._language, self._done = number, code, language, done

    def run(self) -> None:
        from voiceapp.gui.code_colors import colored  # Pygments takes 40 ms to import: here nobody waits

        lines = colored(self._code, self._language)
        try:
            self._done.colored.emit(self._number, lines)
        except RuntimeError:
            return  # the block was closed meanwhile, and its signal with it


class _Painter(QSyntaxHighlighter):
    """Shows colours that were found elsewhere."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self.lines: Colored = ()

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number >= len(self.lines):
            return
        for start, length, color in self.lines[number]:
            style = QTextCharFormat()
            style.setForeground(self._theme.color(color))
            self.setFormat(start, length, style)


class CodeText(SelectableText):
    """The code itself: never wrapped, scrolled sideways."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setLineWrapMode(QTextEdit.LineWrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        dress(theme, self.horizontalScrollBar(), "QScrollBar")
        self.document().setDefaultFont(theme.font(13, is_mono=True))

    def _forget_height(self) -> None:
        """Colours change no height, and the block of code counts its lines itself."""

    def append_code(self, text: str) -> None:
        size = QTextBlockFormat()
        size.setLineHeight(LINE_PX, int(QTextBlockFormat.LineHeightTypes.FixedHeight.value))
        style = QTextCharFormat()
        style.setFont(self.theme.font(13, is_mono=True))
        with self.steady() as cursor:
            cursor.setBlockFormat(size)
            cursor.insertText(text, style)


class CodeBlock(QWidget):
    """A framed block of code. *width for height* is the number of lines."""

    def __init__(self, theme: Theme, block: Block, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.block = block
        self._code = ""
        self._number = 0
        self._step_from = 0
        self.appended_chars = 0
        self._head = QWidget(self)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(PAD_PX, 0, 4, 0)
        self._label = Words(theme, block.language or self.tr("text"), "ink2", 13)
        self._copy = CopyButton(theme, self.tr("Copy"), lambda: self._code)
        row.addWidget(self._label, 1)
        row.addWidget(self._copy)
        self.text = CodeText(theme, self)
        self.text.setAccessibleName(self.tr("Code, {language}").format(language=block.language or self.tr("text")))
        self._painter = _Painter(self.text.document(), theme)
        self._done = _Done(self)
        self._done.colored.connect(self._on_colored)
        self._wait = QTimer(self, singleShot=True, interval=COLOR_WAIT_MS)
        self._wait.timeout.connect(self._color)
        self._stepping = QTimer(self, singleShot=True, interval=0)
        self._stepping.timeout.connect(self._show_colors)
        self.text.horizontalScrollBar().rangeChanged.connect(self._on_range)
        self.set_block(block)

    @property
    def is_colored(self) -> bool:
        """Whether something has a colour of its own, which another look makes another."""
        return bool(self._painter.lines)

    def set_block(self, block: Block) -> None:
        """Show *block*; where it is longer than before, only the rest is written."""
        self.block = block
        code = block.text.rstrip("\n")
        if code == self._code:
            return
        if code.startswith(self._code):
            rest = code[len(self._code) :]
        else:
            self.text.document().clear()
            rest = code
        self._code = code
        self.appended_chars += len(rest)
        self.text.append_code(rest)
        self._number += 1
        if block.language and not self._wait.isActive():
            self._wait.start()
        self.updateGeometry()

    def write_again(self) -> None:
        """The look has changed: colour anew, some lines at a time."""
        self._step_from = 0
        self._show_colors()

    def set_heard(self, heard_chars: int | None) -> None:
        """Grey the code where it comes after what was heard. Code is announced, never read, so nothing is struck."""
        if heard_chars is not None and self.block.start >= heard_chars:
            self._painter.lines = ()
            cursor = QTextCursor(self.text.document())
            cursor.select(QTextCursor.SelectionType.Document)
            style = QTextCharFormat()
            style.setForeground(self._theme.color("ink3"))
            cursor.mergeCharFormat(style)

    # --- size and painting --------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        bar = SCROLL_BAR_PX if self.text.horizontalScrollBar().maximum() > 0 else 0
        return HEAD_PX + 1 + 2 * PAD_PX + max(1, self.text.document().blockCount()) * LINE_PX + bar

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._head.setGeometry(1, 1, self.width() - 2, HEAD_PX)
        top = HEAD_PX + 1 + PAD_PX
        self.text.setGeometry(PAD_PX, top, self.width() - 2 * PAD_PX, max(0, self.height() - top - 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("sunken"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.fillRect(QRectF(1, HEAD_PX, self.width() - 2, 1), self._theme.color("line"))

    def _on_range(self) -> None:
        self.updateGeometry()

    # --- colours ------------------------------------------------------------------------------------------

    def _color(self) -> None:
        QThreadPool.globalInstance().start(_Coloring(self._number, self._code, self.block.language, self._done))

    def _on_colored(self, number: int, lines: Colored) -> None:
        if number != self._number:
            self._wait.start()
            return
        self._painter.lines = lines
        self._step_from = 0
        self._show_colors()

    def _show_colors(self) -> None:
        """Colour some lines; the rest in the next turns of the event loop."""
        document = self.text.document()
        begun = perf_counter()
        while self._step_from < document.blockCount():
            self._painter.rehighlightBlock(document.findBlockByNumber(self._step_from))
            self._step_from += 1
            if (perf_counter() - begun) * 1000 > STEP_MS:
                self._stepping.start()
                return
