"""The service's own tools in a turn: told while they work, kept with the reply, switched per conversation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tests.fakes import FakeChat
from tests.voice.stage import Stage
from voiceapp.core.commands import Interrupt, NewConversation, Regenerate, SendText
from voiceapp.core.conversation import Role, Source, SourceKind
from voiceapp.core.errors import BadAnswer
from voiceapp.core.events import MessageChanged, Notice, ReplyDelta
from voiceapp.core.hosted import (
    ChooseHosted,
    HostedChoice,
    HostedKnown,
    MadeSaved,
    SaveMade,
    ShowHosted,
)
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Choice, Settings, validated
from voiceapp.core.speech import HostedStep, SourceFound, StepState
from voiceapp.core.tool_events import HostedWorked, SourcesKnown
from voiceapp.core.turn import Phase
from voiceapp.resources import document_rules, model_table
from voiceapp.store.local_files import DiskFiles
from voiceapp.voice.desks.hosted import HostedDesk
from voiceapp.voice.studio import Studio

PAGE = Source(SourceKind.PAGE, "Tides", "https://tides.example/brest")
DOCUMENT = Source(SourceKind.DOCUMENT, "boiler.md", file_id="file-1")
MADE = Source(SourceKind.MADE, "../plot.png", file_id="cfile_1", container_id="cntr_1")
BEGUN = HostedStep("ws_1", "web_search")
DONE = replace(BEGUN, state=StepState.DONE, asked='{"queries": "tide"}', answered="https://tides.example")
ALL = HostedChoice(web=True, code=True, stores=("vs_1",))


RULES = replace(document_rules(), made_bytes=100, file_bytes=1000)


class Rows:
    """Switches and documents in memory."""

    def __init__(self) -> None:
        self.chosen: dict[int, HostedChoice] = {}

    async def choice(self, conversation_id: int) -> HostedChoice:
        return self.chosen.get(conversation_id, HostedChoice())

    async def choose(self, conversation_id: int, choice: HostedChoice) -> None:
        self.chosen[conversation_id] = choice

    async def paths(self, file_ids: list[str]) -> dict[str, str]:
        return {"file-1": "/home/ada/boiler.md"} if "file-1" in file_ids else {}


class Service:
    """Has what code has written, for as long as it likes."""

    def __init__(self) -> None:
        self.files = {("cntr_1", "cfile_1"): b"PNG"}
        self.asked = 0
        self.was_asked = asyncio.Event()

    async def documents(self, _settings: Settings, _provider: str = "") -> Service:
        return self

    async def made(self, container_id: str, file_id: str, limit_bytes: int) -> bytes:
        self.asked += 1
        self.was_asked.set()
        if len(self.files.get((container_id, file_id), b"")) > limit_bytes:
            raise BadAnswer("The file is too large.")
        if (container_id, file_id) not in self.files:
            raise BadAnswer("The service no longer has this file.")
        return self.files[container_id, file_id]

    async def close(self) -> None:
        pass


class Scene:
    """A stage with the desk."""

    def __init__(self, tmp_path: Path, *scripts: object) -> None:
        self.rows, self.service = Rows(), Service()
        self.made = tmp_path / "made"
        self.files = DiskFiles(self.made)
        settings = validated(Settings(jobs={"chat": Choice("openai")}, is_reply_aloud=False))
        self.chat = FakeChat(*scripts)  # type: ignore[arg-type]
        self.stage = Stage(chat=self.chat, settings=settings)
        self.stage.make_desks = self.desks

    def desks(self, studio: Studio) -> tuple[HostedDesk]:
        rows, service = self.rows, self.service
        desk = HostedDesk(studio, rows, rows, service, self.files, self.table, RULES)  # type: ignore[arg-type]
        studio.hosted = desk
        return (desk,)

    @property
    def table(self) -> ModelTable:
        return model_table()


async def test_steps_and_sources_are_told_and_kept(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [BEGUN, DONE, "At", " six.", SourceFound(PAGE), SourceFound(DOCUMENT)])
    async with scene.stage.session() as session:
        session.handle(SendText("When is high water?"))
        await scene.stage.until_phase(Phase.THINKING)
        await scene.stage.until_phase(Phase.IDLE)
    worked = scene.stage.all(HostedWorked)
    assert [(one.use.name, one.is_running) for one in worked] == [("web_search", True), ("web_search", False)]
    before_text = scene.stage.events.index(worked[1]) < scene.stage.events.index(scene.stage.all(ReplyDelta)[0])
    assert before_text
    (reply,) = [message for message in scene.stage.store.messages() if message.role is Role.ASSISTANT]
    assert [(use.name, use.arguments, use.is_error) for use in reply.tool_uses] == [
        ("web_search", '{"queries": "tide"}', False)
    ]
    known = replace(DOCUMENT, path="/home/ada/boiler.md")
    assert reply.sources == (PAGE, known)
    assert scene.stage.all(SourcesKnown)[-1].sources == (PAGE, known)
    assert scene.stage.all(MessageChanged)[-1].message.sources == (PAGE, known)
    assert reply.text == "At six."


async def test_a_cancelled_search_does_not_go_on_for_ever(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [SourceFound(PAGE), "At", BEGUN, 1000.0, " six."])
    async with scene.stage.session() as session:
        session.handle(SendText("When is high water?"))
        await scene.stage.until_event(HostedWorked)
        session.handle(Interrupt())
        await scene.stage.until_phase(Phase.IDLE)
        await session.settle()
    last = scene.stage.all(HostedWorked)[-1]
    assert (last.is_running, last.use.is_error) == (False, True)
    (reply,) = [message for message in scene.stage.store.messages() if message.role is Role.ASSISTANT]
    assert reply.sources == (PAGE,)
    assert [use.is_error for use in reply.tool_uses] == [True]
    assert scene.chat.aborted == 1


async def test_what_is_on_goes_with_every_turn_of_its_conversation_only(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "One.", "Two.", "Again.", "Three.")
    async with scene.stage.session() as session:
        session.handle(ShowHosted(is_fresh=True))
        session.handle(ChooseHosted(ALL))
        known = await scene.stage.until_event(HostedKnown, 2)
        assert known.choice == ALL
        assert known.offer.tools == ("code_interpreter", "file_search", "web_search")
        for text in ("A", "B"):
            session.handle(SendText(text))
            await scene.stage.until_phase(Phase.THINKING)
            await scene.stage.until_phase(Phase.IDLE)
        reply = scene.stage.store.messages()[-1]
        session.handle(Regenerate(reply.id))
        await scene.stage.until_phase(Phase.THINKING)
        await scene.stage.until_phase(Phase.IDLE)
        session.handle(NewConversation())
        session.handle(ShowHosted(is_fresh=True))
        await scene.stage.until_event(HostedKnown, 3)
        session.handle(SendText("C"))
        await scene.stage.until(lambda: len(scene.chat.requests) == 4)
        await session.settle()
    assert [request.hosted for request in scene.chat.requests] == [ALL, ALL, ALL, None]
    assert scene.rows.chosen == {1: ALL}


async def test_the_window_may_ask_before_the_turn_does(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "One.")
    async with scene.stage.session() as session:
        session.handle(ChooseHosted(ALL))
        session.handle(ShowHosted(1, is_begun=True))  # the id that the first message will give it
        assert (await scene.stage.until_event(HostedKnown, 2)).choice == ALL
        session.handle(SendText("A"))
        await scene.stage.until(lambda: len(scene.chat.requests) == 1)
        await session.settle()
        session.handle(ChooseHosted(ALL))
        session.handle(ShowHosted(5))  # another conversation was opened instead
        session.handle(ShowHosted(0))
        assert (await scene.stage.until_event(HostedKnown, 5)).choice == HostedChoice()
    assert [request.hosted for request in scene.chat.requests] == [ALL]


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "One.")
    scene.rows.chosen = {7: ALL}
    async with scene.stage.session() as session:
        session.handle(ShowHosted(7))
        assert (await scene.stage.until_event(HostedKnown)).choice == ALL


async def test_files_that_were_made_are_fetched_at_once_and_saved(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ["Here.", SourceFound(MADE)])
    target = tmp_path / "mine.png"
    async with scene.stage.session() as session:
        session.handle(SendText("Draw it."))
        await scene.stage.until(lambda: any(one.sources[0].path for one in scene.stage.all(SourcesKnown)))
        (reply,) = [message for message in scene.stage.store.messages() if message.role is Role.ASSISTANT]
        scene.service.files.clear()  # the service has forgotten it; the copy is here
        session.handle(SaveMade(reply.id, "cfile_1", str(target)))
        await scene.stage.until_event(MadeSaved)
    check_copy(Path(reply.sources[0].path), scene.made, target)
    assert scene.service.asked == 1


async def test_a_large_file_is_fetched_when_it_is_asked_for(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ["Here.", SourceFound(MADE)])
    scene.service.files["cntr_1", "cfile_1"] = b"x" * 500
    async with scene.stage.session() as session:
        session.handle(SendText("Draw it."))
        await scene.service.was_asked.wait()
        await session.settle()
        (reply,) = [message for message in scene.stage.store.messages() if message.role is Role.ASSISTANT]
        assert reply.sources == (MADE,)
        session.handle(SaveMade(reply.id, "cfile_1", str(tmp_path / "mine.png")))
        saved = await scene.stage.until_event(MadeSaved)
    assert saved.path == str(tmp_path / "mine.png")


def check_copy(copy: Path, folder: Path, saved: Path) -> None:
    """The copy is private and what was saved is the same."""
    assert copy.parent == folder
    assert copy.read_bytes() == saved.read_bytes() == b"PNG"
    assert copy.stat().st_mode & 0o077 == 0


async def test_a_file_that_the_service_no_longer_has_is_listed_and_said(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ["Here.", SourceFound(MADE)])
    scene.service.files.clear()
    async with scene.stage.session() as session:
        session.handle(SendText("Draw it."))
        await scene.stage.until_event(SourcesKnown)
        await scene.service.was_asked.wait()
        (reply,) = [message for message in scene.stage.store.messages() if message.role is Role.ASSISTANT]
        session.handle(SaveMade(reply.id, "cfile_1", str(tmp_path / "mine.png")))
        saved = await scene.stage.until_event(MadeSaved)
    assert saved.path == ""
    assert "no longer" in scene.stage.all(Notice)[-1].message
    assert reply.sources == (MADE,)


def test_copies_without_a_message_are_deleted(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path / "made")
    kept, lost = [files.keep(MADE, number, b"x") for number in (1, 2)]
    files.sweep(frozenset({kept}))
    assert Path(kept).exists()
    assert not Path(lost).exists()
    (tmp_path / "made").rename(tmp_path / "moved")  # as by hand, with the folder of all data
    DiskFiles(tmp_path / "moved").sweep(frozenset({kept}))
    assert (tmp_path / "moved" / Path(kept).name).exists()
    DiskFiles(tmp_path / "nowhere").sweep(frozenset())
