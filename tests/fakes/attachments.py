"""Drafts in memory beside a store in memory, and somebody who makes them ready."""

from __future__ import annotations

import itertools
import threading

from tests.fakes.store import MemoryStore
from voiceapp.core.attachments import Attachment, Kind, Prepared, kind_of
from voiceapp.core.errors import StoreError
from voiceapp.core.vision import Vision


class MemoryAttachments:
    """Keeps the AttachmentStore port's promises for as long as *store* lives."""

    def __init__(self, store: MemoryStore) -> None:
        self.reads = 0
        self._store = store
        self._ids = itertools.count(1)
        self._files: dict[int, tuple[bytes, str]] = {}

    async def add(self, prepared: Prepared) -> Attachment:
        number = next(self._ids)
        kept = Attachment(
            number,
            prepared.kind,
            prepared.name,
            f"/attachments/{number}",
            prepared.format,
            len(prepared.data),
            prepared.width,
            prepared.height,
            prepared.pages,
            len(prepared.text),
        )
        self._store.attachments[number] = kept
        self._files[number] = (prepared.data, prepared.text if prepared.kind is Kind.PDF else "")
        return kept

    async def drafts(self) -> tuple[Attachment, ...]:
        return tuple(self._store.attachments.values())

    async def read(self, attachment: Attachment) -> tuple[bytes, str]:
        self.reads += 1
        if attachment.id not in self._files:
            raise StoreError("gone")
        return self._files[attachment.id]

    async def remove(self, attachment_id: int) -> None:
        if self._store.attachments.pop(attachment_id, None) is not None:
            del self._files[attachment_id]

    async def sweep(self) -> int:
        return 0

    def lose(self, attachment_id: int) -> None:
        """The file is gone from the disk."""
        del self._files[attachment_id]


class FakePrepare:
    """Makes every file ready as it is; :attr:`go` holds that back while it is cleared."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.visions: list[Vision] = []

    def __call__(self, data: bytes, name: str, vision: Vision) -> Prepared:
        assert self.go.wait(30.0)
        self.visions.append(vision)
        kind = kind_of(data, name)
        words = data.decode(errors="replace") if kind is Kind.TEXT else "its words"
        sizes = (640, 320) if kind is Kind.PICTURE else (0, 0)
        return Prepared(kind, name, {"picture": "png", "pdf": "pdf"}.get(kind.value, "txt"), data, *sizes, text=words)
