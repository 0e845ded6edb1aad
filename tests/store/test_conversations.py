from __future__ import annotations

import asyncio
import itertools
import sqlite3
from pathlib import Path

import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role, Timings
from voiceapp.core.errors import StoreError
from voiceapp.store.sqlite import SqliteStore


async def test_an_exchange_is_read_back_as_it_was_written(store: SqliteStore) -> None:
    head = await store.new_conversation("Rain")
    asked = await store.add_message(head.id, Role.USER, "Will it rain?")
    reply = await store.add_message(head.id, Role.ASSISTANT, "", engine="OpenAI gpt", is_complete=False)
    timings = Timings(120.0, 340.5, None)
    changed = await store.update_message(reply.id, text="Yes, **a lot**.", timings=timings, is_complete=True)

    conversation = await store.conversation(head.id)

    assert conversation.messages == (asked, changed)
    assert changed.text == "Yes, **a lot**."
    assert changed.timings == timings
    assert changed.engine == "OpenAI gpt"
    assert conversation.head.message_count == 2


async def test_update_message_changes_only_what_is_given(store: SqliteStore) -> None:
    head = await store.new_conversation("x")
    message = await store.add_message(head.id, Role.ASSISTANT, "one two three", is_complete=False)

    heard = await store.update_message(message.id, heard_chars=0)

    assert (heard.text, heard.heard_chars, heard.is_complete) == ("one two three", 0, False)


async def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    first = SqliteStore(tmp_path, PlainTakes())
    head = await first.new_conversation("Kept")
    await first.add_message(head.id, Role.USER, "hello")
    await first.add_note("buy milk")
    await first.close()

    second = SqliteStore(tmp_path, PlainTakes())
    conversation = await second.conversation(head.id)
    assert [m.text for m in conversation.messages] == ["hello"]
    assert await second.notes() == ("buy milk",)
    assert second.notices == ()
    await second.close()


async def test_the_list_follows_activity_even_when_the_clock_goes_backwards(tmp_path: Path) -> None:
    clock = itertools.chain([5000.0, 4000.0, 3000.0], itertools.repeat(10.0))
    store = SqliteStore(tmp_path, PlainTakes(), now=lambda: next(clock))
    old = await store.new_conversation("old")
    new = await store.new_conversation("new")
    assert [h.title for h in await store.conversations()] == ["new", "old"]

    first = await store.add_message(old.id, Role.USER, "first")
    second = await store.add_message(old.id, Role.USER, "second")

    assert [h.id for h in await store.conversations()] == [old.id, new.id]
    assert first.created_at > second.created_at
    assert [m.text for m in (await store.conversation(old.id)).messages] == ["first", "second"]
    await store.close()


async def test_deleting_a_conversation_keeps_its_take(store: SqliteStore) -> None:
    head = await store.new_conversation("gone")
    writer = await store.begin_take(16000, head.id)
    await store.add_message(head.id, Role.USER, "secret words", take_id=writer.take.id)

    await store.delete_conversation(head.id)

    assert await store.conversations() == ()
    assert await store.search_texts("secret") == ()
    assert (await store.take(writer.take.id)).conversation_id is None
    with pytest.raises(StoreError, match="no conversation"):
        await store.conversation(head.id)


async def test_numbers_are_never_used_twice(store: SqliteStore) -> None:
    first = await store.new_conversation("a")
    await store.delete_conversation(first.id)
    assert (await store.new_conversation("b")).id > first.id


async def test_a_message_for_a_conversation_that_is_not_there_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="no conversation 77"):
        await store.add_message(77, Role.USER, "hello")
    with pytest.raises(StoreError, match="no message"):
        await store.update_message(5, text="x")
    assert await store.search_texts("x") == ()


@pytest.mark.parametrize("text", ["half \ud83d character", "nul \x00 inside", "", "🙂" * 3, "a" * 1_000_000])
async def test_any_text_can_be_kept(store: SqliteStore, text: str) -> None:
    head = await store.new_conversation(text)
    message = await store.add_message(head.id, Role.ASSISTANT, text)
    assert message.text == text.encode("utf-8", "replace").decode()
    await store.rename_conversation(head.id, text)


async def test_after_closing_it_says_so(store: SqliteStore) -> None:
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.notes()


async def test_tables_are_strict_and_deletions_follow_references(store: SqliteStore) -> None:
    await store.open()
    with sqlite3.connect(store.database) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO notes (text, created_at) VALUES ('x', 'not a time')")
    db.close()


async def test_two_processes_write_at_once_and_neither_loses_anything(tmp_path: Path) -> None:
    one, two = SqliteStore(tmp_path, PlainTakes()), SqliteStore(tmp_path, PlainTakes())
    await asyncio.gather(one.open(), two.open())
    head = await one.new_conversation("shared")
    writes = [
        writer.add_message(head.id, Role.USER, f"{name} {number}")
        for number in range(40)
        for name, writer in (("one", one), ("two", two))
    ]
    await asyncio.gather(*writes)
    texts = [message.text for message in (await two.conversation(head.id)).messages]
    assert [t for t in texts if t.startswith("one")] == [f"one {n}" for n in range(40)]
    assert [t for t in texts if t.startswith("two")] == [f"two {n}" for n in range(40)]
    await one.close()
    await two.close()
