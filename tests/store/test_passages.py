"""The index of meaning: what waits, what is found, and that nothing outlives its text."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role
from voiceapp.core.own_search import Matching, cut
from voiceapp.core.vectors import Vectors, unit
from voiceapp.ports.meaning import Aim, DueText, TextVectors
from voiceapp.store import passages as passages_module
from voiceapp.store.passages import SqlitePassages
from voiceapp.store.sqlite import SqliteStore

SPACE = "test 16"
DIM = 16


def vector(*weights: float) -> Vectors:
    """A direction: some weights, and a little of everything else."""
    made = np.full(DIM, 0.01, dtype=np.float32)
    made[: len(weights)] += np.array(weights, dtype=np.float32)
    return np.asarray(unit(made[np.newaxis, :])[0])


@pytest.fixture
def passages(store: SqliteStore) -> SqlitePassages:
    return SqlitePassages(store, time.time)


async def say(store: SqliteStore, *texts: str) -> list[int]:
    head = await store.new_conversation("Talk")
    return [(await store.add_message(head.id, Role.USER, text)).id for text in texts]


async def index(passages: SqlitePassages, **meanings: Vectors) -> None:
    """Index what waits; a text that has one of the words gets that word's vector."""
    await passages.use_space(SPACE)
    for due in await passages.due(1000):
        found = next((value for word, value in meanings.items() if word in due.text), vector(*[0.0] * 15, 1.0))
        parts = cut(due.text)
        await passages.put(SPACE, [TextVectors(due, parts, np.stack([found] * len(parts)))])


async def test_every_text_waits_until_it_is_indexed(store: SqliteStore, passages: SqlitePassages) -> None:
    first, second = await say(store, "one", "two")
    await passages.use_space(SPACE)
    due = await passages.due(10)
    assert [(one.source, one.text) for one in due] == [(second, "two"), (first, "one")]
    assert await passages.count_due() == 2
    await index(passages)
    assert await passages.count_due() == 0


async def test_what_waits_is_measured_in_portions(
    store: SqliteStore, passages: SqlitePassages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages_module, "CHUNK_ROWS", 2)
    assert await passages.due_characters() == 0
    await say(store, *("a" * length for length in (1, 20, 300, 4_000)))
    assert await passages.due_characters() == 4_321
    await index(passages)
    assert await passages.due_characters() == 0


async def test_what_is_close_in_meaning_is_found_without_its_words(
    store: SqliteStore, passages: SqlitePassages
) -> None:
    boiler, _tomatoes = await say(store, "The boiler rattles.", "Tomatoes grow.")
    await index(passages, boiler=vector(1.0), Tomatoes=vector(0.0, 1.0))
    found = await passages.find("heating", Aim(SPACE, vector(0.9, 0.1)), Matching.HYBRID, 5)
    assert [(one.message_id, one.is_by_meaning, one.is_by_text) for one in found] == [(boiler, True, False)]
    assert (found[0].title, found[0].text, found[0].role) == ("Talk", "The boiler rattles.", Role.USER)


async def test_found_by_both_stands_first(store: SqliteStore, passages: SqlitePassages) -> None:
    near, both, words = await say(store, "The furnace is cold.", "The boiler is cold.", "A boiler and a boiler.")
    await index(passages, furnace=vector(1.0), cold=vector(1.0, 0.3), **{"A boiler": vector(0.0, 1.0)})
    found = await passages.find("boiler", Aim(SPACE, vector(1.0)), Matching.HYBRID, 5)
    assert found[0].message_id == both
    assert {one.message_id for one in found} == {near, both, words}


async def test_words_alone_and_meaning_alone(store: SqliteStore, passages: SqlitePassages) -> None:
    furnace, boiler = await say(store, "The furnace.", "The boiler.")
    await index(passages, furnace=vector(1.0), boiler=vector(0.0, 1.0))
    aim = Aim(SPACE, vector(1.0))
    assert [one.message_id for one in await passages.find("boiler", aim, Matching.TEXT, 5)] == [boiler]
    assert [one.message_id for one in await passages.find("boiler", aim, Matching.MEANING, 5)] == [furnace]
    assert [one.message_id for one in await passages.find("boiler", None, Matching.HYBRID, 5)] == [boiler]


async def test_one_word_of_a_question_is_enough(store: SqliteStore, passages: SqlitePassages) -> None:
    (plumber,) = await say(store, "The plumber comes on Friday.")
    question = "When did I say the plumber would arrive?"
    assert await passages.find(question, None, Matching.TEXT, 5) == ()
    found = await passages.find(question, None, Matching.TEXT, 5, is_any_word=True)
    assert [one.message_id for one in found] == [plumber]


async def test_a_long_text_is_found_once_at_its_closest_passage(store: SqliteStore, passages: SqlitePassages) -> None:
    text = "Something else entirely. " * 80 + "The boiler rattles. " * 3
    (message,) = await say(store, text)
    await passages.use_space(SPACE)
    (due,) = await passages.due(5)
    parts = cut(text)
    vectors = np.stack([*[vector(0.0, 1.0)] * (len(parts) - 1), vector(1.0)])
    await passages.put(SPACE, [TextVectors(due, parts, vectors)])
    (found,) = await passages.find("heating", Aim(SPACE, vector(1.0)), Matching.MEANING, 5)
    assert (found.message_id, found.start, found.end) == (message, parts[-1].start, len(text))
    assert "boiler" in found.text


