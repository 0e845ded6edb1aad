"""The focus ring: 2 px, 2 px outside the control, for keyboard focus only. One ring per window follows the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from voiceapp.gui.theme import Theme

_OUTSET_PX = 4
_KEYS = frozenset(
    {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason}
)


class FocusRing(QWidget):
    """Lies over its window, lets every click through, and draws round whichever widget the keyboard has reached.

    A widget that draws its own ring (the round talk button) has the property ``drawsFocus``; it is told by its
    property ``isFocusVisible``.
    """

    def __init__(self, theme: Theme, window: QWidget, app: QApplication) -> None:
        super().__init__(window)
        self._theme = theme
        self._target: QWidget | None = None
        self._is_by_key = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        app.focusChanged.connect(self._on_focus)

    def note_key(self, key: int) -> None:
        """Tell that the last thing the person did was press *key*; a click is told by :meth:`note_click`."""
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_F6):
            self._is_by_key = True

    def note_click(self) -> None:
        """Tell that the person used the mouse: the ring goes."""
        self._is_by_key = False
        self._follow(None)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        inside = new is not None and new.window() is self.window() and self._is_by_key
        self._follow(new if inside else None)

    def _follow(self, target: QWidget | None) -> None:
        old, self._target = self._target, target
        for widget, is_visible in ((old, False), (target, True)):
            if widget is not None and widget.property("drawsFocus"):
                widget.setProperty("isFocusVisible", is_visible)
                widget.update()
        if old is not None:
            old.removeEventFilter(self)
        if target is None or target.property("drawsFocus"):
            self.hide()
            return
        target.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place()
        elif event.type() in (QEvent.Type.Hide, QEvent.Type.Destroy):
            self._follow(None)
        return False

    def _place(self) -> None:
        target = self._target
        if target is None:
            return
        frame = target.parentWidget() if target.property("bare") else None
        framed = target if frame is None else frame
        corner = framed.mapTo(self.window(), QPoint(0, 0))
        out = 0 if isinstance(framed, QAbstractScrollArea) else _OUTSET_PX
        self.setGeometry(QRect(corner, framed.size()).adjusted(-out, -out, out, out))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("focus"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
