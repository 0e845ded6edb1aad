"""The desk for images, on fakes: order of events, cancelling, failing, versions, undo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes.images import PICTURE, FakeImages, MemoryImages
from tests.pictures import png
from tests.voice.stage import Stage
from voiceapp.core import images as i
from voiceapp.core.errors import ConfigError, DiskFull, NoCredit, Refused
from voiceapp.core.events import Notice
from voiceapp.core.images import ImageOptions
from voiceapp.resources import model_table
from voiceapp.voice.desks.images import ImageDesk
from voiceapp.voice.session import VoiceSession
from voiceapp.voice.studio import Studio

PREVIEWS = ImageOptions(partials=2)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved pictures lie in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


@dataclass
class Atelier:
    """A stage with a desk for images."""

    painter: FakeImages = field(default_factory=FakeImages)
    gallery: MemoryImages = field(default_factory=MemoryImages)
    stage: Stage = field(default_factory=Stage)
    gate: GateFake | None = None
    desk: ImageDesk = field(init=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[VoiceSession]:
        def make(studio: Studio) -> tuple[ImageDesk]:
            self.desk = ImageDesk(studio, self.gallery, self.painter, model_table(), Path("pictures"), self.gate)
            return (self.desk,)

        self.stage.make_desks, self.stage.models = make, model_table()
        async with self.stage.session() as session:
            yield session

    def told(self) -> list[type]:
        """The image events so far, by kind."""
        kinds = (i.ImageStarted, i.ImagePartial, i.ImageAdded, i.ImageJobEnded)
        return [type(event) for event in self.stage.events if isinstance(event, kinds)]


@dataclass
class GateFake:
    """Holds back a prompt, and says about every picture the same once :attr:`go` is set."""

    refused_prompt: str = ""
    judgement: i.Judgement = field(default_factory=lambda: i.Judgement(""))
    hides_previews: bool = True
    go: asyncio.Event | None = None

    async def admit_prompt(self, prompt: str) -> None:
        if prompt == self.refused_prompt:
            raise Refused("Held back.")

    async def judge_image(self, data: bytes, mime: str, image_id: int) -> i.Judgement:
        if self.go is not None:
            await self.go.wait()
        return self.judgement


async def test_previews_then_the_picture_then_the_bill() -> None:
    atelier = Atelier()
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "A lighthouse", PREVIEWS))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
    assert atelier.told() == [i.ImageStarted, i.ImagePartial, i.ImagePartial, i.ImageAdded, i.ImageJobEnded]
    (added,) = atelier.stage.all(i.ImageAdded)
    (changed,) = atelier.stage.all(i.ImageChanged)
    assert (added.image.prompt, added.image.revised_prompt) == ("A lighthouse", "A lighthouse, revised")
    assert (ended.cost_usd, changed.image.cost_usd) == (0.03, 0.03)
    assert await atelier.gallery.all() == (changed.image,)
    assert atelier.desk.current == changed.image


async def test_a_picture_is_kept_before_it_is_shown() -> None:
    atelier = Atelier()
    atelier.gallery.write_error = DiskFull("The disk is full.")
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "A lighthouse"))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
    assert ended.problem is not None
    assert ended.problem.code == "disk_full"
    assert atelier.stage.all(i.ImageAdded) == []


async def test_cancelling_ends_one_job_and_no_other() -> None:
    atelier = Atelier(FakeImages(go=asyncio.Event()))
    async with atelier.session() as session:
        session.handle(i.GenerateImage("first", "A lighthouse", PREVIEWS))
        session.handle(i.GenerateImage("second", "A cup", PREVIEWS))
        await atelier.stage.until(lambda: len(atelier.stage.all(i.ImagePartial)) == 4)
        session.handle(i.CancelImage("first"))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
        assert (ended.job, ended.is_cancelled, ended.problem) == ("first", True, None)
        assert atelier.painter.go is not None
        atelier.painter.go.set()
        assert (await atelier.stage.until_event(i.ImageAdded)).job == "second"


async def test_closing_in_the_middle_leaves_nothing_behind() -> None:
    atelier = Atelier(FakeImages(go=asyncio.Event()))
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "A lighthouse", PREVIEWS))
        await atelier.stage.until_event(i.ImagePartial)
    assert await atelier.gallery.all() == ()


async def test_what_fails_is_said_and_can_be_tried_again() -> None:
    atelier = Atelier(FakeImages(error=NoCredit("The account has no credit left.")))
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "A lighthouse"))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
        assert ended.problem is not None
        assert ended.problem.code == "no_credit"
        atelier.painter.error = None
        session.handle(i.GenerateImage("b", "A lighthouse"))
        assert (await atelier.stage.until_event(i.ImageAdded)).job == "b"


async def test_an_edit_knows_its_parent_and_sends_the_mask() -> None:
    atelier = Atelier()
    first = await atelier.gallery.add(PICTURE.data, i.StoredImage(0, "", "png", 8, 6, "A lighthouse"))
    mask = png(8, 6, (0, 0, 0, 0))
    async with atelier.session() as session:
        session.handle(i.EditImage("a", "warmer", (i.ImageInput(first.id),), mask=mask))
        added = await atelier.stage.until_event(i.ImageAdded)
    assert added.image.parent_id == first.id
    (request,) = atelier.painter.requests
    assert (request.inputs, request.mask) == ((PICTURE,), i.Picture(mask, "png", 8, 6))


async def test_a_file_that_is_no_image_is_not_sent(tmp_path: Path) -> None:
    atelier = Atelier()
    text = tmp_path / "letter.png"
    text.write_text("Dear Sir")
    async with atelier.session() as session:
        session.handle(i.EditImage("a", "warmer", (i.ImageInput(path=str(text)),)))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
        assert ended.problem is not None
        session.handle(i.ImportImage(str(tmp_path / "missing.png")))
        assert (await atelier.stage.until_event(i.ImageJobEnded, 2)).problem is not None
    assert atelier.painter.requests == []


async def test_own_files_come_into_the_gallery(tmp_path: Path) -> None:
    atelier = Atelier()
    own = tmp_path / "holiday.png"
    own.write_bytes(PICTURE.data)
    async with atelier.session() as session:
        session.handle(i.ImportImage(str(own)))
        added = await atelier.stage.until_event(i.ImageAdded)
    assert (added.image.prompt, added.image.width, added.job) == ("holiday", 8, "")


async def test_deleting_can_be_undone_and_the_list_follows() -> None:
    atelier = Atelier()
    kept = await atelier.gallery.add(PICTURE.data, i.StoredImage(0, "", "png", 8, 6, "A lighthouse"))
    async with atelier.session() as session:
        session.handle(i.ChooseImage(kept.id))
        await atelier.stage.until_event(i.ImageChosen)
        session.handle(i.DeleteImage(kept.id))
        await atelier.stage.until_event(i.ImageChosen, 2)
        assert atelier.desk.current is None
        session.handle(i.ListImages())
        assert (await atelier.stage.until_event(i.ImagesListed)).images == ()
        session.handle(i.RestoreImage(kept.id))
        await atelier.stage.until_event(i.ImageChanged, 2)
        session.handle(i.ListImages("lighthouse"))
        assert (await atelier.stage.until_event(i.ImagesListed, 2)).images == (kept,)


async def test_saving_without_a_name_names_by_the_prompt() -> None:
    atelier = Atelier()
    kept = await atelier.gallery.add(PICTURE.data, i.StoredImage(0, "", "png", 8, 6, "A lighthouse, at dawn!"))
    async with atelier.session() as session:
        session.handle(i.SaveImage(kept.id))
        saved = await atelier.stage.until_event(i.ImageSaved)
        await atelier.stage.until_event(Notice)
    assert Path(saved.path) == Path("pictures/a-lighthouse-at-dawn.png")
    assert atelier.gallery.copied == {Path(saved.path): kept.id}


async def test_a_prompt_that_is_held_back_is_not_sent() -> None:
    atelier = Atelier(gate=GateFake("something bad"))
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "something bad", PREVIEWS))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
        assert ended.problem is not None
        assert atelier.painter.requests == []


async def test_a_picture_is_kept_from_view_with_the_reason_until_the_person_wants_to_see_it() -> None:
    atelier = Atelier(gate=GateFake(judgement=i.Judgement("violence", "Violence 0.90")))
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "a surprise", ImageOptions(count=2, partials=2)))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
        assert ended.problem is None
        assert atelier.stage.all(i.ImagePartial) == []
        assert [event.image.held for event in atelier.stage.all(i.ImageAdded)] == ["not checked yet"] * 2
        kept = await atelier.gallery.all()  # paid for, and not lost
        assert [(image.verdict, image.held) for image in kept] == [("violence", "Violence 0.90")] * 2
        image_id = kept[0].id
        for command in (
            i.SaveImage(image_id),
            i.AttachImage(image_id),
            i.EditImage("b", "warmer", (i.ImageInput(image_id),)),
        ):
            before = len(atelier.stage.all(Notice)) + len(atelier.stage.all(i.ImageJobEnded))
            session.handle(command)
            await atelier.stage.until(
                lambda: len(atelier.stage.all(Notice)) + len(atelier.stage.all(i.ImageJobEnded)) > before  # noqa: B023
            )
        assert (atelier.gallery.copied, len(atelier.painter.requests)) == ({}, 1)
        session.handle(i.RevealImage(image_id))
        await atelier.stage.until(lambda: atelier.stage.all(i.ImageChanged)[-1].image.held == "")
        session.handle(i.SaveImage(image_id))
        await atelier.stage.until_event(i.ImageSaved)
        assert (await atelier.gallery.get(image_id)).verdict == "violence"


async def test_a_picture_that_is_fine_is_shown_once_it_was_checked() -> None:
    atelier = Atelier(gate=GateFake())
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "a cup"))
        await atelier.stage.until_event(i.ImageJobEnded)
        (image,) = await atelier.gallery.all()
    assert (image.verdict, image.held) == ("", "")
    assert atelier.desk.current == image


async def test_who_looks_before_it_was_checked_goes_on_seeing_it() -> None:
    gate = GateFake(judgement=i.Judgement("violence", "Violence 0.90"), go=asyncio.Event())
    atelier = Atelier(gate=gate)
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "a surprise"))
        added = await atelier.stage.until_event(i.ImageAdded)
        session.handle(i.RevealImage(added.image.id))
        await atelier.stage.until(lambda: [e for e in atelier.stage.all(i.ImageChanged) if not e.image.held])
        assert gate.go is not None
        gate.go.set()
        await atelier.stage.until_event(i.ImageJobEnded)
        (image,) = await atelier.gallery.all()
    assert (image.verdict, image.held) == ("violence", "")


async def test_stopping_while_it_is_checked_keeps_the_picture() -> None:
    gate = GateFake(judgement=i.Judgement("violence", "Violence 0.90"), go=asyncio.Event())
    atelier = Atelier(gate=gate)
    async with atelier.session() as session:
        session.handle(i.GenerateImage("a", "a surprise"))
        await atelier.stage.until_event(i.ImageAdded)
        session.handle(i.CancelImage("a"))
        assert (await atelier.stage.until_event(i.ImageJobEnded)).is_cancelled
        assert gate.go is not None
        gate.go.set()
        await atelier.stage.until(lambda: any(e.image.verdict for e in atelier.stage.all(i.ImageChanged)))
    assert [image.held for image in await atelier.gallery.all()] == ["Violence 0.90"]


async def test_without_anybody_who_draws_it_is_said() -> None:
    class Nobody(FakeImages):
        async def images(self, settings: object) -> FakeImages:
            raise ConfigError("Nobody draws images yet.")

    atelier = Atelier(Nobody(choices=i.ImageChoices("", missing="Nobody draws images yet.")))
    async with atelier.session() as session:
        session.handle(i.ShowImageChoices())
        assert (await atelier.stage.until_event(i.ImageChoices)).missing
        session.handle(i.GenerateImage("a", "A lighthouse"))
        ended = await atelier.stage.until_event(i.ImageJobEnded)
    assert ended.problem is not None
    assert ended.problem.code == "config"


async def test_an_estimate_remembers_what_pictures_cost() -> None:
    atelier = Atelier()
    options = ImageOptions("gpt-image-2.6-flare", "1024x1024", "low")
    async with atelier.session() as session:
        session.handle(i.EstimateImage(options))
        assert (await atelier.stage.until_event(i.ImageEstimated)).estimate.cost_usd is None
        session.handle(i.GenerateImage("a", "A lighthouse", options))
        await atelier.stage.until_event(i.ImageJobEnded)
        session.handle(i.EstimateImage(options))
        known = await atelier.stage.until_event(i.ImageEstimated, 2)
    assert (known.estimate.cost_usd, known.estimate.is_from_past) == (0.03, True)
