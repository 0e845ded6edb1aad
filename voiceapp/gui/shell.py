"""The window's floor plan: rails left and right of the middle, beside it while there is room, over it when not.

Sizes are logical pixels. Geometry is set by hand: the rails have fixed widths, so a splitter would only add handles
that lead nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRect, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from voiceapp.gui.controls import Line, Surface
from voiceapp.gui.conversation_rail import ICONS_PX, RAIL_PX, ConversationRail, IconRail
from voiceapp.gui.theme import Theme

SIDE_PX = 328
PANEL_MS = 160
SIDE_BESIDE_FROM_PX = 1200
RAIL_BESIDE_FROM_PX = 960
LOW_BELOW_PX = 560


@dataclass(frozen=True)
class Plan:
    """Where things are: the rail beside or as icons, the side panel beside, and the talk button small."""

    is_rail_beside: bool
    is_side_beside: bool
    is_low: bool


def plan_for(width: int, height: int, *, wants_rail: bool = True) -> Plan:
    """Return the floor plan of a window of *width* by *height*."""
    return Plan(
        is_rail_beside=wants_rail and width >= RAIL_BESIDE_FROM_PX,
        is_side_beside=width >= SIDE_BESIDE_FROM_PX,
        is_low=height < LOW_BELOW_PX,
    )


class _Scrim(QWidget):
    """Lies invisibly over the middle while a panel is open over it; a click closes the panel."""

    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()


class Shell(QWidget):
    """Holds rails and middle. ``plan_changed`` tells the middle how low the window is."""

    plan_changed = Signal(object)

    def __init__(self, theme: Theme, rail: ConversationRail, icons: IconRail, middle: QWidget) -> None:
        super().__init__()
        self._theme, self._rail, self._icons, self._middle = theme, rail, icons, middle
        self._side_box = Surface(theme, "rail", self)
        self._side: QWidget | None = None
        self._left_line, self._right_line = Line(theme, is_vertical=True), Line(theme, is_vertical=True)
        self._scrim = _Scrim(self)
        self._wants_rail, self._is_rail_over, self._is_side_open = True, False, False
        self._plan = plan_for(1280, 800)
        for widget in (middle, icons, self._left_line, self._right_line, self._scrim, rail, self._side_box):
            widget.setParent(self)
        self._slide = QPropertyAnimation(self, b"", self)
        self._slide.setDuration(PANEL_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._scrim.clicked.connect(self.close_over)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # a click beside the entry leaves it, and Space talks
        self._place()

    @property
    def plan(self) -> Plan:
        """The floor plan in force."""
        return self._plan

    @property
    def is_side_open(self) -> bool:
        """Whether the side panel is open."""
        return self._is_side_open

    @property
    def side(self) -> QWidget | None:
        """What the side panel shows; None where there is none."""
        return self._side

    @property
    def has_over(self) -> bool:
        """Whether a panel lies over the middle."""
        return self._is_rail_over or (self._is_side_open and not self._plan.is_side_beside)

    def toggle_rail(self) -> None:
        """Ctrl+B: full rail or icons; where there is no room, the rail opens over the middle."""
        if self.width() < RAIL_BESIDE_FROM_PX:
            self.open_rail(is_open=not self._is_rail_over)
        else:
            self._wants_rail = not self._wants_rail
            self._place()

    def open_rail(self, *, is_open: bool) -> None:
        """Show the full rail, beside or over the middle."""
        if self._plan.is_rail_beside:
            return
        if self.width() >= RAIL_BESIDE_FROM_PX and is_open:
            self._wants_rail = True
        else:
            self._is_rail_over = is_open
        self._place()
        if self._is_rail_over:
            self._slide_in(self._rail, QPoint(-RAIL_PX, 0))

    def set_side_panel(self, widget: QWidget | None) -> None:
        """Give the right side its content; None takes it away, and with it the button."""
        if self._side is not None:
            self._side.setParent(None)
        self._side = widget
        if widget is None:
            self._is_side_open = False
        else:
            widget.setParent(self._side_box)
            widget.show()
        self._place()

    def toggle_side(self) -> None:
        """Ctrl+J: open or close the side panel, if there is one."""
        if self._side is None:
            return
        self._is_side_open = not self._is_side_open
        self._place()
        if self._is_side_open and not self._plan.is_side_beside:
            self._slide_in(self._side_box, QPoint(self.width(), 0))

    def close_over(self) -> None:
        """Close what lies over the middle."""
        self._is_rail_over = False
        if not self._plan.is_side_beside:
            self._is_side_open = False
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        width, height = self.width(), self.height()
        plan = plan_for(width, height, wants_rail=self._wants_rail)
        if plan.is_rail_beside:
            self._is_rail_over = False
        has_changed, self._plan = plan != self._plan, plan
        left = RAIL_PX if plan.is_rail_beside else ICONS_PX
        self._icons.setVisible(not plan.is_rail_beside)
        self._icons.setGeometry(0, 0, ICONS_PX, height)
        self._rail.setVisible(plan.is_rail_beside or self._is_rail_over)
        self._rail.setGeometry(0, 0, RAIL_PX, height)
        is_beside = self._is_side_open and plan.is_side_beside
        right = width - SIDE_PX if is_beside else width
        line_x = RAIL_PX if self._is_rail_over else left - 1
        self._left_line.setGeometry(line_x, 0, 1, height)
        self._middle.setGeometry(QRect(left, 0, max(0, right - left), height))
        self._side_box.setVisible(self._is_side_open)
        self._side_box.setGeometry(width - SIDE_PX, 0, SIDE_PX, height)
        if self._side is not None:
            self._side.setGeometry(0, 0, SIDE_PX, height)
        self._right_line.setVisible(self._is_side_open)
        self._right_line.setGeometry(width - SIDE_PX, 0, 1, height)
        self._scrim.setVisible(self.has_over)
        self._scrim.setGeometry(self._middle.geometry())
        if self.has_over:
            self._scrim.raise_()
            (self._rail if self._is_rail_over else self._side_box).raise_()
        self._left_line.raise_()
        self._right_line.raise_()
        if has_changed:
            self.plan_changed.emit(plan)

    def _slide_in(self, panel: QWidget, start: QPoint) -> None:
        if self._theme.is_motion_reduced or not self.isVisible():
            return
        end = panel.pos()
        self._slide.stop()
        self._slide.setTargetObject(panel)
        self._slide.setPropertyName(b"pos")
        self._slide.setStartValue(start)
        self._slide.setEndValue(end)
        self._slide.start()


def is_text_field(widget: QWidget | None) -> bool:
    """Whether typing belongs to *widget*, so that a space is a space there."""
    if widget is None:
        return False
    flags = widget.textInteractionFlags() if hasattr(widget, "textInteractionFlags") else None
    if flags is not None:
        return bool(flags & Qt.TextInteractionFlag.TextEditable)
    is_read_only = getattr(widget, "isReadOnly", None)
    return widget.inherits("QLineEdit") and not (is_read_only is not None and is_read_only())
