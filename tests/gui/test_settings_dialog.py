"""The settings: what is shown comes back unchanged, what is changed is applied, what is wrong is said beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.audio import Level
from voiceapp.core.budget import ShowUsage
from voiceapp.core.documents import ListStores
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.speech import Voice
from voiceapp.core.tool_events import ListTools
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.settings_jobs import JobsPage
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.settings_plain import AppearancePage, PrivacyPage
from voiceapp.gui.settings_providers import TESTED, ProvidersPage
from voiceapp.gui.settings_sound import SoundPage
from voiceapp.gui.settings_speech import SpeechPage
from voiceapp.gui.theme import Theme

OLLAMA = Provider("Ollama", ProviderKind.COMPATIBLE, "http://localhost:11434/v1")
FULL = replace(
    Settings().with_provider("openai"),
    providers=(*Settings().providers, OLLAMA),
    instructions="Be brief.",
    vocabulary=("Ada", "Sankt Olaf"),
    voice="marin",
    speed=1.25,
    language="de",
    input_device="USB Headset",
    output_device="Gone Speakers",
    is_microphone_warm=True,
    is_start_sound=False,
    theme="light",
)
DEVICES = e.Devices(("USB Headset", "Built-in"), ("Built-in",), "USB Headset", "Built-in")


class Desk:
    """The dialog with what it wanted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        facts = Facts(
            "/data",
            "Keys are kept in the system keyring.",
            {"voiceapp": "1"},
            voices={"openai": (Voice("marin", "Marin"),)},
        )
        self.dialog = SettingsDialog(theme, facts)
        qtbot.addWidget(self.dialog)
        self.wanted: list[object] = []
        self.dialog.wanted.connect(self.wanted.append)
        self.dialog.handle(e.SessionReady(e.Engines(note="Rough."), DEVICES, FULL))
        self.dialog.show()
        pages = self.dialog.pages
        providers, jobs, sound, speech = (pages[name] for name in ("providers", "jobs", "sound", "speech"))
        assert isinstance(providers, ProvidersPage)
        assert isinstance(jobs, JobsPage)
        assert isinstance(sound, SoundPage)
        assert isinstance(speech, SpeechPage)
        self.providers, self.jobs, self.sound, self.speech = providers, jobs, sound, speech

    def applied(self) -> Settings:
        """What the dialog applies now."""
        self.dialog.apply_now()
        command = self.wanted[-1]
        assert isinstance(command, c.ApplySettings)
        return command.settings


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme) -> Iterator[Desk]:
    made = Desk(qtbot, theme)
    yield made
    made.dialog.close()


def test_showing_settings_changes_nothing(desk: Desk) -> None:
    for name in desk.dialog.pages:
        desk.dialog.show_page(name)
    desk.dialog.apply_now()
    assert desk.wanted == [ListTools(), ListStores(), ShowUsage()]  # these pages ask for what they show
    assert desk.dialog.settings == FULL


def test_one_change_leaves_everything_else_as_it_was(desk: Desk) -> None:
    desk.sound.warm.click()
    assert desk.applied() == replace(FULL, is_microphone_warm=False)
    desk.speech.speed.setValue(150)
    assert desk.applied() == replace(FULL, is_microphone_warm=False, speed=1.5)
    desk.speech.vocabulary.setPlainText("Ada\n\n  Grace  \n")
    assert desk.applied().vocabulary == ("Ada", "Grace")


def test_typing_is_applied_once_when_it_pauses(desk: Desk, qtbot: QtBot) -> None:
    desk.dialog.show_page("speech")
    QTest.keyClicks(desk.speech.instructions, " And kind.")
    assert desk.wanted == []
    qtbot.waitUntil(lambda: bool(desk.wanted))
    assert len(desk.wanted) == 1


def test_closing_applies_what_is_still_pending(desk: Desk) -> None:
    desk.sound.start_sound.click()
    desk.dialog.close()
    assert desk.wanted == [c.ApplySettings(replace(FULL, is_start_sound=True))]


def test_a_device_that_is_not_there_stays_chosen(desk: Desk) -> None:
    assert desk.sound.output.currentData() == "Gone Speakers"
    assert desk.sound.output.currentText() == "Gone Speakers (not connected)"
    desk.dialog.handle(e.DevicesChanged(replace(DEVICES, outputs=("Gone Speakers",))))
    assert desk.sound.output.currentText() == "Gone Speakers"
    assert desk.wanted == []


