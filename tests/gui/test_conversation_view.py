"""The conversation: events go in, the page follows, buttons give the right commands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.audio import Level
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Take, TakeState, Timings
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.core.turn import Phase
from voiceapp.gui.conversation_entries import LiveTurn, NothingHeardLine, Reply, ToolLine, UserTurn, WaitingTake
from voiceapp.gui.conversation_entries import ProblemCard as ProblemEntry
from voiceapp.gui.conversation_model import LIVE
from voiceapp.gui.conversation_view import PAGE_ENTRIES, ConversationView
from voiceapp.gui.links import ask_to_open
from voiceapp.gui.problem_card import ProblemCard
from voiceapp.gui.quiet_line import NothingHeard
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import ToolUseLine
from voiceapp.gui.user_turn import LiveCard, UserCard, WaitingCard

HEAD = ConversationHead(1, "A conversation", 1.0)
CLOUD = Settings().with_provider("openai")


def said(number: int, text: str, take_id: int | None = None) -> Message:
    return Message(number, 1, Role.USER, text, float(number), take_id=take_id)


def answered(number: int, text: str, *, is_complete: bool = True) -> Message:
    return Message(number, 1, Role.ASSISTANT, text, float(number), is_complete=is_complete)


def take(number: int, state: TakeState, duration_s: float = 5.2) -> Take:
    envelope = tuple(abs(math.sin(n)) for n in range(64))
    return Take(number, f"{number}.wav", state, 1.0, duration_s, 16000, -12.0, envelope, conversation_id=1)


class Page:
    """A view with what it wanted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.theme, self.view = theme, ConversationView(theme)
        qtbot.addWidget(self.view)
        self.view.resize(800, 600)
        self.wanted: list[object] = []
        self.pages: list[str] = []
        self.view.wanted.connect(self.wanted.append)
        self.view.settings_wanted.connect(self.pages.append)
        self.view.show()
        self._qtbot = qtbot

    def tell(self, *events: e.Event) -> None:
        for event in events:
            self.view.handle(event)
        self.settle()

    def settle(self) -> None:
        self._qtbot.waitUntil(lambda: not self.view.is_working)

    def open(self, *messages: Message, takes: tuple[Take, ...] = ()) -> None:
        self.tell(e.ConversationOpened(Conversation(HEAD, messages, {item.id: item for item in takes})))

    def kinds(self) -> list[type]:
        return [type(entry) for entry in self.view.model.entries]

    def only(self, kind: type) -> object:
        found = [self.view.widget_of(entry.key) for entry in self.view.model.entries]
        matching = [widget for widget in found if isinstance(widget, kind)]
        assert len(matching) == 1
        return matching[0]

    def problem(self, code: str, **facts: object) -> ProblemCard:
        """A take that failed with *code*."""
        self.tell(
            e.SettingsChanged(CLOUD),
            e.PhaseChanged(Phase.LISTENING, 1),
            e.TakeChanged(take(3, TakeState.RECORDING, 0.0)),
            e.PhaseChanged(Phase.TRANSCRIBING, 1),
            e.TakeChanged(take(3, TakeState.FAILED)),
            e.TurnFailed(1, e.Problem(code, "It failed.", provider="OpenAI", **facts), take_id=3),  # type: ignore[arg-type]
            e.PhaseChanged(Phase.IDLE, 1),
        )
        card = self.only(ProblemCard)
        assert isinstance(card, ProblemCard)
        return card


@pytest.fixture
def page(qtbot: QtBot, theme: Theme) -> Iterator[Page]:
    made = Page(qtbot, theme)
    yield made
    made.view.close()


def test_a_new_conversation_is_shown_though_a_reply_of_the_last_one_was_cut(page: Page) -> None:
    page.open(said(1, "Tell me a story."), answered(2, "Once upon a time."))
    page.tell(e.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))
    page.tell(e.MessageChanged(replace(answered(2, "Once upon a time."), heard_chars=4), 1))
    assert page.kinds() == []
    page.tell(e.MessageAdded(replace(said(3, "Next."), conversation_id=2), 2))
    assert page.kinds() == [UserTurn]


