"""Style sheets for what is made of Qt's own parts, region by region.

A style sheet of the whole application costs a third of a millisecond per widget whenever the look changes, and again
when a widget is made: with a long conversation open that was a second. So the application has none. What the program
paints itself asks the theme; labels take their colour from their palette (:class:`Words`); a region with buttons,
fields and lists is dressed by :func:`dress`. When the look changes, regions in sight follow one after the other
between other events, the others when they are shown again.
"""

from __future__ import annotations

from time import perf_counter

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

SLICE_MS = 4.0


def dress(theme: Theme, region: QWidget, kind: str = "") -> None:
    """Give *region* and all that is ever put into it the style sheet of the look, now and when it changes.

    *kind*: only the rules for this class of Qt's, for a single widget of it: "QPushButton".
    """
    _Dress(theme, region, kind)


class Wardrobe(QObject):
    """Dresses regions one after the other, a few milliseconds at a time. One per theme."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._waiting: list[_Dress] = []
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._work)

    def add(self, one: _Dress) -> None:
        """Dress *one* soon."""
        self._waiting.append(one)
        self._next.start()

    def _work(self) -> None:
        began_s = perf_counter()
        while self._waiting:
            one = self._waiting.pop(0)
            if shiboken6.isValid(one):
                one.wear()
            if (perf_counter() - began_s) * 1000 > SLICE_MS:
                break
        if self._waiting:
            self._next.start()


class _Dress(QObject):
    """What one region wears."""

    def __init__(self, theme: Theme, region: QWidget, kind: str) -> None:
        super().__init__(region)
        self._theme, self._region, self._kind = theme, region, kind
        self._worn = ""
        region.installEventFilter(self)
        theme.changed.connect(self._on_changed)
        self.wear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show:
            self.wear()
        return False

    def wear(self) -> None:
        """Be dressed in the look in force."""
        if self._worn != self._theme.scheme:
            self._worn = self._theme.scheme
            self._region.setStyleSheet(self._theme.style_sheet(self._kind))

    def _on_changed(self) -> None:
        if self._region.isVisible():
            wardrobe = self._theme.findChild(Wardrobe) or Wardrobe(self._theme)
            wardrobe.add(self)


class Words(PlainLabel):
    """A label outside of dressed regions: *color* is a token of the look, *size_px* 12 for what is said beside."""

    def __init__(self, theme: Theme, text: str = "", color: str = "ink3", size_px: int = 12) -> None:
        super().__init__(text)
        self._theme, self._color = theme, color
        self.setFont(theme.font(size_px))
        self._dye()

    def _dye(self) -> None:
        self._dyed = self._theme.scheme
        self.setPalette(self._theme.palette(self._color))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._dyed != self._theme.scheme:  # not when the look changed: most labels are out of sight then
            self._dye()
        super().paintEvent(event)
