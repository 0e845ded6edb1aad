"""A recording is to be turned into words again: by whom, in which language, about what, and with what."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from voiceapp.core.conversation import Take
from voiceapp.core.hearing import HearingOptions, TranscribeTake
from voiceapp.core.settings import Job, Settings
from voiceapp.gui.controls import Switch
from voiceapp.gui.dress import dress
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_page import note
from voiceapp.gui.settings_speech import LANGUAGES
from voiceapp.gui.theme import Theme


class TranscribeDialog(QDialog):
    """Asks how; ``asked`` carries the command. Not modal; begins with what is set."""

    asked = Signal(object)

    def __init__(self, theme: Theme, take: Take, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._take = take
        dress(theme, self)
        self.setWindowTitle(self.tr("Turn into words"))
        self.setMinimumWidth(460)
        self.provider, self.language = QComboBox(), QComboBox()
        self.provider.addItem(self.tr("As set"), "")
        for provider in settings.providers:
            self.provider.addItem(provider.shown, provider.name)
        for code, name in LANGUAGES:
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(settings.language)))
        self.prompt, self.keywords = QLineEdit(settings.hearing.prompt), QLineEdit()
        self.keywords.setPlaceholderText(self.tr("Names and terms, with commas between"))
        self.translated = Switch(theme, self.tr("Words in English"))
        self.speakers = Switch(theme, self.tr("Who says what"))
        self.translated.setChecked(settings.hearing.is_translated)
        self.speakers.setChecked(settings.hearing.are_speakers_told)
        self.translated.clicked.connect(lambda on: self.speakers.setChecked(self.speakers.isChecked() and not on))
        self.speakers.clicked.connect(lambda on: self.translated.setChecked(self.translated.isChecked() and not on))
        form = QFormLayout()
        form.setSpacing(12)
        for label, widget in (
            (self.tr("By"), self.provider),
            (self.tr("Language"), self.language),
            (self.tr("Context"), self.prompt),
            (self.tr("Terms"), self.keywords),
            ("", self.translated),
            ("", self.speakers),
        ):
            beside = PlainLabel(label)
            beside.setMinimumHeight(widget.sizeHint().height())  # not above its field's middle
            form.addRow(beside, widget)
            if label:
                widget.setAccessibleName(label)
                beside.setBuddy(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(16)
        column.addLayout(form)
        if settings.choice(Job.TRANSCRIPTION).provider == "local":
            column.addWidget(
                note(self.tr("The engine on this computer hears English; it neither translates nor tells speakers."))
            )
        self.go = QPushButton(self.tr("Turn into words"))
        self.go.setDefault(True)
        self.go.clicked.connect(self._go)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.go)
        column.addLayout(row)

    def _go(self) -> None:
        terms = [term.strip() for term in self.keywords.text().split(",")]
        options = HearingOptions(
            str(self.language.currentData() or ""),
            self.prompt.text().strip(),
            tuple(filter(None, terms)),
            self.translated.isChecked(),
            self.speakers.isChecked(),
            str(self.provider.currentData() or ""),
        )
        self.asked.emit(TranscribeTake(self._take.id, options))
        self.accept()
