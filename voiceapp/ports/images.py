"""Who draws, and where pictures are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

from voiceapp.core.images import ImageChoices, ImagePart, ImageRequest, Judgement, StoredImage
from voiceapp.core.settings import Settings


class ImageMaker(Protocol):
    """An engine that draws."""

    label: str

    def make(self, request: ImageRequest) -> AsyncIterator[ImagePart]:
        """Draw: previews and pictures as they come, then exactly one ImagesEnd.

        Closing the iterator (``aclosing``) frees the connection at once.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class ImageMakers(Protocol):
    """Builds who draws from settings."""

    async def images(self, settings: Settings) -> ImageMaker:
        """Return the maker that *settings* choose. Raises NoKey, ConfigError; where none is chosen, ConfigError."""
        ...

    async def image_choices(self, settings: Settings, *, is_thorough: bool = False) -> ImageChoices:
        """Return who would draw with which models; never raises. *is_thorough*: ask a compatible server."""
        ...


class ImageStore(Protocol):
    """The gallery. Every write is on disk when the coroutine returns."""

    async def add(self, data: bytes, image: StoredImage) -> StoredImage:
        """Keep *data*; id, path and time of *image* are given here. Raises DiskFull, StoreError."""
        ...

    async def get(self, image_id: int) -> StoredImage:
        """Return one, also a deleted one. Raises StoreError when there is none."""
        ...

    async def all(self, query: str = "") -> tuple[StoredImage, ...]:
        """Return those that are not deleted, newest first; with *query* those whose prompt has all its words."""
        ...

    async def read(self, image_id: int) -> bytes:
        """Return the file's bytes. Raises StoreError where it is gone."""
        ...

    async def delete(self, image_id: int) -> StoredImage:
        """Take one out of the gallery; it can be restored until :meth:`purge`."""
        ...

    async def restore(self, image_id: int) -> StoredImage:
        """Bring a deleted one back."""
        ...

    async def update(
        self,
        image_id: int,
        *,
        cost_usd: float | None = None,
        verdict: str | None = None,
        held: str | None = None,
        found: str | None = None,
    ) -> StoredImage:
        """Keep what became known later, as far as it is given: what it cost, what moderation found."""
        ...

    async def attach(self, message_id: int, image_ids: tuple[int, ...]) -> None:
        """Let pictures stand with a message."""
        ...

    async def of_conversation(self, conversation_id: int) -> Mapping[int, tuple[StoredImage, ...]]:
        """Return the pictures of a conversation by message, those not deleted."""
        ...

    async def copy(self, image_id: int, path: Path) -> None:
        """Copy the file to *path*. Raises StoreError, DiskFull."""
        ...

    async def copy_into(self, image_id: int, folder: Path, name: str) -> Path:
        """Copy the file into *folder*, which is made where there is none; return where it is now.

        It is called *name*, or has a number in its name where that is taken. Raises StoreError, DiskFull.
        """
        ...

    async def purge(self) -> int:
        """Delete the files of deleted pictures for good; return how many there were."""
        ...


class ImageGate(Protocol):
    """Looks at prompts before they are sent and at pictures before they are shown."""

    @property
    def hides_previews(self) -> bool:
        """Whether a picture may yet be kept from view, so that nothing of it is shown before it was judged."""
        ...

    async def admit_prompt(self, prompt: str) -> None:
        """Return where *prompt* may be sent; raises Refused where it is held back."""
        ...

    async def judge_image(self, data: bytes, mime: str, image_id: int) -> Judgement:
        """Return what was found in picture *image_id* of the gallery, and whether it is to be kept from view."""
        ...