def test_the_device_test_asks_shows_levels_and_ends(desk: Desk) -> None:
    desk.dialog.show_page("sound")
    desk.sound.say.click()
    desk.sound.hear.click()
    assert desk.wanted == [c.TestDevices("hear"), c.TestDevices("say")]
    desk.dialog.handle(e.TestProgress("hear", "Say something."))
    desk.dialog.handle(e.InputLevel(Level(-20.0, -10.0)))
    assert desk.sound.progress.text() == "Say something."
    assert not desk.sound.say.isEnabled()
    desk.dialog.handle(e.TestProgress("done", "Good."))
    assert desk.sound.say.isEnabled()


def test_jobs_name_provider_and_model(desk: Desk) -> None:
    chat = desk.jobs.choice(Job.CHAT)
    chat.provider.setCurrentIndex(chat.provider.findData("Ollama"))
    chat.provider.activated.emit(chat.provider.currentIndex())
    line = chat.model.lineEdit()
    assert line is not None
    line.setText("llama")
    line.editingFinished.emit()
    assert desk.applied().choice(Job.CHAT) == Choice("Ollama", "llama")


def test_models_that_a_check_found_are_suggested(desk: Desk) -> None:
    desk.dialog.handle(e.ProviderChecked("openai", 90.0, ("m-1", "m-2")))
    box = desk.jobs.choice(Job.CHAT).model
    assert [box.itemText(n) for n in range(box.count())] == ["m-1", "m-2"]
    assert desk.providers.card("openai").badge.accessibleName() == "Works"


def test_a_check_really_asks_and_says_what_went_wrong(desk: Desk) -> None:
    card = desk.providers.card("Ollama")
    card.check.click()
    assert desk.wanted == [c.CheckProvider("Ollama", TESTED)]
    desk.dialog.handle(e.ProviderChecked("Ollama", problem=e.Problem("no_network", "No answer.", "Start it.")))
    assert card.badge.accessibleName() == "Not reachable"
    assert card.line.text() == "No answer. Start it."
    assert card.check.isEnabled()


def test_a_key_is_masked_kept_and_not_left_in_the_field(desk: Desk) -> None:
    card = desk.providers.card("openai")
    card.key_toggle.click()
    assert card.key.echoMode() is QLineEdit.EchoMode.Password
    card.key.setText("sk-secret")
    card.key.returnPressed.emit()
    assert desk.wanted == [c.StoreKey("openai", "sk-secret"), c.CheckProvider("openai")]
    assert card.key.text() == ""


@pytest.mark.parametrize(
    ("name", "address", "name_error", "address_error"),
    [
        ("", "http://localhost:1/v1", True, False),
        ("ollama", "http://localhost:1/v1", True, False),
        ("New", "localhost:1234", False, True),
        ("New", "ftp://host/v1", False, True),
        ("New", "http://host:99999/v1", False, True),
        ("New", "http://user:secret@host/v1", False, True),
        ("New", "http://[broken/v1", False, True),
    ],
)
def test_a_wrong_server_is_not_added_and_the_field_says_why(
    desk: Desk, name: str, address: str, *, name_error: bool, address_error: bool
) -> None:
    desk.providers.new_name.setText(name)
    desk.providers.new_address.setText(address)
    desk.providers.add_button.click()
    assert bool(desk.providers.name_row.error) is name_error
    assert bool(desk.providers.address_row.error) is address_error
    desk.dialog.apply_now()
    assert desk.wanted == []


def test_a_server_is_added_before_its_key_is_kept_and_checked(desk: Desk, qtbot: QtBot) -> None:
    desk.providers.new_name.setText("LM Studio")
    desk.providers.new_address.setText("http://localhost:1234/v1")
    desk.providers.new_key.setText("k")
    desk.providers.add_button.click()
    new = Provider("LM Studio", ProviderKind.COMPATIBLE, "http://localhost:1234/v1")
    applied = c.ApplySettings(replace(FULL, providers=(*FULL.providers, new)))
    assert desk.wanted == [applied, c.StoreKey("LM Studio", "k"), c.CheckProvider("LM Studio")]
    desk.dialog.show_page("providers")
    qtbot.waitUntil(desk.providers.card("LM Studio").isVisible)


