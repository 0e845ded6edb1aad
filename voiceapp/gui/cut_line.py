"""What is said below an answer that was not heard to its end, with the offer to speak the rest."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from voiceapp.gui.dress import dress
from voiceapp.gui.quiet_line import IconLine
from voiceapp.gui.theme import Theme


class CutLine(IconLine):
    """How much was not heard. The button is made for the first answer that needs it: most do not.

    Signals:
        rest_wanted: the rest is to be spoken.
    """

    rest_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "hand", "ink2")
        self._theme = theme
        self.rest: QPushButton | None = None

    def offer_rest(self, is_offered: bool) -> None:
        """Show the button, or take it away."""
        if self.rest is None and is_offered:
            self.rest = QPushButton(self.tr("Speak the rest"), self)
            self.rest.setProperty("compact", True)
            dress(self._theme, self.rest, "QPushButton")
            self.rest.clicked.connect(self.rest_wanted)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.rest)
            for part in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
                layout.setAlignment(part, Qt.AlignmentFlag.AlignVCenter)  # a button is taller than a line of words
        if self.rest is not None:
            self.rest.setVisible(is_offered)

    def set_speaking(self, is_speaking: bool) -> None:
        """While it is spoken, there is nothing to offer."""
        if self.rest is not None:
            self.rest.setEnabled(not is_speaking)
