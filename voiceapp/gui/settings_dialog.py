"""The settings: pages at the right, a list and a filter at the left. Changes are in force at once.

Not modal: open it with ``show()`` or :meth:`SettingsDialog.open_page`. Give it events by
:meth:`SettingsDialog.handle`; it emits commands by :attr:`SettingsDialog.wanted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core import commands as c
from voiceapp.core.events import Event, SessionReady, SettingsChanged
from voiceapp.core.settings import Settings
from voiceapp.gui.controls import DrawnButton, Surface
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.reading_order import order_tabs
from voiceapp.gui.settings_documents import DocumentsPage
from voiceapp.gui.settings_hearing import HearingPage
from voiceapp.gui.settings_jobs import JobsPage
from voiceapp.gui.settings_page import Facts, SettingsPage
from voiceapp.gui.settings_plain import AboutPage, AppearancePage, KeyboardPage, PrivacyPage
from voiceapp.gui.settings_providers import ProvidersPage
from voiceapp.gui.settings_sound import SoundPage
from voiceapp.gui.settings_speech import SpeechPage
from voiceapp.gui.settings_tools import ToolsPage
from voiceapp.gui.settings_usage import UsagePage
from voiceapp.gui.theme import Theme

RAIL_PX = 224
APPLY_AFTER_MS = 400
"""Typing is applied when it pauses, not at every letter."""


class PageButton(DrawnButton):
    """A page's name in the list."""

    def __init__(self, theme: Theme, icon: str, text: str) -> None:
        super().__init__(theme, text)
        self._icon = icon
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedHeight(36)

    def sizeHint(self) -> QSize:
        return QSize(RAIL_PX - 16, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        color = "ink" if self.isChecked() else "ink2"
        self.theme.paint_icon(painter, QRectF(8, 8, 20, 20), self._icon, color)
        painter.setFont(self.theme.font(13, 500 if self.isChecked() else 400))
        painter.setPen(self.theme.color(color))
        painter.drawText(QRectF(36, 0, self.width() - 36, 36), Qt.AlignmentFlag.AlignVCenter, self.text())


class SettingsDialog(QDialog):
    """Everything a person can choose."""

    wanted = Signal(object)

    def __init__(
        self,
        theme: Theme,
        facts: Facts | None = None,
        parent: QWidget | None = None,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        known = facts or Facts()
        self.settings = settings or Settings()
        self._pending: Settings | None = None
        self._apply_soon = QTimer(self, singleShot=True, interval=APPLY_AFTER_MS)
        self._apply_soon.timeout.connect(self.apply_now)
        self.setWindowTitle(self.tr("Settings"))
        self.resize(1120, 760)
        self.setMinimumSize(640, 400)
        self._makers: list[tuple[str, Callable[[], SettingsPage]]] = [
            ("providers", lambda: ProvidersPage(theme, known)),
            ("jobs", lambda: JobsPage(theme, known)),
            ("sound", lambda: SoundPage(theme)),
            ("speech", lambda: SpeechPage(theme, known)),
            ("hearing", lambda: HearingPage(theme)),
            ("tools", lambda: ToolsPage(theme)),
            ("documents", lambda: DocumentsPage(theme)),
            ("usage", lambda: UsagePage(theme)),
            ("keyboard", lambda: KeyboardPage(theme)),
            ("privacy", lambda: PrivacyPage(theme, known)),
            ("appearance", lambda: AppearancePage(theme)),
            ("about", lambda: AboutPage(theme, known)),
        ]
        self._pages: dict[str, SettingsPage] = {}
        self._steps = self._make()
        self._buttons: dict[str, PageButton] = {}
        self._stack = QStackedWidget()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._stack, 1)

    def make_next(self) -> bool:
        """Make one part, some controls or the list of pages; False: all are made. Who does not call it gets all."""
        return next(self._steps, False) is None

    def _make(self) -> Iterator[None]:
        """Make the pages. A page's first controls are dressed together, every later one as it is put in."""
        for name, make in self._makers:
            page = self._pages[name] = make()
            yield
            self._add_scrolled(page)
            yield
            yield from page.steps(self.settings)
            page.column.addStretch(1)
            page.edited.connect(self._on_edited)
            page.wanted.connect(self._on_wanted)
        self._row.insertWidget(0, self._make_rail())
        self.show_page("providers")
        yield

    @property
    def pages(self) -> dict[str, SettingsPage]:
        """The pages by name."""
        for _made in self._steps:
            pass
        return self._pages

    def _make_rail(self) -> QWidget:
        rail = Surface(self._theme, "rail")
        rail.setFixedWidth(RAIL_PX)
        dress(self._theme, rail)
        column = QVBoxLayout(rail)
        column.setContentsMargins(8, 20, 8, 16)
        column.setSpacing(0)
        title = PlainLabel(self.tr("Settings"))
        title.setFont(self._theme.font(20, 600))
        title.setContentsMargins(8, 0, 0, 12)
        column.addWidget(title)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Find a setting"))
        self.filter.setAccessibleName(self.tr("Find a setting"))
        icon = QAction(self._theme.icon("search", "ink3", 16), "", self.filter)
        self.filter.addAction(icon, QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(self._on_filter)
        box = QHBoxLayout()
        box.setContentsMargins(8, 0, 8, 12)
        box.addWidget(self.filter)
        column.addLayout(box)
        icons = (
            "cloud",
            "cpu",
            "audio-lines",
            "languages",
            "captions",
            "terminal",
            "file-text",
            "gauge",
            "keyboard",
            "lock",
            "palette",
            "info",
        )
        for (name, page), icon_name in zip(self._pages.items(), icons, strict=True):
            button = PageButton(self._theme, icon_name, page.title)
            button.clicked.connect(lambda _checked=False, name=name: self.show_page(name))
            self._buttons[name] = button
            column.addWidget(button)
        self._none = PlainLabel(self.tr("No setting is called that."))
        self._none.setProperty("role", "meta")
        self._none.setContentsMargins(8, 8, 8, 8)
        self._none.setWordWrap(True)
        self._none.hide()
        column.addWidget(self._none)
        column.addStretch(1)
        return rail

    def _add_scrolled(self, page: SettingsPage) -> None:
        page.setMaximumWidth(840)
        area = QScrollArea()
        dress(self._theme, area)
        area.setAccessibleName(page.title)
        self._stack.addWidget(area)  # empty: whatever is in it would be dressed twice
        area.setFrameStyle(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        area.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    # --- for the window -----------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Take any event of the session in. GUI thread."""
        match event:
            case SessionReady(settings=settings) | SettingsChanged(settings):
                self._show_settings(settings)
            case _:
                pass
        for page in self.pages.values():
            page.handle(event)

    def open_page(self, name: str = "") -> None:
        """Show the dialog, at page *name* ("providers", "jobs", "sound", …) where one is named."""
        if name in self.pages:
            self.show_page(name)
        self.show()
        self.raise_()
        self.activateWindow()

    def show_page(self, name: str) -> None:
        """Turn to page *name*."""
        index = list(self._pages).index(name)
        self._buttons[name].setChecked(True)
        self._stack.setCurrentIndex(index)

    def shown_pages(self) -> list[str]:
        """Return the pages that the filter leaves."""
        return [name for name, button in self._buttons.items() if not button.isHidden()]

    def apply_now(self) -> None:
        """Send what was changed and is not sent yet."""
        self._apply_soon.stop()
        if self._pending is not None:
            settings, self._pending = self._pending, None
            self.wanted.emit(c.ApplySettings(settings))

    def focusNextPrevChild(self, is_next: bool) -> bool:
        order_tabs(self)
        return super().focusNextPrevChild(is_next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter belongs to the field that it is pressed in; a dialog would press the nearest button for it."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.apply_now()
        super().closeEvent(event)

    # --- changes ------------------------------------------------------------------------------------------

    def _show_settings(self, settings: Settings) -> None:
        if self._pending is not None:
            return  # the person is ahead of the session; its answer to their change will follow
        self.settings = settings
        for page in self.pages.values():
            page.show_settings(settings)

    def _on_edited(self, settings: Settings) -> None:
        self.settings = self._pending = settings
        sender = self.sender()
        for page in self.pages.values():
            if page is not sender:
                page.show_settings(settings)
        self._apply_soon.start()

    def _on_wanted(self, command: c.Command) -> None:
        self.apply_now()  # a provider must be known before it is checked
        self.wanted.emit(command)

    def _on_filter(self, query: str) -> None:
        found = [name for name, page in self.pages.items() if page.matches(query)]
        for name, button in self._buttons.items():
            button.setVisible(name in found)
        self._none.setVisible(not found)
        if query.strip() and found:
            self.show_page(found[0])
