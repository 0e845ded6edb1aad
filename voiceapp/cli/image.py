"""``voiceapp image``: a picture from words, or from another picture, by the same session as in the window."""

from __future__ import annotations

import argparse
import asyncio
import shutil
from dataclasses import replace
from functools import partial
from gettext import gettext as _
from pathlib import Path

import numpy as np

from voiceapp.audio.device import SoundDevices
from voiceapp.audio.file_devices import FileDevices, KeptSpeech
from voiceapp.cli.ask import question
from voiceapp.cli.given import given
from voiceapp.cli.installation import keys_of
from voiceapp.cli.outside import TerminalOutside
from voiceapp.cli.running import Context, run_job
from voiceapp.core import images as i
from voiceapp.core.audio import Clip
from voiceapp.core.errors import ConfigError
from voiceapp.core.events import Event, Notice
from voiceapp.core.image_offer import ImageOffer, normal_size, refused_option, size_problem
from voiceapp.core.images import ImageOptions, Picture, StoredImage
from voiceapp.core.picture import ENDINGS, facts_of, format_for
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.store.files import told_as_store_error
from voiceapp.wiring.factory import table_of
from voiceapp.wiring.session import Opening, open_session, settings_in_force

JOB = "command"
SILENCE = Clip(np.zeros(0, dtype=np.float32), 16_000)
"""No device is opened for a picture."""


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: draw(context, arguments))


async def draw(context: Context, arguments: argparse.Namespace) -> int:
    """Draw or edit; the pictures are kept in the gallery and copied to ``--out``."""
    prompt = await question(arguments.prompt)
    out: Path = arguments.out
    target(out)
    given(*arguments.edit or ())
    for path in arguments.edit or ():
        await picture(path)
    if arguments.mask is not None and not arguments.edit:
        raise ConfigError(_("A mask needs the image that it belongs to: --edit FILE."))
    given(*filter(None, [arguments.mask]))
    mask = b"" if arguments.mask is None else (await picture(arguments.mask)).data
    settings, _file = settings_in_force(context.paths, keys_of(context))
    adjusted = partial(for_once, provider=context.provider, model=arguments.model)
    options = wanted(context, arguments, adjusted(settings))
    command: i.GenerateImage | i.EditImage = i.GenerateImage(JOB, prompt, options)
    if arguments.edit:
        inputs = tuple(i.ImageInput(path=str(path)) for path in arguments.edit)
        command = i.EditImage(JOB, prompt, inputs, options, mask)
    teller = Teller(context)
    opening = Opening(
        context.paths,
        on_key=context.on_key,
        when_spent=context.when_spent,
        devices=FileDevices(SoundDevices(), recording=SILENCE, speaker=KeptSpeech(is_kept=False)),
        outside=TerminalOutside(),
        adjusted=adjusted,
    )
    async with open_session(opening, teller) as session:
        session.handle(command)
        ended = await teller.ended
    if ended.problem is not None:
        context.output.failed(ended.problem)
        return 2 if ended.problem.code == ConfigError.code else 1
    return await deliver(context, teller, ended, out, is_revealed=arguments.reveal)


class Teller:
    """Takes the session's events: tells what goes on and keeps the pictures."""

    def __init__(self, context: Context) -> None:
        self.images: dict[int, StoredImage] = {}
        self.ended: asyncio.Future[i.ImageJobEnded] = asyncio.get_running_loop().create_future()
        self.engine = ""
        self._output = context.output

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Notice(message, hint):
                self._output.notice(f"{message} {hint}".strip())
            case i.ImageStarted(job=job, engine=engine, is_edit=is_edit) if job == JOB:
                self.engine = engine
                self._output.event("started", engine=engine, is_edit=is_edit)
            case i.ImagePartial(job, index, shown) if job == JOB:
                self._output.event("partial", index=index, bytes=len(shown.data))
            case i.ImageAdded(image, job) if job == JOB:
                self.images[image.id] = image
            case i.ImageChanged(image) if image.id in self.images:
                self.images[image.id] = image
            case i.ImageJobEnded(job=job) if job == JOB and not self.ended.done():
                self.ended.set_result(event)


