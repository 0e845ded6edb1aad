"""The button beside a voice: hear it say a sentence, stop it, read in one sentence why there is nothing to hear."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from voiceapp.core import commands as c
from voiceapp.core.settings import Settings
from voiceapp.core.voices import PreviewVoice, VoicePreviewed
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme


class VoicePreview(QWidget):
    """Two buttons of which one is there, and a line for what is going on.

    Signals:
        wanted: PreviewVoice, or Interrupt.
        failed: why the preview could not be heard; "" when one begins.
    """

    wanted = Signal(object)
    failed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.hear: QPushButton = IconTextButton(theme, "play", self.tr("Hear it"))
        self.stop: QPushButton = IconTextButton(theme, "square", self.tr("Stop"))
        self.state = PlainLabel()
        self.state.setProperty("role", "secondary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.hear, self.stop, self.state):
            row.addWidget(widget)
        row.addStretch(1)
        self.stop.hide()
        self._wish = PreviewVoice()
        self.hear.clicked.connect(lambda: self.wanted.emit(self._wish))
        self.stop.clicked.connect(lambda: self.wanted.emit(c.Interrupt()))

    def show_choice(self, voice: str, settings: Settings) -> None:
        """Preview *voice* as *settings* say from now on."""
        self._wish = PreviewVoice(voice, settings.speed, settings.voice_style)

    def handle(self, event: VoicePreviewed) -> None:
        """Show how far a preview is."""
        is_going_on = event.stage in ("making", "sounding")
        had_focus = self.hear.hasFocus() or self.stop.hasFocus()
        self.hear.setVisible(not is_going_on)
        self.stop.setVisible(is_going_on)
        if had_focus:
            (self.stop if is_going_on else self.hear).setFocus()
        self.state.setText(self.tr("Being made…") if event.stage == "making" else "")
        if event.stage in ("making", "failed"):
            self.failed.emit(event.problem)
