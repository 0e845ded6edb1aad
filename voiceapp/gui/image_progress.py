"""An image under way: its previews, elapsed time; or why there is none, with what was asked for kept."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from voiceapp.core.events import Problem
from voiceapp.core.images import ImageOptions, Picture
from voiceapp.gui.in_background import in_background
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme

TICK_MS = 100
LONGEST_PX = 196


def image_of(picture: Picture, longest_px: int) -> QImage:
    """Decode *picture*, no larger than needed. Any thread."""
    image = QImage.fromData(picture.data)
    if max(image.width(), image.height()) > longest_px:
        return image.scaled(
            QSize(longest_px, longest_px),
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    return image


class Preview(QWidget):
    """A picture with round corners, as wide as the panel.

    Attributes:
        painted: time.monotonic() when the picture that is shown was first painted; for measurements.
    """

    shown = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image = QImage()
        self._is_new = False
        self.setFixedHeight(LONGEST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        """What is shown; null while nothing has come."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Show another picture; a null one leaves the ground."""
        self._image, self._is_new = image, not image.isNull()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, 8, 8)
        painter.fillPath(shape, self._theme.color("hover"))
        if not self._image.isNull():
            painter.setClipPath(shape)
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(
                box.center().x() - size.width() / 2, box.center().y() - size.height() / 2, size.width(), size.height()
            )
            painter.drawImage(place, self._image)
        if self._is_new:
            self._is_new = False
            self.shown.emit(time.monotonic())


class ImageProgress(QWidget):
    """Previews while it draws; ``again_wanted`` where it failed and trying again may help."""

    again_wanted = Signal()
    settings_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.preview = Preview(theme)
        self.words = PlainLabel()
        self.elapsed = PlainLabel()
        self.elapsed.setProperty("role", "meta")
        self.elapsed.setFont(theme.font(12, is_tabular=True))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.problem = PlainLabel()
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "problem")
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.again = QPushButton(self.tr("Try again"))
        self.settings = QPushButton(self.tr("Settings"))
        self._began_s = 0.0
        self._expected_s: float | None = None
        self._newest = -1
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_time)
        self.again.clicked.connect(self.again_wanted)
        self.settings.clicked.connect(self.settings_wanted)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self.words, 1)
        line.addWidget(self.elapsed)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.again, self.settings):
            button.setProperty("compact", True)
            buttons.addWidget(button)
        buttons.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        for widget in (self.preview, self.problem):
            whole.addWidget(widget)
        whole.addLayout(line)
        whole.addWidget(self.bar)
        whole.addLayout(buttons)

    def begin(self, options: ImageOptions, expected_s: float | None, *, is_edit: bool) -> None:
        """A job was sent; *expected_s*: how long such a one took before."""
        self._began_s, self._expected_s, self._newest = time.monotonic(), expected_s, -1
        self._count = options.partials
        self.preview.show_image(QImage())
        self.words.setText(self.tr("Changing") if is_edit else self.tr("Drawing"))
        self._show(is_running=True)
        self._tick.start()
        self._show_time()

    def show_partial(self, index: int, picture: Picture) -> None:
        """Show a preview; it is decoded beside the window's thread."""
        ratio = self.devicePixelRatioF()
        longest_px = round(max(self.preview.width(), LONGEST_PX) * ratio)

        def then(image: QImage) -> None:
            if index > self._newest and self._tick.isActive() and not image.isNull():
                self._newest = index
                self.preview.show_image(image)
                self.words.setText(
                    self.tr("Preview {n} of {count}").format(n=index + 1, count=max(self._count, index + 1))
                )

        in_background(self, lambda: image_of(picture, longest_px), then)

    def show_checking(self) -> None:
        """The picture has come and is kept from view until it was checked."""
        self.words.setText(self.tr("Checking the picture"))

    def end(self, problem: Problem | None, *, is_cancelled: bool = False) -> None:
        """The job is over: nothing is left to show, or the problem and what may help."""
        self._tick.stop()
        if problem is None or is_cancelled:
            self.hide()
            return
        self.problem.setText(f"{problem.message} {problem.hint}".strip())
        self.settings.setVisible(problem.code in ("config", "no_key", "auth", "no_credit"))
        self._show(is_running=False)

    def _show(self, *, is_running: bool) -> None:
        running: tuple[QWidget, ...] = (self.preview, self.words, self.elapsed, self.bar)
        failed: tuple[QWidget, ...] = (self.problem, self.again)
        for widget in running:
            widget.setVisible(is_running)
        for widget in failed:
            widget.setVisible(not is_running)
        if is_running:
            self.settings.hide()
        self.show()

    def _show_time(self) -> None:
        seconds = time.monotonic() - self._began_s
        self.elapsed.setText(f"{seconds:.1f} s")
        if self._expected_s:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * min(0.98, seconds / self._expected_s)))
        else:  # nobody knows how long it takes: previews are the only progress that is true
            self.bar.setRange(0, self._count + 1)
            self.bar.setValue(self._newest + 1)
