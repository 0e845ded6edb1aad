"""Images over HTTP: generated, or edited from other images, streamed with previews where the model can."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import BadRequest
from voiceapp.core.image_offer import ImageOffer, fitted
from voiceapp.core.images import FinishedImage, ImagePart, ImageRequest, ImagesEnd, PartialImage, Picture
from voiceapp.core.picture import ENDINGS, MIMES, facts_of
from voiceapp.core.settings import Job
from voiceapp.core.speech import Usage
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import Body
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.sse import EventDecoder, NotTheProtocol
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.wire import File, Sent, Wire

PATIENCE_S = 240.0
"""A picture of high quality takes minutes, and nothing is sent meanwhile."""
MAX_ANSWER_CHARS = 256 * 1024 * 1024
MAX_PICTURE_BYTES = 64 * 1024 * 1024
MAX_INPUT_BYTES = 50 * 1024 * 1024
MAX_MASK_BYTES = 4 * 1024 * 1024
GENERATE, EDIT = Job.IMAGES.value, "image_edits"


class HttpImageMaker:
    """Port ImageMaker over ``/images/generations`` and ``/images/edits``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default, or what a request names.
    """

    def __init__(self, wire: Wire, model: str = "") -> None:
        self._wire = wire
        self._model = model
        self.label = wire.label(GENERATE, model)

    async def make(self, request: ImageRequest) -> AsyncGenerator[ImagePart, None]:
        """As ImageMaker.make."""
        model = await self._wire.model_for(GENERATE, request.options.model or self._model)
        offer = self._wire.known(model).images
        self._check(request, offer, model)
        endpoint = EDIT if request.inputs else GENERATE
        body = _body(request, offer, model)
        files = _files(request) if request.inputs else None
        async with self._wire.post(endpoint, body, files=files, first_s=PATIENCE_S) as sent:
            count = 0
            usage: Mapping[str, Any] | None = None
            async with aclosing(self._objects(sent)) as objects:
                async for found in objects:
                    usage = found.get("usage") or usage
                    async with aclosing(self._pictures(found, sent)) as pictures:
                        async for part in pictures:
                            count += isinstance(part, FinishedImage)
                            yield part
        if not count:
            raise sentences.not_the_protocol("empty", self._wire.where(sent.model))
        yield ImagesEnd(sent.model, _usage(self._wire.provider.name, sent.model, usage, count))

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()

    def _check(self, request: ImageRequest, offer: ImageOffer, model: str) -> None:
        """Refuse at once what the service would refuse after the upload."""
        where = self._wire.where(model)
        if len(request.prompt) > offer.prompt_chars:
            hint = _("The prompt may have {n} characters.").format(n=offer.prompt_chars)
            raise sentences.too_long(where, f"{len(request.prompt)} characters", hint)
        if len(request.inputs) > offer.inputs_max:
            raise _not_edited(model, offer, where)
        if any(len(picture.data) > MAX_INPUT_BYTES for picture in request.inputs):
            raise sentences.too_long(where, "input image", _("An image to work from may have 50 MB."))
        if request.mask is not None and len(request.mask.data) > MAX_MASK_BYTES:
            raise sentences.too_long(where, "mask", _("The mask may have 4 MB: use a smaller image."))

    async def _objects(self, sent: Sent) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the JSON objects of an answer, streamed or whole. Raises ProviderError."""
        where = self._wire.where(sent.model)
        decoder = EventDecoder(MAX_ANSWER_CHARS)
        try:
            async with aclosing(self._wire.chunks(sent, silence_s=PATIENCE_S)) as chunks:
                async for chunk in chunks:
                    for found in decoder.push(chunk):
                        yield _checked(found, where)
            for found in decoder.finish():
                yield _checked(found, where)
        except NotTheProtocol as problem:
            raise sentences.not_the_protocol(problem.kind, where) from None

    async def _pictures(self, found: Mapping[str, Any], sent: Sent) -> AsyncGenerator[ImagePart, None]:
        """Yield what one object holds: a streamed picture, or all of an answer that was not streamed."""
        kind = str(found.get("type") or "")
        if kind.endswith(".partial_image"):
            index = found.get("partial_image_index")
            picture = await self._picture(found, sent)
            yield PartialImage(index if isinstance(index, int) else 0, picture)
        elif kind.endswith(".completed"):
            yield FinishedImage(await self._picture(found, sent), _text(found, "revised_prompt"))
        elif isinstance(rows := found.get("data"), list):
            for row in rows:
                if isinstance(row, Mapping):
                    yield FinishedImage(await self._picture(row, sent), _text(row, "revised_prompt"))

    async def _picture(self, row: Mapping[str, Any], sent: Sent) -> Picture:
        where = self._wire.where(sent.model)
        text, address = _text(row, "b64_json"), _text(row, "url")
        if not text and address.startswith("data:"):
            text = address.partition(",")[2]
        if text:
            data = await asyncio.to_thread(_decoded, text)
        elif address:
            data = await self._wire.fetch(address, MAX_PICTURE_BYTES)
        else:
            raise sentences.not_the_protocol("empty", where)
        facts = facts_of(data)
        if facts is None:
            raise sentences.not_the_protocol("rubbish", where, "not an image")
        return Picture(data, facts.format, facts.width, facts.height)


