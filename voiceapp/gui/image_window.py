"""One image large: zoom, pan, what is known of it, what can be done with it, and the brush for what to change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from voiceapp.core import images as i
from voiceapp.core.image_names import file_name
from voiceapp.core.images import StoredImage
from voiceapp.gui.controls import IconButton, Surface
from voiceapp.gui.dress import dress
from voiceapp.gui.image_form import dollars
from voiceapp.gui.image_grid import mime_for
from voiceapp.gui.in_background import in_background
from voiceapp.gui.mask_canvas import ZOOM_STEP, MaskCanvas
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme


class ImageWindow(Surface):
    """A window of its own.

    Attributes:
        asked: a command of ``core.images``.
        edit_wanted: this image, with the mask that was painted (PNG bytes, or none), is to be changed.
        stepped: the image before (-1) or after (+1) this one is wanted.
    """

    asked = Signal(object)
    edit_wanted = Signal(object, bytes)
    stepped = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "canvas")
        self._theme = theme
        dress(theme, self)
        self.setWindowTitle(self.tr("Image"))
        self.resize(960, 720)
        self.image: StoredImage | None = None
        self.canvas = MaskCanvas(theme)
        self.facts = PlainLabel()
        self.facts.setProperty("role", "secondary")
        self.facts.setWordWrap(True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.scale = QPushButton("100 %")
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.paint = QPushButton(self.tr("Paint what changes"))
        self.change = QPushButton(self.tr("Change it"))
        self._lay_out()
        self.canvas.zoomed.connect(lambda scale: self.scale.setText(f"{scale * 100:.0f} %"))
        self.canvas.painted.connect(self._show_mask)
        self._show_painting(is_painting=False)
        self._add_shortcuts()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        self.scale.setToolTip(self.tr("Whole image or actual size"))
        self.scale.clicked.connect(self._toggle_scale)
        self.paint.setCheckable(True)
        self.paint.toggled.connect(lambda is_on: self._show_painting(is_painting=is_on))
        self.brush.setRange(4, 400)
        self.brush.setValue(self.canvas.brush_px)
        self.brush.setFixedWidth(120)
        self.brush.setAccessibleName(self.tr("Brush size"))
        self.brush.setToolTip(self.tr("Brush size"))
        self.brush.valueChanged.connect(self._set_brush)
        self.undo = self._icon("undo-2", self.tr("Take the last stroke back (Ctrl+Z)"), self.canvas.undo)
        self.change.setProperty("kind", "primary")
        self.change.clicked.connect(self._change)
        for button in (self.scale, self.paint, self.change):
            button.setProperty("compact", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for widget in (self.scale, self.paint, self.brush, self.undo):
            bar.addWidget(widget)
        bar.addStretch(1)
        for icon, name, act in self._actions():
            bar.addWidget(self._icon(icon, name, act))
        bar.addWidget(self.change)
        below = QVBoxLayout()
        below.setContentsMargins(16, 8, 16, 12)
        below.addWidget(self.facts)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(bar)
        whole.addWidget(self.canvas, 1)
        whole.addLayout(below)

    def _actions(self) -> tuple[tuple[str, str, Callable[[], None]], ...]:
        return (
            ("paperclip", self.tr("Show it to the assistant with your next message"), self.attach),
            ("copy", self.tr("Copy (Ctrl+C)"), self.copy),
            ("download", self.tr("Save as… (Ctrl+S)"), self.save_as),
            ("folder", self.tr("Open its folder"), self.open_folder),
            ("trash-2", self.tr("Delete (Del)"), self.delete),
        )

    def _icon(self, icon: str, name: str, act: Callable[[], None]) -> IconButton:
        button = IconButton(self._theme, icon, name)
        button.clicked.connect(act)
        return button

    def _add_shortcuts(self) -> None:
        canvas = self.canvas
        for keys, act in (
            ("Ctrl+C", self.copy),
            ("Ctrl+S", self.save_as),
            ("Del", self.delete),
            ("Ctrl+Z", canvas.undo),
            ("Esc", self._escape),
            ("Left", lambda: self.stepped.emit(-1)),
            ("Right", lambda: self.stepped.emit(1)),
            ("+", lambda: canvas.zoom(ZOOM_STEP)),
            ("-", lambda: canvas.zoom(1 / ZOOM_STEP)),
            ("0", canvas.fit),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # --- showing ------------------------------------------------------------------------------------------

    def show_image(self, image: StoredImage) -> None:
        """Show *image*; it is decoded beside the window's thread."""
        is_other = self.image is None or self.image.id != image.id
        self.image = image
        self.setWindowTitle(image.prompt or self.tr("Image"))
        self.facts.setText(facts_line(image, self.tr))
        if is_other:
            self.paint.setChecked(False)
            in_background(self, lambda: (image.id, QImage(image.path)), self._on_decoded)
        self.show()
        self.raise_()

    def _on_decoded(self, result: tuple[int, QImage]) -> None:
        image_id, decoded = result
        if self.image is None or self.image.id != image_id:
            return
        if decoded.isNull():
            self.facts.setText(self.tr("The file cannot be read: {path}").format(path=self.image.path))
        self.canvas.show_image(decoded)
        self._show_mask()

    def _show_painting(self, *, is_painting: bool) -> None:
        self.canvas.is_painting = is_painting
        for widget in (self.brush, self.undo):
            widget.setVisible(is_painting)
        self.canvas.update()

    def _show_mask(self) -> None:
        self.undo.setEnabled(self.canvas.has_mask)
        self.change.setText(self.tr("Change what is painted") if self.canvas.has_mask else self.tr("Change it"))

    # --- doing --------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Put the picture, and its file, on the clipboard."""
        if self.image is not None:
            QGuiApplication.clipboard().setMimeData(copied(self.image))

    def save_as(self) -> None:
        """Ask where to, then copy it there."""
        if (image := self.image) is not None:
            save_as(self, image, self.asked.emit)

    def open_folder(self) -> None:
        """Show where the file lies."""
        if self.image is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.image.path).parent)))

    def delete(self) -> None:
        """Take it out of the gallery; the panel offers to undo that."""
        if self.image is not None:
            self.asked.emit(i.DeleteImage(self.image.id))
            self.close()

    def attach(self) -> None:
        """Show it to the model with the next message."""
        if self.image is not None:
            self.asked.emit(i.AttachImage(self.image.id))

    def _change(self) -> None:
        if self.image is not None:
            self.edit_wanted.emit(self.image, self.canvas.mask_png())
            self.close()

    def _toggle_scale(self) -> None:
        if abs(self.canvas.scale - 1.0) < 0.005:
            self.canvas.fit()
        else:
            self.canvas.zoom(1.0 / self.canvas.scale)

    def _set_brush(self, size_px: int) -> None:
        self.canvas.brush_px = size_px
        self.canvas.update()

    def _escape(self) -> None:
        if self.paint.isChecked():
            self.paint.setChecked(False)
        else:
            self.close()


