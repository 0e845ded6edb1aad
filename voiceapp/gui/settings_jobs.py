"""Who does what: provider and model of every job, and who takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QWidget

from voiceapp.core.events import EnginesChanged, Event, ProviderChecked, SessionReady
from voiceapp.core.providers import ModelsListed
from voiceapp.core.settings import Choice, Job, ProviderKind, Settings
from voiceapp.core.voices import can_hear
from voiceapp.gui.controls import Switch
from voiceapp.gui.portions import Portions
from voiceapp.gui.settings_page import Facts, Panel, Row, SettingsPage, note, side_by_side
from voiceapp.gui.spoken_names import name_box
from voiceapp.gui.theme import Theme

MANY_MODELS = 100
NARROWEST_PX, BESIDE_FROM_PX = 130, 280
"""Below the latter the model stands under its provider."""


class EngineChoice(QWidget):
    """A provider and a model of it; an empty model is the provider's usual one."""

    chosen = Signal(object)

    def __init__(self, job: str) -> None:
        super().__init__()
        self.provider, self.model = QComboBox(), QComboBox()
        for box in (self.provider, self.model):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(5)
        self.model.setEditable(True)
        self.model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        name_box(self.provider, self.tr("Provider for {job}").format(job=job))
        name_box(self.model, self.tr("Model for {job}").format(job=job))
        line = self.model.lineEdit()
        assert line is not None
        line.setPlaceholderText(self.tr("the usual model"))
        row = side_by_side(self.provider, self.model, has_stretch=False)
        row.setContentsMargins(0, 0, 0, 0)
        row.setStretch(0, 2)
        row.setStretch(1, 3)
        self.setLayout(row)
        self._row = row
        self._shown = Choice("")
        self.setMinimumWidth(NARROWEST_PX)
        self.provider.activated.connect(lambda: self._on_provider())
        self.model.activated.connect(lambda: self._emit())
        line.editingFinished.connect(self._emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < BESIDE_FROM_PX
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)

    def show_choice(self, choice: Choice, names: Sequence[tuple[str, str]], models: Sequence[str]) -> None:
        """Show *choice* among *names*, (name, as shown) each, and suggest *models*."""
        self._shown = choice
        with QSignalBlocker(self.provider), QSignalBlocker(self.model):
            self.provider.clear()
            for name, shown in names:
                self.provider.addItem(shown, name)
            self.provider.setCurrentIndex(self.provider.findData(choice.provider))
            self.model.clear()
            self.model.addItems(list(models))
            self.model.setEditText(choice.model)
        self.model.setEnabled(choice.provider not in ("", "local"))

    def choice(self) -> Choice:
        """Return what is chosen; of another model nothing but its name is known."""
        chosen = Choice(str(self.provider.currentData()), self.model.currentText().strip())
        is_same = (chosen.provider, chosen.model) == (self._shown.provider, self._shown.model)
        return self._shown if is_same else chosen

    def _on_provider(self) -> None:
        self.model.setEditText("")
        self._emit()

    def _emit(self) -> None:
        self.chosen.emit(self.choice())


