"""What can be said about a provider besides its key: address, API version, deployments, paths of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from voiceapp.core.settings import Job, Memory, Provider, ProviderKind, address_problem
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.settings_page import Row, note, side_by_side

SERVED_JOBS = tuple(job for job in Job if job not in (Job.LIVE_TRANSCRIPTION, Job.REALTIME))
"""Jobs with an endpoint of their own over HTTP."""
COMMAND_SHOWN = "az account get-access-token --resource https://cognitiveservices.azure.com"


class ProviderFields(QWidget):
    """Edits one provider.

    Signals:
        edited: the provider as it is to be.
    """

    edited = Signal(object)

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider
        self._is_azure = provider.kind is ProviderKind.AZURE
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.address = QLineEdit(provider.base_url)
        is_openai = provider.kind is ProviderKind.OPENAI
        usual = "https://api.openai.com/v1" if is_openai else "http://localhost:11434/v1"
        self.address.setPlaceholderText("https://NAME.openai.azure.com" if self._is_azure else usual)
        self.save = QPushButton(self.tr("Use"))
        self.save.setProperty("compact", True)
        self.address_row = Row(
            self.tr("Endpoint") if self._is_azure else self.tr("Base URL"),
            side_by_side(self.address, self.save, has_stretch=False),
        )
        self.address.setAccessibleName(self.tr("Base URL of {name}").format(name=provider.shown))
        column.addWidget(self.address_row)
        self.version = QLineEdit(provider.api_version)
        self.version.setPlaceholderText("2025-04-01-preview")
        version_row = Row(self.tr("API version"), self.version)
        column.addWidget(version_row)
        version_row.setVisible(self._is_azure)
        self.command = QLineEdit(provider.key_command)
        self.command.setPlaceholderText(COMMAND_SHOWN if self._is_azure else "")
        words = self.tr("For keys that end, such as sign-in tokens: asked again before the end.")
        untested = self.tr("Not tested against Azure.") if self._is_azure else ""
        command_row = Row(self.tr("Command that prints the key"), self.command, f"{words} {untested}".strip())
        self.command.setAccessibleName(self.tr("Command that prints the key of {name}").format(name=provider.shown))
        column.addWidget(command_row)
        column.addWidget(self._make_memory())
        given = provider.deployments if self._is_azure else provider.paths
        self.per_job = {job: QLineEdit(given.get(job.value, "")) for job in SERVED_JOBS}
        column.addWidget(self._make_per_job())
        for field in (self.address, self.version, self.command, *self.per_job.values()):
            field.returnPressed.connect(self._on_save)
        self.save.clicked.connect(self._on_save)

    def _make_memory(self) -> Row:
        """Who remembers conversations, in plain words; a compatible server is never asked to."""
        self.memory = QComboBox()
        self.memory.addItem(self.tr("Remembered only here (private)"), Memory.RESENT)
        self.memory.addItem(self.tr("Remembered by the service too"), Memory.HELD)
        self.memory.setCurrentIndex(self.memory.findData(self._provider.memory))
        self.memory.activated.connect(lambda: self._on_save())
        hint = self.tr(
            "Private: everything is sent again in each turn, and the service is told to keep nothing. Otherwise it"
            " keeps what is said for about 30 days, also when you delete it here, and gets only what is new; where you"
            " interrupted or changed something, it is sent all again."
        )
        row = Row(self.tr("Conversations"), self.memory, hint)
        row.setVisible(self._provider.kind in (ProviderKind.OPENAI, ProviderKind.AZURE))
        return row

    def _make_per_job(self) -> QWidget:
        """Deployments for Azure; for others where an endpoint lies elsewhere than usual."""
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 4, 0, 10)
        grid.setHorizontalSpacing(12)
        words = (
            self.tr("The deployment that does each job; empty: the one called like the model.")
            if self._is_azure
            else self.tr("Only where a server has an endpoint elsewhere, such as /images/generate:")
        )
        grid.addWidget(note(words), 0, 0, 1, 2)
        usual = {
            Job.CHAT: "/chat/completions",
            Job.TRANSCRIPTION: "/audio/transcriptions",
            Job.SPEECH: "/audio/speech",
            Job.IMAGES: "/images/generations",
            Job.MODERATION: "/moderations",
            Job.EMBEDDINGS: "/embeddings",
        }
        for row, (job, field) in enumerate(self.per_job.items(), start=1):
            label = PlainLabel(job.value.capitalize())
            label.setBuddy(field)
            field.setPlaceholderText("" if self._is_azure else usual[job])
            what = self.tr("Deployment for {job}") if self._is_azure else self.tr("Path for {job}")
            field.setAccessibleName(what.format(job=job.value))
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        return box

    def edit(self) -> Provider | None:
        """Return the provider as the fields say; None where an address is none, which is said beside it."""
        address = self.address.text().strip()
        is_optional = self._provider.kind is ProviderKind.OPENAI and not address
        why = "" if is_optional else address_problem(address)
        self.address_row.set_error(why)
        if why:
            return None
        per_job: Mapping[str, str] = {
            job.value: text for job, field in self.per_job.items() if (text := field.text().strip())
        }
        memory, command = Memory(self.memory.currentData()), self.command.text().strip()
        common = replace(self._provider, base_url=address, key_command=command, memory=memory)
        if self._is_azure:
            return replace(common, api_version=self.version.text().strip(), deployments=per_job)
        return replace(common, paths=per_job)

    def _on_save(self) -> None:
        edited = self.edit()
        if edited is not None:
            self.edited.emit(edited)
