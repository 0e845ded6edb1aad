"""Providers in the window: tests per job, Azure and paths, who takes over, whose model ends, waits that run down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from tests.gui.scripted_session import READY
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.providers import JobCheck, ModelEnding, ModelsListed, ProviderWaiting, Standing, TookOver
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.turn import Phase
from voiceapp.gui.notice_texts import notice_for
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.settings_jobs import JobsPage
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_providers import TESTED, ProvidersPage
from voiceapp.gui.state_strip import StateStrip
from voiceapp.gui.strip_text import Strip, after, countdown
from voiceapp.gui.theme import Theme
from voiceapp.resources import model_table

AZURE = Provider("work", ProviderKind.AZURE, "https://work.openai.azure.com", deployments={"chat": "mine"})
SHED = Provider("shed", ProviderKind.COMPATIBLE, "http://shed:1/v1")
FULL = replace(Settings().with_provider("openai"), providers=(*Settings().providers, AZURE, SHED), fallbacks=("shed",))
MODELS = {"chat": ("gpt-6-luna",), "transcription": ("gpt-transcribe",), "images": ("gpt-image-2",)}


class Desk:
    """The settings with what they wanted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.dialog = SettingsDialog(theme, Facts(models=MODELS, table=model_table()))
        qtbot.addWidget(self.dialog)
        self.wanted: list[object] = []
        self.dialog.wanted.connect(self.wanted.append)
        self.dialog.handle(e.SessionReady(e.Engines(), e.Devices(), FULL))
        providers, jobs = self.dialog.pages["providers"], self.dialog.pages["jobs"]
        assert isinstance(providers, ProvidersPage)
        assert isinstance(jobs, JobsPage)
        self.providers, self.jobs = providers, jobs

    def applied(self) -> Settings:
        self.dialog.apply_now()
        command = next(one for one in reversed(self.wanted) if isinstance(one, c.ApplySettings))
        return command.settings


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme) -> Iterator[Desk]:
    made = Desk(qtbot, theme)
    yield made
    made.dialog.close()


def choose(box: QComboBox, data: object) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


# --- settings -----------------------------------------------------------------------------------------------


def test_a_test_says_per_job_what_works(desk: Desk) -> None:
    card = desk.providers.card("openai")
    card.check.click()
    assert desk.wanted == [c.CheckProvider("openai", TESTED)]
    assert "images" not in TESTED
    assert set(TESTED) | {"images"} == {job.value for job in Job}
    works = JobCheck("chat", Standing.WORKS, "gpt-6-luna", 412.4)
    fails = JobCheck("speech", Standing.FAILS, "tts", sentence="OpenAI does not allow this.")
    desk.dialog.handle(e.ProviderChecked("openai", 90.0, ("gpt-6-luna",), jobs=(works, fails)))
    assert card.checks.words() == ["Thinking: Works · 412 ms", "Speaking: OpenAI does not allow this."]
    assert not card.checks.images.isHidden()
    card.checks.images.click()
    assert desk.wanted[-1] == c.CheckProvider("openai", ("images",))
    drawn = JobCheck("images", Standing.WORKS, "gpt-image-2", 9000.0)
    desk.dialog.handle(e.ProviderChecked("openai", 90.0, jobs=(drawn,)))
    assert card.checks.words()[-1] == "Drawing: Works · 9000 ms"
    assert card.checks.images.isHidden()


def test_azure_has_version_and_deployments(desk: Desk) -> None:
    fields = desk.providers.card("work").fields
    fields.version.setText("2025-04-01-preview")
    fields.per_job[Job.SPEECH].setText(" voice ")
    fields.save.click()
    wanted = replace(AZURE, api_version="2025-04-01-preview", deployments={"chat": "mine", "speech": "voice"})
    assert desk.applied().provider("work") == wanted


def test_a_command_can_print_the_key(desk: Desk) -> None:
    fields = desk.providers.card("work").fields
    fields.command.setText(" az account get-access-token ")
    fields.save.click()
    assert desk.applied().provider("work") == replace(AZURE, key_command="az account get-access-token")
    assert any("Not tested against Azure" in label.text() for label in fields.findChildren(QLabel))


def test_a_path_of_its_own_is_kept_and_can_be_taken_away(desk: Desk) -> None:
    desk.providers.card("shed").fields.per_job[Job.IMAGES].setText("/images/generate")
    desk.providers.card("shed").fields.save.click()
    assert desk.applied().provider("shed").paths == {"images": "/images/generate"}
    desk.providers.card("shed").fields.per_job[Job.IMAGES].setText("")
    desk.providers.card("shed").fields.save.click()
    assert desk.applied().provider("shed") == SHED


def test_an_azure_provider_can_be_added(desk: Desk) -> None:
    choose(desk.providers.new_kind, ProviderKind.AZURE)
    desk.providers.new_name.setText("office")
    desk.providers.new_address.setText("https://office.openai.azure.com")
    desk.providers.add_button.click()
    assert desk.applied().provider("office").kind is ProviderKind.AZURE


