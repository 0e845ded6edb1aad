"""Documents over HTTP: files, vector stores, and what code has written in its container."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from voiceapp.core.errors import BadAnswer, BadRequest, ProviderError, StoreError
from voiceapp.openai_api import sentences
from voiceapp.openai_api.one_object import object_of
from voiceapp.openai_api.wire import File, Wire
from voiceapp.ports.documents import Indexed

UPLOAD_S = 600.0
TYPES = {".pdf": "application/pdf", ".md": "text/markdown", ".html": "text/html", ".json": "application/json"}


class Counted:
    """An open file that tells how much of it was read; sent again, it begins anew."""

    def __init__(self, file: BinaryIO, on_sent: Callable[[int], None]) -> None:
        self._file = file
        self._on_sent = on_sent

    def read(self, size: int = -1) -> bytes:
        """Read on, and tell."""
        piece = self._file.read(size)
        self._on_sent(self._file.tell())
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As a file."""
        return self._file.tell()

    def fileno(self) -> int:
        """As a file; by it the length of the upload is known."""
        return self._file.fileno()


class HttpDocuments:
    """Port DocumentService over ``/files``, ``/vector_stores`` and ``/containers``."""

    def __init__(self, wire: Wire) -> None:
        self.provider = wire.provider.name
        self._wire = wire

    async def create(self, name: str) -> str:
        """As DocumentService.create."""
        try:
            async with self._wire.post("vector_stores", {"name": name}, is_urgent=False, is_repeatable=False) as sent:
                return self._text(await object_of(self._wire, sent), "id")
        except BadRequest as error:
            raise self._not_offered(error) from None

    async def is_there(self, store: str) -> bool:
        """As DocumentService.is_there; one that has expired is none."""
        try:
            async with self._wire.get(f"vector_stores/{_quoted(store)}") as sent:
                return (await object_of(self._wire, sent)).get("status") != "expired"
        except BadRequest as error:
            if not _is_missing(error):
                raise
            return False

    async def upload(self, path: str, name: str, on_sent: Callable[[int], None]) -> str:
        """As DocumentService.upload. The file is read while it is sent, never as a whole."""
        try:
            file = Path(path).open("rb")  # noqa: SIM115, ASYNC230 - opening is quick; closed below, after the upload
        except OSError:
            raise StoreError(_("{file} cannot be read.").format(file=path), detail="upload") from None
        mime = TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
        part = cast("File", (name, Counted(file, on_sent), mime))
        try:
            async with self._wire.post(
                "files", {"purpose": "assistants"}, files={"file": part}, first_s=UPLOAD_S, is_urgent=False
            ) as sent:
                return self._text(await object_of(self._wire, sent), "id")
        except BadRequest as error:
            raise self._not_offered(error) from None
        finally:
            file.close()

    async def attach(self, store: str, file_id: str) -> Indexed:
        """As DocumentService.attach."""
        where = f"vector_stores/{_quoted(store)}/files"
        async with self._wire.post(where, {"file_id": file_id}, is_urgent=False) as sent:
            return _indexed(await object_of(self._wire, sent))

    async def indexed(self, store: str, file_id: str) -> Indexed | None:
        """As DocumentService.indexed."""
        try:
            async with self._wire.get(f"vector_stores/{_quoted(store)}/files/{_quoted(file_id)}") as sent:
                return _indexed(await object_of(self._wire, sent))
        except BadRequest as error:
            if not _is_missing(error):
                raise
            return None

    async def forget_file(self, file_id: str) -> None:
        """As DocumentService.forget_file."""
        await self._forget(f"files/{_quoted(file_id)}")

    async def forget_store(self, store: str) -> None:
        """As DocumentService.forget_store."""
        await self._forget(f"vector_stores/{_quoted(store)}")

    async def made(self, container_id: str, file_id: str, limit_bytes: int) -> bytes:
        """As DocumentService.made."""
        where = f"containers/{_quoted(container_id)}/files/{_quoted(file_id)}/content"
        try:
            async with self._wire.get(where) as sent:
                return await self._wire.body(sent, limit_bytes)
        except BadRequest as error:
            if not _is_missing(error):
                raise
            raise BadAnswer(
                _("{provider} no longer has this file.").format(provider=self._wire.name),
                hint=_("It keeps such files for some minutes only. Ask for it again."),
                detail=error.detail,
                provider=error.provider,
            ) from None

    async def close(self) -> None:
        """As DocumentService.close."""
        await self._wire.close()

    async def _forget(self, where: str) -> None:
        try:
            await self._wire.delete(where)
        except BadRequest as error:
            if not _is_missing(error):
                raise

    def _text(self, row: dict[str, Any], name: str) -> str:
        value = row.get(name)
        if not isinstance(value, str) or not value:
            raise sentences.not_the_protocol("rubbish", self._wire.where())
        return value

    def _not_offered(self, error: BadRequest) -> ProviderError:
        """Say it plainly where a server has no such endpoint; other refusals stay what they are."""
        if not error.detail.startswith(("404", "405", "501")):
            return error
        return BadRequest(
            _("{provider} keeps no documents to be searched.").format(provider=self._wire.name),
            hint=_("Choose a provider that does, for example OpenAI."),
            detail=error.detail,
            provider=error.provider,
        )


def _indexed(row: dict[str, Any]) -> Indexed:
    error = row.get("last_error")
    code = error.get("code") if isinstance(error, dict) else ""
    return Indexed(str(row.get("status") or ""), str(code or ""))


def _is_missing(error: BadRequest) -> bool:
    return error.detail.startswith(("404", "410"))


def _quoted(name: str) -> str:
    return quote(name, safe="")
