"""Hearing: what the recogniser is told, what it is asked for, and how sound is sent to it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox

from voiceapp.core.hearing import HearingWishes, Upload
from voiceapp.core.settings import Job, Settings
from voiceapp.gui.controls import Switch
from voiceapp.gui.settings_page import SettingsPage, note
from voiceapp.gui.settings_speech import LeavingText
from voiceapp.gui.theme import Theme


class HearingPage(SettingsPage):
    """Context, English, speakers, doubts, upload."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Hearing", "Language and vocabulary are under Voices and speech.")
        self.title = self.tr("Hearing")
        panel = self.section()
        self.prompt = LeavingText(2)
        self.prompt.setPlaceholderText(self.tr("For example: a talk about gardening"))
        hint = self.tr("What is usually talked about. Models that take context hear better with it.")
        panel.row(self.tr("Context"), self.prompt, hint)
        self.translated = Switch(theme, self.tr("Words in English"))
        hint = self.tr("Whatever is spoken. OpenAI offers it until 2027-02-26; the engine on this computer does not.")
        panel.row(self.tr("Translation"), self.translated, hint)
        self.speakers = Switch(theme, self.tr("Who says what"))
        hint = self.tr("For recordings, not while you talk with the assistant.")
        panel.row(self.tr("Speakers"), self.speakers, hint)
        self.doubts = Switch(theme, self.tr("Mark them"))
        hint = self.tr("In Recordings and in files, where the model tells how sure it is.")
        panel.row(self.tr("Doubtful words"), self.doubts, hint)
        self._add_sending()
        for switch in (self.translated, self.speakers, self.doubts):
            switch.clicked.connect(self._apply)
        self.prompt.textChanged.connect(self._apply)
        self.upload.activated.connect(self._apply)
        self.know("prompt", "translate", "diarize", "confidence", "flac", "opus", "live")

    def _add_sending(self) -> None:
        panel = self.section(self.tr("How sound is sent"))
        self.upload = QComboBox()
        self.upload.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.upload.setMinimumContentsLength(8)
        for value, words in (
            (Upload.AUTO, self.tr("As fits: small to the network, lossless nearby")),
            (Upload.OPUS, self.tr("Opus, the smallest")),
            (Upload.FLAC, self.tr("FLAC, lossless")),
            (Upload.WAV, self.tr("WAV, for servers that read nothing else")),
        ):
            self.upload.addItem(words, value.value)
        panel.row(self.tr("Recordings"), self.upload)
        self.live = note("")
        panel.row(self.tr("While you speak"), self.live)

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        wishes = settings.hearing
        blockers = [QSignalBlocker(widget) for widget in (self.prompt, self.upload)]
        if self.prompt.toPlainText() != wishes.prompt:
            self.prompt.setPlainText(wishes.prompt)
        self.translated.setChecked(wishes.is_translated)
        self.speakers.setChecked(wishes.are_speakers_told)
        self.doubts.setChecked(wishes.are_weak_words_marked)
        self.upload.setCurrentIndex(self.upload.findData(wishes.upload.value))
        del blockers
        name = settings.choice(Job.LIVE_TRANSCRIPTION).provider
        self.live.setText(
            self.tr("Nothing is sent before you let go. Choose who hears live under Who does what, Live captions.")
            if name == "local"
            else self.tr("{name} hears you live; on any fault the recording is sent as a whole.").format(
                name=settings.provider(name).shown
            )
        )

    def _apply(self) -> None:
        wishes = HearingWishes(
            self.prompt.toPlainText(),
            self.translated.isChecked(),
            self.speakers.isChecked(),
            self.doubts.isChecked(),
            Upload(str(self.upload.currentData())),
        )
        self.offer(replace(self.settings, hearing=wishes))