async def deliver(context: Context, teller: Teller, ended: i.ImageJobEnded, out: Path, *, is_revealed: bool) -> int:
    """Copy the pictures to *out*, but for those that moderation keeps from view; 1 where there are such."""
    output, code = context.output, 0
    for number, image in enumerate(teller.images.values(), start=1):
        path = place(out, number, image.format)
        if image.held and not is_revealed:
            code = 1
            sentence = _("A picture is kept from view: {found}. It is in the gallery; --reveal writes it all the same.")
            output.event("held", found=image.held, verdict=image.verdict or None, image=image.id)
            output.notice(sentence.format(found=image.held))
            continue
        with told_as_store_error(path):
            await asyncio.to_thread(shutil.copyfile, image.path, path)
        output.event(
            "image",
            file=str(path),
            format=image.format,
            width=image.width,
            height=image.height,
            revised=image.revised_prompt or None,
            verdict=image.verdict,
        )
        output.text(str(path))
    seconds, cost = round(ended.seconds, 3), ended.cost_usd
    output.event("done", images=len(teller.images), model=ended.model, seconds=seconds, cost_usd=cost)
    price = _("cost not known") if cost is None else f"${cost:.4f}"
    output.text(f"{teller.engine}, {seconds:.1f} s, {price}")
    return code


def target(path: Path) -> None:
    """Tell before any work is done that pictures cannot be written to *path*. Raises ConfigError."""
    if not format_for(path.name):
        raise ConfigError(
            _("An image cannot be written as “{name}”.").format(name=path.name),
            hint=_("Possible endings are {endings}.").format(endings=", ".join(ENDINGS.values())),
        )
    if not path.parent.is_dir():
        raise ConfigError(_("There is no folder “{folder}” to write to.").format(folder=path.parent))


def place(out: Path, number: int, format_: str) -> Path:
    """Return where picture *number* goes; a service that drew in another format gets that format's ending."""
    path = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
    return path if format_for(path.name) == format_ else path.with_suffix(ENDINGS[format_])


async def picture(path: Path) -> Picture:
    """Read an image. Raises ConfigError where it is none."""
    try:
        data = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise ConfigError(_("The file “{name}” cannot be read.").format(name=path)) from error
    facts = facts_of(data)
    if facts is None:
        raise ConfigError(
            _("“{name}” is not an image that can be used.").format(name=path.name),
            hint=_("PNG, JPEG, WebP and GIF can be."),
        )
    return Picture(data, facts.format, facts.width, facts.height)


def for_once(settings: Settings, *, provider: str, model: str) -> Settings:
    """Return *settings* in which *provider* draws with *model*, where these are named."""
    choice = settings.drawer()
    choice = Choice(provider or choice.provider, model or ("" if provider else choice.model))
    settings.provider(choice.provider)
    jobs = {**settings.jobs, Job.IMAGES.value: choice}
    return replace(settings, jobs=jobs, is_start_sound=False, is_microphone_warm=False)


def wanted(context: Context, arguments: argparse.Namespace, settings: Settings) -> ImageOptions:
    """Return the options that were typed. Raises ConfigError for one that the model does not take."""
    table = table_of(context.paths)
    model = settings.drawer().model or table.default(Job.IMAGES.value)
    offer = table.find(model).images
    format_ = arguments.format or format_for(arguments.out.name)
    options = ImageOptions(
        settings.drawer().model,
        normal_size(arguments.size),
        arguments.quality,
        arguments.background,
        format_ if format_ in offer.formats else arguments.format,
        arguments.count,
        partials=min(1, offer.partials_max) if arguments.json else 0,
    )
    refused = refused_option(options, offer)
    if refused:
        raise ConfigError(
            _("{model} does not take “{value}” as {option}.").format(
                model=model, value=getattr(options, refused), option=f"--{refused}"
            ),
            hint=_taken(offer, refused, options),
        )
    return options


def _taken(offer: ImageOffer, option: str, options: ImageOptions) -> str:
    if option == "size":
        return size_problem(options.size, offer)
    if option == "count":
        return _("It draws {n} images at most.").format(n=offer.count_max)
    values = {
        "quality": offer.qualities,
        "background": offer.backgrounds,
        "format": offer.formats,
    }[option]
    return _("It takes {values}.").format(values=", ".join(values)) if values else _("It takes none.")
