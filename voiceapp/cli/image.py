"""``voiceapp image``: a picture from words, or from another picture."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path
from typing import cast

from voiceapp import resources
from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.ask import question
from voiceapp.cli.metering import opened_account
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError
from voiceapp.core.image_offer import ImageOffer, normal_size, refused_option, size_problem
from voiceapp.core.images import (
    FinishedImage,
    ImageOptions,
    ImagePart,
    ImageRequest,
    ImagesEnd,
    PartialImage,
    Picture,
    StoredImage,
)
from voiceapp.core.picture import ENDINGS, facts_of, format_for
from voiceapp.core.settings import Choice, Job, Settings
from voiceapp.ports import ImageMaker
from voiceapp.store.images import FileImages
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.account import Account
from voiceapp.wiring.images import ImageFactory
from voiceapp.wiring.session import secrets_of, settings_in_force


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: draw(context, arguments))


async def draw(context: Context, arguments: argparse.Namespace) -> int:
    """Draw or edit; the pictures are kept in the gallery and copied to ``--out``."""
    prompt = await question(arguments.prompt)
    out: Path = arguments.out
    target(out)
    inputs = tuple([await picture(path) for path in arguments.edit or ()])
    if arguments.mask is not None and not inputs:
        raise ConfigError(_("A mask needs the image that it belongs to: --edit FILE."))
    mask = None if arguments.mask is None else await picture(arguments.mask)
    secrets = secrets_of(context.paths)
    settings, file = settings_in_force(context.paths, secrets)
    for sentence in file.notices:
        context.output.notice(sentence)
    settings = chosen(settings, context.provider, arguments.model)
    options = wanted(arguments, settings)
    maker = await ImageFactory(secrets, resources.model_table(), context.output.notice).images(settings)
    store = SqliteStore(context.paths.data, WavTakes())
    try:
        await store.open()
        request = ImageRequest(prompt, options, inputs, mask)
        async with opened_account(context, settings, store) as account:
            await account.allow(Job.IMAGES, settings.drawer().provider)
            await make(context, maker, FileImages(context.paths.data, store, time.time), request, out, account)
    finally:
        await maker.close()
        await store.close()
    return 0


async def make(
    context: Context, maker: ImageMaker, gallery: FileImages, request: ImageRequest, out: Path, account: Account
) -> None:
    """Draw *request*, keep each picture and copy it to *out*."""
    output, began_s, kept, end = context.output, time.monotonic(), list[StoredImage](), ImagesEnd()
    context.output.event("started", engine=maker.label, is_edit=bool(request.inputs))
    async with aclosing(cast("AsyncGenerator[ImagePart, None]", maker.make(request))) as parts:
        async for part in parts:
            match part:
                case PartialImage(index, shown):
                    output.event("partial", index=index, bytes=len(shown.data), seconds=_since(began_s))
                case FinishedImage(drawn, revised):
                    size = (drawn.width, drawn.height)
                    image = StoredImage(
                        0, "", drawn.format, *size, request.prompt, revised, request.options, maker.label, 0.0
                    )
                    image = await gallery.add(drawn.data, replace(image, duration_s=_since(began_s)))
                    kept.append(image)
                case ImagesEnd():
                    end = part
    cost = account.record(Job.IMAGES, end.usage).cost_usd if end.usage is not None else None
    for number, image in enumerate(kept, start=1):
        path = place(out, number, image.format)
        await gallery.copy(image.id, path)
        if cost is not None:
            await gallery.update(image.id, cost_usd=cost / len(kept))
        said = image.revised_prompt or None
        output.event("image", file=str(path), format=image.format, width=image.width, height=image.height, revised=said)
        output.text(str(path))
    output.event("done", images=len(kept), model=end.model, seconds=_since(began_s), cost_usd=cost)
    price = _("cost not known") if cost is None else f"${cost:.4f}"
    output.text(f"{maker.label}, {_since(began_s):.1f} s, {price}")


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


def chosen(settings: Settings, provider: str, model: str) -> Settings:
    """Return *settings* in which *provider* draws with *model*, where these are named."""
    choice = settings.drawer()
    choice = Choice(provider or choice.provider, model or ("" if provider else choice.model))
    settings.provider(choice.provider)
    return replace(settings, jobs={**settings.jobs, Job.IMAGES.value: choice})


def wanted(arguments: argparse.Namespace, settings: Settings) -> ImageOptions:
    """Return the options that were typed. Raises ConfigError for one that the model does not take."""
    table = resources.model_table()
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


def _since(began_s: float) -> float:
    return round(time.monotonic() - began_s, 3)
