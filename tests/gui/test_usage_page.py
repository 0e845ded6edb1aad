"""Usage and cost in the window: the page, the figures below answers and above the conversation, the question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Stage
from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.budget import (
    Answer,
    AnswerBudget,
    BudgetAsked,
    BudgetSettled,
    CostAdded,
    CostsKnown,
    ShowUsage,
    UsageListed,
)
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Timings
from voiceapp.core.settings import Settings
from voiceapp.core.usage import Cost, UsageRow
from voiceapp.core.usage_report import report
from voiceapp.gui.conversation_entries import Reply
from voiceapp.gui.conversation_model import ConversationModel
from voiceapp.gui.cost_tally import CostTally
from voiceapp.gui.reply_view import ReplyView
from voiceapp.gui.settings_dialog import SettingsDialog
from voiceapp.gui.settings_usage import UsagePage
from voiceapp.gui.theme import Theme
from voiceapp.gui.usage_chart import job_color, nice_top

BUDGET = replace(Settings(), budget_usd=5.0)


def row(day: int, job: str, cost: float | None, **amounts: float) -> UsageRow:
    at_s = datetime(2026, 11, day, 12, tzinfo=UTC).timestamp()
    return UsageRow(at_s, job, "openai", f"{job}-model", amounts, cost)


ROWS = (
    row(2, "transcription", 0.10, seconds=1333.0),
    row(2, "chat", 0.40, text_in=120_000.0, text_cached=90_000.0, text_out=8000.0),
    row(20, "speech", 1.00, characters=9000.0),
    row(20, "images", 2.00, images=3.0),
    row(21, "embeddings", None, text_in=500.0),
)
NOVEMBER = report(ROWS, "2026-11", UTC, is_current=True, budget_usd=5.0)


class Page:
    """The page inside its dialog, with what it wanted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.dialog = SettingsDialog(theme)
        qtbot.addWidget(self.dialog)
        self.wanted: list[object] = []
        self.dialog.wanted.connect(self.wanted.append)
        self.dialog.handle(e.SessionReady(e.Engines(), e.Devices(), BUDGET))
        page = self.dialog.pages["usage"]
        assert isinstance(page, UsagePage)
        self.page = page
        self.dialog.open_page("usage")
        qtbot.waitExposed(self.dialog)
        self.dialog.handle(UsageListed(NOVEMBER))


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme) -> Iterator[Page]:
    made = Page(qtbot, theme)
    yield made
    made.dialog.close()


def test_opening_the_page_asks_for_this_month(desk: Page) -> None:
    assert desk.wanted == [ShowUsage("")]


def test_the_month_in_figures(desk: Page) -> None:
    page = desk.page
    assert page.month.text() == "November 2026"
    assert page.sum.text() == "at least $3.50"
    assert page.about.text() == "$3.50 of $5.00 are spent. 1 call has no known price and is not counted."
    assert page.budget_bar.share == pytest.approx(0.7)
    assert [(name, cost) for name, _amounts, cost in page.jobs.shown] == [
        ("Images", "$2.00"), ("Speaking", "$1.00"), ("Answering", "$0.40"), ("Hearing", "$0.10"),
        ("Search index", "price unknown"),
    ]  # fmt: skip
    assert page.jobs.shown[2][1] == "120,000 tokens in (90,000 cached) · 8,000 tokens out"
    assert page.providers.shown[0][0] == "OpenAI images-model"


def test_the_chart_draws_what_each_day_cost(desk: Page) -> None:
    chart = desk.page.chart
    second, twentieth = chart.bar_rects("2026-11-02"), chart.bar_rects("2026-11-20")
    assert list(second) == ["transcription", "chat"]
    assert second["chat"].bottom() == pytest.approx(second["transcription"].top())
    assert twentieth["images"].height() == pytest.approx(2 * twentieth["speech"].height())
    assert chart.bar_rects("2026-11-21") == {}  # unknown is no height; a ring tells it
    spot = twentieth["images"].center()
    assert chart.words_at(spot.x()) == "2026-11-20: $3.00 (Speaking $1.00, Images $2.00)"
    assert chart.words_at(3.0) == chart.words_at(chart.width() + 50.0) == ""
    assert "2026-11-21: price unknown" in chart.accessibleDescription()
    painted = chart.grab().toImage()
    scale = painted.devicePixelRatio()
    colour = painted.pixelColor(round(spot.x() * scale), round(spot.y() * scale))
    assert colour == desk.page.theme.color(job_color("images"))


@pytest.mark.parametrize(("highest", "top"), [(0.0, 1.0), (3.0, 5.0), (5.0, 5.0), (0.0013, 0.002), (51.0, 100.0)])
def test_the_axis_ends_at_a_round_figure(highest: float, top: float) -> None:
    assert nice_top(highest) == pytest.approx(top)


def test_months_are_turned(desk: Page) -> None:
    desk.page.earlier.click()
    assert desk.wanted[-1] == ShowUsage("2026-10")
    assert not desk.page.later.isEnabled()
    desk.dialog.handle(UsageListed(report((), "2026-10", UTC, is_current=False, budget_usd=5.0)))
    assert desk.page.sum.text() == "nothing used"
    assert desk.page.budget_bar.isHidden()
    assert not desk.page.export_month.isEnabled()
    desk.page.later.click()
    assert desk.wanted[-1] == ShowUsage("2026-11")


