"""The page about hearing: what is shown comes back, what is changed is applied, what is true of live is said."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from voiceapp.core.hearing import HearingWishes, Upload
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.gui.settings_hearing import HearingPage
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_plain import PrivacyPage
from voiceapp.gui.theme import Theme

FULL = replace(Settings(), hearing=HearingWishes("A talk.", True, True, False, Upload.WAV))


def test_wishes_are_shown_and_changed(qtbot: QtBot, theme: Theme) -> None:
    page = HearingPage(theme)
    qtbot.addWidget(page)
    offered: list[Settings] = []
    page.edited.connect(offered.append)
    page.show_settings(FULL)
    assert offered == []
    shown = (page.prompt.toPlainText(), page.translated.isChecked(), page.speakers.isChecked(), page.doubts.isChecked())
    assert shown == ("A talk.", True, True, False)
    assert page.upload.currentData() == "wav"
    page.translated.click()
    page.doubts.click()
    page.prompt.setPlainText("Gardens")
    page.upload.setCurrentIndex(page.upload.findData("opus"))
    page.upload.activated.emit(page.upload.currentIndex())
    assert offered[-1].hearing == HearingWishes("Gardens", False, True, True, Upload.OPUS)
    assert replace(offered[-1], hearing=FULL.hearing) == FULL


def test_the_privacy_page_says_who_hears_while_you_speak(qtbot: QtBot, theme: Theme) -> None:
    page = PrivacyPage(theme, Facts())
    qtbot.addWidget(page)
    page.show_settings(replace(Settings(), jobs={Job.LIVE_TRANSCRIPTION.value: Choice("openai")}))
    assert page.sent(Job.TRANSCRIPTION) == "Stays on this computer. While you speak it goes to OpenAI already."


def test_who_hears_live_is_said(qtbot: QtBot, theme: Theme) -> None:
    page = HearingPage(theme)
    qtbot.addWidget(page)
    page.show_settings(Settings())
    assert page.live.text().startswith("Nothing is sent before you let go.")
    page.show_settings(replace(Settings(), jobs={Job.LIVE_TRANSCRIPTION.value: Choice("openai")}))
    assert page.live.text().startswith("OpenAI hears you live")
