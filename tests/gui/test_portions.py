"""Long work of the window's thread is done in portions, and what shows lists uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QStackedWidget
from pytestqt.qtbot import QtBot

from voiceapp.core.batch import BatchChanged, BatchesListed, BatchJob, Task
from voiceapp.core.budget import UsageListed
from voiceapp.core.events import SettingsChanged
from voiceapp.core.images import ImagesListed
from voiceapp.core.moderation import Action, Checkpoint, Rule
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import ToolRow, ToolsListed
from voiceapp.core.tool_settings import Effect, Permission
from voiceapp.core.usage import UsageRow
from voiceapp.core.usage_report import report
from voiceapp.gui import usage_chart
from voiceapp.gui.batch_row import BatchRow
from voiceapp.gui.batches_window import BatchesWindow
from voiceapp.gui.images_panel import ImagesPanel
from voiceapp.gui.moderation_page import RULES, ModerationPage
from voiceapp.gui.portions import Portions
from voiceapp.gui.settings_tools import ToolsPage
from voiceapp.gui.settings_usage import UsagePage
from voiceapp.gui.theme import Theme
from voiceapp.gui.usage_chart import ShareBar

pytestmark = pytest.mark.window
PATIENCE_MS = 20_000
NOON_S = 1_781_524_800.0


def counting(to: int, found: list[int]) -> Iterator[None]:
    for n in range(to):
        found.append(n)
        yield


def test_the_first_portion_is_done_at_once_and_the_rest_between_other_events(qtbot: QtBot) -> None:
    owner, found = QObject(), list[int]()
    seen: list[int] = []
    portions = Portions(owner)
    portions.begin(counting(4, found))
    assert found == [0]
    assert portions.is_under_way
    QTimer.singleShot(0, owner, lambda: seen.append(len(found)))
    qtbot.waitUntil(lambda: not portions.is_under_way, timeout=PATIENCE_MS)
    assert found == [0, 1, 2, 3]
    assert seen[0] < 4


def test_a_later_work_takes_the_place_of_an_earlier_one(qtbot: QtBot) -> None:
    owner, earlier, later = QObject(), list[int](), list[int]()
    portions = Portions(owner)
    portions.begin(counting(9, earlier))
    portions.begin(counting(3, later))
    qtbot.waitUntil(lambda: not portions.is_under_way, timeout=PATIENCE_MS)
    assert earlier == [0]
    assert later == [0, 1, 2]


def test_who_cannot_wait_has_it_done(qtbot: QtBot) -> None:
    owner, found = QObject(), list[int]()
    portions = Portions(owner)
    portions.begin(counting(5, found))
    portions.finish()
    assert found == [0, 1, 2, 3, 4]
    assert not portions.is_under_way


def test_dozens_of_tools_are_shown_some_at_a_time(qtbot: QtBot, theme: Theme) -> None:
    page = ToolsPage(theme)
    qtbot.addWidget(page)
    page.show_settings(Settings(tool_permissions={"tool_39": Permission.ALWAYS}))
    rows = tuple(ToolRow(f"tool_{n}", "Does it.", Effect.LEAVES, Permission.ASK) for n in range(40))
    page.handle(ToolsListed(rows[:2]))
    first = page.permissions["tool_0"]
    page.handle(ToolsListed(rows))
    assert 2 < len(page.permissions) < 10
    qtbot.waitUntil(lambda: len(page.permissions) == 40, timeout=PATIENCE_MS)
    assert page.permissions["tool_0"] is first  # what stays is not made again
    assert page.permissions["tool_38"].currentData() == Permission.ASK
    assert page.permissions["tool_39"].currentData() == Permission.ALWAYS
    page.handle(ToolsListed(rows[1:3]))
    assert list(page.permissions) == ["tool_1", "tool_2"]


def test_many_jobs_are_listed_some_at_a_time_newest_first(qtbot: QtBot, theme: Theme) -> None:
    window = BatchesWindow(theme)
    qtbot.addWidget(window)
    jobs = tuple(BatchJob(n, Task.SUMMARY, "openai", "m", f"t{n}", total=3) for n in range(30, 0, -1))
    window.apply(BatchesListed(jobs))
    assert 0 < len(window.rows) < 10
    window.apply(BatchChanged(BatchJob(31, Task.SUMMARY, "openai", "m", "t31", total=3)))
    qtbot.waitUntil(lambda: len(window.rows) == 31, timeout=PATIENCE_MS)
    column = window._column
    shown = [item.widget() for item in map(column.itemAt, range(column.count())) if item is not None]
    assert [row.job.id for row in shown if isinstance(row, BatchRow)] == list(range(31, 0, -1))


def test_the_rules_are_made_one_after_the_other(qtbot: QtBot, theme: Theme) -> None:
    page = ModerationPage(theme)
    qtbot.addWidget(page)
    page.views.choose(RULES)
    assert len(page.rules._controls) < 2
    blocks = replace(Settings().moderation, image=Rule(Action.BLOCK))
    page.apply(SettingsChanged(Settings(moderation=blocks)))
    qtbot.waitUntil(lambda: len(page.rules._controls) == 4, timeout=PATIENCE_MS)
    assert page.rules.controls[Checkpoint.IMAGE].rule().action is Action.BLOCK


def test_a_month_is_summed_up_when_it_is_told_and_not_when_it_is_painted(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = UsagePage(theme)
    qtbot.addWidget(page)
    rows = [UsageRow(NOON_S + n * 3600, "chat", "openai", f"model-{n}", {}, 0.5) for n in range(24)]
    page.handle(UsageListed(report(rows, "2026-06", UTC, is_current=True, budget_usd=None)))
    made = len(page.providers.shown)
    assert made == 24
    assert len(page.findChildren(ShareBar)) < made
    qtbot.waitUntil(lambda: len(page.findChildren(ShareBar)) > made, timeout=PATIENCE_MS)
    monkeypatch.setattr(usage_chart, "_sum", pytest.fail)
    assert not page.chart.grab().isNull()
    assert {page.chart.words_at(x)[:10] for x in range(page.chart.width())} == {"", "2026-06-15", "2026-06-16"}


def test_the_images_panel_gets_its_layout_after_its_parts_or_when_it_is_needed(qtbot: QtBot, theme: Theme) -> None:
    place = QStackedWidget()
    qtbot.addWidget(place)
    panel = ImagesPanel(theme, None, place)
    panel.apply(SettingsChanged(Settings()))
    assert panel.layout() is None
    qtbot.waitUntil(lambda: panel.layout() is not None, timeout=PATIENCE_MS)
    assert panel.parent() is place
    assert panel.head.isHidden()
    other = ImagesPanel(theme, None, place)
    other.apply(ImagesListed(()))
    assert other.layout() is not None
