"""The desk for images: draws, edits, keeps, lists. Its commands and events are those of ``core.images``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import cast, get_args

from voiceapp.core import images as i
from voiceapp.core.conversation import Message, title_of
from voiceapp.core.errors import BadRequest, VoiceAppError, unexpected
from voiceapp.core.events import Notice
from voiceapp.core.image_names import file_name
from voiceapp.core.image_offer import estimate
from voiceapp.core.models import ModelTable
from voiceapp.core.picture import MIMES
from voiceapp.core.problems import problem_of
from voiceapp.core.settings import Job
from voiceapp.ports import EngineSet, ImageGate, ImageMaker, ImageMakers, ImageStore
from voiceapp.voice.account import Account, account_here, work_on
from voiceapp.voice.desks.picture_files import picture_of, read_file
from voiceapp.voice.studio import Studio

IMPORT = "import"
"""The job under which the trouble with an imported picture is told."""
COMMANDS = get_args(i.ImageCommand)


@dataclass
class Drawing:
    """One job under way."""

    job: str
    prompt: str
    options: i.ImageOptions
    inputs: tuple[i.Picture, ...] = ()
    mask: i.Picture | None = None
    parent_id: int | None = None
    began_s: float = 0.0
    images: list[i.StoredImage] = field(default_factory=list)
    judging: list[asyncio.Task[None]] = field(default_factory=list)
    cost_usd: float | None = None
    model: str = ""
    is_cancelled: bool = False


class ImageDesk:
    """Keeps ``voice.parts.Desk``. Runs on the voice loop.

    Args:
        studio: settings, engines and events of the session.
        gallery: where pictures are kept.
        makers: builds who draws.
        table: prices and what models take.
        pictures: the person's own folder for pictures, for saving without a name.
        gate: moderation of prompts and pictures; None = nobody looks.
    """

    def __init__(
        self,
        studio: Studio,
        gallery: ImageStore,
        makers: ImageMakers,
        table: ModelTable,
        pictures: Path,
        gate: ImageGate | None = None,
    ) -> None:
        self.gallery = gallery
        self.current: i.StoredImage | None = None
        self.latest: i.StoredImage | None = None
        self._studio = studio
        self._emit = studio.emit
        self._makers = makers
        self._table = table
        self._pictures = pictures
        self._gate = gate
        self._maker: tuple[EngineSet, ImageMaker] | None = None
        self._making = asyncio.Lock()
        self._jobs: dict[str, tuple[asyncio.Task[object], Drawing]] = {}
        self._is_purged = False

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        match command:
            case i.GenerateImage(job, prompt, options):
                await self.draw(Drawing(job, prompt, options))
            case i.EditImage():
                await self.edit(command)
            case i.CancelImage(job):
                self._cancel(job)
            case i.ShowImageChoices(is_thorough):
                self._emit(await self._makers.image_choices(self._studio.settings, is_thorough=is_thorough))
            case i.EstimateImage(options):
                await self._estimate(options)
            case i.AttachImage(image_id):
                await self._attach(await self._seen(image_id))
            case i.ListConversationImages(conversation_id):
                found = await self.gallery.of_conversation(conversation_id)
                self._emit(i.ConversationImages(conversation_id, found))
            case _:
                await self._keep(command)

    async def draw(self, drawing: Drawing) -> tuple[i.StoredImage, ...]:
        """Carry *drawing* out and tell it by events; never raises but for cancellation from outside."""
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._jobs[drawing.job] = (task, drawing)
        drawing.began_s = self._studio.now()
        error: VoiceAppError | None = None
        try:
            await self._draw(drawing)
        except asyncio.CancelledError:
            if not drawing.is_cancelled:
                raise
        except Exception as fault:
            error = unexpected(fault)
        finally:
            del self._jobs[drawing.job]
        self._emit(
            i.ImageJobEnded(
                drawing.job,
                self._seconds(drawing),
                drawing.cost_usd,
                is_cancelled=drawing.is_cancelled,
                problem=None if error is None else problem_of(error),
                model=drawing.model,
            )
        )
        return tuple(drawing.images)

    async def choose(self, image: i.StoredImage | None) -> None:
        """Make *image* the one that wishes are about."""
        self.current = self.latest = image
        self._emit(i.ImageChosen(image))

    async def save(self, image_id: int, path: str = "") -> Path:
        """Copy a picture to *path*, or into the person's folder; returns where it is now."""
        image = await self._seen(image_id)
        target = Path(path)
        if path:
            await self.gallery.copy(image_id, target)
        else:
            target = await self.gallery.copy_into(image_id, self._pictures, file_name(image))
        self._emit(i.ImageSaved(image, str(target)))
        return target

    # --- drawing ------------------------------------------------------------------------------------------

    async def edit(self, command: i.EditImage) -> tuple[i.StoredImage, ...]:
        """Carry *command* out and tell it by events."""
        drawing = Drawing(command.job, command.prompt, command.options)
        try:
            inputs = [await self._input(given) for given in command.inputs]
            drawing.inputs = tuple(picture for picture, _parent in inputs)
            drawing.parent_id = next((parent for _picture, parent in inputs if parent is not None), None)
            drawing.mask = picture_of(command.mask) if command.mask else None
        except VoiceAppError as error:
            self._emit(i.ImageJobEnded(command.job, problem=problem_of(error)))
            return ()
        return await self.draw(drawing)

    async def _input(self, given: i.ImageInput) -> tuple[i.Picture, int | None]:
        if given.image_id is not None:
            image = await self._seen(given.image_id)
            return picture_of(await self.gallery.read(image.id)), image.id
        return picture_of(await read_file(given.path)), None

    async def _draw(self, drawing: Drawing) -> None:
        if not drawing.prompt.strip():
            raise BadRequest(_("There is no prompt."), hint=_("Say what the picture should show."))
        maker = await self._current_maker()
        account = Account(self._studio.meter, self._emit)
        asked = account_here() or account  # a turn that draws has one question, and so has a drawing with its checks
        work_on(asked)
        if self._gate is not None:
            await self._gate.admit_prompt(drawing.prompt)
        await asked.allow(Job.IMAGES, self._provider)
        is_edit = bool(drawing.inputs)
        self._emit(i.ImageStarted(drawing.job, drawing.prompt, drawing.options, maker.label, is_edit))
        try:
            await self._receive(drawing, maker, account)
        except asyncio.CancelledError:
            if not account.has_rows:  # what was begun may well be charged, and nobody says how much
                account.guess(Job.IMAGES, {"images": float(drawing.options.count)}, provider=self._provider)
            raise
        finally:
            account.close()
        if any(image.held for image in drawing.images):  # whoever waits for the pictures waits for their verdicts
            await asyncio.wait(drawing.judging)
            drawing.images = [await self.gallery.get(image.id) for image in drawing.images]

    @property
    def _provider(self) -> str:
        return self._studio.settings.drawer().provider

    async def _receive(self, drawing: Drawing, maker: ImageMaker, account: Account) -> None:
        hides = self._gate is not None and self._gate.hides_previews
        request = i.ImageRequest(drawing.prompt, drawing.options, drawing.inputs, drawing.mask)
        async with aclosing(maker.make(request)) as parts:  # type: ignore[type-var]
            async for part in parts:
                match part:
                    case i.PartialImage(index, picture) if not hides:
                        self._emit(i.ImagePartial(drawing.job, index, picture))
                    case i.FinishedImage():
                        await self._finish(drawing, part, maker.label)
                    case i.ImagesEnd(model, usage):
                        drawing.model = model
                        if usage is not None:
                            await self._charge(drawing, account.record(Job.IMAGES, usage).cost_usd)

    async def _finish(self, drawing: Drawing, part: i.FinishedImage, label: str) -> None:
        """Keep a picture, then show it; where it may yet be kept from view, its place is shown until it is judged."""
        picture, gate = part.picture, self._gate
        image = i.StoredImage(
            0,
            "",
            picture.format,
            picture.width,
            picture.height,
            drawing.prompt,
            part.revised_prompt,
            drawing.options,
            label,
            duration_s=self._seconds(drawing),
            held=_("not checked yet") if gate is not None and gate.hides_previews else "",
            parent_id=drawing.parent_id,
        )
        image = await self.gallery.add(picture.data, image)
        drawing.images.append(image)
        self._emit(i.ImageAdded(image, drawing.job))
        await self.choose(image)
        if gate is not None:  # beside the work: the next picture is received meanwhile
            drawing.judging.append(self._studio.beside(self._judge(gate, image, picture), "judge-image"))

    async def _judge(self, gate: ImageGate, image: i.StoredImage, picture: i.Picture) -> None:
        """Let moderation look at a picture that is kept already. Tells its errors."""
        try:
            judgement = await gate.judge_image(picture.data, MIMES[picture.format], image.id)
            if judgement.verdict is None and judgement.held == image.held:
                return
            is_held_still = bool((await self.gallery.get(image.id)).held)  # the person may have wanted to see it
            held = judgement.held if is_held_still else None
            told = await self.gallery.update(
                image.id, verdict=judgement.verdict, held=held, found=judgement.found or None
            )
            self._changed(told)
        except VoiceAppError as error:
            self._emit(Notice(error.message, error.hint, is_problem=True))

    def _changed(self, image: i.StoredImage) -> None:
        """More is known of *image*."""
        self.current = image if self.current is not None and self.current.id == image.id else self.current
        self.latest = image if self.latest is not None and self.latest.id == image.id else self.latest
        self._emit(i.ImageChanged(image))

    async def _seen(self, image_id: int) -> i.StoredImage:
        """Return a picture that may be used. Raises BadRequest for one that the person has not decided to see."""
        image = await self.gallery.get(image_id)
        if image.held:
            raise BadRequest(
                _("This picture is kept from view: {found}.").format(found=image.held),
                hint=_("Show it first, in the side panel."),
            )
        return image

    async def _charge(self, drawing: Drawing, cost_usd: float | None) -> None:
        drawing.cost_usd = cost_usd
        if cost_usd is None:
            return
        for image in drawing.images:
            self._changed(await self.gallery.update(image.id, cost_usd=cost_usd / len(drawing.images)))

    def _cancel(self, job: str) -> None:
        if job in self._jobs:
            task, drawing = self._jobs[job]
            drawing.is_cancelled = True
            task.cancel()

    async def _current_maker(self) -> ImageMaker:
        """Build who draws; anew where the engines are others (a setting or a key has changed)."""
        async with self._making:
            engines = self._studio.engines
            if self._maker is None or self._maker[0] is not engines:
                maker = await self._makers.images(self._studio.settings)
                self._maker = (engines, maker)
                self._studio.beside(_closed_at_the_end(maker), "image maker")
            return self._maker[1]

    async def _estimate(self, options: i.ImageOptions) -> None:
        known = self._table.find(options.model)
        past = await self.gallery.all()
        self._emit(i.ImageEstimated(options, estimate(options, known.images, known.prices, past)))

    def _seconds(self, drawing: Drawing) -> float:
        return self._studio.now() - drawing.began_s

    async def put_into_conversation(self, image: i.StoredImage, message: Message | None) -> None:
        """Let *image* stand with *message*, and be shown there."""
        if message is not None:
            await self.gallery.attach(message.id, (image.id,))
        self._emit(i.ImageInConversation(image, message.id if message else None))

    async def _attach(self, image: i.StoredImage) -> None:
        """Let *image* go with the next message, under the words that it was drawn by."""
        if self._studio.attached is not None:
            await self._studio.attached.add(title_of(image.prompt) or Path(image.path).name, image.path)

    # --- the gallery --------------------------------------------------------------------------------------

    async def _keep(self, command: object) -> None:
        match command:
            case i.ListImages(query):
                if not self._is_purged:
                    self._is_purged = True
                    await self.gallery.purge()
                self._emit(i.ImagesListed(await self.gallery.all(query), query))
            case i.ChooseImage(image_id):
                await self.choose(None if image_id is None else await self.gallery.get(image_id))
            case i.DeleteImage(image_id):
                self._emit(i.ImageChanged(await self.gallery.delete(image_id), is_deleted=True))
                if self.latest is not None and self.latest.id == image_id:
                    await self.choose(None)
            case i.RestoreImage(image_id):
                self._emit(i.ImageChanged(await self.gallery.restore(image_id)))
            case i.RevealImage(image_id):
                self._changed(await self.gallery.update(image_id, held=""))
            case i.SaveImage(image_id, path):
                target = await self.save(image_id, path)
                self._emit(Notice(_("The image was saved as {path}.").format(path=target)))
            case i.ImportImage(path, data):
                await self._import(path, data)

    async def _import(self, path: str, data: bytes) -> None:
        try:
            picture = picture_of(data or await read_file(path))
            name = Path(path).stem if path else _("Screenshot")
            image = i.StoredImage(0, "", picture.format, picture.width, picture.height, name)
            image = await self.gallery.add(picture.data, image)
        except VoiceAppError as error:
            self._emit(i.ImageJobEnded(IMPORT, problem=problem_of(error)))
            return
        self._emit(i.ImageAdded(image))
        await self.choose(image)


async def _closed_at_the_end(maker: ImageMaker) -> None:
    """Wait for the session to end, then release the connections; others may still be drawing with it before."""
    try:
        await asyncio.Event().wait()
    finally:
        await maker.close()