class JobsPage(SettingsPage):
    """One row per job, and who takes over where one fails."""

    def __init__(self, theme: Theme, facts: Facts) -> None:
        super().__init__(theme, "Who does what")
        self.title = self.tr("Who does what")
        self._facts = facts
        self._found: dict[str, dict[str, Sequence[str]]] = {}
        self._telling = Portions(self)
        self._choices: dict[Job, EngineChoice] = {}
        self._rows: dict[Job, Row] = {}
        self.know("model", "engine", "provider", "fallback", "cache")
        self._unmade = self._sections()

    def _sections(self) -> Iterator[None]:
        """Make the controls, row by row: together they take longer than the window may wait."""
        panel = self.section()
        for job, (label, hint) in self._turn_jobs().items():
            self._add_row(panel, job, label, hint)
            yield
            if job is Job.CHAT:
                self._add_effort(panel)
                yield
        self._add_by_ear(panel)
        self._note = note("")
        self.column.addWidget(self._note)
        more = self.section(self.tr("Beside the conversation"))
        for job, (label, hint) in self._other_jobs().items():
            yield
            self._add_row(more, job, label, hint)
        yield
        self._add_fallbacks()
        yield
        self._add_keeping()

    def steps(self, settings: Settings) -> Iterator[None]:
        yield from self._unmade
        yield from super().steps(settings)

    def _turn_jobs(self) -> dict[Job, tuple[str, str]]:
        return {
            Job.TRANSCRIPTION: (self.tr("Hearing"), self.tr("Turns your recording into words.")),
            Job.CHAT: (self.tr("Thinking"), self.tr("Writes the answer.")),
            Job.SPEECH: (self.tr("Speaking"), self.tr("Reads the answer aloud.")),
        }

    def _other_jobs(self) -> dict[Job, tuple[str, str]]:
        return {
            Job.LIVE_TRANSCRIPTION: (
                self.tr("Live captions"),
                self.tr("Words while you speak. At OpenAI about four times the price of Hearing."),
            ),
            Job.REALTIME: (
                self.tr("Live conversation"),
                self.tr("Hears, thinks and speaks in one. So far only tests of a provider use it."),
            ),
            Job.IMAGES: (self.tr("Drawing"), self.tr("Makes images.")),
            Job.MODERATION: (self.tr("Checking"), self.tr("Judges texts and images.")),
            Job.EMBEDDINGS: (self.tr("Finding"), self.tr("Finds what you said by its meaning.")),
        }

    def _add_row(self, panel: Panel, job: Job, label: str, hint: str) -> None:
        choice = EngineChoice(label)
        choice.chosen.connect(lambda chosen: self._on_chosen(job, chosen))
        self._choices[job] = choice
        self._rows[job] = panel.row(label, choice, hint)

    def _add_effort(self, panel: Panel) -> None:
        self.effort = QComboBox()
        self.effort.activated.connect(lambda: self._on_effort())
        hint = self.tr("How hard the model thinks before it answers. More is slower and costs more.")
        self._effort_row = panel.row(self.tr("Effort"), self.effort, hint)

    def _show_effort(self) -> None:
        """Offer what the model that thinks takes; where that is not known, nothing."""
        choice = self.settings.choice(Job.CHAT)
        is_local = self.settings.provider(choice.provider).kind is ProviderKind.LOCAL
        model = choice.model or self._facts.table.default(Job.CHAT.value)
        efforts = () if is_local else self._facts.table.find(model).efforts
        names = {"none": self.tr("None"), "minimal": self.tr("Minimal"), "low": self.tr("Low")}
        names |= {"medium": self.tr("Medium"), "high": self.tr("High")}
        with QSignalBlocker(self.effort):
            self.effort.clear()
            self.effort.addItem(self.tr("As the model likes"), "")
            for effort in efforts:
                self.effort.addItem(names.get(effort, effort), effort)
            self.effort.setCurrentIndex(max(0, self.effort.findData(choice.effort)))
        self._effort_row.setVisible(bool(efforts))

    def _on_effort(self) -> None:
        choice = replace(self.settings.choice(Job.CHAT), effort=str(self.effort.currentData()))
        if self.offer(replace(self.settings, jobs={**self.settings.jobs, Job.CHAT.value: choice}), self._effort_row):
            self.show_settings(self.settings)

    def _add_by_ear(self, panel: Panel) -> None:
        self.by_ear = Switch(self.theme, self.tr("Hears and speaks by itself"))
        self.by_ear.clicked.connect(lambda on: self.offer(replace(self.settings, is_by_ear=bool(on))))
        hint = self.tr(
            "Your recording goes to the thinking model as sound, and it answers with its own voice. Your words are "
            "written down beside it. With automatic checks on, words are written and checked first. "
            "Not tested with the live service."
        )
        self.by_ear_row = panel.row(self.tr("By ear"), self.by_ear, hint)

    def _add_fallbacks(self) -> None:
        panel = self.section(self.tr("When a provider fails"))
        self.fallbacks = (QComboBox(), QComboBox())
        hint = self.tr("Takes the turn over when there is no answer, no credit or a long wait. You are told.")
        self._fallback_rows = (
            panel.row(self.tr("Then"), self.fallbacks[0], hint),
            panel.row(self.tr("And then"), self.fallbacks[1]),
        )
        for box in self.fallbacks:
            box.activated.connect(lambda: self._on_fallbacks())
        self._last_panel = panel

    def _add_keeping(self) -> None:
        panel = self._last_panel
        self.cached = Switch(self.theme, self.tr("Reuse answers"))
        self.cached.clicked.connect(lambda on: self.offer(replace(self.settings, is_cached=bool(on))))
        hint = self.tr(
            "Checks and meanings of the same words are kept on this disk and not paid for twice; speech too where the "
            "provider remembers conversations."
        )
        panel.row(self.tr("On this disk"), self.cached, hint)
        self.private_cached = Switch(self.theme, self.tr("Speech of private conversations too"))
        self.private_cached.clicked.connect(
            lambda on: self.offer(replace(self.settings, is_private_speech_cached=bool(on)))
        )
        hint = self.tr("What is said aloud then stays on this disk, though the provider is told to keep nothing.")
        panel.row(self.tr("In privacy"), self.private_cached, hint)

    def choice(self, job: Job) -> EngineChoice:
        """Return the controls of *job*."""
        return self._choices[job]

    def show_settings(self, settings: Settings) -> None:
        super().show_settings(settings)
        for _made in self._unmade:
            pass
        for job, control in self._choices.items():
            names = self._names(job)
            if control.choice() != self._chosen(job) or control.provider.count() != len(names):
                control.show_choice(self._chosen(job), names, self._models(job))
        names = [("", self.tr("Nobody")), *((p.name, p.shown) for p in settings.providers)]
        for number, box in enumerate(self.fallbacks):
            with QSignalBlocker(box):
                box.clear()
                for name, shown in names:
                    box.addItem(shown, name)
                box.setCurrentIndex(
                    box.findData(settings.fallbacks[number] if number < len(settings.fallbacks) else "")
                )
        self.cached.setChecked(settings.is_cached)
        self.private_cached.setChecked(settings.is_private_speech_cached)
        self.private_cached.setEnabled(settings.is_cached)
        self.by_ear.setChecked(settings.is_by_ear)
        self.by_ear_row.setVisible(can_hear(settings, self._facts.table))
        self._show_effort()

    def handle(self, event: Event) -> None:
        if isinstance(event, ProviderChecked) and event.models:
            self._learn(event.name, event.models)
        elif isinstance(event, ModelsListed):
            self._learn(event.provider, event.models)
        elif isinstance(event, SessionReady | EnginesChanged):
            self._note.setText(event.engines.note)

    def _learn(self, provider: str, models: tuple[str, ...]) -> None:
        """Offer *models* for what they may do, in one row after the other: a list may name hundreds."""
        self._found[provider] = {model: self._jobs_of(model) for model in models}
        self._telling.begin(self._offer_models(provider))

    def _offer_models(self, provider: str) -> Iterator[None]:
        for job, control in self._choices.items():
            if self._chosen(job).provider == provider:
                control.show_choice(self._chosen(job), self._names(job), self._models(job))
                if len(self._found[provider]) > MANY_MODELS:
                    yield

    def _chosen(self, job: Job) -> Choice:
        """Return who does *job*; nobody in particular for a job that can be left open and was never given away."""
        if self._left_open(job) and job.value not in self.settings.jobs:
            return Choice("")
        return self.settings.choice(job)

    def _names(self, job: Job) -> list[tuple[str, str]]:
        names = [(provider.name, provider.shown) for provider in self.settings.providers]
        if not (left_open := self._left_open(job)):
            return names
        return [("", left_open), *(pair for pair in names if pair[0] != "local")]

    def _left_open(self, job: Job) -> str:
        """Return who does *job* where nobody was chosen; "" where this computer does."""
        if job in (Job.LIVE_TRANSCRIPTION, Job.REALTIME):
            return self.tr("Nobody")
        return self.tr("OpenAI, if it is used") if job in (Job.IMAGES, Job.MODERATION) else ""

    def _models(self, job: Job) -> tuple[str, ...]:
        provider = self._chosen(job).provider
        if provider in ("", "local"):
            return ()
        known = self._facts.models.get(job.value, ()) if provider == "openai" else ()
        found = (model for model, jobs in self._found.get(provider, {}).items() if not jobs or job.value in jobs)
        return tuple(dict.fromkeys((*known, *found)))

    def _jobs_of(self, model: str) -> Sequence[str]:
        """Return what *model* may do: by the table, else by its name; one that says nothing may do anything."""
        known = [name for name, models in self._facts.models.items() if model in models]
        return known or self._facts.table.jobs_by_name(model)

    def _on_chosen(self, job: Job, choice: Choice) -> None:
        jobs = {name: kept for name, kept in self.settings.jobs.items() if name != job.value}
        if choice.provider:
            jobs[job.value] = choice
        if choice != self._chosen(job) and self.offer(replace(self.settings, jobs=jobs), self._rows[job]):
            self.show_settings(self.settings)
            self._choices[job].model.setEnabled(choice.provider not in ("", "local"))

    def _on_fallbacks(self) -> None:
        chosen = [str(box.currentData()) for box in self.fallbacks]
        fallbacks = tuple(dict.fromkeys(name for name in chosen if name))
        if self.offer(replace(self.settings, fallbacks=fallbacks), self._fallback_rows[0]):
            self.show_settings(self.settings)