def test_enter_in_a_field_presses_no_button_of_another(desk: Desk, qtbot: QtBot) -> None:
    desk.dialog.show_page("providers")
    card = desk.providers.card("openai")
    card.key_toggle.click()
    qtbot.waitUntil(card.key.isVisible)
    QTest.keyClicks(card.key, "sk-1")
    QTest.keyClick(card.key, Qt.Key.Key_Return)
    assert desk.wanted == [c.StoreKey("openai", "sk-1"), c.CheckProvider("openai")]
    assert desk.providers.name_row.error == ""
    QTest.keyClick(desk.dialog.filter, Qt.Key.Key_Return)
    assert len(desk.wanted) == 2


def test_enter_adds_a_server_and_what_was_wrong_goes_while_it_is_put_right(desk: Desk) -> None:
    desk.providers.new_address.setText("http://localhost:1234/v1")
    QTest.keyClick(desk.providers.new_key, Qt.Key.Key_Return)
    assert desk.providers.name_row.error
    QTest.keyClicks(desk.providers.new_name, "L")
    assert desk.providers.name_row.error == ""
    QTest.keyClick(desk.providers.new_name, Qt.Key.Key_Return)
    assert desk.wanted[-1] == c.CheckProvider("L")


def test_a_job_left_open_says_who_does_it(desk: Desk) -> None:
    desk.dialog.show_page("jobs")
    shown = {job: desk.jobs.choice(job).provider.currentText() for job in Job}
    assert (shown[Job.LIVE_TRANSCRIPTION], shown[Job.REALTIME]) == ("Nobody", "Nobody")
    assert (shown[Job.IMAGES], shown[Job.MODERATION]) == ("OpenAI, if it is used", "OpenAI, if it is used")
    assert shown[Job.EMBEDDINGS] == "This computer"


def test_removing_a_provider_gives_its_jobs_back_and_deletes_its_key(desk: Desk) -> None:
    desk.dialog.handle(e.SettingsChanged(replace(FULL, jobs={Job.CHAT.value: Choice("Ollama", "x")})))
    desk.providers.card("Ollama").remove.click()
    applied, deleted = desk.wanted
    assert isinstance(applied, c.ApplySettings)
    assert [p.name for p in applied.settings.providers] == ["local", "openai"]
    assert applied.settings.choice(Job.CHAT) == Choice("local")
    assert deleted == c.StoreKey("Ollama", "")


def test_the_filter_finds_settings_by_what_they_are_called(desk: Desk) -> None:
    desk.dialog.filter.setText("pre-roll")
    assert desk.dialog.shown_pages() == ["sound"]
    desk.dialog.filter.setText("xyzzy")
    assert desk.dialog.shown_pages() == []
    desk.dialog.filter.setText("")
    assert len(desk.dialog.shown_pages()) == len(desk.dialog.pages)


def test_privacy_says_where_everything_goes(desk: Desk) -> None:
    page = desk.dialog.pages["privacy"]
    assert isinstance(page, PrivacyPage)
    desk.dialog.handle(e.SettingsChanged(replace(FULL, jobs={Job.CHAT.value: Choice("Ollama")})))
    assert page.sent(Job.CHAT) == "Goes to Ollama (http://localhost:11434/v1)."
    assert page.sent(Job.TRANSCRIPTION) == "Stays on this computer."
    for job in (Job.IMAGES, Job.MODERATION, Job.EMBEDDINGS):
        assert page.sent(job) == "Stays on this computer."
    others = {Job.SPEECH.value: Choice("openai"), Job.EMBEDDINGS.value: Choice("Ollama")}
    desk.dialog.handle(e.SettingsChanged(replace(FULL, jobs=others)))
    assert page.sent(Job.IMAGES).startswith("Goes to OpenAI")  # who speaks there draws and checks there too
    assert page.sent(Job.MODERATION).startswith("Goes to OpenAI")
    assert page.sent(Job.EMBEDDINGS) == "Goes to Ollama (http://localhost:11434/v1)."


def test_a_theme_is_in_force_at_once(desk: Desk, theme: Theme) -> None:
    page = desk.dialog.pages["appearance"]
    assert isinstance(page, AppearancePage)
    page.choice.setCurrentIndex(page.choice.findData("dark"))
    try:
        page.choice.activated.emit(page.choice.currentIndex())
        assert theme.is_dark
        assert desk.applied().theme == "dark"
    finally:
        theme.set_choice("light")


def test_it_is_never_modal(desk: Desk) -> None:
    desk.dialog.open_page("sound")
    assert not desk.dialog.isModal()
