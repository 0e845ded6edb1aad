"""Both stores, in memory and on disk, keep the port's promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import MemoryStore
from voiceapp.audio.takefile import WavTakes
from voiceapp.core.conversation import Role, TakeState, Timings
from voiceapp.core.errors import StoreError
from voiceapp.core.transcript import Details, Gap, Segment, Word
from voiceapp.ports import Secrets, Store
from voiceapp.store.secrets import KeyringSecrets
from voiceapp.store.sqlite import SqliteStore

SECOND = np.full(16_000, 0.5, dtype=np.float32)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path, WavTakes())
    yield made
    await made.close()


def test_the_keys_on_disk_are_what_the_port_says(tmp_path: Path) -> None:
    secrets: Secrets = KeyringSecrets(tmp_path, environ={}, keyring=lambda: None)
    secrets.set("openai", "sk-x")
    assert secrets.get("openai") == "sk-x"


async def test_a_take_from_first_block_to_words(store: Store) -> None:
    writer = await store.begin_take(16_000, None)
    assert (await store.take(writer.take.id)).state is TakeState.RECORDING
    for part in np.array_split(SECOND, 7):
        await asyncio.to_thread(writer.write, part)
    finished = await asyncio.to_thread(writer.finish, TakeState.RECORDED)
    assert (finished.id, finished.duration_s, finished.rate_hz) == (writer.take.id, 1.0, 16_000)
    assert finished.peak_db == pytest.approx(-6.02, abs=0.05)
    assert 0 < len(finished.envelope) <= 64
    assert all(0.0 <= value <= 1.0 for value in finished.envelope)
    told = await store.update_take(finished.id, state=TakeState.TRANSCRIBED, text="hello there", engine="fake")
    assert (told.text, told.engine, told.duration_s) == ("hello there", "fake", 1.0)
    assert await store.takes() == (told,)
    clip = await store.load_take(told.id)
    assert np.allclose(clip.samples, SECOND, atol=1e-3)


async def test_a_transcripts_details_are_kept(store: Store) -> None:
    number = (await store.begin_take(16_000, None)).take.id
    assert (await store.take(number)).details == Details()
    details = Details(
        "de",
        (Segment(0.5, 1.25, "Grüß Gott.", "A"),),
        (Word("Grüß", 0.25), Word("Gott.", 0.99)),
        (Gap(2.0, 3.0, "It is down."),),
        is_translation=True,
    )
    assert (await store.update_take(number, text="Grüß Gott.", details=details)).details == details
    assert (await store.update_take(number, engine="x")).details == details, "what is not named stays"
    assert (await store.takes())[0].details == details
    assert (await store.update_take(number, details=Details())).details == Details()


async def test_takes_are_listed_newest_first(store: Store) -> None:
    numbers = [(await store.begin_take(16_000, None)).take.id for _ in range(3)]
    assert [take.id for take in await store.takes()] == sorted(numbers, reverse=True)


async def test_an_exchange_with_its_take(store: Store) -> None:
    head = await store.new_conversation("Weather")
    writer = await store.begin_take(16_000, head.id)
    asked = await store.add_message(head.id, Role.USER, "Rain?", take_id=writer.take.id, engine="fake")
    reply = await store.add_message(head.id, Role.ASSISTANT, "", is_complete=False)
    reply = await store.update_message(reply.id, text="Yes, heavily.", timings=Timings(1.0, 2.0, 3.0), is_complete=True)
    reply = await store.update_message(reply.id, heard_chars=4)

    conversation = await store.conversation(head.id)

    assert conversation.messages == (asked, reply)
    assert (reply.text, reply.heard_chars, reply.timings) == ("Yes, heavily.", 4, Timings(1.0, 2.0, 3.0))
    assert set(conversation.takes) == {writer.take.id}
    assert (conversation.head.title, conversation.head.message_count) == ("Weather", 2)


async def test_the_conversation_last_used_is_the_first(store: Store) -> None:
    first, second = await store.new_conversation("first"), await store.new_conversation("second")
    await store.add_message(first.id, Role.USER, "again")
    assert [head.id for head in await store.conversations()] == [first.id, second.id]


async def test_search_in_titles_messages_and_takes(store: Store) -> None:
    titled = await store.new_conversation("Umbrella shopping")
    other = await store.new_conversation("Other")
    said = await store.add_message(other.id, Role.USER, "Where is my umbrella?")
    writer = await store.begin_take(16_000, None)
    await store.update_take(writer.take.id, text="an umbrella, unanswered")

    assert {head.id for head in await store.conversations("umbrella")} == {titled.id, other.id}
    assert "umbrella" in {head.id: head.snippet for head in await store.conversations("umbrella")}[other.id]
    assert await store.conversations("parasol") == ()
    found = await store.search_texts("umbrella", 10)
    assert {(message.id, message.take_id) for message in found} == {(said.id, None), (0, writer.take.id)}
    assert len(await store.search_texts("umbrella", 1)) == 1


async def test_what_is_deleted_is_gone_and_takes_stay(store: Store) -> None:
    head = await store.new_conversation("x")
    writer = await store.begin_take(16_000, head.id)
    kept = await store.add_message(head.id, Role.USER, "keep")
    dropped = await store.add_message(head.id, Role.ASSISTANT, "drop")
    await store.delete_message(dropped.id)
    assert (await store.conversation(head.id)).messages == (kept,)
    await store.delete_conversation(head.id)
    with pytest.raises(StoreError):
        await store.conversation(head.id)
    assert (await store.take(writer.take.id)).conversation_id is None


async def test_what_is_not_there_is_an_error(store: Store) -> None:
    for missing in (
        store.take(99),
        store.conversation(99),
        store.update_message(99, text="x"),
        store.rename_conversation(99, "x"),
        store.add_message(99, Role.USER, "x"),
        store.load_take(99),
    ):
        with pytest.raises(StoreError):
            await missing


async def test_notes_are_kept_in_order(store: Store) -> None:
    numbers = [await store.add_note(text) for text in ("milk", "bread")]
    assert numbers == sorted(numbers)
    assert await store.notes() == ("milk", "bread")
