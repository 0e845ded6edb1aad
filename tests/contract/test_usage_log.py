"""Both logs of usage, in memory and on disk, keep the port's promises."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from tests.fakes.usage import MemoryUsage
from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role
from voiceapp.core.speech import Basis
from voiceapp.core.usage import UsageRow
from voiceapp.ports import UsageLog
from voiceapp.store.sqlite import SqliteStore
from voiceapp.store.usage import SqliteUsage

CHAT = UsageRow(
    1000.5, "chat", "openai", "gpt-6-luna", {"text_in": 12.0, "text_out": 3.5}, 0.0004, Basis.ESTIMATED,
    turn=1, message_id=2, conversation_id=3, take_id=4,
)  # fmt: skip
UNKNOWN = UsageRow(2000.0, "speech", "router", "voice-x", {"characters": 80.0}, None, Basis.MEASURED)
FREE = UsageRow(3000.0, "transcription", "local", "", {"seconds": 2.5}, 0.0, conversation_id=3)


@pytest.fixture(params=["memory", "sqlite"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[UsageLog]:
    store = SqliteStore(tmp_path, PlainTakes())
    made: UsageLog = MemoryUsage() if request.param == "memory" else SqliteUsage(store)
    await made.add([CHAT, UNKNOWN])
    await made.add([FREE])
    yield made
    await store.close()


async def test_rows_come_back_whole_and_in_order(log: UsageLog) -> None:
    found = await log.rows()
    assert [replace(row, id=0) for row in found] == [CHAT, UNKNOWN, FREE]
    assert len({row.id for row in found}) == 3


@pytest.mark.parametrize(
    ("since_s", "until_s", "jobs"),
    [
        (0.0, None, ["chat", "speech", "transcription"]),
        (1000.5, 2000.0, ["chat"]),
        (1000.6, 3000.0, ["speech"]),
        (3000.1, None, []),
    ],
)
async def test_a_stretch_of_time_has_its_beginning_and_not_its_end(
    log: UsageLog, since_s: float, until_s: float | None, jobs: list[str]
) -> None:
    assert [row.job for row in await log.rows(since_s, until_s)] == jobs


async def test_one_conversations_rows(log: UsageLog) -> None:
    assert [row.job for row in await log.rows(conversation_id=3)] == ["chat", "transcription"]
    assert await log.rows(conversation_id=9) == ()


async def test_what_is_spent_counts_known_costs(log: UsageLog) -> None:
    assert await log.spent_usd(0.0, 5000.0) == pytest.approx(0.0004)
    assert await log.spent_usd(1500.0, 5000.0) == 0.0


async def test_nothing_is_no_row(log: UsageLog) -> None:
    await log.add([])
    assert len(await log.rows()) == 3


async def test_the_table_is_written_whole(log: UsageLog, tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    assert await log.export(path, 1500.0, None, UTC) == 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [(row["job"], row["price"]) for row in found] == [("speech", "unknown"), ("transcription", "free")]


async def test_what_was_paid_outlives_its_conversation(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, PlainTakes())
    log = SqliteUsage(store)
    head = await store.new_conversation("Dear")
    message = await store.add_message(head.id, Role.ASSISTANT, "Yes.")
    await log.add([replace(CHAT, conversation_id=head.id, message_id=message.id)])
    await store.delete_conversation(head.id)
    assert [row.conversation_id for row in await log.rows()] == [head.id]
    await store.close()
