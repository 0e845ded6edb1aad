"""The desk for documents in a session: what is on its way goes on by itself, one thing after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.store.plain_takes import PlainTakes
from tests.voice.stage import Stage
from voiceapp.core import documents as d
from voiceapp.core.errors import AuthFailed, ProviderDown
from voiceapp.core.events import Notice
from voiceapp.core.settings import Choice, Settings, validated
from voiceapp.ports.documents import Indexed
from voiceapp.resources import document_rules
from voiceapp.store.documents import SqliteDocuments
from voiceapp.store.local_files import DiskFiles
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.desks import documents as desk_module
from voiceapp.voice.desks.documents import DocumentsDesk
from voiceapp.voice.documents import Documents
from voiceapp.voice.studio import Studio

State = d.DocumentState


class Service:
    """A service in memory; *gate* holds uploads back, *error* is raised by them once."""

    provider = "openai"

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.forgotten: list[str] = []
        self.uploads = 0

    async def documents(self, _settings: Settings, _provider: str = "") -> Service:
        return self

    async def create(self, name: str) -> str:
        return f"vs_{name}"

    async def is_there(self, store: str) -> bool:
        return True

    async def upload(self, path: str, name: str, on_sent: Callable[[int], None]) -> str:
        self.uploads += 1
        on_sent(1)
        await self.gate.wait()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return f"file-{name}"

    async def attach(self, store: str, file_id: str) -> Indexed:
        return Indexed("completed")

    async def indexed(self, store: str, file_id: str) -> Indexed | None:
        return Indexed("completed")

    async def forget_file(self, file_id: str) -> None:
        self.forgotten.append(file_id)

    async def forget_store(self, store: str) -> None:
        self.forgotten.append(store)

    async def close(self) -> None:
        pass


class Scene:
    """A stage with the desk on a real database."""

    def __init__(self, store: SqliteStore, tmp_path: Path) -> None:
        self.service = Service()
        rows = SqliteDocuments(store, lambda: 0.0)
        files = DiskFiles(tmp_path / "made")
        self.documents = Documents(rows, self.service, files, document_rules())  # type: ignore[arg-type]
        self.stage = Stage(settings=validated(Settings(jobs={"chat": Choice("openai")})))
        self.desk: DocumentsDesk
        self.stage.make_desks = self.desks

    def desks(self, studio: Studio) -> tuple[DocumentsDesk]:
        self.desk = DocumentsDesk(studio, self.documents)
        studio.beside(self.desk.resume(), "documents")
        return (self.desk,)

    def state(self) -> list[State]:
        changed = self.stage.all(d.StoreChanged)
        return [document.state for document in changed[-1].store.documents] if changed else []


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    (tmp_path / "a.md").write_text("A")
    (tmp_path / "b.md").write_text("B")
    store = SqliteStore(tmp_path, PlainTakes())
    yield Scene(store, tmp_path)
    await store.close()


async def test_a_store_is_made_filled_and_deleted(scene: Scene, tmp_path: Path) -> None:
    async with scene.stage.session() as session:
        session.handle(d.MakeStore("Papers", (str(tmp_path / "a.md"),)))
        await scene.stage.until(lambda: scene.state() == [State.READY])
        session.handle(d.AddDocuments(1, (str(tmp_path / "b.md"),)))
        await scene.stage.until(lambda: scene.state() == [State.READY, State.READY])
        session.handle(d.RemoveDocument(1))
        await scene.stage.until(lambda: scene.state() == [State.READY])
        session.handle(d.ListStores())
        (store,) = (await scene.stage.until_event(d.StoresListed)).stores
        assert (store.name, store.ready) == ("Papers", 1)
        session.handle(d.RemoveStore(1))
        await scene.stage.until_event(d.StoreGone)
    assert scene.service.forgotten == ["file-a.md", "vs_Papers", "file-b.md"]


async def test_stopping_in_the_middle_and_trying_again(scene: Scene, tmp_path: Path) -> None:
    scene.service.gate.clear()
    async with scene.stage.session() as session:
        session.handle(d.MakeStore("Papers", (str(tmp_path / "a.md"), str(tmp_path / "b.md"))))
        await scene.stage.until(lambda: State.UPLOADING in scene.state())
        session.handle(d.StopDocuments(1))
        await scene.stage.until(lambda: scene.state() == [State.STOPPED, State.STOPPED])
        scene.service.gate.set()
        session.handle(d.RetryDocuments(1))
        await scene.stage.until(lambda: scene.state() == [State.READY, State.READY])
    assert scene.service.uploads == 3


async def test_it_goes_on_by_itself_after_a_restart(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "START_S", 0.0)
    settings = scene.stage.settings
    await scene.documents.make(settings, "Papers", [str(tmp_path / "a.md")])
    async with scene.stage.session():
        await scene.stage.until(lambda: scene.state() == [State.READY])


async def test_a_service_that_is_down_is_asked_again(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "AGAIN_S", (0.0,))
    scene.service.error = ProviderDown("It is down.")
    async with scene.stage.session() as session:
        session.handle(d.MakeStore("Papers", (str(tmp_path / "a.md"),)))
        await scene.stage.until(lambda: scene.state() == [State.READY])
    assert [notice.message for notice in scene.stage.all(Notice)] == ["It is down."]


async def test_a_wrong_key_is_said_and_waits_for_the_person(scene: Scene, tmp_path: Path) -> None:
    scene.service.error = AuthFailed("Wrong key.")
    async with scene.stage.session() as session:
        session.handle(d.MakeStore("Papers", (str(tmp_path / "a.md"),)))
        assert (await scene.stage.until_event(Notice)).message == "Wrong key."
        assert scene.service.uploads == 1
        session.handle(d.RetryDocuments(1))
        await scene.stage.until(lambda: scene.state() == [State.READY])
