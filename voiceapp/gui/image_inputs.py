"""The pictures to work from, as the form shows them; and where new ones come from: the clipboard, the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QTimer
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from voiceapp.core.images import ImageAdded, ImageInput, StoredImage
from voiceapp.gui.image_form import ImageForm, InputChip
from voiceapp.gui.theme import Theme
from voiceapp.gui.thumbnails import Thumbnails

HIDE_MS = 400
"""How long a window manager needs to take a window off the screen before its picture is taken."""


class Inputs:
    """Keeps the chosen pictures and their mask, and shows them as chips in *form*."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, form: ImageForm) -> None:
        self._theme, self._thumbnails, self._form = theme, thumbnails, form
        self._images: list[StoredImage] = []
        self._expected = 0
        self.mask = b""

    @property
    def given(self) -> tuple[ImageInput, ...]:
        """As the command carries them."""
        return tuple(ImageInput(image.id) for image in self._images)

    def begin(self, image: StoredImage, mask: bytes = b"") -> None:
        """Work from *image* alone."""
        self._images, self.mask = [image], mask
        self._show()

    def add(self, image: StoredImage) -> None:
        """Work from *image*, too, as far as the model takes so many."""
        offer = self._form.offer
        limit = 16 if offer is None else offer.inputs_max
        if all(image.id != one.id for one in self._images) and len(self._images) < limit:
            self._images.append(image)
            self._show()

    def clear(self) -> None:
        """Draw from words alone."""
        self._images, self.mask = [], b""
        self._show()

    def expect(self) -> None:
        """The next picture that is imported is to be worked from."""
        self._expected += 1

    def take(self, event: ImageAdded) -> None:
        """Take an imported picture that was expected."""
        if not event.job and self._expected:
            self._expected -= 1
            self.add(event.image)

    def fail(self) -> None:
        """An expected picture does not come."""
        self._expected = max(0, self._expected - 1)

    def _show(self) -> None:
        chips = []
        for image in self._images:
            is_masked = bool(self.mask) and image is self._images[0]
            words = tr("Painted part of: {prompt}") if is_masked else tr("From: {prompt}")
            chip = InputChip(self._theme, words.format(prompt=image.prompt), self._thumbnails.get(image.path))
            chip.removed.connect(lambda image=image: self._remove(image))
            chips.append(chip)
        self._form.show_inputs(chips)

    def _remove(self, image: StoredImage) -> None:
        if self._images and self._images[0] is image:
            self.mask = b""
        self._images = [one for one in self._images if one is not image]
        self._show()


def tr(text: str) -> str:
    """Translate."""
    return QCoreApplication.translate("Inputs", text)


def png_of(image: QImage, format_: str = "PNG") -> bytes:
    """Return *image* as a file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, format_)  # type: ignore[call-overload]
    return bytes(data.data())


def screen_shot(window: QWidget, then: Callable[[QImage], None]) -> None:
    """Hide *window*, take the picture of its screen, show it again. A null image where the system does not allow it."""
    screen = window.screen() or QGuiApplication.primaryScreen()
    window.hide()

    def take() -> None:
        image = screen.grabWindow(0).toImage()
        window.show()
        then(image)

    QTimer.singleShot(HIDE_MS, window, take)