def _body(request: ImageRequest, offer: ImageOffer, model: str) -> Body:
    """Return what is sent: what the model takes, and of that only what was chosen."""
    chosen = fitted(request.options, offer)
    is_streamed = offer.partials_max > 0
    body: Body = {"model": model, "prompt": whole(request.prompt)}
    for name, value, default in (
        ("size", chosen.size, offer.sizes[:1]),
        ("quality", chosen.quality, offer.qualities[:1]),
        ("background", chosen.background, offer.backgrounds[:1]),
        ("output_format", chosen.format, offer.formats[:1]),
    ):
        if value and (value,) != default:
            body[name] = value
    if chosen.count > 1:
        body["n"] = chosen.count
    if is_streamed:
        body["stream"] = True
        body["partial_images"] = chosen.partials
    if offer.is_format_asked:
        body["response_format"] = "b64_json"
    if request.inputs:  # form fields are text
        return {name: _form_text(value) for name, value in body.items()}
    return body


def _files(request: ImageRequest) -> list[tuple[str, File]]:
    """Return the form's files; one image goes without brackets, which servers of the older kind do not know."""
    name = "image" if len(request.inputs) == 1 else "image[]"
    files = [(name, _file(f"image-{n}", picture)) for n, picture in enumerate(request.inputs, start=1)]
    if request.mask is not None:
        files.append(("mask", _file("mask", request.mask)))
    return files


def _file(stem: str, picture: Picture) -> File:
    return f"{stem}{ENDINGS[picture.format]}", picture.data, MIMES[picture.format]


def _form_text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool | int) else value


def _checked(found: dict[str, Any], where: sentences.Where) -> dict[str, Any]:
    if is_error(found):
        raise error_for_event(found, where)
    return found


def _decoded(text: str) -> bytes:
    """Worker thread: megabytes of base64; what is none gives bytes that are no image."""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return b""


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _usage(provider: str, model: str, given: Mapping[str, Any] | None, count: int) -> Usage:
    """Return what the service says it used; kinds that it does not tell apart are left out."""
    amounts: dict[str, float] = {"images": float(count)}
    if isinstance(given, Mapping):
        details = given.get("input_tokens_details")
        if isinstance(details, Mapping):
            for kind, name in (("text_in", "text_tokens"), ("image_in", "image_tokens")):
                if isinstance(details.get(name), int | float):
                    amounts[kind] = float(details[name])
        if isinstance(given.get("output_tokens"), int | float):
            amounts["image_out"] = float(given["output_tokens"])
    return Usage(provider, model, amounts)


def _not_edited(model: str, offer: ImageOffer, where: sentences.Where) -> BadRequest:
    if offer.inputs_max:
        sentence = _("{model} works from {n} images at most.").format(model=model, n=offer.inputs_max)
    else:
        sentence = _("{model} cannot work from other images.").format(model=model)
    return BadRequest(sentence, hint=_("Choose another model."), provider=where.provider)
