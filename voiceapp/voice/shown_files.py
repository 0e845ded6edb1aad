"""What attachments are sent as: read from the disk once, kept while the conversation needs them."""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from voiceapp.core.attachments import (
    SENT_BYTES,
    Attachment,
    Kind,
    NotShown,
    Shown,
    ShownFile,
    ShownPicture,
    ShownText,
)
from voiceapp.core.conversation import Line
from voiceapp.core.errors import StoreError
from voiceapp.core.picture import mime_of
from voiceapp.core.vision import Vision
from voiceapp.ports.attachments import AttachmentStore

KEPT_BYTES = 60_000_000


class ShownFiles:
    """Voice loop only."""

    def __init__(self, store: AttachmentStore) -> None:
        self._store = store
        self._kept: OrderedDict[int, tuple[int, Shown]] = OrderedDict()

    async def shown(self, lines: Sequence[Line], vision: Vision) -> tuple[Line, ...]:
        """Return *lines* with what can be sent of their attachments, the newest first where it is too much.

        Raises StoreError where a file of the last line is gone; an earlier one that is gone is only named.
        """
        left, told = SENT_BYTES, list(lines)
        for at in reversed(range(len(told))):
            line, shown = told[at], list[Shown]()
            for one in line.attachments:
                left -= one.size_bytes
                try:
                    shown.append(NotShown(one.name) if left < 0 else await self._content(one, vision))
                except StoreError:
                    if at == len(told) - 1:
                        raise
                    shown.append(NotShown(one.name))
            if shown:
                told[at] = replace(line, shown=tuple(shown))
        return tuple(told)

    async def _content(self, one: Attachment, vision: Vision) -> Shown:
        if one.id in self._kept:
            self._kept.move_to_end(one.id)
            found = self._kept[one.id][1]
        else:
            found = await self._read(one)
            self._kept[one.id] = (one.size_bytes, found)
            while sum(size for size, _shown in self._kept.values()) > KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)
        if isinstance(found, ShownPicture):
            return replace(found, detail=vision.detail, tokens=vision.tokens(one.width, one.height) or 0)
        return found

    async def _read(self, one: Attachment) -> Shown:
        data, text = await self._store.read(one)
        if one.kind is Kind.TEXT:
            return ShownText(one.name, data.decode("utf-8", "replace"))
        code = (await asyncio.to_thread(base64.b64encode, data)).decode()
        if one.kind is Kind.PDF:
            return ShownFile(one.name, f"data:application/pdf;base64,{code}", text)
        return ShownPicture(one.name, f"data:{mime_of(one.format)};base64,{code}")
