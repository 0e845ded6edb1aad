"""The pages that mostly tell: keyboard, privacy and storage, appearance, about."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QLabel

from voiceapp.core.settings import Job, Provider, Settings, speaks_responses
from voiceapp.gui.data_folder_row import DataFolderRow
from voiceapp.gui.settings_page import Facts, SettingsPage, note
from voiceapp.gui.theme import Theme


class KeyboardPage(SettingsPage):
    """The shortcuts."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Keyboard")
        self.title = self.tr("Keyboard")
        panel = self.section()
        shortcuts = (
            ("Space", self.tr("Hold to talk, where no text field has the focus; a short press toggles")),
            ("Ctrl+Space", self.tr("The same, everywhere in the window")),
            ("Esc", self.tr("Stop, cancel")),
            ("Ctrl+N", self.tr("New conversation")),
            ("Ctrl+K", self.tr("Search")),
            ("Ctrl+L", self.tr("Type instead of talking")),
            ("Ctrl+R", self.tr("Answer again")),
            ("Ctrl+Shift+C", self.tr("Copy the answer")),
            ("Ctrl+Z", self.tr("Take a deletion back, while it is told")),
            ("Ctrl+B", self.tr("Show or hide the conversations")),
            ("Ctrl+J", self.tr("Show or hide the pictures")),
            ("Ctrl+V", self.tr("Attach what was copied, where no text field has the focus")),
            ("Ctrl+Shift+S", self.tr("Attach a part of the screen")),
            ("Ctrl+,", self.tr("Settings")),
            ("F6", self.tr("Next region of the window")),
            ("F12", self.tr("Log")),
        )
        self.keys = tuple(keys for keys, _what in shortcuts)
        for keys, what in shortcuts:
            panel.row(keys, note(what))
        self.know("shortcut", "keys")


class PrivacyPage(SettingsPage):
    """What is sent where, and what lies where."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "Privacy and storage")
        self.title = self.tr("Privacy and storage")
        self._sent: dict[Job, QLabel] = {}
        panel = self.section(self.tr("What is sent where"))
        for job, label in (
            (Job.TRANSCRIPTION, self.tr("Your voice")),
            (Job.CHAT, self.tr("Your words and what you attach")),
            (Job.SPEECH, self.tr("The answer's text")),
            (Job.IMAGES, self.tr("Descriptions of pictures to draw")),
            (Job.MODERATION, self.tr("What you have checked")),
            (Job.EMBEDDINGS, self.tr("What is searched by meaning")),
        ):
            self._sent[job] = note("")
            panel.row(label, self._sent[job])
        panel.row(self.tr("Telemetry"), note(self.tr("None. voiceapp calls nobody but the providers you chose.")))
        stored = self.section(self.tr("What is kept"))
        self.folder = DataFolderRow(theme, facts)
        stored.row(self.tr("Data folder"), self.folder, self.tr("Recordings, conversations and notes."))
        stored.row(self.tr("Keys"), note(facts.key_place or self.tr("The system keyring")))
        self.know("delete", "history", "recordings", "move", "folder")

    def sent(self, job: Job) -> str:
        """Return what is said about *job*."""
        return self._sent[job].text()

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        doers = {Job.IMAGES: settings.drawer(), Job.MODERATION: settings.checker()}
        for job, label in self._sent.items():
            name = doers.get(job, settings.choice(job)).provider
            if name == "local":
                label.setText(self.tr("Stays on this computer."))
                continue
            provider = settings.provider(name)
            where = f" ({provider.base_url})" if provider.base_url else ""
            words = self.tr("Goes to {name}{where}.").format(name=provider.shown, where=where)
            kept = self._kept_words(provider) if job is Job.CHAT else ""
            label.setText(f"{words} {kept}".strip())
        live = settings.provider(settings.choice(Job.LIVE_TRANSCRIPTION).provider)
        if live.name != "local":
            heard = self.tr("{words} While you speak it goes to {name} already.")
            voice = self._sent[Job.TRANSCRIPTION]
            voice.setText(heard.format(words=voice.text(), name=live.shown))

    def _kept_words(self, provider: Provider) -> str:
        """Say who remembers a conversation, where the service can be told."""
        if not speaks_responses(provider):
            return ""
        if not provider.is_private:
            return self.tr("It keeps what is said for about 30 days; you chose that in “Providers”.")
        return self.tr("It is told to keep nothing of it.")


class AppearancePage(SettingsPage):
    """Light or dark."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Appearance")
        self.title = self.tr("Appearance")
        self.choice = QComboBox()
        for value, words in (
            ("system", self.tr("As the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        ):
            self.choice.addItem(words, value)
        self.section().row(self.tr("Theme"), self.choice)
        self.choice.activated.connect(self._apply)
        self.know("colour", "light", "dark")

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(self.choice.findData(settings.theme))

    def _apply(self) -> None:
        value = str(self.choice.currentData())
        if self.offer(replace(self.settings, theme=value)):
            self.theme.set_choice(value)


class AboutPage(SettingsPage):
    """Versions and licences."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "About", "voiceapp is free software under the MIT licence.")
        self.title = self.tr("About")
        panel = self.section(self.tr("Versions"))
        for name, version in facts.versions.items():
            panel.row(name, note(version))
        licences = self.section(self.tr("Licences"))
        for name, licence in (
            ("Qt, PySide6", "LGPL-3"),
            ("espeak-ng", "GPL-3"),
            ("pocketsphinx", "BSD-2-Clause"),
            ("Silero VAD", "MIT"),
            ("libsndfile, soxr", "LGPL"),
            ("Inter, JetBrains Mono", "OFL-1.1"),
            ("Lucide icons", "ISC"),
        ):
            licences.row(name, note(licence))
        self.know("version", "licence")