def test_every_job_names_its_provider_and_model(desk: Desk) -> None:
    for job in Job:
        choice = desk.jobs.choice(job)
        choose(choice.provider, "shed")
        line = choice.model.lineEdit()
        assert line is not None
        line.setText(f"m-{job.value}")
        line.editingFinished.emit()
    assert desk.applied().jobs == {job.value: Choice("shed", f"m-{job.value}") for job in Job}
    choose(desk.jobs.choice(Job.IMAGES).provider, "")
    assert "images" not in desk.applied().jobs


def test_tuned_models_are_offered_for_chat_and_others_for_what_they_do(desk: Desk) -> None:
    tuned = "ft:gpt-4o-mini:acme::1"
    desk.dialog.handle(ModelsListed("openai", (tuned, "gpt-transcribe", "whisper-9", "gpt-6-luna")))
    models = {job: desk.jobs.choice(job).model for job in (Job.CHAT, Job.TRANSCRIPTION)}
    shown = {job: [box.itemText(n) for n in range(box.count())] for job, box in models.items()}
    assert shown == {Job.CHAT: ["gpt-6-luna", tuned], Job.TRANSCRIPTION: ["gpt-transcribe", "whisper-9"]}


def test_who_takes_over_and_what_is_kept(desk: Desk) -> None:
    first, second = desk.jobs.fallbacks
    assert first.currentData() == "shed"
    choose(second, "local")
    assert desk.applied().fallbacks == ("shed", "local")
    choose(first, "")
    assert desk.applied().fallbacks == ("local",)
    desk.jobs.private_cached.click()
    assert desk.applied().is_private_speech_cached is True
    desk.jobs.cached.click()
    assert desk.applied().is_cached is False
    desk.dialog.handle(e.SettingsChanged(FULL))
    desk.providers.card("shed").remove.click()
    assert desk.applied().fallbacks == ()


# --- notices ------------------------------------------------------------------------------------------------


def test_an_ending_model_is_replaced_in_one_click_or_put_off() -> None:
    sent: list[object] = []
    ending = ModelEnding("openai", "chat", "gpt-4o", date(2027, 1, 4), "gpt-6-luna")
    notice = notice_for(ending, sent.append, lambda: FULL, lambda: None)
    assert notice is not None
    assert notice.message == "gpt-4o ends on 4 January 2027."
    (action,) = notice.actions
    assert action.text == "Use gpt-6-luna"
    action.act()
    (applied,) = sent
    assert isinstance(applied, c.ApplySettings)
    assert applied.settings.choice(Job.CHAT) == Choice("openai", "gpt-6-luna")
    assert notice.on_dismissed is not None
    notice.on_dismissed()
    assert sent[-1] == c.ApplySettings(replace(FULL, endings_seen=("gpt-4o",)))


def test_an_ending_without_successor_offers_no_button() -> None:
    ending = ModelEnding("openai", "speech", "gpt-4o-mini-tts", date(2027, 1, 6))
    notice = notice_for(ending, lambda _command: None, lambda: FULL, lambda: None)
    assert notice is not None
    assert notice.actions == ()
    assert "No successor" in notice.hint


@pytest.mark.parametrize("job", ["chat", "transcription", "speech", "images"])
def test_who_took_over_is_told_with_the_reason(job: str) -> None:
    event = TookOver(job, "OpenAI gpt-6-luna", "shed llama", "OpenAI has a problem of its own.")
    notice = notice_for(event, lambda _command: None, lambda: FULL, lambda: None)
    assert notice is not None
    assert "shed llama" in notice.message
    assert "OpenAI gpt-6-luna" in notice.message
    assert notice.hint == event.reason


# --- strip --------------------------------------------------------------------------------------------------


def test_a_wait_runs_down_to_nothing() -> None:
    strip = after(after(Strip(), READY, 10.0), ProviderWaiting("OpenAI", 17.2), 10.0)
    assert countdown(strip, 10.0) == "OpenAI asks to wait: 8 s"
    assert countdown(strip, 16.5) == "OpenAI asks to wait: 1 s"
    assert countdown(strip, 17.2) == ""


def test_a_turn_that_failed_for_a_limit_counts_down_until_the_next() -> None:
    problem = e.Problem("rate_limit", "OpenAI asks to wait 30 s.", retry_after_s=30.0, provider="OpenAI")
    strip = after(Strip(is_ready=True), e.TurnFailed(1, problem), 100.0)
    assert countdown(strip, 100.0) == "OpenAI asks to wait: 30 s"
    strip = after(strip, e.PhaseChanged(Phase.LISTENING, 2), 105.0)
    assert countdown(strip, 105.0) == ""


def test_the_strip_ticks_while_a_wait_runs(qtbot: QtBot, theme: Theme) -> None:
    strip = StateStrip(theme)
    qtbot.addWidget(strip)
    ticks = []
    for event in (READY, ProviderWaiting("OpenAI", 1e12), ProviderWaiting("OpenAI", 0.0)):
        strip.apply(event)
        ticks.append(strip.is_animating)
    assert ticks == [False, True, False]
