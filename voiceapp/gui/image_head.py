"""What stands above a picture's versions: its prompt, what can be done with it, and why it is kept from view."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.images import StoredImage
from voiceapp.gui.controls import IconButton
from voiceapp.gui.header import ElidedLabel
from voiceapp.gui.image_form import dollars
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.theme import Theme


class ImageHead(QWidget):
    """Of the current picture. ``reveal_wanted`` carries its id: the person decided to see it all the same."""

    reveal_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._image_id = 0
        self.title, self.count = ElidedLabel(), PlainLabel()
        self.title.setFont(theme.font(13, 600))
        self.count.setProperty("role", "meta")
        self.attach = self._icon("paperclip", self.tr("Show it to the assistant with your next message"))
        self.edit = self._icon("pencil", self.tr("Change this image"))
        self.save = self._icon("download", self.tr("Save as…"))
        self.held = QWidget()
        self.why = PlainLabel()
        self.why.setWordWrap(True)
        self.reveal = QPushButton(self.tr("Show it all the same"))
        self.reveal.setProperty("compact", True)
        self.reveal.clicked.connect(lambda: self.reveal_wanted.emit(self._image_id))
        self._lay_out()
        self.held.hide()

    def _icon(self, icon: str, name: str) -> IconButton:
        return IconButton(self._theme, icon, name, size_px=28, icon_px=16)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.count)
        row.addStretch(0)
        for button in (self.attach, self.edit, self.save):
            row.addWidget(button)
        about = QVBoxLayout(self.held)
        about.setContentsMargins(0, 0, 0, 4)
        about.setSpacing(6)
        about.addWidget(self.why)
        line = QHBoxLayout()
        line.addWidget(self.reveal)
        line.addStretch(1)
        about.addLayout(line)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(4, 0, 12, 0)
        whole.setSpacing(4)
        whole.addLayout(row)
        whole.addWidget(self.held)

    def show_image(self, image: StoredImage, title: str, versions: int) -> None:
        """Show another picture, one of so many *versions*; *title*: the prompt of the first."""
        self._image_id = image.id
        self.title.set_whole(title)
        facts = [self.tr("{n} versions").format(n=versions)] if versions > 1 else []
        facts += [] if image.cost_usd is None else [dollars(image.cost_usd)]
        self.count.setText(" · ".join(facts))
        self.count.setToolTip("" if image.cost_usd is None else self.tr("What this picture really cost"))
        self.held.setVisible(bool(image.held or image.found))
        words = self.tr("Kept from view: {found}.") if image.held else self.tr("Flagged: {found}.")
        self.why.setText(words.format(found=image.held or image.found))
        self.reveal.setVisible(bool(image.held))
        for button in (self.attach, self.edit, self.save):
            button.setEnabled(not image.held)
