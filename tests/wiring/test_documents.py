"""Documents from this computer to a service and back, over HTTP and with a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import FakeSecrets
from tests.openai_api.conftest import KEY
from tests.server import faults
from tests.server.fixtures import openai_server as openai_server
from tests.server.loopback import LoopbackServer
from tests.server.spec_check import openai_spec
from tests.server.wire import Answer, Ending, Framing
from tests.store.plain_takes import PlainTakes
from voiceapp.core.documents import DocumentState, DocumentStore
from voiceapp.core.errors import AuthFailed, ConfigError, ProviderDown, StoreError
from voiceapp.core.settings import Choice, Provider, ProviderKind, Settings, validated
from voiceapp.openai_api.documents import HttpDocuments
from voiceapp.resources import document_rules, model_table
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.documents import Documents
from voiceapp.wiring.documents import DocumentFactory, documents_of
from voiceapp.wiring.wires import WireMaker

MAKER = WireMaker(FakeSecrets(openai=KEY), model_table(), lambda _sentence: None)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(tmp_path, PlainTakes())
    yield opened
    await opened.close()


@pytest.fixture
def settings(openai_server: LoopbackServer) -> Settings:
    provider = Provider("openai", ProviderKind.OPENAI, base_url=openai_server.base_url)
    return validated(Settings(providers=(provider,), jobs={"chat": Choice("openai")}))


@pytest.fixture
def documents(database: SqliteStore, tmp_path: Path) -> Documents:
    return quick(documents_of(database, tmp_path, MAKER.build))


def quick(documents: Documents) -> Documents:
    """Nobody waits between two looks."""

    async def pause(_wait_s: float) -> None:
        await asyncio.sleep(0)

    return Documents(documents.rows, documents._services, documents._files, documents.rules, pause)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    (folder / "sub").mkdir(parents=True)
    (folder / "boiler.md").write_text("Bleed it in May.")
    (folder / "sub" / "lease.txt").write_text("No pets.")
    (folder / "song.mp3").write_bytes(b"\0\1")
    (folder / ".secret.txt").write_text("hidden")
    (folder / "empty.txt").write_text("")
    return folder


def states(store: DocumentStore) -> dict[str, DocumentState]:
    return {document.name: document.state for document in store.documents}


def nothing(_store: DocumentStore) -> None:
    """Nobody listens."""


async def test_a_folder_becomes_searchable(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    told: list[DocumentStore] = []
    store = await documents.make(settings, "Papers", [str(folder)])
    store = await documents.run(settings, store.id, told.append)
    assert states(store) == {
        "boiler.md": DocumentState.READY,
        "lease.txt": DocumentState.READY,
        "song.mp3": DocumentState.FAILED,
        "empty.txt": DocumentState.FAILED,
    }
    assert store.remote_id in openai_server.documents.stores
    assert sorted(openai_server.documents.files.values()) == [
        ("boiler.md", b"Bleed it in May."),
        ("lease.txt", b"No pets."),
    ]
    shares = [one.share for one in told]
    assert shares == sorted(shares)
    seen = {document.state for one in told for document in one.documents}
    assert {DocumentState.UPLOADING, DocumentState.INDEXING, DocumentState.READY} <= seen
    for name, schema in (("stores", "VectorStoreObject"),):
        for row in getattr(openai_server.documents, name).values():
            assert openai_spec().schema_errors(schema, row) == []


async def test_one_that_cannot_be_indexed_costs_only_itself(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    openai_server.documents.failing = {"boiler.md": "invalid_file"}
    store = await documents.make(settings, "Papers", [str(folder)])
    store = await documents.run(settings, store.id, nothing)
    failed = next(one for one in store.documents if one.name == "boiler.md")
    assert "no text" in failed.problem
    assert "secret" not in failed.problem
    assert states(store)["lease.txt"] is DocumentState.READY
    openai_server.documents.failing = {}
    await documents.retry(settings, store.id)
    assert states(await documents.run(settings, store.id, nothing))["boiler.md"] is DocumentState.READY
    assert len(openai_server.documents.files) == 2  # what was of no use is deleted there


async def test_it_goes_on_after_a_restart(
    database: SqliteStore, tmp_path: Path, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    first = quick(documents_of(database, tmp_path, MAKER.build))
    store = await first.make(settings, "Papers", [str(folder)])
    openai_server.documents.looks = 10**9  # never ready
    work = asyncio.create_task(first.run(settings, store.id, nothing))
    await openai_server.until(lambda: len(openai_server.requests) > 8, 20)
    work.cancel()
    await asyncio.wait([work])
    uploads = len(openai_server.requests_for("/files"))
    openai_server.documents.looks = 1
    again = quick(documents_of(database, tmp_path, MAKER.build))
    (kept,) = await again.rows.stores()
    assert kept.is_busy
    assert (await again.run(settings, store.id, nothing)).ready == 2
    assert len(openai_server.requests_for("/files")) == uploads  # nothing is sent twice
    assert len(openai_server.requests_for("/vector_stores")) == 1


async def test_an_upload_is_stopped_in_its_middle(
    documents: Documents, settings: Settings, tmp_path: Path, openai_server: LoopbackServer
) -> None:
    large = tmp_path / "large.txt"
    large.write_bytes(b"x" * 4_000_000)
    openai_server.answer_next("/files", Answer((), framing=Framing.LENGTH, ending=Ending.STALL, headers_at_s=99.0))
    store = await documents.make(settings, "Papers", [str(large)])
    moved = asyncio.Event()
    told: list[DocumentStore] = []

    def tell(now: DocumentStore) -> None:
        told.append(now)
        moved.set()

    work = asyncio.create_task(documents.run(settings, store.id, tell))
    await moved.wait()
    await openai_server.until(lambda: bool(openai_server.requests_for("/files")), 20)
    work.cancel()
    await asyncio.wait([work])
    await openai_server.until(lambda: openai_server.requests_for("/files")[0].is_over, 20)
    assert openai_server.requests_for("/files")[0].disconnected_at is not None
    store = await documents.stop(store.id)
    assert states(store) == {"large.txt": DocumentState.STOPPED}
    assert any(0 < one.documents[0].sent_bytes < 4_000_000 for one in told)
    await documents.retry(settings, store.id)
    assert (await documents.run(settings, store.id, nothing)).ready == 1
    assert openai_server.documents.files


async def test_a_store_that_is_gone_is_made_anew(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    store = await documents.make(settings, "Papers", [str(folder / "boiler.md")])
    store = await documents.run(settings, store.id, nothing)
    openai_server.documents.stores.clear()
    await documents.add(store.id, [str(folder / "sub")])
    store = await documents.run(settings, store.id, nothing)
    lost = next(one for one in store.documents if one.name == "lease.txt")
    assert lost.state is DocumentState.FAILED
    assert "no longer" in lost.problem
    gone = store.remote_id
    await documents.retry(settings, store.id)
    store = await documents.run(settings, store.id, nothing)
    assert store.ready == 2
    assert store.remote_id not in ("", gone)


async def test_the_same_file_is_added_once(documents: Documents, settings: Settings, folder: Path) -> None:
    store = await documents.make(settings, "", [str(folder / "boiler.md")])
    assert store.name == "Documents"
    store = await documents.add(store.id, [str(folder / "boiler.md"), str(folder / "sub")])
    assert [one.name for one in store.documents] == ["boiler.md", "lease.txt"]


async def test_deleting_a_document_and_a_store(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    store = await documents.make(settings, "Papers", [str(folder / "boiler.md"), str(folder / "sub")])
    store = await documents.run(settings, store.id, nothing)
    first, _second = store.documents
    store = await documents.remove(settings, first.id)
    assert [name for name, _data in openai_server.documents.files.values()] == ["lease.txt"]
    openai_server.documents.stores.clear()  # somebody was quicker
    await documents.remove_store(settings, store.id)
    assert openai_server.documents.files == {}
    assert await documents.rows.stores() == ()
    assert (folder / "boiler.md").exists()
    with pytest.raises(StoreError):
        await documents.rows.store(store.id)


async def test_what_cannot_be_deleted_there_stays_here(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    store = await documents.make(settings, "Papers", [str(folder / "boiler.md")])
    store = await documents.run(settings, store.id, nothing)
    openai_server.answer_next(f"/vector_stores/{store.remote_id}", faults.error(401, code="invalid_api_key"))
    with pytest.raises(AuthFailed):
        await documents.remove_store(settings, store.id)
    assert await documents.rows.stores() == (store,)


async def test_trouble_on_the_way_keeps_everything_for_later(
    documents: Documents, settings: Settings, folder: Path, openai_server: LoopbackServer
) -> None:
    store = await documents.make(settings, "Papers", [str(folder / "boiler.md")])
    openai_server.answer_next("/files", faults.error(500), times=3)
    with pytest.raises(ProviderDown):
        await documents.run(settings, store.id, nothing)
    assert (await documents.rows.store(store.id)).is_busy
    assert (await documents.run(settings, store.id, nothing)).ready == 1


async def test_a_file_that_is_gone_here(documents: Documents, settings: Settings, folder: Path) -> None:
    store = await documents.make(settings, "Papers", [str(folder / "boiler.md")])
    (folder / "boiler.md").unlink()
    store = await documents.run(settings, store.id, nothing)
    assert states(store) == {"boiler.md": DocumentState.FAILED}
    with pytest.raises(ConfigError):
        await documents.add(store.id, [str(folder / "boiler.md")])


async def test_this_computer_keeps_none(documents: Documents, folder: Path) -> None:
    with pytest.raises(ConfigError):
        await documents.make(validated(Settings()), "Papers", [str(folder)])


async def test_a_server_without_stores_says_so(settings: Settings, openai_server: LoopbackServer) -> None:
    openai_server.answer_next("/vector_stores", faults.error(404, "Not Found"))
    service = await DocumentFactory(MAKER.build).documents(settings)
    with pytest.raises(Exception, match="keeps no documents") as raised:
        await service.create("Papers")
    assert raised.value.code == "bad_request"  # type: ignore[attr-defined]
    await service.close()


async def test_names_of_the_service_cannot_lead_elsewhere(settings: Settings, openai_server: LoopbackServer) -> None:
    service = await DocumentFactory(MAKER.build).documents(settings)
    assert isinstance(service, HttpDocuments)
    openai_server.answer_always("/vector_stores/..%2Fmodels", faults.error(404))
    assert not await service.is_there("../models")
    assert openai_server.requests[0].path.endswith("/vector_stores/..%2Fmodels")
    await service.close()


def test_what_may_be_uploaded() -> None:
    rules = document_rules()
    assert rules.problem("a.PDF", 5) == ""
    assert rules.problem("a.mp3", 5)
    assert rules.problem("README", 5)
    assert rules.problem("a.md", 0)
    assert "512 MB" in rules.problem("a.md", rules.file_bytes + 1)