@pytest.mark.parametrize(("typed", "budget"), [("12,50", 12.5), ("$8", 8.0), ("", None), ("0", 0.0)])
def test_the_budget_is_set(desk: Page, typed: str, budget: float | None) -> None:
    field = desk.page.budget
    assert field.text() == "5"
    field.setText(typed)
    field.editingFinished.emit()
    desk.dialog.apply_now()
    command = desk.wanted[-1]
    assert isinstance(command, c.ApplySettings)
    assert command.settings == replace(BUDGET, budget_usd=budget)


@pytest.mark.parametrize("typed", ["much", "-1", "inf", "nan"])
def test_what_is_no_amount_is_said_beside_the_field(desk: Page, typed: str) -> None:
    desk.page.budget.setText(typed)
    desk.page.budget.editingFinished.emit()
    desk.dialog.apply_now()
    assert desk.page.budget_row.error
    assert desk.wanted == [ShowUsage("")]


def test_a_new_cost_brings_the_page_up_to_date(qtbot: QtBot, desk: Page) -> None:
    desk.dialog.handle(CostAdded(Cost(0.1, 1)))
    qtbot.waitUntil(lambda: desk.wanted == [ShowUsage(""), ShowUsage("")])


# --- below answers, above the conversation ----------------------------------------------------------------

HEAD = ConversationHead(7, "Port 8080 is taken", 0.0)
ANSWER = Message(2, 7, Role.ASSISTANT, "Use ss.", 1.0, timings=Timings(310, 520, 740), engine="OpenAI gpt-6-luna")
OPENED = e.ConversationOpened(Conversation(HEAD, (Message(1, 7, Role.USER, "How?", 0.0), ANSWER)))


def reply_of(model: ConversationModel) -> Reply:
    reply = model.last_reply
    assert reply is not None
    return reply


def test_an_answers_cost_grows_while_it_is_spoken(qtbot: QtBot, theme: Theme) -> None:
    model = ConversationModel()
    model.apply(OPENED)
    assert model.apply(CostAdded(Cost(0.0003, 1), 1, 7, 2))
    assert model.apply(CostAdded(Cost(0.0001, 1, is_rough=True), 1, 7, 2))
    assert model.apply(CostAdded(Cost(0.5, 1), 1, 7, None)) == []
    cost = reply_of(model).cost
    assert cost.usd == pytest.approx(0.0004)
    assert (cost.calls, cost.is_rough) == (2, True)
    view = ReplyView(theme, reply_of(model))
    qtbot.addWidget(view)
    words = "heard in 0.31 s · first word 0.52 s · first sound 0.74 s · about $0.0004"
    assert view.footer._times.text() == words
    model.apply(e.TurnTimed(0, Timings(310, 520, 740), {"input_check": 80.0, "reply_check": 40.0}))
    view.set_reply(reply_of(model))
    assert view.footer._times.text() == words.replace(" · about", " · 0.12 s of it for checks · about")
    model.apply(CostsKnown(7, Cost(0.002, 2), {2: Cost(0.001, 1)}))
    assert reply_of(model).cost == Cost(0.001, 1)
    assert model.apply(CostsKnown(8, Cost(9.0, 1), {2: Cost(9.0, 1)})) == []


def test_the_tally_belongs_to_the_open_conversation() -> None:
    tally = CostTally()
    tally.apply(OPENED)
    assert tally.words == ""
    assert tally.apply(CostsKnown(7, Cost(0.001, 3)))
    assert tally.apply(CostAdded(Cost(0.0001, 1), 1, 7, 2))
    assert not tally.apply(CostAdded(Cost(5.0, 1), 1, 8, 9))
    assert tally.words == "$0.0011"
    tally.apply(OPENED)  # shown again, as after another answer
    assert tally.words == "$0.0011"
    tally.apply(e.ConversationOpened(Conversation(ConversationHead(0, "", 0.0))))
    assert tally.words == ""
    tally.apply(e.MessageAdded(Message(5, 9, Role.USER, "New", 0.0)))
    tally.apply(CostAdded(Cost(0.0, 1), 1, 9, 6))
    assert tally.words == "free"


def test_the_header_tells_turns_and_cost(stage: Stage) -> None:
    stage.tell(OPENED, CostsKnown(7, Cost(0.0011, 3)))
    assert stage.window.header.meta.text() == "1 turn · $0.0011"


# --- the question -----------------------------------------------------------------------------------------

ASKED = BudgetAsked(4, "chat", "openai", 5.03, 5.0, 1)


@pytest.mark.parametrize(
    ("button", "answer"),
    [("This time", Answer.ONCE), ("Until the month ends", Answer.MONTH), ("Stop", Answer.NO)],
)
def test_the_question_is_answered_by_its_buttons(stage: Stage, button: str, answer: Answer) -> None:
    from PySide6.QtWidgets import QPushButton

    stage.tell(ASKED)
    (shown,) = stage.window.notices.shown
    assert shown.message == "This month's budget of $5.00 is spent ($5.03). Go on?"
    (found,) = [b for b in stage.window.notices.findChildren(QPushButton) if b.text() == button]
    found.click()
    assert stage.commands(1)[-1] == AnswerBudget(4, answer)
    stage.tell(BudgetSettled(4))
    assert stage.window.notices.shown == ()


def test_a_question_that_is_settled_goes_without_an_answer(stage: Stage) -> None:
    stage.tell(ASKED)
    stage.tell(BudgetSettled(4))
    assert stage.window.notices.shown == ()
    QTest.qWait(20)
    assert not any(isinstance(command, AnswerBudget) for command in stage.session.commands)
