"""The page of speech: voices of the model that speaks, their preview, the manner where it can be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from voiceapp.core import commands as c
from voiceapp.core.settings import Choice, Settings
from voiceapp.core.speech import Voice
from voiceapp.core.voices import PreviewVoice, VoicePreviewed
from voiceapp.gui.settings_jobs import JobsPage
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_speech import SpeechPage
from voiceapp.gui.theme import Theme
from voiceapp.resources import model_table

OPENAI = replace(Settings().with_provider("openai"), voice="cedar", speed=1.25, voice_style="Calm.")


def with_model(model: str) -> Settings:
    return replace(OPENAI, jobs={**OPENAI.jobs, "speech": Choice("openai", model)})


@pytest.fixture
def page(qtbot: QtBot, theme: Theme) -> SpeechPage:
    made = SpeechPage(theme, Facts(voices={"local": (Voice("en-gb", "British"),)}, table=model_table()))
    qtbot.addWidget(made)
    made.show_settings(OPENAI)
    made.show()
    return made


def shown(page: SpeechPage) -> list[str]:
    return [str(page.voice.itemData(at)) for at in range(page.voice.count())]


def test_voices_and_manner_follow_the_model(page: SpeechPage) -> None:
    assert "nova" in shown(page)
    assert page.manner_row.isVisible()
    page.show_settings(with_model("gpt-realtime-2.1-mini"))
    assert "nova" not in shown(page)
    assert page.manner.toPlainText() == "Calm."
    page.show_settings(with_model("tts-1"))
    assert not page.manner_row.isVisible()
    page.show_settings(Settings())
    assert shown(page) == ["en-gb"]
    assert not page.manner_row.isVisible()


def test_by_ear_is_offered_where_the_model_can(qtbot: QtBot, theme: Theme) -> None:
    jobs = JobsPage(theme, Facts(table=model_table()))
    qtbot.addWidget(jobs)
    edited: list[Settings] = []
    jobs.edited.connect(edited.append)
    jobs.show_settings(OPENAI)
    jobs.show()
    assert not jobs.by_ear_row.isVisible()
    hearing = replace(OPENAI, jobs={**OPENAI.jobs, "chat": Choice("openai", "gpt-audio-1.5")})
    jobs.show_settings(hearing)
    assert jobs.by_ear_row.isVisible()
    assert jobs.by_ear.isChecked()
    jobs.by_ear.click()
    assert edited == [replace(hearing, is_by_ear=False)]


def test_the_manner_is_applied(page: SpeechPage) -> None:
    edited: list[Settings] = []
    page.edited.connect(edited.append)
    page.manner.setPlainText("Cheerful.")
    assert edited[-1] == replace(OPENAI, voice_style="Cheerful.")


def test_a_preview_is_asked_for_stopped_and_its_trouble_said(page: SpeechPage) -> None:
    wanted: list[object] = []
    page.wanted.connect(wanted.append)
    page.preview.hear.click()
    page.voice.setCurrentIndex(page.voice.findData("marin"))
    page.voice.activated.emit(page.voice.currentIndex())
    page.preview.hear.click()
    assert wanted == [PreviewVoice("cedar", 1.25, "Calm."), PreviewVoice("marin", 1.25, "Calm.")]
    page.handle(VoicePreviewed("marin", "making"))
    assert page.preview.state.text() == "Being made…"
    assert (page.preview.hear.isVisible(), page.preview.stop.isVisible()) == (False, True)
    page.preview.stop.click()
    assert wanted[-1] == c.Interrupt()
    page.handle(VoicePreviewed("marin", "sounding"))
    assert page.preview.state.text() == ""
    page.handle(VoicePreviewed("marin", "failed", "The service is down."))
    assert page.preview_row.error == "The service is down."
    assert (page.preview.hear.isVisible(), page.preview.stop.isVisible()) == (True, False)
    page.handle(VoicePreviewed("marin", "making"))
    assert page.preview_row.error == ""
