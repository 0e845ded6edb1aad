"""Vectors of meaning over HTTP."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from voiceapp.core.errors import TooLong
from voiceapp.core.settings import Job
from voiceapp.core.speech import Usage
from voiceapp.core.vectors import Vectors, unit
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import Body
from voiceapp.openai_api.one_object import object_of
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.wire import Wire

DIMENSIONS = 512
"""Asked of models that can give fewer than they have: a third of the disk and time for nearly the same ranking."""
INPUTS, INPUT_TOKENS, REQUEST_TOKENS = 64, 8192, 120_000
"""Limits where the model table names none."""
BATCH_SHARE = 0.8
"""Our count of tokens is an estimate, so a request stays this much below the limit."""
BACKGROUND_TEXTS = 256
SHORTENINGS = 3
ANSWER_BYTES = 256 * 1024 * 1024
PREFIXES = {"nomic-embed": ("search_query: ", "search_document: "), "e5-": ("query: ", "passage: ")}
"""What models of this name want before a query and before a text."""
_ENDPOINT = Job.EMBEDDINGS.value


class HttpEmbedder:
    """Port Embedder over ``/embeddings``.

    Args:
        wire: the provider; its owner closes it.
        model: empty = the provider's default; on a compatible server the first embedding model that it lists.
        on_usage: gets what each request consumed.
    """

    is_local = False

    def __init__(self, wire: Wire, model: str = "", on_usage: Callable[[Usage], None] = lambda _usage: None) -> None:
        self.label = wire.label(_ENDPOINT, model)
        self.max_batch = BACKGROUND_TEXTS
        self._wire = wire
        self._model = model
        self._on_usage = on_usage
        self._space = ""
        self._input_tokens = 0

    async def space(self) -> str:
        """As Embedder.space."""
        if not self._space:
            await self.embed(["hello"])
        return self._space

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """As Embedder.embed."""
        model = await self._wire.model_for(_ENDPOINT, self._model)
        limits = self._wire.known(model).limits
        self._input_tokens = self._input_tokens or limits.get("input_tokens", INPUT_TOKENS)
        prefix = _prefix(model, is_query=is_query)
        given = [whole(prefix + text) if text.strip() else "." for text in texts]
        request_tokens = int(limits.get("request_tokens", REQUEST_TOKENS) * BATCH_SHARE)
        parts = [
            await self._shortened_until_taken(model, portion, is_query=is_query)
            for portion in portions(given, limits.get("inputs", INPUTS), request_tokens, self._input_tokens)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    async def close(self) -> None:
        """Release the connections. They are the wire's: adapters that share one are closed together."""
        await self._wire.close()

    async def _shortened_until_taken(self, model: str, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Embed *texts*; where a server takes less than is known of it, their beginnings."""
        for attempt in range(SHORTENINGS + 1):
            try:
                return await self._request(model, [cut(text, self._input_tokens) for text in texts], is_query=is_query)
            except TooLong:
                longest = max(token_estimate(text) for text in texts)
                if attempt == SHORTENINGS:
                    raise
                self._input_tokens = min(self._input_tokens, longest) // 2
        raise AssertionError("unreachable")

    async def _request(self, model: str, texts: Sequence[str], *, is_query: bool) -> Vectors:
        body: Body = {"model": model, "input": list(texts), "encoding_format": "base64"}
        if "dimensions" in self._wire.known(model).accepts:
            body["dimensions"] = DIMENSIONS
        async with self._wire.post(_ENDPOINT, body, is_urgent=is_query) as sent:
            answer = await object_of(self._wire, sent, ANSWER_BYTES)
        vectors = vectors_from(answer, len(texts))
        if vectors is None:
            raise sentences.not_the_protocol("rubbish", self._wire.where(sent.model))
        self._space = f"{self._wire.provider.name} {sent.model} {vectors.shape[1]}"
        self._tell_usage(sent.model, answer)
        return vectors

    def _tell_usage(self, model: str, answer: dict[str, Any]) -> None:
        usage = answer.get("usage")
        tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        amounts = {"text_in": float(tokens)} if isinstance(tokens, int | float) else {}
        self._on_usage(Usage(self._wire.provider.name, model, amounts))


def vectors_from(answer: dict[str, Any], count: int) -> Vectors | None:
    """Return the vectors of an answer in the order of the texts, length 1; None where it is not what was asked."""
    rows = answer.get("data")
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
        return None
    found: dict[int, Any] = {}
    for place, row in enumerate(rows):
        index = row.get("index", place)
        found[index if isinstance(index, int) else place] = _numbers(row.get("embedding"))
    ordered = [found.get(place) for place in range(count)]
    dim = len(ordered[0]) if ordered and ordered[0] is not None else 0
    if not dim or any(numbers is None or len(numbers) != dim for numbers in ordered):
        return None
    vectors = np.stack([numbers for numbers in ordered if numbers is not None])
    return unit(vectors) if np.isfinite(vectors).all() else None


def _numbers(value: object) -> Vectors | None:
    """Read one embedding: base64 of little-endian floats, or a list of numbers, as some servers answer all the same."""
    try:
        if isinstance(value, str):
            return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
        return np.asarray(value, dtype=np.float32).reshape(-1) if isinstance(value, list) else None
    except (binascii.Error, ValueError, TypeError):
        return None


def token_estimate(text: str) -> int:
    """Return about how many tokens *text* has, rather too many: three characters each, other scripts more."""
    ascii_chars = sum(map(str.isascii, text))
    return ascii_chars // 3 + (len(text) - ascii_chars) * 3 // 2 + 1


def cut(text: str, tokens: int) -> str:
    """Return as much of the beginning of *text* as has about *tokens*."""
    while (estimate := token_estimate(text)) > tokens and len(text) > 1:
        text = text[: max(1, len(text) * tokens // estimate - 1)]
    return text


def portions(texts: Sequence[str], inputs: int, request_tokens: int, input_tokens: int) -> Iterator[list[str]]:
    """Yield *texts* in requests that keep both limits."""
    portion: list[str] = []
    size = 0
    for text in texts:
        tokens = min(token_estimate(text), input_tokens)
        if portion and (len(portion) == inputs or size + tokens > request_tokens):
            yield portion
            portion, size = [], 0
        portion.append(text)
        size += tokens
    if portion:
        yield portion


def _prefix(model: str, *, is_query: bool) -> str:
    found = next((both for name, both in PREFIXES.items() if name in model.lower()), ("", ""))
    return found[0] if is_query else found[1]
