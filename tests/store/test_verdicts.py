"""The log of verdicts: kept, found again, exported, forgotten."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest

from tests.fakes import MemoryVerdicts
from tests.store.plain_takes import PlainTakes
from voiceapp.core.checks import LoggedVerdict, Subject, SubjectKind, VerdictFilter
from voiceapp.core.errors import StoreError
from voiceapp.core.moderation import Action, Checkpoint, Decision, OnFailure, Policy, Rule, Score
from voiceapp.core.settings import Settings
from voiceapp.ports import VerdictLog
from voiceapp.store import verdicts as module
from voiceapp.store.settings_file import SettingsFile
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.verdicts import SqliteVerdicts

VIOLENCE = (Score("violence", 0.71, is_flagged=True, inputs=("text",)), Score("S1", None))


def line(text: str, checkpoint: Checkpoint, decision: Decision, *, draft: str = "") -> LoggedVerdict:
    scores = VIOLENCE if decision is not Decision.PASSED else (Score("hate", 0.01),)
    over = ("violence",) if decision is not Decision.PASSED else ()
    subject = Subject(SubjectKind.MESSAGE, 7, "")
    return LoggedVerdict(
        0, 5.0, subject, checkpoint, decision, scores, over, text, "0" * 16, "OpenAI", 12.5, draft=draft
    )


LINES = (
    line("Grüße vom Meer", Checkpoint.INPUT, Decision.PASSED),
    line("=SUM(A1) the axe", Checkpoint.INPUT, Decision.BLOCKED, draft="the whole text"),
    line("the axe again", Checkpoint.REPLY, Decision.SHOWN),
)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path, PlainTakes())


async def filled(log: VerdictLog) -> VerdictLog:
    for one in LINES:
        await log.add_verdict(one)
    return log


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (VerdictFilter(), [3, 2, 1]),
        (VerdictFilter(query="AXE"), [3, 2]),
        (VerdictFilter(query="grüße meer"), [1]),
        (VerdictFilter(checkpoints=(Checkpoint.INPUT,)), [2, 1]),
        (VerdictFilter(decisions=(Decision.BLOCKED, Decision.SHOWN), query="again"), [3]),
        (VerdictFilter(category="violence"), [3, 2]),
        (VerdictFilter(category="hate"), []),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["sqlite", "fake"])
async def test_filters(kind: str, wanted: VerdictFilter, numbers: list[int], store: SqliteStore) -> None:
    log = await filled(SqliteVerdicts(store) if kind == "sqlite" else MemoryVerdicts())
    found, total = await log.verdicts(wanted)
    assert [verdict.id for verdict in found] == numbers
    assert total == len(numbers)
    assert len((await log.verdicts(wanted, limit=1))[0]) <= 1
    await log.clear_verdicts()
    assert await log.verdicts() == ((), 0)
    await store.close()


async def test_a_line_comes_back_as_it_was_after_a_restart(store: SqliteStore, tmp_path: Path) -> None:
    kept = await SqliteVerdicts(store).add_verdict(LINES[1])
    await store.close()
    again = SqliteStore(tmp_path, PlainTakes())
    assert await SqliteVerdicts(again).verdicts() == ((kept,), 1)
    assert kept.draft == "the whole text"
    assert kept.scores == VIOLENCE
    await again.close()


async def test_exports(store: SqliteStore, tmp_path: Path) -> None:
    log = await filled(SqliteVerdicts(store))
    assert await log.export_verdicts(tmp_path / "log.json", VerdictFilter(category="violence")) == 2
    tables = json.loads((tmp_path / "log.json").read_text())
    assert [table["decision"] for table in tables] == ["shown", "blocked"]
    assert tables[0]["scores"] == {"violence": 0.71, "S1": None}
    assert await log.export_verdicts(tmp_path / "log.csv") == 3
    with (tmp_path / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["violence"] for row in rows] == ["0.71", "0.71", ""]
    assert rows[1]["excerpt"] == "'=SUM(A1) the axe"  # a spreadsheet must not run it
    assert "draft" not in rows[0]
    with pytest.raises(StoreError, match=r"log\.xml"):
        await log.export_verdicts(tmp_path / "log.xml")
    with pytest.raises(StoreError):
        await log.export_verdicts(Path("/proc/none/log.csv"))
    await store.close()


async def test_the_oldest_lines_go(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    log = await filled(SqliteVerdicts(store))
    found, _total = await log.verdicts()
    assert [verdict.id for verdict in found] == [3, 2]
    await store.close()


def test_the_rules_are_settings_that_a_person_can_write(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    policy = Policy(
        input=Rule(Action.BLOCK), reply=Rule(Action.SHOW, OnFailure.CLOSED), limits={"self-harm/intent": 0.2}
    )
    file.save(Settings(moderation=policy))
    table = tomllib.loads((tmp_path / "settings.toml").read_text())
    assert table["moderation"] == {
        "input": {"action": "block"},
        "reply": {"action": "show", "on_failure": "closed"},
        "limits": {"self-harm/intent": 0.2},
    }
    assert file.load().moderation == policy
    (tmp_path / "settings.toml").write_text('[moderation.input]\naction = "maybe"\n')
    assert file.load().moderation == Policy()
    assert "moderation" in file.notices[0]
