"""A job in batches as one line."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from voiceapp.core.batch import BatchJob, BatchState, Task
from voiceapp.gui.batch_row import BatchRow
from voiceapp.gui.theme import Theme


def test_what_cost_next_to_nothing_did_not_cost_nothing(qtbot: QtBot, theme: Theme) -> None:
    job = BatchJob(4, Task.SUMMARY, "openai", "m", "t", BatchState.DONE, total=3, done=3, usd=0.00003)
    row = BatchRow(theme, job)
    qtbot.addWidget(row)
    assert "under $0.0001" in row.facts.text()
