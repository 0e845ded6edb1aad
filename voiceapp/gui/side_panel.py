"""The right side: pages behind tabs, and a cross that closes it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from voiceapp.gui.controls import DrawnButton, IconButton, Line, Surface
from voiceapp.gui.theme import Theme

HEAD_PX = 47
_ICON_PX = 20
_GAP_PX = 8


class _Tab(DrawnButton):
    """Icon and words, underlined in ink while its page is shown."""

    def __init__(self, theme: Theme, icon: str, title: str) -> None:
        super().__init__(theme, title)
        self._icon = icon
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFont(theme.font(13, 500))
        self.setFixedHeight(HEAD_PX)

    def sizeHint(self) -> QSize:
        return QSize(_ICON_PX + _GAP_PX + self.fontMetrics().horizontalAdvance(self.text()) + 2, HEAD_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        is_lit = self.isChecked() or self.underMouse()
        middle = (self.height() - _ICON_PX) / 2
        self.theme.paint_icon(painter, QRectF(0, middle, _ICON_PX, _ICON_PX), self._icon, "ink" if is_lit else "ink2")
        painter.setPen(self.theme.color("ink" if is_lit else "ink2"))
        words = self.rect().adjusted(_ICON_PX + _GAP_PX, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.isChecked():
            painter.fillRect(0, self.height() - 2, self.width(), 2, self.theme.color("ink"))


class SidePanel(Surface):
    """Tabs over pages.

    Attributes:
        close_wanted: the cross was pressed.
        page_shown: the title of the page that is shown now.
    """

    close_wanted = Signal()
    page_shown = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "rail")
        self._theme = theme
        self._tabs: dict[str, _Tab] = {}
        self._makers: dict[str, Callable[[], QWidget]] = {}
        self._pages = QStackedWidget()
        self._row = QHBoxLayout()
        self._row.setContentsMargins(16, 0, 8, 0)
        self._row.setSpacing(20)
        self._row.addStretch(1)
        cross = IconButton(theme, "x", self.tr("Close the side panel"))
        cross.clicked.connect(self.close_wanted)
        self._cross = cross
        self._row.addWidget(cross)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._row)
        whole.addWidget(Line(theme))
        whole.addWidget(self._pages, 1)

    @property
    def place(self) -> QWidget:
        """What pages are parts of. One that is made in it is not dressed a second time when it is added."""
        return self._pages

    def add_page(self, title: str, icon: str, page: QWidget | Callable[[], QWidget]) -> None:
        """Add the last page; the first one is shown. Where *page* makes it, that happens when it is first seen."""
        tab = _Tab(self._theme, icon, title)
        tab.clicked.connect(lambda: self.show_page(title))
        self._tabs[title] = tab
        self._row.insertWidget(len(self._tabs) - 1, tab)
        if isinstance(page, QWidget):
            self._pages.addWidget(page)
        else:
            self._makers[title] = page
            self._pages.addWidget(QWidget())
        if len(self._tabs) == 1:
            self.show_page(title)

    @property
    def page(self) -> str:
        """The title of the page that is shown."""
        return next((title for title, tab in self._tabs.items() if tab.isChecked()), "")

    def show_page(self, title: str) -> None:
        """Show the page called *title*."""
        self._tabs[title].setChecked(True)
        for name, tab in self._tabs.items():  # as Qt does where the person chooses: Tab goes to the chosen one
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus if name == title else Qt.FocusPolicy.NoFocus)
        index = list(self._tabs).index(title)
        if title in self._makers and self.isVisible():
            blank = self._pages.widget(index)
            self._pages.insertWidget(index, self._makers.pop(title)())
            if blank is not None:
                self._pages.removeWidget(blank)
                blank.deleteLater()
        self._pages.setCurrentIndex(index)
        self.page_shown.emit(title)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for before, after in pairwise([*self._tabs.values(), self._cross]):  # as they stand; before, Qt forgets it
            QWidget.setTabOrder(before, after)
        QTimer.singleShot(0, self, self._show_chosen)  # first the panel opens, then its page is made

    def _show_chosen(self) -> None:
        """Make the page, and show it in the next turn of the event loop."""
        title = self.page
        if not title or not self.isVisible():
            return
        if title in self._makers:
            page = self._makers.pop(title)()
            self._makers[title] = lambda: page
            QTimer.singleShot(0, self, self._show_chosen_made)
        else:
            self.show_page(title)

    def _show_chosen_made(self) -> None:
        if self.page and self.isVisible():
            self.show_page(self.page)
