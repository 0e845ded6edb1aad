"""Voices and speech: how answers sound, and what helps with hearing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QSlider

from voiceapp.core.events import Event
from voiceapp.core.settings import Settings
from voiceapp.core.voices import VoicePreviewed, takes_style, voices_for
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_page import Facts, SettingsPage, side_by_side
from voiceapp.gui.theme import Theme
from voiceapp.gui.voice_preview import VoicePreview

LANGUAGES = (
    ("", "Find out by itself"),
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ko", "한국어"),
    ("ja", "日本語"),
    ("zh", "中文"),
)


class LeavingText(QPlainTextEdit):
    """A field of several lines whose content counts when it is left."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setFixedHeight(lines * 20 + 16)


class SpeechPage(SettingsPage):
    """Voice with a preview, speed, manner, language, vocabulary, instructions."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "Voices and speech")
        self.title = self.tr("Voices and speech")
        self._facts = facts
        panel = self.section()
        self.voice = QComboBox()
        self.voice.setEditable(True)
        voice_line = self.voice.lineEdit()
        assert voice_line is not None
        voice_line.setPlaceholderText(self.tr("the engine's own"))
        self.voice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.preview = VoicePreview(theme)
        panel.row(self.tr("Voice"), self.voice, self.tr("By name, as its engine knows it."))
        self.preview_row = panel.row(self.tr("Try it"), self.preview, self.tr("At the chosen loudspeaker."))
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setAccessibleName(self.tr("Speed"))
        self.speed.setRange(50, 200)
        self.speed.setSingleStep(5)
        self.speed.setPageStep(25)
        self.speed.setMinimumHeight(24)
        self.speed_words = PlainLabel()
        self.speed_words.setFixedWidth(56)
        self.speed_words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        panel.row(self.tr("Speed"), side_by_side(self.speed, self.speed_words, has_stretch=False))
        self.manner = LeavingText(2)
        self.manner.setPlaceholderText(self.tr("For example: calm and friendly, not too fast"))
        self.manner_row = panel.row(self.tr("Manner"), self.manner, self.tr("Told to the voice: how it is to sound."))
        self.language = QComboBox()
        for code, name in LANGUAGES:
            self.language.addItem(name, code)
        hint = self.tr("What you speak. The engine on this computer hears English.")
        panel.row(self.tr("Language"), self.language, hint)
        self.vocabulary = LeavingText(3)
        self.vocabulary.setPlaceholderText(self.tr("One name or term in a line"))
        panel.row(self.tr("Vocabulary"), self.vocabulary, self.tr("Names and terms it should spell right."))
        self.instructions = LeavingText(3)
        panel.row(self.tr("Instructions"), self.instructions, self.tr("Told to the model with every question."))
        voice_line.editingFinished.connect(self._apply)
        self.voice.activated.connect(self._apply)
        self.speed.valueChanged.connect(self._on_speed)
        self.language.activated.connect(self._apply)
        self.manner.textChanged.connect(self._apply)
        self.vocabulary.textChanged.connect(self._apply)
        self.preview.wanted.connect(self.wanted)
        self.preview.failed.connect(self.preview_row.set_error)
        self.voice.currentTextChanged.connect(self._show_preview)
        self.instructions.textChanged.connect(self._apply)
        self.know("tempo", "words", "prompt", "spelling", "preview", "style")

    def handle(self, event: Event) -> None:
        if isinstance(event, VoicePreviewed):
            self.preview.handle(event)

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        widgets = (self.voice, self.speed, self.manner, self.language, self.vocabulary, self.instructions)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.voice.clear()
        for voice in voices_for(settings, self._facts.table, self._facts.voices):
            self.voice.addItem(voice.name, voice.id)
        at = self.voice.findData(settings.voice)
        self.voice.setCurrentIndex(at)
        if at < 0:
            self.voice.setEditText(settings.voice)
        self.speed.setValue(round(settings.speed * 100))
        self._show_speed()
        if self.language.findData(settings.language) < 0:
            self.language.addItem(settings.language, settings.language)
        self.language.setCurrentIndex(self.language.findData(settings.language))
        self.manner_row.setVisible(takes_style(settings, self._facts.table))
        if self.manner.toPlainText() != settings.voice_style:
            self.manner.setPlainText(settings.voice_style)
        if self._vocabulary() != settings.vocabulary:
            self.vocabulary.setPlainText("\n".join(settings.vocabulary))
        if self.instructions.toPlainText() != settings.instructions:
            self.instructions.setPlainText(settings.instructions)
        del blockers
        self._show_preview()

    def _show_preview(self) -> None:
        self.preview.show_choice(self._voice(), self.settings)

    def _on_speed(self) -> None:
        self._show_speed()
        self._apply()

    def _show_speed(self) -> None:
        self.speed_words.setText(f"{self.speed.value() / 100:.2f} ×")

    def _vocabulary(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.vocabulary.toPlainText().splitlines() if line.strip())

    def _voice(self) -> str:
        text = self.voice.currentText().strip()
        at = self.voice.findText(text)
        return str(self.voice.itemData(at)) if at >= 0 else text

    def _apply(self) -> None:
        changed = replace(
            self.settings,
            voice=self._voice(),
            speed=self.speed.value() / 100,
            voice_style=self.manner.toPlainText(),
            language=str(self.language.currentData() or ""),
            vocabulary=self._vocabulary(),
            instructions=self.instructions.toPlainText(),
        )
        self.offer(changed)
        self._show_preview()
