"""A picture that went along with a message, large: zoom, pan, copy, save."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.attachments import Attachment, Kind
from voiceapp.core.draft_words import facts
from voiceapp.gui.controls import IconButton, Surface
from voiceapp.gui.dress import dress
from voiceapp.gui.in_background import in_background
from voiceapp.gui.mask_canvas import ZOOM_STEP, MaskCanvas
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme


class PictureWindow(Surface):
    """A window of its own; shows one picture after another."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, "canvas", parent)
        self.setWindowFlag(Qt.WindowType.Window)
        dress(theme, self)
        self.resize(960, 720)
        self.shown: Attachment | None = None
        self.canvas = MaskCanvas(theme)
        self.facts = PlainLabel()
        self.facts.setProperty("role", "secondary")
        self.scale = QPushButton("100 %")
        self.scale.setToolTip(self.tr("Whole picture or actual size"))
        self.scale.setProperty("compact", True)
        self.scale.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.scale.clicked.connect(self._toggle_scale)
        self.canvas.zoomed.connect(lambda scale: self.scale.setText(f"{scale * 100:.0f} %"))
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self.scale)
        bar.addWidget(self.facts, 1)
        for icon, name, act in (
            ("copy", self.tr("Copy (Ctrl+C)"), self.copy),
            ("download", self.tr("Save as… (Ctrl+S)"), self.save_as),
        ):
            button = IconButton(theme, icon, name)
            button.clicked.connect(act)
            bar.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(bar)
        whole.addWidget(self.canvas, 1)
        keyed: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Esc", self.close),
            ("Ctrl+C", self.copy),
            ("Ctrl+S", self.save_as),
            ("Ctrl++", lambda: self.canvas.zoom(ZOOM_STEP)),
            ("Ctrl+-", lambda: self.canvas.zoom(1 / ZOOM_STEP)),
            ("Ctrl+0", self.canvas.fit),
        )
        for keys, does in keyed:
            QShortcut(QKeySequence(keys), self).activated.connect(does)

    def open(self, attachment: Attachment) -> None:
        """Show *attachment*; it is decoded beside the window's thread."""
        self.shown = attachment
        self.setWindowTitle(attachment.name)
        self.facts.setText(f"{attachment.name} · {facts(attachment)}")
        in_background(self, lambda: (attachment.id, QImage(attachment.path)), self._on_decoded)
        self.show()
        self.raise_()

    def _on_decoded(self, result: tuple[int, QImage]) -> None:
        number, image = result
        if self.shown is None or self.shown.id != number:
            return
        if image.isNull():
            self.facts.setText(self.tr("The file cannot be read: {path}").format(path=self.shown.path))
        self.canvas.show_image(image)

    def copy(self) -> None:
        """Put the picture's file and its pixels on the clipboard."""
        if self.shown is not None:
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(self.shown.path)])
            mime.setImageData(QImage(self.shown.path))
            QGuiApplication.clipboard().setMimeData(mime)

    def save_as(self) -> None:
        """Ask where to, then copy it there."""
        if (shown := self.shown) is None:
            return
        dialog = QFileDialog(self, self.tr("Save picture"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(shown.format)
        dialog.selectFile(Path(shown.name).stem + f".{shown.format}")
        dialog.fileSelected.connect(lambda path: self._copy_to(shown.path, path))
        dialog.open()

    def _copy_to(self, source: str, target: str) -> None:
        def copied() -> str:
            try:
                shutil.copyfile(source, target)
            except OSError as error:
                return self.tr("It could not be saved: {why}").format(why=error.strerror)
            return self.tr("Saved as {path}").format(path=target)

        in_background(self, copied, self.facts.setText)

    def _toggle_scale(self) -> None:
        if abs(self.canvas.scale - 1.0) < 0.005:
            self.canvas.fit()
        else:
            self.canvas.zoom(1.0 / self.canvas.scale)


class Opener:
    """Shows what went along: pictures in one window, other files with the program that the system has for them."""

    def __init__(self, theme: Theme, owner: QWidget) -> None:
        self._theme, self._owner = theme, owner
        self.window: PictureWindow | None = None

    def open(self, attachment: Attachment) -> None:
        """Show *attachment*."""
        if attachment.kind is not Kind.PICTURE:
            QDesktopServices.openUrl(QUrl.fromLocalFile(attachment.path))
            return
        if self.window is None:
            self.window = PictureWindow(self._theme, self._owner)
        self.window.open(attachment)
