"""One selection across the several text widgets of a reply."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from voiceapp.gui.selectable_text import SelectableText


class SpanningSelection(QObject):
    """Drags that leave one text go on in the next; copying takes all of it.

    Args:
        owner: the widget whose texts are watched; their order is that of their places on the page.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._texts: list[SelectableText] = []
        self._anchor: tuple[SelectableText, int] | None = None

    def watch(self, text: SelectableText) -> None:
        """Let *text* take part."""
        self._texts.append(text)
        text.viewport().installEventFilter(self)
        text.installEventFilter(self)

    def forget(self, text: SelectableText) -> None:
        """*text* is about to go."""
        self._texts.remove(text)
        if self._anchor is not None and self._anchor[0] is text:
            self._anchor = None

    def select_all(self) -> None:
        for text in self._texts:
            text.selectAll()

    def selected_text(self) -> str:
        """Return all that is selected, from top to bottom."""
        return "\n\n".join(part for text in self._ordered() if (part := text.selected_text()))

    def handle_key(self, event: QKeyEvent) -> bool:
        """Copy or select all; return whether *event* was that."""
        if event.matches(QKeySequence.StandardKey.Copy):
            if selected := self.selected_text():
                QGuiApplication.clipboard().setText(selected)
            return True
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
            return True
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self.handle_key(event)
        if not isinstance(event, QMouseEvent):
            return False
        text = next((item for item in self._texts if item.viewport() is watched), None)
        if text is None:
            return False
        at = event.globalPosition().toPoint()
        if event.type() is QEvent.Type.MouseButtonPress and event.button() is Qt.MouseButton.LeftButton:
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._clear(but=text)
                self._anchor = (text, text.cursorForPosition(event.position().toPoint()).position())
            return False
        if event.type() is QEvent.Type.MouseMove and event.buttons() & Qt.MouseButton.LeftButton:
            return self._extend(text, at)
        return False

    def _extend(self, text: SelectableText, at: QPoint) -> bool:
        """Select from the anchor to *at*; True when that spans more than one text and is done here."""
        if self._anchor is None:
            return False
        ordered = self._ordered()
        here = self._nearest(ordered, at)
        if here is text and here is self._anchor[0]:
            self._clear(but=text)
            return False
        first, last = ordered.index(self._anchor[0]), ordered.index(here)
        position = here.cursorForPosition(here.viewport().mapFromGlobal(at)).position()
        is_down = last >= first
        for index, item in enumerate(ordered):
            end = item.document().characterCount() - 1
            low, high = (0, end) if is_down else (end, 0)
            if not min(first, last) <= index <= max(first, last):
                self._select(item, 0, 0)
            elif item is self._anchor[0]:
                self._select(item, self._anchor[1], position if item is here else high)
            elif item is here:
                self._select(item, low, position)
            else:
                self._select(item, low, high)
        return True

    def _ordered(self) -> list[SelectableText]:
        return sorted(self._texts, key=lambda text: text.mapTo(self._owner, QPoint(0, 0)).y())

    @staticmethod
    def _nearest(ordered: list[SelectableText], at: QPoint) -> SelectableText:
        for text in ordered:
            if at.y() < text.mapToGlobal(QPoint(0, text.height())).y():
                return text
        return ordered[-1]

    def _clear(self, but: SelectableText | None = None) -> None:
        for text in self._texts:
            if text is not but and text.textCursor().hasSelection():
                self._select(text, 0, 0)

    @staticmethod
    def _select(text: SelectableText, anchor: int, position: int) -> None:
        cursor = text.textCursor()
        cursor.setPosition(anchor)
        cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
        text.setTextCursor(cursor)
