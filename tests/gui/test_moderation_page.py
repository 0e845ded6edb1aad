"""The moderation page: every hand movement gives the right command, and every verdict is told truthfully."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core.checks import (
    CheckBegan,
    CheckConversation,
    CheckDone,
    Checked,
    CheckFile,
    CheckImage,
    CheckMessage,
    CheckText,
    ClearVerdicts,
    DraftKept,
    ExportVerdicts,
    ListVerdicts,
    LoggedVerdict,
    Part,
    Subject,
    SubjectKind,
    VerdictFilter,
    VerdictsListed,
)
from voiceapp.core.commands import ApplySettings
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role
from voiceapp.core.events import ConversationOpened, MessageAdded, SettingsChanged
from voiceapp.core.moderation import Action, Checkpoint, Decision, OnFailure, Policy, Rule, Score, Verdict
from voiceapp.core.passages import Passage
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.moderation_page import CHECK, LOG, RULES, ModerationPage
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.theme import Theme
from voiceapp.gui.user_turn import UserCard

TEXT = "Good morning 👩 to all. He raises the axe over the mutineer."
AXE_AT = TEXT.index("He raises")
MILD = Verdict((Score("hate", 0.02), Score("violence", 0.1)), model="omni")
HARSH = Verdict((Score("hate", 0.03), Score("violence", 0.71, is_flagged=True), Score("illicit", None)), True, "omni")
PARTS = (Part(Passage(0, AXE_AT), MILD), Part(Passage(AXE_AT, len(TEXT)), HARSH))


def checked(**changes: object) -> Checked:
    made = Checked(Subject(SubjectKind.TEXT), Checkpoint.BY_HAND, Decision.SHOWN, TEXT, PARTS, "OpenAI omni", 190.0)
    return replace(made, **changes)  # type: ignore[arg-type]


class Hands:
    """A page, and what it wanted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.page = ModerationPage(theme)
        qtbot.addWidget(self.page)
        self.page.resize(328, 700)
        self.wanted: list[object] = []
        self.drafts: list[str] = []
        self.pages: list[str] = []
        self.page.wanted.connect(self.wanted.append)
        self.page.draft_wanted.connect(self.drafts.append)
        self.page.settings_wanted.connect(self.pages.append)
        with qtbot.waitActive(self.page):
            self.page.show()
            self.page.activateWindow()

    def policy(self) -> Policy:
        """The policy of the newest settings that were to be applied."""
        command = self.wanted[-1]
        assert isinstance(command, ApplySettings)
        return command.settings.moderation


@pytest.fixture
def hands(qtbot: QtBot, theme: Theme) -> Iterator[Hands]:
    yield Hands(qtbot, theme)
    theme.set_choice("light")


