"""What replies cite and have made, and which of the service's tools are on: kept, and gone with the conversation."""

from __future__ import annotations

from pathlib import Path

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role, Source, SourceKind
from voiceapp.core.hosted import HostedChoice
from voiceapp.store import sources
from voiceapp.store.documents import SqliteDocuments
from voiceapp.store.sqlite import SqliteStore

PAGE = Source(SourceKind.PAGE, "Tides \ud83c", "https://tides.example/brest")
DOCUMENT = Source(SourceKind.DOCUMENT, "boiler.md", file_id="file-1", path="/home/ada/boiler.md")
MADE = Source(SourceKind.MADE, "plot.png", file_id="c_1", container_id="cntr_1", path="/made/1", size_bytes=7)


async def test_they_are_there_after_a_restart(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, PlainTakes())
    head = await store.new_conversation("Tides")
    message = await store.add_message(head.id, Role.ASSISTANT, "At six.")
    await store.add_message(head.id, Role.ASSISTANT, "No sources.")
    await store.set_sources(message.id, [PAGE])
    given = await store.set_sources(message.id, [PAGE, DOCUMENT, MADE])
    await SqliteDocuments(store, lambda: 0.0).choose(head.id, HostedChoice(True, False, ("vs_1",)))
    await store.close()
    again = SqliteStore(tmp_path, PlainTakes())
    found, other = (await again.conversation(head.id)).messages
    assert found.sources == given.sources
    assert [one.title for one in found.sources] == ["Tides ?", "boiler.md", "plot.png"]
    assert found.sources[1:] == (DOCUMENT, MADE)
    assert other.sources == ()
    rows = SqliteDocuments(again, lambda: 0.0)
    assert await rows.choice(head.id) == HostedChoice(True, False, ("vs_1",))
    assert await again.run(sources.paths) == {"/made/1"}
    await again.delete_conversation(head.id)
    assert await again.run(sources.paths) == frozenset()
    assert await rows.choice(head.id) == HostedChoice()
    await again.close()
