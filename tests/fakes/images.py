"""A gallery in memory, and somebody who draws by a script."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.pictures import png
from voiceapp.core.errors import StoreError, VoiceAppError
from voiceapp.core.images import (
    FinishedImage,
    ImageChoices,
    ImagePart,
    ImageRequest,
    ImagesEnd,
    PartialImage,
    Picture,
    StoredImage,
)
from voiceapp.core.settings import Settings
from voiceapp.core.speech import Usage

PICTURE = Picture(png(8, 6), "png", 8, 6)
PREVIEW = Picture(png(2, 2), "png", 2, 2)


class MemoryImages:
    """Keeps the ImageStore port's promises for as long as it lives."""

    def __init__(self) -> None:
        self.copied: dict[Path, int] = {}
        self.deleted: set[int] = set()
        self.write_error: StoreError | None = None
        self._files: dict[int, bytes] = {}
        self._images: dict[int, StoredImage] = {}
        self._attached: dict[int, list[int]] = {}
        self._ids = itertools.count(1)

    async def add(self, data: bytes, image: StoredImage) -> StoredImage:
        if self.write_error is not None:
            raise self.write_error
        number = next(self._ids)
        kept = replace(image, id=number, path=f"/images/{number}.{image.format}", created_at=float(number))
        self._images[number], self._files[number] = kept, data
        return kept

    async def get(self, image_id: int) -> StoredImage:
        if image_id not in self._images:
            raise StoreError(f"There is no image {image_id}.")
        return self._images[image_id]

    async def all(self, query: str = "") -> tuple[StoredImage, ...]:
        words = query.casefold().split()
        newest_first = sorted(self._images.values(), key=lambda image: -image.id)
        return tuple(
            image
            for image in newest_first
            if image.id not in self.deleted
            and all(word in f"{image.prompt} {image.revised_prompt}".casefold() for word in words)
        )

    async def read(self, image_id: int) -> bytes:
        await self.get(image_id)
        return self._files[image_id]

    async def delete(self, image_id: int) -> StoredImage:
        self.deleted.add(image_id)
        return await self.get(image_id)

    async def restore(self, image_id: int) -> StoredImage:
        self.deleted.discard(image_id)
        return await self.get(image_id)

    async def update(
        self,
        image_id: int,
        *,
        cost_usd: float | None = None,
        verdict: str | None = None,
        held: str | None = None,
        found: str | None = None,
    ) -> StoredImage:
        given = {"cost_usd": cost_usd, "verdict": verdict, "held": held, "found": found}
        changes = {name: value for name, value in given.items() if value is not None}
        self._images[image_id] = replace(await self.get(image_id), **changes)  # type: ignore[arg-type]
        return self._images[image_id]

    async def attach(self, message_id: int, image_ids: tuple[int, ...]) -> None:
        self._attached.setdefault(message_id, []).extend(image_ids)

    async def of_conversation(self, conversation_id: int) -> Mapping[int, tuple[StoredImage, ...]]:
        return {
            message_id: tuple(self._images[number] for number in numbers if number not in self.deleted)
            for message_id, numbers in self._attached.items()
        }

    async def copy(self, image_id: int, path: Path) -> None:
        await self.get(image_id)
        self.copied[path] = image_id

    async def copy_into(self, image_id: int, folder: Path, name: str) -> Path:
        await self.copy(image_id, folder / name)
        return folder / name

    async def purge(self) -> int:
        return 0


@dataclass
class FakeImages:
    """Draws :data:`PICTURE`, as often as it is asked to; previews first. Keeps ImageMaker and ImageMakers.

    ``go`` holds the picture back until it is set; ``error`` comes in place of a picture.
    """

    label: str = "Fake painter"
    error: VoiceAppError | None = None
    go: asyncio.Event | None = None
    amounts: Mapping[str, float] = field(default_factory=lambda: {"image_out": 1000.0})
    model: str = "gpt-image-2.6-flare"
    requests: list[ImageRequest] = field(default_factory=list)
    made: list[Settings] = field(default_factory=list)
    choices: ImageChoices = field(default_factory=lambda: ImageChoices("Fake"))
    closed: int = 0

    async def make(self, request: ImageRequest) -> AsyncGenerator[ImagePart, None]:
        self.requests.append(request)
        for index in range(request.options.partials):
            yield PartialImage(index, PREVIEW)
        if self.go is not None:
            await self.go.wait()
        if self.error is not None:
            raise self.error
        for _number in range(request.options.count):
            yield FinishedImage(PICTURE, f"{request.prompt}, revised")
        yield ImagesEnd(self.model, Usage("openai", self.model, self.amounts))

    async def close(self) -> None:
        self.closed += 1

    async def images(self, settings: Settings) -> FakeImages:
        self.made.append(settings)
        return self

    async def image_choices(self, settings: Settings, *, is_thorough: bool = False) -> ImageChoices:
        return self.choices
