"""The size of an image: from the list, or typed where the model takes any by its rules."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSizePolicy, QWidget

from voiceapp.core.image_offer import ImageOffer, normal_size, size_problem
from voiceapp.gui.plain_words import PlainLabel, plain_tip

OTHER = "other"
"""What the list holds for a size of one's own."""
FIRST = "1536x864"


class SizeChoice(QWidget):
    """Below the list a line for width and height and, where it breaks a rule, which.

    Attributes:
        box: the list, placed by the owner.
        changed: another size is chosen, or one was typed.
    """

    changed = Signal()

    def __init__(self, box: QComboBox) -> None:
        super().__init__()
        self.box = box
        self._offer: ImageOffer | None = None
        self.typed = QLineEdit(FIRST)
        self.typed.setAccessibleName(self.tr("Width × height in pixels"))
        self.typed.setToolTip(plain_tip(self.typed.accessibleName()))
        self.typed.setPlaceholderText(FIRST)
        self.problem = PlainLabel()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        words = PlainLabel(self.tr("pixels"))
        words.setProperty("role", "secondary")
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        grid.addWidget(self.typed, 0, 0)
        grid.addWidget(words, 0, 1)
        grid.addWidget(self.problem, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.typed.textChanged.connect(self._on_typed)
        self.hide()

    @property
    def size_(self) -> str:
        """The size as it is sent; "" where what is typed cannot be drawn."""
        if not self._is_other:
            return str(self.box.currentData() or "")
        return "" if self.sentence else normal_size(self.typed.text())

    @property
    def sentence(self) -> str:
        """What is wrong with what is typed, "" where nothing is."""
        if not self._is_other or self._offer is None:
            return ""
        return size_problem(normal_size(self.typed.text()), self._offer)

    @property
    def _is_other(self) -> bool:
        return bool(self.box.currentData() == OTHER)

    def offer(self, offer: ImageOffer, chosen: str) -> None:
        """The list was filled for *offer*; add the choice of one's own, with *chosen* in force."""
        self._offer = offer
        if offer.is_size_free:
            self.box.addItem(self.tr("Other size…"), OTHER)
        if chosen and chosen not in offer.sizes and not size_problem(chosen, offer):
            self.typed.setText(chosen)
            self.box.setCurrentIndex(self.box.findData(OTHER))
        else:
            self.box.setCurrentIndex(max(0, self.box.findData(chosen)))
        self.show_state()

    def show_state(self) -> None:
        """Show the line where one's own size is chosen, and what is wrong with it."""
        self.setVisible(self._is_other)
        self.problem.setText(self.sentence)
        self.problem.setVisible(bool(self.sentence))

    def _on_typed(self) -> None:
        self.show_state()
        self.changed.emit()