def test_a_typed_text_is_checked_once(hands: Hands, qtbot: QtBot) -> None:
    check = hands.page.check
    assert not check.check.isEnabled()
    QTest.keyClicks(check.text, "Hello.")
    QTest.mouseClick(check.check, Qt.MouseButton.LeftButton)
    assert hands.wanted == [CheckText("Hello.")]
    assert check.meta.text() == "Checking…"
    QTest.keyClick(check.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(hands.wanted) == 1  # one at a time
    hands.page.apply(CheckDone(checked(text="Hello.", parts=(Part(Passage(0, 6), MILD),), decision=Decision.PASSED)))
    assert check.head.chip.text == "Fine"
    assert check.meta.text() == "omni · 0.19 s"
    assert check.check.text() == "Check again"
    check.text.setFocus()
    QTest.keyClick(check.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert hands.wanted == [CheckText("Hello.")] * 2


def test_a_result_is_sorted_named_and_quoted(hands: Hands) -> None:
    check = hands.page.check
    hands.page.apply(CheckDone(checked()))
    assert check.head.chip.text == "Flagged"
    assert check.head.sentence.text() == "Violence is flagged by the service. Nothing was blocked."
    assert check.head.quote.text() == "“He raises the axe over the mutineer.”"
    assert [bar.score.category for bar in check.bars.bars] == ["violence", "hate", "illicit"]
    assert check.bars.bars[0].is_too_much
    assert "no score" in check.bars.bars[2].accessibleName()


def test_the_passage_is_marked_where_it_stands(hands: Hands) -> None:
    check = hands.page.check
    hands.page.apply(CheckDone(checked()))
    check.bars.bars[0].chosen.emit("violence")
    (mark,) = check.text.extraSelections()
    assert mark.cursor.selectedText() == TEXT[AXE_AT:]  # the emoji before it counts twice in Qt
    check.text.setPlainText("something else")
    assert check.text.extraSelections() == []


def test_limits_are_dragged_typed_and_removed(hands: Hands, qtbot: QtBot) -> None:
    hands.page.apply(CheckDone(checked()))
    hate = hands.page.check.bars.bars[1]
    middle = QPoint(hate.width() // 4, 24)
    QTest.mousePress(hate, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    QTest.mouseMove(hate, QPoint(hate.width() // 2, 24))
    assert hands.wanted == []  # not before the hand lets go
    QTest.mouseRelease(hate, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
    first = hands.policy().limits["hate"]
    assert 0.2 <= first <= 0.55
    QTest.keyClick(hate, Qt.Key.Key_Right)
    assert hands.policy().limits["hate"] == pytest.approx(first + 0.05)
    QTest.keyClick(hate, Qt.Key.Key_Delete)
    assert hands.policy().limits == {}
    violence = hands.page.check.bars.bars[0]
    for _ in range(9):
        QTest.keyClick(violence, Qt.Key.Key_Right)
    assert hands.policy().limits == {"violence": 0.95}
    assert hands.page.check.head.sentence.text() == "The service flags it, your limits allow it."
    QTest.mouseClick(hands.page.check.reset, Qt.MouseButton.LeftButton)
    assert hands.policy().limits == {}
    assert hands.page.check.head.chip.text == "Flagged"


def test_a_result_is_copied_as_json(hands: Hands, qtbot: QtBot) -> None:
    hands.page.apply(CheckDone(checked()))
    QTest.mouseClick(hands.page.check.copy, Qt.MouseButton.LeftButton)
    report = json.loads(QGuiApplication.clipboard().text())
    assert report["category_scores"]["violence"] == 0.71
    assert report["passages"][1]["text"] == TEXT[AXE_AT:]


def test_failures_are_told_and_invent_nothing(hands: Hands) -> None:
    check = hands.page.check
    failed = checked(parts=(), problem="Checking needs a provider.", decision=Decision.UNCHECKED)
    hands.page.apply(CheckDone(failed, hint="Add a key."))
    assert check.head.chip.text == "Not checked"
    assert check.head.sentence.text() == "Checking needs a provider. Add a key."
    assert check.bars.bars == ()
    assert check.check.isEnabled()


def test_automatic_checks_do_not_replace_what_the_person_looks_at(hands: Hands) -> None:
    hands.page.apply(CheckDone(checked()))
    hands.page.apply(CheckBegan(Subject(SubjectKind.TEXT), Checkpoint.INPUT))
    hands.page.apply(CheckDone(checked(checkpoint=Checkpoint.REPLY, text="other")))
    assert hands.page.check.text.toPlainText() == TEXT
    assert hands.page.check.check.isEnabled()


def test_no_earlier_text_stands_under_the_name_of_a_picture(hands: Hands) -> None:
    check = hands.page.check
    picture = checked(subject=Subject(SubjectKind.IMAGE, name="photo.png"), text="")
    hands.page.apply(CheckDone(checked()))
    hands.page.apply(CheckDone(picture))
    assert check.origin.text() == "photo.png"
    assert check.text.toPlainText() == ""
    check.text.setPlainText("Mine, not checked yet.")
    hands.page.apply(CheckDone(picture))
    assert check.text.toPlainText() == "Mine, not checked yet."


def test_files_and_the_conversation(hands: Hands) -> None:
    check = hands.page.check
    for name in ("a.srt", "b.PNG"):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(f"/somewhere/{name}")])
        where, button = QPointF(10, 10), Qt.MouseButton.LeftButton
        check.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, data, button, Qt.KeyboardModifier.NoModifier))
    assert hands.wanted == [CheckFile("/somewhere/a.srt"), CheckImage("/somewhere/b.PNG")]
    hands.page.apply(MessageAdded(said(7, Role.USER, "Hello.")))
    for number, command in enumerate((CheckMessage(7), CheckConversation())):
        check.more.click()
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        menu.actions()[number].trigger()
        menu.close()
        assert hands.wanted[-1] == command


def test_rules_are_applied_at_once(hands: Hands, qtbot: QtBot) -> None:
    settings = Settings(jobs={Job.CHAT.value: Choice("openai")})
    hands.page.apply(SettingsChanged(settings))
    hands.page.views.choose(RULES)
    rules = hands.page.rules
    assert "OpenAI checks" in rules.who.text()
    assert hands.wanted == []  # showing settings changes none
    for checkpoint in (Checkpoint.INPUT, Checkpoint.REPLY, Checkpoint.IMAGE_PROMPT, Checkpoint.IMAGE):
        control = rules.controls[checkpoint]
        assert control.failure.isHidden()
        control.action.setCurrentIndex(control.action.findData(Action.BLOCK))
        control.action.activated.emit(2)
        assert not control.failure.isHidden()
        control.failure.setCurrentIndex(1)
        control.failure.activated.emit(1)
        assert hands.policy().rule(checkpoint) == Rule(Action.BLOCK, OnFailure.CLOSED)
    QTest.mouseClick(rules.choose, Qt.MouseButton.LeftButton)
    assert hands.pages == ["jobs"]
    hands.page.apply(SettingsChanged(Settings()))
    assert "Nobody checks yet" in rules.who.text()


def lines(count: int) -> tuple[LoggedVerdict, ...]:
    scores = (Score("violence", 0.71, is_flagged=True),)
    blocked = LoggedVerdict(
        count,
        1.7e9,
        Subject(SubjectKind.TEXT),
        Checkpoint.INPUT,
        Decision.BLOCKED,
        scores,
        ("violence",),
        "He",
        draft=TEXT,
    )
    fine = LoggedVerdict(1, 1.7e9, Subject(SubjectKind.IMAGE, None, "a.png"), Checkpoint.IMAGE, Decision.PASSED, scores)
    return (blocked, *(replace(fine, id=number) for number in range(count - 1, 0, -1)))


def test_the_log_is_filtered_opened_exported_and_cleared(hands: Hands, qtbot: QtBot) -> None:
    log = hands.page.log
    QAbstractItemModelTester(log.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    hands.page.views.choose(LOG)
    assert hands.wanted == [ListVerdicts()]
    assert not log.export.isEnabled()
    hands.page.apply(VerdictsListed(lines(3), total=7))
    assert log.count.text() == "3 of 7"
    assert "Blocked" in log.model.index(0).data()
    QTest.keyClicks(log.query, "axe")
    qtbot.waitUntil(lambda: hands.wanted[-1] == ListVerdicts(VerdictFilter("axe")))
    log.decision.setCurrentIndex(2)
    log.checkpoint.setCurrentIndex(2)
    log.checkpoint.activated.emit(2)
    wanted = hands.wanted[-1]
    assert isinstance(wanted, ListVerdicts)
    assert wanted.wanted.checkpoints == (Checkpoint.INPUT,)
    assert set(wanted.wanted.decisions) == {Decision.BLOCKED, Decision.HELD}
    log.export_to("/somewhere/log.csv")
    assert hands.wanted[-1] == ExportVerdicts("/somewhere/log.csv", wanted.wanted)
    at = log.list.visualRect(log.model.index(0)).center()
    QTest.mouseClick(log.list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseClick(log.draft, Qt.MouseButton.LeftButton)
    assert hands.drafts == [TEXT]
    log.clear.click()
    assert ClearVerdicts() not in hands.wanted  # the first press asks
    log.clear.click()
    assert hands.wanted.count(ClearVerdicts()) == 1
    log.list.activated.emit(log.model.index(1))
    assert hands.page.check.isVisible()
    assert hands.page.check.origin.text() == "a.png"
    assert hands.page.check.bars.bars[0].score.value == 0.71


def test_every_button_has_a_name_and_both_looks_are_painted(hands: Hands, theme: Theme) -> None:
    hands.page.apply(CheckDone(checked()))
    for view in (CHECK, RULES, LOG):
        hands.page.views.choose(view)
        for look in ("dark", "light"):
            theme.set_choice(look)
            assert not hands.page.grab().isNull()
    ours = [b for b in hands.page.findChildren(QAbstractButton) if not isinstance(b, QToolButton)]  # Qt's own cross
    assert all(button.accessibleName() or button.text() for button in ours)


# --- beside the page -----------------------------------------------------------------------------------------


def test_a_draft_comes_back_before_what_was_begun_meanwhile(stage: Stage, qtbot: QtBot) -> None:
    entry = stage.window.bar.entry
    QTest.keyClicks(entry.lines, "and another thing")
    blocked = checked(checkpoint=Checkpoint.INPUT, decision=Decision.BLOCKED)
    stage.tell(DraftKept(TEXT, blocked, 1))
    assert entry.text() == f"{TEXT}\nand another thing"
    stage.tell(DraftKept(entry.text(), blocked, 2))
    assert entry.text() == f"{TEXT}\nand another thing"  # not twice
    with_file = Subject(SubjectKind.ATTACHMENT, name="wound.png")
    stage.tell(DraftKept("", checked(subject=with_file, checkpoint=Checkpoint.INPUT, decision=Decision.BLOCKED), 3))
    assert stage.window.notices.shown[-1].message == "Not sent because of “wound.png”: Violence 0.71."


def said(number: int, role: Role, text: str, heard: int | None = None) -> Message:
    return Message(number, 1, role, text, float(number), heard_chars=heard)


def test_verdicts_stand_with_their_words(qtbot: QtBot, theme: Theme) -> None:
    view = ConversationView(theme)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    messages = (said(1, Role.USER, TEXT), said(2, Role.ASSISTANT, TEXT, AXE_AT), said(3, Role.USER, "Fine."))
    view.handle(ConversationOpened(Conversation(ConversationHead(1, "t", 1.0), messages)))
    for number, checkpoint, decision in (
        (1, Checkpoint.INPUT, Decision.SHOWN),
        (2, Checkpoint.REPLY, Decision.BLOCKED),
    ):
        subject = Subject(SubjectKind.MESSAGE, number)
        view.handle(CheckDone(checked(subject=subject, checkpoint=checkpoint, decision=decision)))
    fine = checked(subject=Subject(SubjectKind.MESSAGE, 3), parts=(Part(Passage(0, 5), MILD),))
    view.handle(CheckDone(fine))
    qtbot.waitUntil(lambda: not view.is_working)
    first, third = sorted(view.findChildren(UserCard), key=lambda card: card.y())
    (reply,) = view.findChildren(ReplyView)
    with_file = Subject(SubjectKind.ATTACHMENT, 1, "wound.png")
    view.handle(CheckDone(checked(subject=with_file, checkpoint=Checkpoint.INPUT, decision=Decision.SHOWN)))
    assert first.verdict.text == "Violence 0.71 · “wound.png”: Violence 0.71"
    assert third.verdict.text == ""
    assert reply.verdict == "Not read aloud from here on: Violence 0.71."
    assert reply.cut_words == ""  # nobody interrupted
    wanted: list[object] = []
    view.wanted.connect(wanted.append)
    reply.footer.check.click()
    assert wanted == [CheckMessage(2)]