def copied(image: StoredImage) -> QMimeData:
    """Return what the clipboard gets: the file for file managers, the pixels for everybody else."""
    mime = mime_for(image)
    mime.setImageData(QImage(image.path))
    return mime


def save_as(parent: QWidget, image: StoredImage, ask: Callable[[object], None]) -> None:
    """Let the person choose a file, without blocking the window; then ask for the copy."""
    dialog = QFileDialog(parent, parent.tr("Save image"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(image.path).suffix.lstrip("."))
    dialog.selectFile(file_name(image))
    dialog.fileSelected.connect(lambda path: ask(i.SaveImage(image.id, path)))
    dialog.open()


def facts_line(image: StoredImage, tr: Callable[[str], str]) -> str:
    """Return prompt, what became of it, and how it was made."""
    lines = [image.prompt]
    if image.revised_prompt and image.revised_prompt != image.prompt:
        lines.append(tr("Drawn as: {prompt}").format(prompt=image.revised_prompt))
    parts = [f"{image.width} × {image.height}", image.format.upper(), image.engine]
    parts.append("" if image.engine.endswith(image.options.model) else image.options.model)
    parts += [image.options.quality, image.options.background]
    if image.duration_s:
        parts.append(f"{image.duration_s:.1f} s")
    parts.append(
        dollars(image.cost_usd) if image.cost_usd is not None else tr("cost not known") if image.engine else ""
    )
    if image.verdict is not None:
        found = tr("nothing found") if not image.verdict else image.found or image.verdict
        parts.append(tr("moderation: {verdict}").format(verdict=found))
    if image.created_at:
        parts.append(datetime.fromtimestamp(image.created_at).astimezone().strftime("%Y-%m-%d %H:%M"))
    lines.append(" · ".join(part for part in dict.fromkeys(parts) if part))
    return "\n".join(lines)