def test_a_spoken_turn_from_the_key_to_the_footer(page: Page) -> None:
    page.open()
    page.tell(e.PhaseChanged(Phase.LISTENING, 1), e.TakeChanged(take(1, TakeState.RECORDING, 0.0)))
    page.tell(e.InputLevel(Level(-20.0, -9.0)), e.PartialTranscript(1, "what time"))
    assert page.kinds() == [LiveTurn]
    page.tell(e.PhaseChanged(Phase.TRANSCRIBING, 1), e.TakeChanged(take(1, TakeState.RECORDED)))
    assert page.kinds() == [LiveTurn]
    page.tell(e.TranscriptReady(1, "What time is it?", 1), e.TakeChanged(take(1, TakeState.TRANSCRIBED)))
    page.tell(e.MessageAdded(said(1, "What time is it?", 1), 1), e.PhaseChanged(Phase.THINKING, 1))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1))
    assert page.kinds() == [UserTurn, Reply]
    page.tell(e.ReplyDelta(2, 1, "Half "), e.ReplyDelta(2, 1, "past three."), e.TurnTimed(1, Timings(310, 520, 740)))
    page.tell(e.MessageChanged(answered(2, "Half past three."), 1), e.PhaseChanged(Phase.IDLE, 1))
    reply = page.only(ReplyView)
    assert isinstance(reply, ReplyView)
    assert reply.text == "Half past three."
    assert page.view.model.entries[1].message.timings == Timings(310, 520, 740)  # type: ignore[union-attr]
    assert page.view.widget_of(LIVE) is None


def test_words_of_another_conversation_do_not_appear_in_the_one_opened_meanwhile(page: Page) -> None:
    page.tell(e.PhaseChanged(Phase.LISTENING, 1), e.PhaseChanged(Phase.TRANSCRIBING, 1))
    page.tell(e.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))
    page.tell(e.PartialTranscript(1, "What"), e.TranscriptReady(1, "What time is it?", 1))
    assert page.kinds() == []
    page.tell(e.PhaseChanged(Phase.THINKING, 1), e.PhaseChanged(Phase.IDLE, 1))
    page.tell(e.PhaseChanged(Phase.TRANSCRIBING, 2), e.TranscriptReady(2, "And here?", 2))
    assert page.kinds() == [LiveTurn]


def test_a_stream_of_deltas_is_shown_at_frames_not_at_deltas(page: Page) -> None:
    page.open(said(1, "Go on."))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1))
    view = page.only(ReplyView)
    assert isinstance(view, ReplyView)
    for number in range(400):
        page.view.handle(e.ReplyDelta(2, 1, f"word{number} "))
    assert view.block_writes == 0  # nothing is drawn while events are taken in
    page.settle()
    assert view.block_writes == 1
    assert view.text.startswith("word0 word1 ")


def test_only_the_newest_turns_of_a_long_conversation_are_built(page: Page) -> None:
    messages = tuple(said(n, f"Question {n}") if n % 2 else answered(n, f"Answer **{n}**") for n in range(1, 501))
    page.open(*messages)
    built = [entry for entry in page.view.model.entries if page.view.widget_of(entry.key) is not None]
    assert len(built) == PAGE_ENTRIES
    assert built[-1].message.id == 500  # type: ignore[union-attr]
    earlier = next(b for b in page.view.findChildren(QPushButton) if b.text() == "Show earlier")
    earlier.click()
    page.settle()
    built = [entry for entry in page.view.model.entries if page.view.widget_of(entry.key) is not None]
    assert len(built) == 2 * PAGE_ENTRIES
    order = [page.view.widget_of(entry.key).y() for entry in built]  # type: ignore[union-attr]
    assert order == sorted(order)


def test_the_page_follows_only_who_stands_at_its_end(page: Page) -> None:
    page.open(*(said(n, f"Question {n}") for n in range(1, 20)))
    bar = page.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    page.tell(e.MessageAdded(answered(30, "One line.\n\n" * 30), 1))
    assert bar.value() == bar.maximum()
    bar.setValue(100)
    page.tell(e.MessageAdded(answered(31, "x"), 2), e.ReplyDelta(31, 2, "More.\n\n" * 30))
    assert bar.value() == 100
    newest = next(b for b in page.view.findChildren(QPushButton) if b.text() == "Jump to newest")
    assert newest.isVisible()
    newest.click()
    assert bar.value() == bar.maximum()
    assert not newest.isVisible()