async def test_a_changed_text_waits_again_and_its_old_passages_are_gone(
    store: SqliteStore, passages: SqlitePassages
) -> None:
    (message,) = await say(store, "The boiler rattles.")
    await index(passages, boiler=vector(1.0))
    await store.update_message(message, text="Tomatoes grow.")
    assert await passages.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5) == ()
    assert [due.text for due in await passages.due(5)] == ["Tomatoes grow."]


async def test_a_text_that_changed_while_it_was_embedded_stays_due(
    store: SqliteStore, passages: SqlitePassages
) -> None:
    (message,) = await say(store, "before")
    await passages.use_space(SPACE)
    (due,) = await passages.due(5)
    await store.update_message(message, text="after")
    await passages.put(SPACE, [TextVectors(due, cut(due.text), vector(1.0)[np.newaxis, :])])
    assert [one.text for one in await passages.due(5)] == ["after"]
    assert await passages.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5) == ()


async def test_nothing_of_a_deleted_conversation_is_kept(store: SqliteStore, passages: SqlitePassages) -> None:
    await say(store, "The boiler rattles.")
    await index(passages, boiler=vector(1.0))
    await say(store, "It waits.")
    for head in await store.conversations():
        await store.delete_conversation(head.id)
    counts = await store.run(
        lambda db: [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("passages", "passages_due")]
    )
    assert counts == [0, 0]


async def test_another_model_begins_anew(store: SqliteStore, passages: SqlitePassages) -> None:
    await say(store, "The boiler rattles.")
    await index(passages, boiler=vector(1.0))
    await passages.use_space("other 16")
    assert await passages.count_due() == 1
    assert await passages.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5) == ()
    await passages.put(
        SPACE,
        [TextVectors(DueText(1, 1, "The boiler rattles."), cut("The boiler rattles."), vector(1.0)[np.newaxis, :])],
    )
    assert await passages.count_due() == 1


async def test_a_query_of_another_space_is_not_compared(store: SqliteStore, passages: SqlitePassages) -> None:
    await say(store, "The boiler rattles.")
    await index(passages, boiler=vector(1.0))
    assert await passages.find("x", Aim("other", np.ones(32, dtype=np.float32)), Matching.HYBRID, 5) == ()


async def test_a_recording_in_no_message_is_found_and_one_in_a_message_once(
    store: SqliteStore, passages: SqlitePassages
) -> None:
    writer = await store.begin_take(16_000, None)
    await store.update_take(writer.take.id, text="The boiler rattles.")
    await index(passages, boiler=vector(1.0))
    (found,) = await passages.find("boiler", Aim(SPACE, vector(1.0)), Matching.HYBRID, 5)
    assert (found.take_id, found.message_id) == (writer.take.id, None)
    head = await store.new_conversation("Talk")
    message = await store.add_message(head.id, Role.USER, "The boiler rattles.", take_id=writer.take.id)
    await index(passages, boiler=vector(1.0))
    (found,) = await passages.find("boiler", Aim(SPACE, vector(1.0)), Matching.HYBRID, 5)
    assert (found.take_id, found.message_id) == (writer.take.id, message.id)


async def test_a_reply_that_is_being_written_is_not_indexed_yet(store: SqliteStore, passages: SqlitePassages) -> None:
    head = await store.new_conversation("Talk")
    reply = await store.add_message(head.id, Role.ASSISTANT, "It is", is_complete=False)
    assert await passages.due(5) == ()
    await store.update_message(reply.id, text="It is late.", is_complete=True)
    assert [due.text for due in await passages.due(5)] == ["It is late."]


async def test_it_goes_on_after_a_restart_where_it_was(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path, PlainTakes())
    await say(first, "The boiler rattles.", "Tomatoes grow.")
    passages = SqlitePassages(first, time.time)
    await passages.use_space(SPACE)
    (due,) = await passages.due(1)
    await passages.put(SPACE, [TextVectors(due, cut(due.text), vector(1.0)[np.newaxis, :])])
    await first.close()
    second = SqliteStore(tmp_path, PlainTakes())
    try:
        again = SqlitePassages(second, time.time)
        await again.use_space(SPACE)
        assert [one.text for one in await again.due(5)] == ["The boiler rattles."]
        (found,) = await again.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5)
        assert found.text == "Tomatoes grow."
    finally:
        await second.close()


async def test_what_another_process_indexed_is_found_too(store: SqliteStore, tmp_path: Path) -> None:
    await say(store, "The boiler rattles.")
    mine = SqlitePassages(store, time.time)
    await index(mine, boiler=vector(1.0))
    assert len(await mine.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5)) == 1
    other_store = SqliteStore(tmp_path, PlainTakes())
    try:
        await say(other_store, "The boiler hums.")
        await index(SqlitePassages(other_store, time.time), boiler=vector(1.0))
    finally:
        await other_store.close()
    assert len(await mine.find("x", Aim(SPACE, vector(1.0)), Matching.MEANING, 5)) == 2
