"""Batches over HTTP: a file of requests in, files of answers out, at half the price within a day."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from gettext import gettext as _
from typing import Any

from voiceapp.core.batch import Remote
from voiceapp.core.batch_requests import ENDPOINT
from voiceapp.core.errors import BadRequest, ProviderError
from voiceapp.core.settings import Job
from voiceapp.openai_api import sentences
from voiceapp.openai_api.one_object import object_of
from voiceapp.openai_api.sse import is_html
from voiceapp.openai_api.wire import Wire

UPLOAD_S = 600.0
DOWNLOAD_BYTES = 2_000_000_000
WINDOW = "24h"


class HttpBatches:
    """Port BatchService over ``/files`` and ``/batches``. *model*: empty = the provider's default for chat."""

    def __init__(self, wire: Wire, model: str = "") -> None:
        self.label = wire.label(Job.CHAT.value, model)
        self.provider = wire.provider.name
        self._wire = wire
        self._model = model

    async def model(self) -> str:
        """As BatchService.model."""
        return await self._wire.model_for(Job.CHAT.value, self._model)

    async def upload(self, data: bytes) -> str:
        """As BatchService.upload."""
        files = {"file": ("voiceapp.jsonl", data, "application/jsonl")}
        try:
            async with self._wire.post(
                "files", {"purpose": "batch"}, files=files, first_s=UPLOAD_S, is_urgent=False
            ) as sent:
                answer = await object_of(self._wire, sent)
        except BadRequest as error:
            raise _not_offered(error) from None
        return self._text(answer, "id")

    async def create(self, file_id: str, token: str) -> Remote:
        """As BatchService.create."""
        body = {
            "input_file_id": file_id,
            "endpoint": ENDPOINT,
            "completion_window": WINDOW,
            "metadata": {"voiceapp": token},
        }
        try:
            async with self._wire.post("batches", body, is_urgent=False, is_repeatable=False) as sent:
                return self._remote(await object_of(self._wire, sent))
        except BadRequest as error:
            raise _not_offered(error) from None

    async def find(self, file_id: str, token: str) -> Remote | None:
        """As BatchService.find."""
        async with self._wire.get("batches?limit=100") as sent:
            answer = await object_of(self._wire, sent)
        rows = answer.get("data")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and row.get("input_file_id") == file_id:
                marks = row.get("metadata")
                if not isinstance(marks, Mapping) or marks.get("voiceapp", token) == token:
                    return self._remote(row)
        return None

    async def status(self, batch_id: str) -> Remote:
        """As BatchService.status."""
        async with self._wire.get(f"batches/{batch_id}") as sent:
            return self._remote(await object_of(self._wire, sent))

    async def cancel(self, batch_id: str) -> Remote:
        """As BatchService.cancel."""
        async with self._wire.post(f"batches/{batch_id}/cancel", {}, is_urgent=False) as sent:
            return self._remote(await object_of(self._wire, sent))

    async def download(self, file_id: str) -> bytes:
        """As BatchService.download."""
        async with self._wire.get(f"files/{file_id}/content") as sent:
            data = await self._wire.body(sent, DOWNLOAD_BYTES)
        if not _is_lines(data):  # taken for results, the work would be paid again and the real ones deleted
            kind = "html" if is_html(data[:1000].decode("utf-8", "replace")) else "rubbish"
            raise sentences.not_the_protocol(kind, self._wire.where())
        return data

    async def forget(self, file_id: str) -> None:
        """As BatchService.forget; a file that is gone already is no error."""
        with suppress(BadRequest):
            await self._wire.delete(f"files/{file_id}")

    async def close(self) -> None:
        """As BatchService.close."""
        await self._wire.close()

    def _remote(self, row: Mapping[str, Any]) -> Remote:
        given = row.get("request_counts")
        counts: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        completed, failed, total = (_number(counts.get(name)) for name in ("completed", "failed", "total"))
        return Remote(
            id=self._text(row, "id"),
            status=self._text(row, "status"),
            completed=completed,
            failed=failed,
            total=total,
            output_file=_or_empty(row.get("output_file_id")),
            error_file=_or_empty(row.get("error_file_id")),
            problem=_problem(row.get("errors")),
        )

    def _text(self, row: Mapping[str, Any], name: str) -> str:
        value = row.get(name)
        if not isinstance(value, str) or not value:
            raise sentences.not_the_protocol("rubbish", self._wire.where())
        return value


def _is_lines(data: bytes) -> bool:
    """Whether *data* begins as a file of answers does, or is empty."""
    head = data.lstrip()[:1]
    return not head or (head == b"{" and b'"custom_id"' in data)


def _problem(errors: object) -> str:
    """Return the codes of what was wrong with a file; its prose can quote the person's words."""
    rows = errors.get("data") if isinstance(errors, Mapping) else None
    codes = [str(row.get("code")) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return ", ".join(dict.fromkeys(codes))[:200]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _not_offered(error: BadRequest) -> ProviderError:
    """Say it plainly where a server has no such endpoint; other refusals stay what they are."""
    if not error.detail.startswith(("404", "405", "501")):
        return error
    return BadRequest(
        _("{provider} takes no batches.").format(provider=error.provider),
        hint=_("Choose a provider that does, for example --provider openai."),
        detail=error.detail,
        provider=error.provider,
    )