def test_nothing_heard_is_told_with_what_the_microphone_gave(page: Page) -> None:
    page.tell(e.NothingHeard(1, Level(-120.0, -120.0), is_zero=True))
    line = page.only(NothingHeard)
    assert isinstance(line, NothingHeard)
    assert "only zeros" in line.text()
    page.tell(e.PhaseChanged(Phase.LISTENING, 2), e.PhaseChanged(Phase.TRANSCRIBING, 2))
    page.tell(e.NothingHeard(2, Level(-70.0, -52.0)))
    assert page.kinds() == [NothingHeardLine]
    line = page.only(NothingHeard)
    assert isinstance(line, NothingHeard)
    assert "−52 dB" in line.text()


def test_a_tool_stands_before_the_answer_and_opens(page: Page) -> None:
    page.open(said(1, "Search."))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1), e.ToolUsed(1, "search_notes", "{}", "3 notes"))
    assert page.kinds() == [UserTurn, ToolLine, Reply]
    line = page.only(ToolUseLine)
    assert isinstance(line, ToolUseLine)
    assert not line.answered.isVisible()
    line.toggle.click()
    assert line.answered.isVisible()
    assert "3 notes" in line.answered.toPlainText()


def test_a_reply_that_ended_before_its_first_word_leaves_no_trace(page: Page) -> None:
    page.open(said(1, "Hello."))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1), e.MessageChanged(answered(2, ""), 1))
    assert page.kinds() == [UserTurn]


def test_recordings_found_after_a_crash_can_be_played_and_turned_into_words(page: Page) -> None:
    found = replace(take(9, TakeState.RECORDED), conversation_id=None)
    page.tell(e.TakesListed((found,), (found,)))
    card = page.only(WaitingCard)
    assert isinstance(card, WaitingCard)
    card.row.play.click()
    card.again.click()
    assert page.wanted == [c.PlayTake(9), c.RetryTake(9)]


def test_a_waiting_take_can_go_to_another_engine(page: Page) -> None:
    page.tell(e.SettingsChanged(CLOUD))
    page.open(takes=(take(3, TakeState.FAILED),))
    assert page.kinds() == [WaitingTake]
    card = page.only(WaitingCard)
    assert isinstance(card, WaitingCard)
    assert [action.text() for action in card.menu.actions()] == ["This computer"]
    card.menu.actions()[0].trigger()
    assert page.wanted == [c.RetryTake(3, "local")]


def test_a_turn_answered_by_ear_gets_its_words_later(page: Page) -> None:
    page.open()
    page.tell(e.PhaseChanged(Phase.LISTENING, 1), e.TakeChanged(take(4, TakeState.RECORDING, 0.0)))
    page.tell(e.PhaseChanged(Phase.TRANSCRIBING, 1), e.TakeChanged(take(4, TakeState.RECORDED)))
    page.tell(e.MessageAdded(said(1, "", 4), 1), e.PhaseChanged(Phase.THINKING, 1))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1), e.ReplyDelta(2, 1, "Ten past nine."))
    card = page.only(UserCard)
    assert isinstance(card, UserCard)
    assert (card._text.words(), card.row.isVisible()) == ("Heard as sound", True)
    page.tell(e.MessageChanged(said(1, "What time is it?", 4), 0), e.TakeChanged(take(4, TakeState.TRANSCRIBED)))
    assert card._text.words() == "What time is it?"
    assert page.kinds() == [UserTurn, Reply]


def test_playing_and_speaking_again_can_be_stopped_where_they_were_started(page: Page) -> None:
    page.open(said(1, "Hi", 4), answered(2, "Hello."), takes=(take(4, TakeState.TRANSCRIBED),))
    card, reply = page.only(UserCard), page.only(ReplyView)
    assert isinstance(card, UserCard)
    assert isinstance(reply, ReplyView)
    card.row.play.click()
    page.tell(e.PlaybackChanged(take_id=4))
    card.row.play.click()
    page.tell(e.PlaybackChanged(message_id=2))
    reply.footer.speak.click()
    page.tell(e.PlaybackChanged())
    reply.footer.speak.click()
    reply.footer.again.click()
    assert page.wanted == [c.PlayTake(4), c.Interrupt(), c.Interrupt(), c.SpeakMessage(2), c.Regenerate(2)]


def test_the_first_page_offers_what_works(page: Page) -> None:
    empty = page.view.empty
    assert empty.isVisible()
    empty.try_row.click()
    empty.test_row.click()
    empty.key_row.click()
    assert page.wanted == [c.SendText("What time is it?")]
    assert page.pages == ["sound", "providers"]
    page.tell(e.MessageAdded(said(1, "Hello.")))
    assert not empty.isVisible()


