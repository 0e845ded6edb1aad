"""Small controls in the look's own drawing: icon button, switch, text with a shortcut, a line.

They read the theme when they paint, so a change of look costs one repaint. Mouse clicks give no focus, Tab does;
Enter activates them, because Space belongs to talking.
"""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QWidget

from voiceapp.gui.plain_words import plain_tip
from voiceapp.gui.theme import Theme

COLOR_MS = 120


class DrawnButton(QAbstractButton):
    """A button that paints itself: repaints with the theme, is focused by Tab only, obeys Enter."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.animateClick()
            return
        super().keyPressEvent(event)


class IconButton(DrawnButton):
    """A square button that shows a 20 px icon, its name as the tooltip; *is_filled*: on a tinted square."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        parent: QWidget | None = None,
        *,
        size_px: int = 32,
        icon_px: int = 20,
        is_filled: bool = False,
    ) -> None:
        super().__init__(theme, name, parent)
        self._icon, self._icon_px, self._is_filled = icon, icon_px, is_filled
        self.setToolTip(plain_tip(name))
        self.setFixedSize(size_px, size_px)

    def set_icon(self, icon: str, name: str) -> None:
        """Show another icon that does something else."""
        self._icon = icon
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_strong = self._is_filled and self.isEnabled()
        if self._is_filled or (self.isEnabled() and (self.underMouse() or self.isDown() or self.isChecked())):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("ink" if is_strong else "hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        color = "onInk" if is_strong else "ink2" if self.isEnabled() else "ink3"
        inset = (self.width() - self._icon_px) / 2
        self.theme.paint_icon(painter, QRectF(inset, inset, self._icon_px, self._icon_px), self._icon, color)


class RowButton(DrawnButton):
    """A full-width row: icon, words, and at the right a shortcut in a lighter ink. *is_framed*: with a border."""

    def __init__(
        self, theme: Theme, icon: str, text: str, shortcut: str = "", *, is_framed: bool = False, height_px: int = 36
    ) -> None:
        super().__init__(theme, text)
        self._icon, self._shortcut, self._is_framed = icon, shortcut, is_framed
        self.setText(text)
        self.setFixedHeight(height_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_lit = self.underMouse() or self.isDown()
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(self.theme.color("btn"), 1) if self._is_framed else Qt.PenStyle.NoPen)
        back = "hover" if is_lit else "raised"
        painter.setBrush(self.theme.color(back) if self._is_framed or is_lit else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, 8, 8)
        left = 11 if self._is_framed else 8
        middle = self.height() / 2
        self.theme.paint_icon(
            painter, QRectF(left, middle - 10, 20, 20), self._icon, "ink" if self._is_framed else "ink2"
        )
        painter.setFont(self.theme.font(13, 500 if self._is_framed else 400))
        painter.setPen(self.theme.color("ink" if self._is_framed else "ink2"))
        words = QRectF(left + 28, 0, self.width() - left - 28 - 11, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self._shortcut:
            painter.setFont(self.theme.font(12))
            painter.setPen(self.theme.color("ink3"))
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._shortcut)


class Switch(DrawnButton):
    """On or off, 36 by 20, in ink; the words beside it belong to it and are clicked as well."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(theme, text)
        self.setText(text)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 8 + 36, 28)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color("ink2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        track = QRectF(self.width() - 36, (self.height() - 20) / 2, 36, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color("ink" if self.isChecked() else "edge"))
        painter.drawRoundedRect(track, 10, 10)
        painter.setBrush(self.theme.color("raised"))
        x = track.right() - 17 if self.isChecked() else track.left() + 3
        painter.drawEllipse(QRectF(x, track.top() + 3, 14, 14))


class Line(QFrame):
    """A one-pixel divider."""

    def __init__(self, theme: Theme, *, is_vertical: bool = False) -> None:
        super().__init__()
        self._theme = theme
        if is_vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.color("line"))


class Surface(QWidget):
    """A plain area in a colour of the look."""

    def __init__(self, theme: Theme, color: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._color = theme, color

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.color(self._color))


class ColorFade(QVariantAnimation):
    """A colour on its way to another in 120 ms, or at once where motion is reduced. *widget* is repainted."""

    def __init__(self, theme: Theme, widget: QWidget, token: str) -> None:
        super().__init__(widget)
        self._theme, self._widget, self._token = theme, widget, token
        self._color = theme.color(token)
        self.setDuration(COLOR_MS)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._on_value)
        theme.changed.connect(self._settle)

    @property
    def color(self) -> QColor:
        """Return the colour to paint now."""
        return self._color

    def to(self, token: str) -> None:
        """Go to the colour called *token*."""
        if token == self._token:
            return
        self._token = token
        if self._theme.is_motion_reduced or not self._widget.isVisible():
            self._settle()
            return
        self.stop()
        self.setStartValue(self._color)
        self.setEndValue(self._theme.color(token))
        self.start()

    def _on_value(self, value: QColor) -> None:
        self._color = value
        self._widget.update()

    def _settle(self) -> None:
        self.stop()
        self._color = self._theme.color(self._token)
        self._widget.update()
