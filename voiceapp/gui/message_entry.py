"""The text entry: grows from one line to five; Enter sends, Shift+Enter begins a new line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QTextCursor, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from voiceapp.gui.controls import IconButton
from voiceapp.gui.given import is_for_attaching
from voiceapp.gui.theme import Theme

LINE_PX = 20
LINES_MAX = 5
_PADDING_PX = 24
WHOLE_CHARS = 20_000
"""So much may stand in the entry; what is pasted beyond it has a stand-in, or every key would lay out all of it."""


class _Lines(QPlainTextEdit):
    """The bare editor inside the frame; as high as its lines, up to five."""

    submitted = Signal()
    grown = Signal()
    focus_changed = Signal()
    given = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.can_attach = False
        self._pasted: dict[str, str] = {}
        self.setProperty("bare", True)
        self.setFont(theme.font(15))
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        lines = min(LINES_MAX, max(1, round(self.document().size().height())))
        policy = Qt.ScrollBarPolicy
        is_over = self.document().size().height() > LINES_MAX
        self.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if is_over else policy.ScrollBarAlwaysOff)
        height = lines * self.fontMetrics().lineSpacing() + 2
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
            self.grown.emit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def event(self, event: QEvent) -> bool:
        is_undo = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        if is_undo and event.type() is QEvent.Type.ShortcutOverride and self.document().isEmpty():
            event.ignore()  # nothing is written here: the window may have something to take back, and comes first
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return (self.can_attach and is_for_attaching(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted and dropped: files and pictures go along with the message, words go into it."""
        if self.can_attach and is_for_attaching(source):
            self.given.emit(source)
        elif source.hasText():
            self.insertPlainText(self.shown(source.text()))
            self.ensureCursorVisible()
        else:
            super().insertFromMimeData(source)

    def shown(self, text: str) -> str:
        """Return *text* as it is to stand in the entry: itself, or a few words that :meth:`whole` turns into it."""
        if self.document().characterCount() + len(text) <= WHOLE_CHARS:
            return text
        number, size = len(self._pasted) + 1, max(1, round(len(text) / 1000))
        words = self.tr("[Pasted text {number}, {size} kB]").format(number=number, size=size)
        self._pasted[words] = text
        return words

    def forget(self) -> None:
        """Begin anew."""
        self.clear()
        self._pasted.clear()

    def whole(self) -> str:
        """Return what stands in the entry, with the texts that only have a stand-in there."""
        text = self.toPlainText()
        for words, pasted in self._pasted.items():
            text = text.replace(words, pasted)
        return text

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit()


class MessageEntry(QWidget):
    """A framed entry with a send button.

    Signals:
        sent: the text, stripped; empty only where something is attached.
        given: a QMimeData with files or a picture.
        attach_wanted: the paperclip was pressed.
    """

    sent = Signal(str)
    given = Signal(object)
    attach_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.lines = _Lines(theme)
        self.lines.setPlaceholderText(self.tr("Type instead of talking"))
        self.lines.setAccessibleName(self.tr("Message"))
        self.send_button = IconButton(theme, "arrow-up", self.tr("Send"), size_px=32, is_filled=True)
        self.send_button.setEnabled(False)
        self.attach_button = IconButton(theme, "paperclip", self.tr("Attach a picture or a file"), size_px=32)
        self.attach_button.clicked.connect(self.attach_wanted)
        self.attach_button.setCursor(Qt.CursorShape.ArrowCursor)
        self.attach_button.hide()
        self._has_attached = False
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(self.lines, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.attach_button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.send_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.setFocusProxy(self.lines)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lines.textChanged.connect(self._on_text)
        self.lines.submitted.connect(self._submit)
        self.lines.focus_changed.connect(self.update)
        self.lines.grown.connect(self.updateGeometry)
        self.lines.given.connect(self.given)
        self.send_button.setCursor(Qt.CursorShape.ArrowCursor)
        self.send_button.clicked.connect(self._submit)

    def sizeHint(self) -> QSize:
        return QSize(240, max(44, self.lines.height() + _PADDING_PX))

    minimumSizeHint = sizeHint

    def text(self) -> str:
        """What stands in the entry."""
        return self.lines.whole()

    def give_back(self, text: str) -> None:
        """Put *text* into the entry, before what the person has begun to write meanwhile; they can undo it."""
        if self.text().strip() == text.strip():
            return
        cursor = self.lines.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        shown = self.lines.shown(text)
        cursor.insertText(f"{shown}\n" if self.text().strip() else shown)
        self.lines.setTextCursor(cursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("ink" if self.lines.hasFocus() else "edge"), 1))
        painter.setBrush(self._theme.color("canvas"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)

    def can_attach(self) -> None:
        """Offer to attach, from now on."""
        self.lines.can_attach = True
        self.attach_button.show()

    def set_attached(self, has_attached: bool) -> None:
        """Something is attached, so that it can be sent without a word; or no longer."""
        self._has_attached = has_attached
        self._on_text()

    def _on_text(self) -> None:
        self.send_button.setEnabled(bool(self.lines.toPlainText().strip()) or self._has_attached)

    def _submit(self) -> None:
        text = self.text().strip()
        if text or self._has_attached:
            self.lines.forget()
            self.sent.emit(text)
