"""Pictures that the model will be shown with the person's next message."""

from __future__ import annotations

import asyncio
import base64

from voiceapp.core import images as i
from voiceapp.core.conversation import Message
from voiceapp.core.picture import MIMES
from voiceapp.ports import ImageStore
from voiceapp.voice.desks.picture_files import picture_of
from voiceapp.voice.studio import Studio


class Attachments:
    """Keeps them ready. Voice loop only."""

    def __init__(self, studio: Studio, gallery: ImageStore) -> None:
        self._studio, self._gallery = studio, gallery
        self._attached: dict[int, tuple[i.StoredImage, str]] = {}

    async def add(self, image: i.StoredImage, small: bytes) -> None:
        """Make *image* ready: now, so that the next message does not wait for it. *small*: as of AttachImage."""
        picture = picture_of(small or await self._gallery.read(image.id))
        data = await asyncio.to_thread(base64.b64encode, picture.data)
        self._attached[image.id] = (image, f"data:{MIMES[picture.format]};base64,{data.decode()}")
        self._tell()

    def remove(self, image_id: int) -> None:
        """Leave a picture out again."""
        self._attached.pop(image_id, None)
        self._tell()

    async def sent(self, message: Message) -> None:
        """The person's *message* is stored: the attached pictures go with it."""
        if not self._attached:
            return
        attached, self._attached = tuple(self._attached.values()), {}
        self._studio.history.show(message.id, tuple(uri for _image, uri in attached))
        self._tell()
        for image, _uri in attached:
            await self.put_into_conversation(image, message)

    async def put_into_conversation(self, image: i.StoredImage, message: Message | None) -> None:
        """Let *image* stand with *message*, and be shown there."""
        if message is not None:
            await self._gallery.attach(message.id, (image.id,))
        self._studio.emit(i.ImageInConversation(image, message.id if message else None))

    def _tell(self) -> None:
        self._studio.emit(i.ImagesAttached(tuple(image for image, _uri in self._attached.values())))
