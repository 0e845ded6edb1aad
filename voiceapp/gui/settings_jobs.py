"""Who does what: provider and model for hearing, thinking and speaking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from voiceapp.core.events import EnginesChanged, Event, ProviderChecked, SessionReady
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.gui.settings_page import Facts, Row, SettingsPage, note, side_by_side
from voiceapp.gui.theme import Theme


class EngineChoice(QWidget):
    """A provider and a model of it; an empty model is the provider's usual one."""

    chosen = Signal(object)

    def __init__(self, job: str) -> None:
        super().__init__()
        self.provider, self.model = QComboBox(), QComboBox()
        self.model.setEditable(True)
        self.model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.provider.setAccessibleName(self.tr("Provider for {job}").format(job=job))
        self.model.setAccessibleName(self.tr("Model for {job}").format(job=job))
        line = self.model.lineEdit()
        assert line is not None
        line.setPlaceholderText(self.tr("the usual model"))
        row = side_by_side(self.provider, self.model, has_stretch=False)
        row.setContentsMargins(0, 0, 0, 0)
        row.setStretch(0, 2)
        row.setStretch(1, 3)
        self.setLayout(row)
        self.provider.activated.connect(lambda: self._on_provider())
        self.model.activated.connect(lambda: self._emit())
        line.editingFinished.connect(self._emit)

    def show_choice(self, choice: Choice, names: Sequence[tuple[str, str]], models: Sequence[str]) -> None:
        """Show *choice* among *names*, (name, as shown) each, and suggest *models*."""
        with QSignalBlocker(self.provider), QSignalBlocker(self.model):
            self.provider.clear()
            for name, shown in names:
                self.provider.addItem(shown, name)
            self.provider.setCurrentIndex(self.provider.findData(choice.provider))
            self.model.clear()
            self.model.addItems(list(models))
            self.model.setEditText(choice.model)
        self.model.setEnabled(choice.provider != "local")

    def choice(self) -> Choice:
        """Return what is chosen."""
        return Choice(str(self.provider.currentData()), self.model.currentText().strip())

    def _on_provider(self) -> None:
        self.model.setEditText("")
        self._emit()

    def _emit(self) -> None:
        self.chosen.emit(self.choice())


class JobsPage(SettingsPage):
    """One row per job of a turn."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "Who does what")
        self.title = self.tr("Who does what")
        self._facts = facts
        self._found: dict[str, tuple[str, ...]] = {}
        self._choices: dict[Job, EngineChoice] = {}
        self._rows: dict[Job, Row] = {}
        panel = self.section()
        for job, label, hint in (
            (Job.TRANSCRIPTION, self.tr("Hearing"), self.tr("Turns your recording into words.")),
            (Job.CHAT, self.tr("Thinking"), self.tr("Writes the answer.")),
            (Job.SPEECH, self.tr("Speaking"), self.tr("Reads the answer aloud.")),
        ):
            choice = EngineChoice(label)
            choice.chosen.connect(lambda chosen, job=job: self._on_chosen(job, chosen))
            self._choices[job] = choice
            self._rows[job] = panel.row(label, choice, hint)
        self._note = note("")
        self.column.addWidget(self._note)
        self.know("model", "engine", "provider")

    def choice(self, job: Job) -> EngineChoice:
        """Return the controls of *job*."""
        return self._choices[job]

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        names = [(provider.name, provider.shown) for provider in settings.providers]
        for job, control in self._choices.items():
            choice = settings.choice(job)
            models = () if choice.provider == "local" else self._models(job, choice.provider)
            if control.choice() != choice or control.provider.count() != len(names):
                control.show_choice(choice, names, models)

    def handle(self, event: Event) -> None:
        if isinstance(event, ProviderChecked) and event.models:
            self._found[event.name] = event.models
            for job, control in self._choices.items():
                if self.settings.choice(job).provider == event.name:
                    names = [(provider.name, provider.shown) for provider in self.settings.providers]
                    control.show_choice(self.settings.choice(job), names, self._models(job, event.name))
        elif isinstance(event, SessionReady | EnginesChanged):
            self._note.setText(event.engines.note)

    def _models(self, job: Job, provider: str) -> tuple[str, ...]:
        known = self._facts.models.get(job.value, ()) if provider == "openai" else ()
        return tuple(dict.fromkeys((*known, *self._found.get(provider, ()))))

    def _on_chosen(self, job: Job, choice: Choice) -> None:
        jobs = {**self.settings.jobs, job.value: choice}
        if choice != self.settings.choice(job) and self.offer(replace(self.settings, jobs=jobs), self._rows[job]):
            self.show_settings(self.settings)
            self._choices[job].model.setEnabled(choice.provider != "local")
