"""What to draw and how: only what the chosen model takes is offered; the prompt stays until it is changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.image_offer import Estimate, ImageOffer, fitted
from voiceapp.core.images import ImageChoices, ImageOptions, ModelChoice
from voiceapp.gui.controls import IconButton
from voiceapp.gui.header import ElidedLabel
from voiceapp.gui.plain_words import PlainLabel, plain_tip
from voiceapp.gui.size_choice import SizeChoice
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme

PROMPT_PX = 60
PARTIALS = 2


class _Prompt(QPlainTextEdit):
    """Enter draws; Shift+Enter begins a new line."""

    submitted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        super().keyPressEvent(event)


class InputChip(QWidget):
    """A picture to work from: its small picture, what it is, and a cross."""

    removed = Signal()

    def __init__(self, theme: Theme, words: str, pixmap: QPixmap | None = None) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        if pixmap is not None:
            shown = PlainLabel()
            shown.setPixmap(pixmap)
            shown.setScaledContents(True)
            shown.setFixedSize(QSize(37, 24))
            row.addWidget(shown)
        self.words = ElidedLabel()
        self.words.setProperty("role", "secondary")
        self.words.set_whole(words)
        row.addWidget(self.words, 1)
        row.addStretch(0)
        cross = IconButton(theme, "x", self.tr("Leave it out"), size_px=24, icon_px=16)
        cross.clicked.connect(self.removed)
        row.addWidget(cross)


class ImageForm(QWidget):
    """The upper half of the panel.

    Attributes:
        draw_wanted: prompt and options are to be drawn.
        stop_wanted: the running job is to end.
        options_changed: other options are chosen; carries them.
        input_wanted: "file", "clipboard" or "screen".
    """

    draw_wanted = Signal()
    stop_wanted = Signal()
    options_changed = Signal(object)
    input_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._models: tuple[ModelChoice, ...] = ()
        self._is_drawing, self._is_filling = False, False
        self._is_possible = False
        self.prompt = _Prompt()
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.prompt.setPlaceholderText(self.tr("What should the image show?"))
        self.prompt.setFixedHeight(PROMPT_PX)
        self.prompt.setTabChangesFocus(True)
        self.model = self._combo(self.tr("Model"))
        self.size_box = self._combo(self.tr("Size"))
        self.size_choice = SizeChoice(self.size_box)
        self.quality = self._combo(self.tr("Quality"))
        self.background = self._combo(self.tr("Background"))
        self.format = self._combo(self.tr("Format"))
        self.count = self._combo(self.tr("Number"))
        self.estimate = PlainLabel()
        self.estimate.setProperty("role", "meta")
        self.estimate.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.go = QPushButton(self.tr("Draw"))
        self.stop = IconTextButton(theme, "square", self.tr("Stop"))
        self.more = IconButton(theme, "ellipsis", self.tr("Model, background, format, number"))
        self.inputs = QVBoxLayout()
        self._lay_out()
        self._connect()
        self._show_state()

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox()
        name_box(combo, name)
        combo.setToolTip(plain_tip(name))
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        combo.setMinimumContentsLength(4)
        combo.currentIndexChanged.connect(self._on_changed)
        return combo

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        label = PlainLabel(self.tr("Prompt"))
        label.setProperty("role", "secondary")
        head.addWidget(label, 1)
        self.add = IconButton(self._theme, "paperclip", self.tr("Work from an image"), size_px=28, icon_px=16)
        head.addWidget(self.add)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        grid.addWidget(self.size_box, 0, 0)
        grid.addWidget(self.quality, 0, 1)
        self.extra = QWidget()
        rest = QGridLayout(self.extra)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.setSpacing(8)
        for row, widget, column, width in (
            (0, self.model, 0, 2),
            (1, self.background, 0, 1),
            (1, self.format, 1, 1),
            (2, self.count, 0, 1),
        ):
            rest.addWidget(widget, row, column, 1, width)
        self.extra.hide()
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.estimate, 1)
        for button in (self.more, self.go, self.stop):
            foot.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        for item in (head, self.prompt, self.inputs, grid, self.size_choice, self.extra, foot):
            whole.addWidget(item) if isinstance(item, QWidget) else whole.addLayout(item)

    def _connect(self) -> None:
        self.go.setProperty("kind", "primary")
        self.more.setCheckable(True)
        self.more.toggled.connect(self.extra.setVisible)
        self.go.clicked.connect(self._ask)
        self.stop.clicked.connect(self.stop_wanted)
        self.prompt.submitted.connect(self._ask)
        self.prompt.textChanged.connect(self._show_state)
        self.add.clicked.connect(self._offer_inputs)
        self.size_choice.changed.connect(self._on_changed)

    # --- what it is told ----------------------------------------------------------------------------------

    def show_choices(self, choices: ImageChoices) -> None:
        """Offer other models; what was chosen stays, as far as it can."""
        before = self.options()
        self._models = choices.models
        self._is_possible = not choices.missing
        self._is_filling = True
        self.model.clear()
        for choice in choices.models:
            self.model.addItem(choice.name or self.tr("The server's own"), choice.name)
        index = self.model.findData(before.model)
        self.model.setCurrentIndex(max(0, index))
        self._is_filling = False
        self._fill(before)
        self._show_state()

    def show_estimate(self, estimate: Estimate) -> None:
        """Say what the chosen options cost and take, as far as that is known."""
        parts = []
        if estimate.cost_usd is not None:
            parts.append(self.tr("about {cost}").format(cost=dollars(estimate.cost_usd)))
        if estimate.seconds is not None:
            parts.append(f"{estimate.seconds:.0f} s")
        self.estimate.setText(" · ".join(parts) or self.tr("cost not known yet"))
        past = self.tr("As it was for the last images of this kind.")
        new = self.tr("It is known after the first image of this kind.")
        self.estimate.setToolTip(
            plain_tip(past if estimate.is_from_past else "" if estimate.cost_usd is not None else new)
        )

    def show_drawing(self, *, is_drawing: bool) -> None:
        """Offer to stop in place of drawing."""
        self._is_drawing = is_drawing
        self._show_state()

    def show_inputs(self, chips: Sequence[QWidget]) -> None:
        """Show other pictures to work from."""
        while (item := self.inputs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for chip in chips:
            self.inputs.addWidget(chip)
        self.go.setText(self.tr("Change") if chips else self.tr("Draw"))

    # --- what it tells ------------------------------------------------------------------------------------

    @property
    def offer(self) -> ImageOffer | None:
        """What the chosen model takes; None while nobody draws."""
        index = self.model.currentIndex()
        return self._models[index].offer if 0 <= index < len(self._models) else None

    def options(self) -> ImageOptions:
        """Return what is chosen."""
        return ImageOptions(
            self.model.currentData() or "",
            self.size_choice.size_,
            self.quality.currentData() or "",
            self.background.currentData() or "",
            self.format.currentData() or "",
            self.count.currentData() or 1,
            PARTIALS,
        )

    # --- inside -------------------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        if self._is_filling:
            return
        self.size_choice.show_state()
        self._show_state()
        if self.sender() is self.model:
            self._fill(self.options())
        elif (offer := self.offer) is not None and not self.size_choice.sentence:
            wanted = self.options()
            if fitted(wanted, offer) != wanted:  # a transparent background leaves no choice of JPEG
                self._fill(wanted)
        if self.size_choice.sentence:
            self.estimate.clear()
        else:
            self.options_changed.emit(self.options())

    def _fill(self, wanted: ImageOptions) -> None:
        """Offer what the model takes, with *wanted* chosen where that is among it."""
        offer = self.offer
        if offer is None:
            return
        chosen = fitted(wanted, offer)
        self._is_filling = True
        for combo, values, value in (
            (self.size_box, offer.sizes, chosen.size),
            (self.quality, offer.qualities, chosen.quality),
            (self.background, offer.backgrounds, chosen.background),
            (self.format, offer.formats, chosen.format),
        ):
            combo.clear()
            for one in values:
                combo.addItem(self._words(combo, one), one)
            combo.setCurrentIndex(max(0, combo.findData(value)))
            combo.setVisible(len(values) > 1)
        self.size_choice.offer(offer, chosen.size)
        self.count.clear()
        for number in range(1, offer.count_max + 1):
            self.count.addItem(self.tr("1 image") if number == 1 else self.tr("{n} images").format(n=number), number)
        self.count.setCurrentIndex(chosen.count - 1)
        self.count.setVisible(offer.count_max > 1)
        self._is_filling = False

    def _words(self, combo: QComboBox, value: str) -> str:
        named = {
            "": self.tr("As the model likes"),
            "opaque": self.tr("Opaque"),
            "transparent": self.tr("Transparent"),
            "low": self.tr("Low"),
            "medium": self.tr("Medium"),
            "high": self.tr("High"),
            "xhigh": self.tr("Very high"),
            "max": self.tr("Highest"),
            "standard": self.tr("Standard"),
            "hd": "HD",
        }
        if value == "auto" and combo is self.background:
            return self.tr("Background")
        if value == "auto":
            return self.tr("{what}: auto").format(what=combo.accessibleName())
        if combo is self.format:
            return value.upper() if value != "webp" else "WebP"
        return named.get(value, value.replace("x", " × "))

    def _show_state(self) -> None:
        has_words = bool(self.prompt.toPlainText().strip())
        self.go.setEnabled(self._is_possible and has_words and not self.size_choice.sentence)
        for widget in (self.size_box, self.quality, self.more, self.add):
            widget.setEnabled(self._is_possible)
        gone, come = (self.go, self.stop) if self._is_drawing else (self.stop, self.go)
        come.show()
        if gone.hasFocus():  # else Qt would give it to the search below, and a held Space would write there
            come.setFocus(Qt.FocusReason.OtherFocusReason)
        gone.hide()

    def _ask(self) -> None:
        if self.go.isEnabled() and not self._is_drawing:
            self.draw_wanted.emit()

    def _offer_inputs(self) -> None:
        menu = QMenu(self)
        for kind, words in (
            ("file", self.tr("A file…")),
            ("clipboard", self.tr("What was copied")),
            ("screen", self.tr("The screen")),
        ):
            menu.addAction(words).triggered.connect(lambda _checked=False, kind=kind: self.input_wanted.emit(kind))
        menu.popup(self.add.mapToGlobal(QPoint(0, self.add.height())))


def dollars(cost_usd: float) -> str:
    """Return an amount as short as it can be without becoming nothing: "$0.04", "$0.0004"."""
    return f"${cost_usd:.2f}" if cost_usd >= 0.01 else f"${cost_usd:.4f}"
