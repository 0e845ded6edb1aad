"""Tab goes as one reads: parts that came later stand where they are seen, not at the end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QStackedWidget, QWidget


def order_tabs(window: QWidget) -> None:
    """Put what Tab reaches in *window* into the order of its layouts. Cheap enough for every press of Tab."""
    for before, after in pairwise(stops_of(window)):
        QWidget.setTabOrder(before, after)


def stops_of(widget: QWidget | None) -> Iterator[QWidget]:
    """Yield what Tab reaches in *widget*, as it is laid out."""
    if widget is None or widget.isHidden():
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if isinstance(widget, QScrollArea):
        yield from stops_of(widget.widget())
    elif isinstance(widget, QStackedWidget):
        yield from stops_of(widget.currentWidget())
    else:
        yield from _stops_in(widget.layout())


def _stops_in(layout: QLayout | None) -> Iterator[QWidget]:
    if layout is None:
        return
    for index in range(layout.count()):
        if (item := layout.itemAt(index)) is not None:
            yield from stops_of(item.widget())
            yield from _stops_in(item.layout())
