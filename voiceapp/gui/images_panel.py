"""The panel for images: form, work under way, the current image with its versions, the gallery."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from voiceapp.core import events as ev
from voiceapp.core import images as i
from voiceapp.core.checks import CheckImage
from voiceapp.core.image_versions import label, versions
from voiceapp.core.images import StoredImage
from voiceapp.gui.controls import Line, Surface
from voiceapp.gui.dress import dress
from voiceapp.gui.image_form import ImageForm
from voiceapp.gui.image_grid import THUMB_PX, ImageGrid
from voiceapp.gui.image_head import ImageHead
from voiceapp.gui.image_inputs import Inputs, png_of, screen_shot
from voiceapp.gui.image_progress import ImageProgress
from voiceapp.gui.image_window import ImageWindow, copied, save_as
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.portions import Portions
from voiceapp.gui.theme import Theme
from voiceapp.gui.thumbnails import Thumbnails

Actions = tuple[tuple[str, Callable[[], None]], ...]
SEARCH_AFTER_MS = 150
UNDO_MS = 8000


class ImagesPanel(Surface):
    """A page of the side panel. Give it every event by :meth:`apply`.

    Attributes:
        asked: a command of ``core.images``.
        settings_wanted: the settings are to be opened at this page.
    """

    asked = Signal(object)
    settings_wanted = Signal(str)

    def __init__(self, theme: Theme, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(theme, "rail", parent)
        self._theme = theme
        dress(theme, self)
        self._numbers = itertools.count(1)
        self._job = ""
        self._images: dict[int, StoredImage] = {}
        self.current: StoredImage | None = None
        self._has_listed, self._query = False, ""
        self.thumbnails = Thumbnails(THUMB_PX, cache, self)
        self.destroyed.connect(self.thumbnails.stop)
        self.form = ImageForm(theme)
        self.inputs = Inputs(theme, self.thumbnails, self.form)
        self.progress = ImageProgress(theme)
        self.grid = ImageGrid(theme, self.thumbnails)
        self.versions = ImageGrid(theme, self.thumbnails, is_row=True)
        self.window_ = ImageWindow(theme)
        self.missing = PlainLabel()
        self.settings = QPushButton(self.tr("Open Settings"))
        self.head = ImageHead(theme)
        self.total, self.search = PlainLabel(), QLineEdit()
        self.undo, self._deleted = QPushButton(), 0
        self._undo_timer = QTimer(self, singleShot=True, interval=UNDO_MS)
        self._search_timer = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._connect()
        self._making = Portions(self)
        self._making.begin(self._lay_out())

    def _lay_out(self) -> Iterator[None]:
        """Put the parts into their places: not in the callback that made them, together that is longer than a frame."""
        yield
        upper = QVBoxLayout()
        upper.setContentsMargins(16, 12, 16, 12)
        upper.setSpacing(8)
        self.missing.setWordWrap(True)
        self.missing.hide()
        self.settings.setProperty("compact", True)
        self.settings.hide()
        for part in (self.missing, self.settings, self.form, self.progress):
            upper.addWidget(part)
        upper.setAlignment(self.settings, Qt.AlignmentFlag.AlignLeft)
        lower = QVBoxLayout()
        lower.setContentsMargins(12, 8, 4, 0)
        lower.setSpacing(4)
        lower.addWidget(self.head)
        lower.addWidget(self.versions)
        lower.addLayout(self._make_gallery_head())
        lower.addWidget(self.undo, 0, Qt.AlignmentFlag.AlignLeft)
        lower.addWidget(self.grid, 1)
        self.grid.setAccessibleName(self.tr("Gallery"))
        self.versions.setAccessibleName(self.tr("Versions"))
        self.grid.setMinimumHeight(76)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper)
        whole.addWidget(Line(self._theme))
        whole.addLayout(lower, 1)
        self._show_current()

    def _make_gallery_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 12, 0)
        row.setSpacing(8)
        words = PlainLabel(self.tr("Gallery"))
        words.setFont(self._theme.font(13, 600))
        self.total.setProperty("role", "meta")
        self.search.setPlaceholderText(self.tr("Search prompts"))
        self.search.setAccessibleName(self.tr("Search prompts"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedHeight(32)
        self.undo.setProperty("compact", True)
        self.undo.hide()
        row.addWidget(words)
        row.addWidget(self.total)
        row.addWidget(self.search, 1)
        return row

    def _connect(self) -> None:
        form, ask = self.form, self.asked.emit
        form.draw_wanted.connect(self.draw)
        form.stop_wanted.connect(lambda: ask(i.CancelImage(self._job)))
        form.options_changed.connect(lambda options: ask(i.EstimateImage(options)))
        form.input_wanted.connect(self._add_input)
        self.progress.again_wanted.connect(self.draw)
        self.progress.settings_wanted.connect(lambda: self.settings_wanted.emit("providers"))
        self.settings.clicked.connect(lambda: self.settings_wanted.emit("providers"))
        for grid in (self.grid, self.versions):
            grid.chosen.connect(lambda image_id: ask(i.ChooseImage(image_id)))
            grid.opened.connect(self.open_large)
            grid.menu_wanted.connect(self._offer)
        self.head.attach.clicked.connect(self._attach_current)
        self.head.edit.clicked.connect(self._edit_current)
        self.head.save.clicked.connect(self._save_current)
        self.head.reveal_wanted.connect(lambda image_id: ask(i.RevealImage(image_id)))
        self.search.textChanged.connect(lambda: self._search_timer.start())
        self._search_timer.timeout.connect(self._list)
        self.undo.clicked.connect(lambda: ask(i.RestoreImage(self._deleted)))
        self._undo_timer.timeout.connect(self.undo.hide)
        self.window_.asked.connect(self.asked)
        self.window_.edit_wanted.connect(self.begin_edit)
        self.window_.stepped.connect(self._step)

    # --- events -------------------------------------------------------------------------------------------

    def apply(self, event: ev.Event) -> None:
        """Take *event* in. GUI thread; any event, those of no concern are ignored."""
        if not isinstance(event, ev.SessionReady | ev.EnginesChanged | ev.SettingsChanged | ev.ConversationOpened):
            self._making.finish()
        match event:
            case ev.SessionReady() | ev.EnginesChanged() | ev.SettingsChanged() if self._has_listed:
                self.asked.emit(i.ShowImageChoices())
            case i.ImageChoices():
                self._show_choices(event)
            case i.ImageEstimated(options, estimate) if options == self.form.options():
                self._expected_s = estimate.seconds
                self.form.show_estimate(estimate)
            case i.ImageStarted(job=job, options=options, is_edit=is_edit) if job == self._job:
                self.progress.begin(options, self._expected_s, is_edit=is_edit)
            case i.ImagePartial(job, index, picture) if job == self._job:
                self.progress.show_partial(index, picture)
            case i.ImageJobEnded():
                self._on_ended(event)
            case i.ImagesListed(images, query) if query == self._query:
                self._on_listed(images)
            case i.ImageAdded() | i.ImageChanged() | i.ImageChosen():
                self._on_image(event)

    _expected_s: float | None = None

    def _show_choices(self, choices: i.ImageChoices) -> None:
        self.missing.setText(f"{choices.missing} {choices.hint}".strip())
        self.missing.setVisible(bool(choices.missing))
        self.settings.setVisible(bool(choices.missing))
        self.form.setVisible(not choices.missing)
        self.form.show_choices(choices)
        if choices.models:
            self.asked.emit(i.EstimateImage(self.form.options()))

    def _on_ended(self, event: i.ImageJobEnded) -> None:
        if event.job == self._job:
            self._job = ""
            self.form.show_drawing(is_drawing=False)
            if event.problem is None and not event.is_cancelled:
                self.inputs.clear()
                self.asked.emit(i.EstimateImage(self.form.options()))
        elif event.job == "import":
            self.inputs.fail()
        else:
            return
        self.progress.end(event.problem, is_cancelled=event.is_cancelled)
        self.progress.again.setVisible(event.problem is not None and event.job != "import")

    def _on_listed(self, images: tuple[StoredImage, ...]) -> None:
        if not self._query:
            self._images = {image.id: image for image in images}
        self.grid.pictures.show(images)
        self._show_total()
        self._show_current()

    def _on_image(self, event: i.ImageAdded | i.ImageChanged | i.ImageChosen) -> None:
        image = event.image
        match event:
            case i.ImageChosen():
                self.current = image
            case i.ImageAdded(image=added):
                self._images[added.id] = added
                if added.held and event.job == self._job:
                    self.progress.show_checking()
                self.inputs.take(event)
                if not self._query:
                    self.grid.pictures.put_first(added)
            case i.ImageChanged(image=changed, is_deleted=True):
                self._images.pop(changed.id, None)
                self.grid.pictures.remove(changed.id)
                self._offer_undo(changed)
            case i.ImageChanged(image=changed):
                self._on_changed(changed)
        self._show_total()
        self._show_current()

    def _on_changed(self, image: StoredImage) -> None:
        is_back = image.id not in self._images
        self._images[image.id] = image
        if self.current is not None and self.current.id == image.id:
            self.current = image
        if is_back:
            self.undo.hide()
            self._list()
        self.grid.pictures.change(image)
        self.versions.pictures.change(image)
        if self.window_.isVisible() and self.window_.image is not None and self.window_.image.id == image.id:
            self.window_.show_image(image)

    def _show_current(self) -> None:
        image = self.current
        tree = versions(self._images.values(), image.id) if image is not None else ()
        self.head.setVisible(image is not None)
        self.versions.setVisible(len(tree) > 1)
        self.grid.show_current(None if image is None else image.id)
        if image is None:
            return
        self.head.show_image(image, tree[0].prompt if tree else image.prompt, len(tree))
        if len(tree) > 1:
            self.versions.pictures.show(tree, [label(tree, version) for version in tree])
            self.versions.show_current(image.id)

    def _show_total(self) -> None:
        self.total.setText(str(self.grid.pictures.rowCount()))

    def _offer_undo(self, image: StoredImage) -> None:
        self._deleted = image.id
        self.undo.setText(self.tr("Deleted. Undo"))
        self.undo.show()
        self._undo_timer.start()

    # --- what the person does -----------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw, or change the pictures that are to be worked from."""
        if self._job:
            return
        self._job = f"panel-{next(self._numbers)}"
        prompt, options = self.form.prompt.toPlainText().strip(), self.form.options()
        self.form.show_drawing(is_drawing=True)
        if self.inputs.given:
            self.asked.emit(i.EditImage(self._job, prompt, self.inputs.given, options, self.inputs.mask))
        else:
            self.asked.emit(i.GenerateImage(self._job, prompt, options))

    def begin_edit(self, image: StoredImage, mask: bytes = b"") -> None:
        """Work from *image*, where *mask* is painted."""
        self.inputs.begin(image, mask)
        self.form.prompt.setPlaceholderText(self.tr("What should change?"))
        self.form.prompt.selectAll()
        self.form.prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_large(self, image_id: int) -> None:
        """Show a picture in a window of its own, unless it is kept from view."""
        image = self._images.get(image_id)
        if image is not None and not image.held:
            self.window_.show_image(image)

    def showEvent(self, event: QShowEvent) -> None:
        self._making.finish()
        super().showEvent(event)
        if not self._has_listed:
            self._has_listed = True
            self.asked.emit(i.ShowImageChoices(is_thorough=True))
            self._list()

    def close_windows(self) -> None:
        """Leave: the large view goes with the program."""
        self.window_.close()
        self.thumbnails.stop()

    def _list(self) -> None:
        self._query = self.search.text().strip()
        self.asked.emit(i.ListImages(self._query))

    def _edit_current(self) -> None:
        if self.current is not None:
            self.begin_edit(self.current)

    def _save_current(self) -> None:
        if self.current is not None:
            save_as(self, self.current, self.asked.emit)

    def _attach_current(self) -> None:
        if self.current is not None:
            self.asked.emit(i.AttachImage(self.current.id))

    def _step(self, step: int) -> None:
        image = self.window_.image
        row = None if image is None else self.grid.pictures.row(image.id)
        if row is not None and 0 <= row + step < self.grid.pictures.rowCount():
            self.open_large(self.grid.pictures.images[row + step].id)

    def _offer(self, image_id: int, place: QPoint) -> None:
        image = self._images.get(image_id)
        if image is None:
            return
        menu = QMenu(self)
        for words, act in self._held_actions(image) if image.held else self._actions(image):
            menu.addAction(words).triggered.connect(lambda _checked=False, act=act: act())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def _held_actions(self, image: StoredImage) -> Actions:
        ask = self.asked.emit
        return (
            (self.tr("Show it all the same"), lambda: ask(i.RevealImage(image.id))),
            (self.tr("Delete"), lambda: ask(i.DeleteImage(image.id))),
        )

    def _actions(self, image: StoredImage) -> Actions:
        ask = self.asked.emit
        return (
            (self.tr("Show large"), lambda: self.open_large(image.id)),
            (self.tr("Change it"), lambda: self.begin_edit(image)),
            (self.tr("Work from it, too"), lambda: self.inputs.add(image)),
            (self.tr("Show it to the assistant"), lambda: ask(i.AttachImage(image.id))),
            (self.tr("Check it"), lambda: ask(CheckImage(image_id=image.id))),
            (self.tr("Copy"), lambda: self._copy(image)),
            (self.tr("Save as…"), lambda: save_as(self, image, ask)),
            (self.tr("Delete"), lambda: ask(i.DeleteImage(image.id))),
        )

    @staticmethod
    def _copy(image: StoredImage) -> None:
        QGuiApplication.clipboard().setMimeData(copied(image))

    def _add_input(self, kind: str) -> None:
        if kind == "file":
            dialog = QFileDialog(
                self, self.tr("Work from an image"), "", self.tr("Images (*.png *.jpg *.jpeg *.webp *.gif)")
            )
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
            dialog.filesSelected.connect(self.import_files)
            dialog.open()
        elif kind == "clipboard":
            self._import(QGuiApplication.clipboard().image())
        else:
            screen_shot(self.window(), self._import)

    def import_files(self, paths: list[str]) -> None:
        """Take files into the gallery, to work from."""
        for path in paths:
            self.inputs.expect()
            self.asked.emit(i.ImportImage(path))

    def _import(self, image: QImage) -> None:
        if image.isNull():
            self.progress.end(ev.Problem("config", self.tr("There was no image to take.")))
            self.progress.again.hide()
            return
        self.inputs.expect()
        self.asked.emit(i.ImportImage(data=png_of(image)))