# --- problems ---------------------------------------------------------------------------------------------

KEY, AGAIN, LOCAL, REPLACE, SETTINGS = "key", "again", "local", "replace", "settings"


@pytest.mark.parametrize(
    ("code", "buttons"),
    [
        ("no_key", {KEY, LOCAL}),
        ("auth", {KEY, AGAIN, LOCAL}),
        ("no_credit", {LOCAL, SETTINGS}),
        ("rate_limit", {AGAIN, LOCAL}),
        ("model_gone", {REPLACE, LOCAL, SETTINGS}),
        ("too_long", {LOCAL}),
        ("bad_request", {LOCAL, SETTINGS}),
        ("refused", {LOCAL}),
        ("down", {AGAIN, LOCAL}),
        ("bad_answer", {AGAIN, LOCAL}),
        ("no_network", {AGAIN, LOCAL}),
        ("timeout", {AGAIN, LOCAL}),
        ("provider", {AGAIN, LOCAL}),
        ("config", {LOCAL, SETTINGS}),
        ("device", {AGAIN, SETTINGS}),
        ("audio_file", {SETTINGS}),
        ("store", {AGAIN}),
        ("disk_full", {AGAIN}),
        ("tool", set()),
        ("error", {AGAIN}),
    ],
)
def test_every_problem_offers_what_can_help(page: Page, code: str, buttons: set[str]) -> None:
    card = page.problem(code, replacement="gpt-next" if code == "model_gone" else "")
    offered = {KEY: card.check, AGAIN: card.again, LOCAL: card.local, REPLACE: card.replace, SETTINGS: card.settings}
    assert {name for name, button in offered.items() if button.isVisible()} == buttons


def test_try_again_sends_the_take_once(page: Page) -> None:
    card = page.problem("no_network")
    card.again.click()
    card.again.click()
    assert page.wanted == [c.RetryTake(3)]


def test_use_this_computer_switches_and_sends(page: Page) -> None:
    page.problem("timeout").local.click()
    assert page.wanted == [c.ApplySettings(CLOUD.with_provider("local")), c.RetryTake(3)]


def test_a_replacement_takes_the_job_of_the_model_that_is_gone(page: Page) -> None:
    settings = replace(CLOUD, jobs={**CLOUD.jobs, Job.TRANSCRIPTION.value: Choice("openai", "old")})
    card = page.problem("model_gone", model="old", replacement="new")
    page.tell(e.SettingsChanged(settings))
    card.replace.click()
    wanted = replace(settings, jobs={**settings.jobs, Job.TRANSCRIPTION.value: Choice("openai", "new")})
    assert page.wanted == [c.ApplySettings(wanted), c.RetryTake(3)]


def test_a_pasted_key_is_checked_before_the_take_is_sent(page: Page) -> None:
    card = page.problem("auth")
    card.key.setText("  sk-new  ")
    card.check.click()
    assert page.wanted == [c.StoreKey("openai", "sk-new"), c.CheckProvider("openai")]
    page.tell(e.ProviderChecked("openai", problem=e.Problem("auth", "Not accepted either.")))
    assert card.status.text() == "Not accepted either."
    assert page.wanted[2:] == []
    card.check.click()
    page.tell(e.ProviderChecked("openai", 120.0))
    assert page.wanted[4:] == [c.RetryTake(3)]


def test_a_rate_limit_counts_down_before_it_may_be_tried(page: Page) -> None:
    card = page.problem("rate_limit", retry_after_s=12.0, is_retryable=True)
    assert card.again.text() == "Try again in 12 s"
    assert not card.again.isEnabled()
    card = page.problem("rate_limit", retry_after_s=0.01, is_retryable=True)
    page._qtbot.waitUntil(card.again.isEnabled)
    card.again.click()
    assert page.wanted == [c.RetryTake(3)]


def test_a_broken_off_answer_is_asked_for_again(page: Page) -> None:
    page.open(said(1, "Tell me."))
    page.tell(e.MessageAdded(answered(2, "", is_complete=False), 1), e.ReplyDelta(2, 1, "Once"))
    page.tell(e.MessageChanged(answered(2, "Once", is_complete=False), 1))
    page.tell(e.TurnFailed(1, e.Problem("down", "It broke off.", is_retryable=True), message_id=2))
    card = page.only(ProblemCard)
    assert isinstance(card, ProblemCard)
    card.again.click()
    assert page.wanted == [c.Regenerate(2)]


