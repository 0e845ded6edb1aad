"""The gallery: rows beside the conversations, files in a folder of their own. Keeps ``ports.ImageStore``."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from gettext import gettext as _
from pathlib import Path
from typing import Any, Protocol, TypeVar

from voiceapp.core.errors import StoreError
from voiceapp.core.images import ImageOptions, StoredImage
from voiceapp.core.picture import ENDINGS
from voiceapp.core.search_text import folded
from voiceapp.store.conversations import storable
from voiceapp.store.files import told_as_store_error, write_new

Result = TypeVar("Result")
KEPT_DELETED_S = 3600.0
"""A deleted picture can be brought back this long, also by a window that another process knows nothing of."""
_OF_CONVERSATION = """SELECT images.*, message_images.message_id FROM message_images
    JOIN messages ON messages.id = message_images.message_id
    JOIN images ON images.id = message_images.image_id
    WHERE messages.conversation_id = ? AND images.deleted_at IS NULL ORDER BY message_images.rowid"""
_OPTIONS = {field.name for field in fields(ImageOptions)}


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


class FileImages:
    """Port ImageStore.

    Args:
        data: the data folder; ``images`` lies in it.
        database: the store whose database holds the rows.
        now: Unix time in seconds.
    """

    def __init__(self, data: Path, database: Database, now: Callable[[], float]) -> None:
        self.folder = data / "images"
        self._database = database
        self._now = now

    async def add(self, data: bytes, image: StoredImage) -> StoredImage:
        """As ImageStore.add: the file first, so that no row ever speaks of a picture that is not there."""
        name = f"{uuid.uuid4().hex}{ENDINGS[image.format]}"
        await asyncio.to_thread(write_new, self.folder / name, data)
        values = _values(image) | {"file": name, "created_at": self._now()}

        def insert(db: sqlite3.Connection) -> StoredImage:
            columns = ", ".join(values)
            marks = ", ".join("?" * len(values))
            number = db.execute(f"INSERT INTO images ({columns}) VALUES ({marks})", list(values.values())).lastrowid
            assert number is not None
            return self._read(db, number)

        try:
            return await self._database.write(insert)
        except StoreError:
            with suppress(OSError):
                (self.folder / name).unlink()
            raise

    async def get(self, image_id: int) -> StoredImage:
        """As ImageStore.get."""
        return await self._database.run(lambda db: self._read(db, image_id))

    async def all(self, query: str = "") -> tuple[StoredImage, ...]:
        """As ImageStore.all."""
        words = folded(query).split()

        def found(db: sqlite3.Connection) -> tuple[StoredImage, ...]:
            rows = db.execute("SELECT * FROM images WHERE deleted_at IS NULL ORDER BY id DESC")
            return tuple(self._image(row) for row in rows if not words or _has(row, words))

        return await self._database.run(found)

    async def read(self, image_id: int) -> bytes:
        """As ImageStore.read."""
        path = Path((await self.get(image_id)).path)
        with told_as_store_error(path):
            return await asyncio.to_thread(path.read_bytes)

    async def delete(self, image_id: int) -> StoredImage:
        """As ImageStore.delete."""
        return await self._change(image_id, deleted_at=self._now())

    async def restore(self, image_id: int) -> StoredImage:
        """As ImageStore.restore."""
        return await self._change(image_id, deleted_at=None)

    async def update(
        self,
        image_id: int,
        *,
        cost_usd: float | None = None,
        verdict: str | None = None,
        held: str | None = None,
        found: str | None = None,
    ) -> StoredImage:
        """As ImageStore.update."""
        given = {"cost_usd": cost_usd, "verdict": verdict, "held": held, "found": found}
        return await self._change(image_id, **{name: value for name, value in given.items() if value is not None})

    async def attach(self, message_id: int, image_ids: tuple[int, ...]) -> None:
        """As ImageStore.attach."""
        rows = [(message_id, image_id) for image_id in image_ids]
        await self._database.write(
            lambda db: db.executemany("INSERT OR IGNORE INTO message_images VALUES (?, ?)", rows)
        )

    async def of_conversation(self, conversation_id: int) -> Mapping[int, tuple[StoredImage, ...]]:
        """As ImageStore.of_conversation."""

        def found(db: sqlite3.Connection) -> Mapping[int, tuple[StoredImage, ...]]:
            by_message: dict[int, tuple[StoredImage, ...]] = {}
            for row in db.execute(_OF_CONVERSATION, [conversation_id]):
                earlier = by_message.get(row["message_id"], ())
                by_message[row["message_id"]] = (*earlier, self._image(row))
            return by_message

        return await self._database.run(found)

    async def copy(self, image_id: int, path: Path) -> None:
        """As ImageStore.copy."""
        source = (await self.get(image_id)).path
        with told_as_store_error(path):
            await asyncio.to_thread(shutil.copyfile, source, path)

    async def copy_into(self, image_id: int, folder: Path, name: str) -> Path:
        """As ImageStore.copy_into."""
        source = Path((await self.get(image_id)).path)
        return await asyncio.to_thread(_copied_into, source, folder, name)

    async def purge(self) -> int:
        """As ImageStore.purge."""
        until_s = self._now() - KEPT_DELETED_S

        def gone(db: sqlite3.Connection) -> list[str]:
            files = [row["file"] for row in db.execute("SELECT file FROM images WHERE deleted_at < ?", [until_s])]
            db.execute("DELETE FROM images WHERE deleted_at < ?", [until_s])
            return files

        files = await self._database.write(gone)
        for name in files:
            with suppress(OSError):  # gone already, or in use: a file too many harms nobody
                (self.folder / name).unlink()
        return len(files)

    # --- inside -------------------------------------------------------------------------------------------

    async def _change(self, image_id: int, **values: object) -> StoredImage:
        def change(db: sqlite3.Connection) -> StoredImage:
            names = ", ".join(f"{name} = ?" for name in values)
            db.execute(f"UPDATE images SET {names} WHERE id = ?", [*values.values(), image_id])
            return self._read(db, image_id)

        return await self._database.write(change)

    def _read(self, db: sqlite3.Connection, image_id: int) -> StoredImage:
        row = db.execute("SELECT * FROM images WHERE id = ?", [image_id]).fetchone()
        if row is None:
            raise StoreError(_("There is no image {id}.").format(id=image_id))
        return self._image(row)

    def _image(self, row: sqlite3.Row) -> StoredImage:
        options = {name: value for name, value in json.loads(row["options"]).items() if name in _OPTIONS}
        plain = {name: row[name] for name in _PLAIN}
        return StoredImage(path=str(self.folder / row["file"]), options=ImageOptions(**options), **plain)


def _copied_into(source: Path, folder: Path, name: str) -> Path:
    """Worker thread: copy *source* to a name in *folder* that nothing has yet, also if somebody else saves just now."""
    with told_as_store_error(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        number, target = 1, folder / name
        while True:
            try:
                with target.open("xb") as copy, source.open("rb") as file:
                    shutil.copyfileobj(file, copy)
            except FileExistsError:
                number += 1
                target = (folder / name).with_stem(f"{Path(name).stem}-{number}")
                continue
            except BaseException:
                target.unlink(missing_ok=True)
                raise
            return target


_PLAIN = (
    "id", "format", "width", "height", "prompt", "revised_prompt", "engine", "created_at", "duration_s", "cost_usd",
    "verdict", "held", "found", "parent_id",
)  # fmt: skip


def _values(image: StoredImage) -> dict[str, Any]:
    values = {name: getattr(image, name) for name in _PLAIN if name not in ("id", "created_at")}
    values["prompt"], values["revised_prompt"] = storable(image.prompt), storable(image.revised_prompt)
    return values | {"options": json.dumps(asdict(image.options))}


def _has(row: sqlite3.Row, words: list[str]) -> bool:
    text = folded(f"{row['prompt']} {row['revised_prompt']}")
    return all(word in text for word in words)
