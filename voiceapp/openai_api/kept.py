"""Answers to identical requests, kept on this disk: what was judged, embedded or spoken once is not paid for twice."""

from __future__ import annotations

import asyncio
import json

import httpx2

from voiceapp.core.settings import Job
from voiceapp.openai_api.adapt import Body
from voiceapp.ports import Cache

KIND = "answer"
_PROOFS = {Job.MODERATION.value: "results", Job.EMBEDDINGS.value: "data", Job.SPEECH.value: ""}
"""Endpoints whose answers depend on nothing but the request, and the list that a good JSON answer has."""

LARGEST_BYTES = {Job.EMBEDDINGS.value: 64 * 1024}
"""A whole archive being indexed is kept as its index; only questions come twice."""


class KeptAnswers:
    """The answers of one provider.

    Args:
        cache: where they are kept.
        whose: tells providers, and so their models, apart.
        is_speech_kept: whether what was spoken is kept too; judgements and vectors are figures, speech is the words.
    """

    def __init__(self, cache: Cache, whose: str, *, is_speech_kept: bool = True) -> None:
        self._cache = cache
        self._whose = whose
        self._endpoints = _PROOFS.keys() - (() if is_speech_kept else {Job.SPEECH.value})

    def key_of(self, endpoint: str, body: Body, *, has_files: bool) -> str:
        """Return under what the answer is kept; "" where none is."""
        if endpoint not in self._endpoints or has_files:
            return ""
        return f"{self._whose} {endpoint} {json.dumps(body, sort_keys=True, ensure_ascii=True)}"

    async def get(self, key: str) -> httpx2.Response | None:
        """Return the kept answer as if it had just come."""
        data = await asyncio.to_thread(self._cache.get, KIND, key)
        if data is None:
            return None
        kind, _line, body = data.partition(b"\n")
        return httpx2.Response(200, headers={"content-type": kind.decode("latin-1")}, content=body)

    async def put(self, key: str, endpoint: str, content_type: str, body: bytes) -> None:
        """Keep a whole answer if it is a good one: an error inside a success must not be repeated for ever."""
        if len(body) <= LARGEST_BYTES.get(endpoint, len(body)) and _is_good(_PROOFS[endpoint], body):
            head = content_type.replace("\n", " ").encode("latin-1", "replace")
            await asyncio.to_thread(self._cache.put, KIND, key, head + b"\n" + body)


def _is_good(proof: str, body: bytes) -> bool:
    if not proof:  # sound, which its adapter has already understood
        return len(body) > 0
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and bool(found.get(proof)) and not found.get("error")