def unspoken(page: Page, problem: e.Problem) -> ProblemCard:
    """An answer that is there, but could not be spoken."""
    page.open(said(1, "Tell me."))
    page.tell(e.SettingsChanged(CLOUD), e.MessageAdded(answered(2, "", is_complete=False), 1))
    page.tell(e.ReplyDelta(2, 1, "Once"), e.MessageChanged(answered(2, "Once"), 1))
    page.tell(e.TurnFailed(1, problem, message_id=2))
    card = page.only(ProblemCard)
    assert isinstance(card, ProblemCard)
    return card


def test_an_answer_that_was_only_not_spoken_is_not_asked_for_again(page: Page) -> None:
    unspoken(page, e.Problem("timeout", "The voice did not answer.", is_retryable=True)).again.click()
    assert page.wanted == [c.SpeakMessage(2)]


def test_the_rest_of_what_was_not_heard_is_offered(page: Page) -> None:
    page.open(said(1, "Tell me."))
    page.tell(e.SettingsChanged(CLOUD), e.MessageAdded(answered(2, "", is_complete=False), 1))
    page.tell(e.ReplyDelta(2, 1, "Once upon a time."))
    page.tell(e.MessageChanged(replace(answered(2, "Once upon a time."), heard_chars=5), 1))
    page.tell(e.TurnFailed(1, e.Problem("timeout", "The voice did not answer.", is_retryable=True), message_id=2))
    reply, card = page.only(ReplyView), page.only(ProblemCard)
    assert isinstance(reply, ReplyView)
    assert isinstance(card, ProblemCard)
    assert reply.cut_words == "3 words were not heard."
    rest = button(reply, "Speak the rest")
    rest.click()
    card.again.click()
    assert page.wanted == [c.SpeakMessage(2, is_rest=True)] * 2
    page.tell(e.PlaybackChanged(message_id=2))
    assert not rest.isEnabled()
    page.tell(e.PlaybackChanged(), e.MessageChanged(replace(answered(2, "Once upon a time."), heard_chars=17), 2))
    assert reply.cut_words == ""
    assert not rest.isVisible()


def button(view: ReplyView, words: str) -> QPushButton:
    (found,) = [one for one in view.findChildren(QPushButton) if one.text() == words]
    return found


def test_a_replacement_of_a_voice_becomes_the_voice(page: Page) -> None:
    problem = e.Problem("model_gone", "It is gone.", provider="OpenAI", model="old", replacement="new")
    unspoken(page, problem).replace.click()
    wanted = replace(CLOUD, jobs={**CLOUD.jobs, Job.SPEECH.value: Choice("openai", "new")})
    assert page.wanted == [c.ApplySettings(wanted), c.SpeakMessage(2)]


def test_a_problem_goes_when_the_next_turn_comes(page: Page) -> None:
    page.problem("timeout")
    assert ProblemEntry in page.kinds()
    page.tell(e.MessageAdded(said(5, "Again", 3), 2))
    assert page.kinds() == [UserTurn]


# --- links ------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[QUrl]:
    urls: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url))
    return urls


def ask(page: Page, address: str) -> QMessageBox:
    ask_to_open(page.theme, page.view, address)
    box = page.view.findChildren(QMessageBox)[-1]
    assert address[:500] in box.informativeText()
    return box


@pytest.mark.parametrize("address", ["https://example.org/a", "http://example.org", "mailto:a@example.org"])
def test_an_address_is_opened_only_after_a_yes(page: Page, opened: list[QUrl], address: str) -> None:
    box = ask(page, address)
    assert opened == []
    next(b for b in box.buttons() if b.text() == "Open").click()
    assert opened == [QUrl(address)]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "javascript:alert(1)", "smb://host/x", "cat.png", "", "vscode://x", "data:text/html,x"],
)
def test_other_addresses_are_never_opened(page: Page, opened: list[QUrl], address: str) -> None:
    box = ask(page, address)
    assert [b.text() for b in box.buttons() if b.text() == "Open"] == []
    box.buttons()[0].click()
    assert opened == []


def test_live_card_is_named_for_screen_readers(page: Page) -> None:
    page.tell(e.PhaseChanged(Phase.LISTENING, 1))
    assert isinstance(page.view.widget_of(LIVE), LiveCard)
    assert page.view.accessibleName() == "Conversation"
