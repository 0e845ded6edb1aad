"""Spoken wishes about the current picture, answered in place of the chat: "make it warmer", "back two", "save it".

A picture is current from when it was drawn or chosen until the chat answers something else, so that "make it shorter"
said about a text stays with the text.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import replace
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from voiceapp.core.conversation import Role
from voiceapp.core.image_commands import ChangeIt, GoBack, ImagePhrases, ImageWish, SaveIt, image_wish
from voiceapp.core.image_versions import back, label, versions
from voiceapp.core.images import SAID, EditImage, ImageInConversation, ImageInput, ImageOptions, StoredImage
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta
from voiceapp.voice.brief import Brief
from voiceapp.voice.desks.images import Drawing, ImageDesk
from voiceapp.voice.studio import Studio


class ImageWishes:
    """Decides whether a sentence is about the current picture.

    Args:
        desk: does what is wished.
        studio: the session's.
        languages: the phrases of each language.
    """

    def __init__(self, desk: ImageDesk, studio: Studio, languages: Sequence[ImagePhrases]) -> None:
        self._desk, self._studio, self._languages = desk, studio, languages
        self._numbers = itertools.count(1)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._studio.settings

    @property
    def latest(self) -> StoredImage | None:
        """The picture that was drawn or chosen last, also after the talk went on to something else."""
        return self._desk.latest

    def may_be_meant(self) -> bool:
        """Whether a picture is current, so that what is said may be about it."""
        return self._desk.current is not None

    def instead(self, text: str) -> Brief | None:
        """Return who answers *text* instead of the chat model; None: nobody, and the picture is no longer meant."""
        image = self._desk.current
        if image is None:
            return None
        wish = image_wish(text, self._languages)
        if wish is None:
            self._desk.current = None
            return None
        return Brief("", str, _Answer(self, wish, image))

    async def fulfil(self, wish: ImageWish, image: StoredImage) -> str:
        """Do it; return what is said about it. Raises VoiceAppError."""
        match wish:
            case GoBack(steps):
                return await self._go_back(image, steps)
            case SaveIt():
                path = await self._desk.save(image.id)
                return _("Saved as {name}.").format(name=path.name)
            case ChangeIt(prompt):
                self.change(prompt, image)
                return _("I am changing it.")

    def change(self, prompt: str, image: StoredImage | None) -> None:
        """Draw *prompt*, from *image* where one is given, beside the turn; the picture comes into the conversation."""
        job = f"{SAID}-{next(self._numbers)}"
        if image is None:
            work = self._desk.draw(Drawing(job, prompt, ImageOptions()))
        else:
            options = replace(image.options, count=1, partials=2)
            work = self._desk.edit(EditImage(job, prompt, (ImageInput(image.id),), options))
        self._studio.beside(self._draw(work), "image wish")

    async def _draw(self, work: Coroutine[Any, Any, tuple[StoredImage, ...]]) -> None:
        history = self._studio.history
        conversation_id = history.conversation_id
        for image in await work:
            if history.conversation_id == conversation_id:
                message = history.last(Role.ASSISTANT) or history.last(Role.USER)
                await self._desk.put_into_conversation(image, message)

    async def _go_back(self, image: StoredImage, steps: int) -> str:
        images = await self._desk.gallery.all()
        earlier = back(images, image.id, steps)
        if earlier is None or earlier.id == image.id:
            return _("This is the first version.")
        await self._desk.choose(earlier)
        self._studio.emit(ImageInConversation(earlier))
        walked = ngettext("One step back: {version}.", "{n} steps back: {version}.", steps)
        return walked.format(n=steps, version=label(versions(images, earlier.id), earlier))


class _Answer:
    """Port ChatModel: one sentence, once the wish was carried out."""

    label = ""

    def __init__(self, wishes: ImageWishes, wish: ImageWish, image: StoredImage) -> None:
        self._wishes, self._wish, self._image = wishes, wish, image

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        del request
        yield TextDelta(await self._wishes.fulfil(self._wish, self._image))
        yield ReplyEnd()

    async def warm(self) -> None:
        """As ChatModel.warm."""

    async def close(self) -> None:
        """As ChatModel.close."""
