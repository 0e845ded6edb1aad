"""Attaching in the window: paste, drop, choose, a part of the screen; and what goes along, above the entry.

Made once the window is usable. Everything that costs time happens in the session or beside the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

import voiceapp.gui.attached_row  # noqa: F401  # the first card with files must not wait for it
from voiceapp.core import attachments as a
from voiceapp.core import events as ev
from voiceapp.gui.draft_chips import DraftChips
from voiceapp.gui.dress import dress
from voiceapp.gui.given import attach_given, attach_image, is_for_attaching
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.notices import NoticeText
from voiceapp.gui.session_bridge import SessionBridge
from voiceapp.gui.theme import Theme

DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragMove)


class Attacher(QObject):
    """Joins *window*'s entry to the session's drafts."""

    def __init__(self, theme: Theme, bridge: SessionBridge, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._entry = window, window.bar.entry
        self._ask = cast("Callable[[object], None]", bridge.send)
        self._theme = theme
        self.chips = DraftChips(theme)
        self.chips.removed.connect(lambda number: self._ask(a.Detach(number)))
        self._at_work: QObject | None = None
        self._wrote_at: QWidget | None = None
        window.bar.add_above_entry(self.chips)
        window.bar.add_above_entry(self.chips.total)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._entry.given.connect(self.take)
        self._entry.attach_wanted.connect(self.offer)
        self._entry.can_attach()
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), window).activated.connect(self.paste)
        QShortcut(QKeySequence("Ctrl+Shift+S"), window).activated.connect(self.take_region)
        bridge.happened.connect(self.apply)
        self._ask(a.ShowDrafts(is_begun=True))

    def apply(self, event: ev.Event) -> None:
        """Take an event of the session."""
        match event:
            case a.DraftsChanged(drafts, pending):
                self.chips.show_drafts(event)
                self._entry.set_attached(bool(drafts or pending))
            case a.AttachRefused(problem=problem):
                self._window.notices.add(NoticeText(problem.message, problem.hint, is_problem=True))
            case a.DraftReturned(text) if text:
                self._entry.give_back(text)
            case ev.EnginesChanged() if self.chips.chips:
                self._ask(a.ShowDrafts())  # another model: other limits, other prices

    # --- pasted, dropped ----------------------------------------------------------------------------------

    def take(self, mime: QMimeData) -> None:
        """Attach what *mime* holds."""
        attach_given(mime, self.tr("Picture"), self, self._ask)

    def paste(self) -> None:
        """Ctrl+V outside of text fields: files and pictures are attached, words go into the entry."""
        mime = QGuiApplication.clipboard().mimeData()
        if is_for_attaching(mime):
            self.take(mime)
        else:
            self._entry.lines.paste()
            self._entry.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and event.type() in DRAGS:
            if is_for_attaching(event.mimeData()):
                event.acceptProposedAction()
                return True
        elif isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop and is_for_attaching(event.mimeData()):
            event.acceptProposedAction()
            self.take(event.mimeData())
            self._window.activateWindow()
            return True
        return False

    # --- chosen -------------------------------------------------------------------------------------------

    def offer(self) -> None:
        """Show what can be attached."""
        menu = QMenu(self._window)
        dress(self._theme, menu, "QMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        clipboard = QGuiApplication.clipboard().mimeData()
        untested = "" if QGuiApplication.platformName() == "xcb" else self.tr(" (not tested on this kind of screen)")
        for words, act, is_possible in (
            (self.tr("Picture, PDF or text file…"), self.choose, True),
            (self.tr("Part of the screen…") + f"{untested}\tCtrl+Shift+S", self.take_region, True),
            (self.tr("What was copied") + "\tCtrl+V", lambda: self.take(clipboard), is_for_attaching(clipboard)),
        ):
            action = menu.addAction(words)
            action.triggered.connect(act)
            action.setEnabled(is_possible)
        button = self._entry.attach_button
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def choose(self) -> None:
        """Let the person choose files."""
        dialog = QFileDialog(self._window, self.tr("Attach files"))
        dress(self._theme, dialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._attach_files)
        dialog.open()

    def _attach_files(self, paths: list[str]) -> None:
        for path in paths:
            self._ask(a.AttachFile(path))

    def take_region(self) -> None:
        """Let the person show a part of the screen."""
        from voiceapp.gui.screen_region import take_region

        if self._at_work is None:
            self._wrote_at = self._window.focusWidget()
            self._at_work = take_region(self._window, self._on_region, self._on_no_region)

    def _on_region(self, image: QImage) -> None:
        self._end_work()
        if not image.isNull():
            attach_image(image, self.tr("Screenshot"), self, self._ask)

    def _on_no_region(self, sentence: str) -> None:
        self._end_work()
        hint = self.tr("A screenshot that you take and copy yourself can be pasted.")
        self._window.notices.add(NoticeText(sentence, hint, is_problem=True))

    def _end_work(self) -> None:
        if self._at_work is not None:
            self._at_work.deleteLater()
            self._at_work = None
        if self._wrote_at is not None and shiboken6.isValid(self._wrote_at):  # a window that was hidden forgets it
            self._wrote_at.setFocus(Qt.FocusReason.OtherFocusReason)
        self._wrote_at = None
