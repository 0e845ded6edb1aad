"""Space: held it talks, unless somebody is typing. One filter on the window sees each key once, before any widget."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from voiceapp.gui.focus_ring import FocusRing
from voiceapp.gui.shell import is_text_field
from voiceapp.gui.talk_gesture import TalkGesture


class TalkKey(QObject):
    """An event filter for the window's handle: far fewer events pass there than through the application.

    Signals:
        pressed_again: the system repeated a talk key that is held; nothing follows from it.
    """

    pressed_again = Signal()

    def __init__(
        self, gesture: TalkGesture, ring: FocusRing, may_talk: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._gesture, self._ring, self._may_talk = gesture, ring, may_talk

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._ring.note_click()
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        """Let Space talk; return whether the key was used up."""
        is_down = event.type() is QEvent.Type.KeyPress
        if is_down:
            self._ring.note_key(event.key())
        if event.key() != Qt.Key.Key_Space:
            return False
        if not is_down:
            was_pressed = self._gesture.is_pressed
            if not event.isAutoRepeat():
                self._gesture.release()
            return was_pressed
        wanted = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_talk = wanted == Qt.KeyboardModifier.ControlModifier or (
            wanted == Qt.KeyboardModifier.NoModifier and not is_text_field(QApplication.focusWidget())
        )
        if self._gesture.is_pressed:
            self.pressed_again.emit()
            return True
        if not is_talk or not self._may_talk() or QApplication.activePopupWidget() is not None:
            return False
        if not event.isAutoRepeat():
            self._gesture.press(is_key=True)
        return True
