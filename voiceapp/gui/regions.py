"""The regions of the window, gone through by F6: each takes the focus where it was left, in sight."""

from __future__ import annotations

from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget


class Regions:
    """Remembers, of regions that hold several controls, which one had the focus last."""

    def __init__(self) -> None:
        self._left: dict[QWidget, QWidget] = {}

    def go(self, regions: Sequence[QWidget], step: int) -> QWidget | None:
        """Focus the next (*step* 1) or previous (-1) of *regions* that can be seen and used; return it."""
        usable = [region for region in regions if region.isVisible() and region.isEnabled()]
        focus = QApplication.focusWidget()
        here = next((n for n, region in enumerate(usable) if _holds(region, focus)), None)
        if here is not None and focus is not None:
            self._left[usable[here]] = focus
        if here is None:
            here = -1 if step > 0 else 0
        for turn in range(1, len(usable) + 1):
            region = usable[(here + step * turn) % len(usable)]
            target = self._target(region)
            if target is not None:
                _bring_into_sight(target)
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return region
        return None

    def _target(self, region: QWidget) -> QWidget | None:
        """Return what takes the focus in *region*: itself, what had it last, or its first control."""
        if _takes_focus(region):
            return region
        last = self._left.get(region)
        if last is not None and shiboken6.isValid(last) and region.isAncestorOf(last) and _takes_focus(last):
            return last
        widget = region.nextInFocusChain()
        while widget is not None and widget is not region:
            if region.isAncestorOf(widget) and _takes_focus(widget):
                return widget
            widget = widget.nextInFocusChain()
        return None


def _holds(region: QWidget, focus: QWidget | None) -> bool:
    return focus is not None and (region is focus or region.isAncestorOf(focus))


def _takes_focus(widget: QWidget) -> bool:
    wants = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return wants and widget.isVisible() and widget.isEnabled()


def _bring_into_sight(widget: QWidget) -> None:
    """Scroll to *widget* wherever it lies in something that scrolls."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea) and around.widget() is not None:
            around.ensureWidgetVisible(widget)
        around = around.parentWidget()
