"""Where attached files are kept, and who makes them ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from voiceapp.core.attachments import Attachment, Prepared
from voiceapp.core.vision import Vision

Prepare: TypeAlias = Callable[[bytes, str, Vision], Prepared]
"""Makes a file's bytes, with its name, ready for who sees so; blocking, any thread. Raises AttachmentError."""


class AttachmentStore(Protocol):
    """Files that go with messages. Every write is on disk when the coroutine returns.

    ``Store.add_message`` gives drafts to a message; ``Message.attachments`` has them from then on.
    """

    async def add(self, prepared: Prepared) -> Attachment:
        """Keep a draft: a file that goes with no message yet. Raises DiskFull, StoreError."""
        ...

    async def drafts(self) -> tuple[Attachment, ...]:
        """Return all drafts, oldest first."""
        ...

    async def read(self, attachment: Attachment) -> tuple[bytes, str]:
        """Return the file, and a PDF's text. Raises StoreError where it is gone."""
        ...

    async def remove(self, attachment_id: int) -> None:
        """Delete a draft; nothing happens where there is none, or where it has been sent."""
        ...

    async def sweep(self) -> int:
        """Delete the files of messages that were deleted; return how many there were."""
        ...
