"""A small BERT (MiniLM, 6 layers of 384) in numpy: what turns a text into a vector of its meaning.

The weights are mapped from their file, so that 90 MB of them cost only what is touched. Texts need no padding: all
their tokens go through the dense layers together, and only attention works text by text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
TOKENS_AT_ONCE = 1024
NORM_EPS = np.float32(1e-12)
_DTYPES = {"F32": np.float32, "F16": np.float16}


class MiniLm:
    """The network. *folder* holds ``model.safetensors`` and ``config.json``. Raises OSError, ValueError, KeyError."""

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self.dim = int(config["hidden_size"])
        self._weights = read_safetensors(folder / "model.safetensors")

    def embed(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return one vector of length 1 for each list of tokens, shape (n, dim)."""
        found = np.empty((len(texts), self.dim), dtype=np.float32)
        for portion in _portions(texts):
            found[portion] = self._portion([texts[place] for place in portion])
        return found

    def _portion(self, texts: Sequence[Sequence[int]]) -> Array:
        ends = np.cumsum([len(text) for text in texts])
        spans = [slice(end - len(text), end) for text, end in zip(texts, ends, strict=True)]
        w = self._weights
        tokens = np.concatenate([np.asarray(text) for text in texts])
        places = np.concatenate([np.arange(len(text)) for text in texts])
        x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.position_embeddings.weight"][places]
        x = self._normed(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._layer(x, spans, f"encoder.layer.{layer}.")
        means = np.stack([x[span].mean(axis=0) for span in spans])
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.maximum(lengths, NORM_EPS), dtype=np.float32)

    def _layer(self, x: Array, spans: Sequence[slice], name: str) -> Array:
        queries, keys, values = (self._dense(x, f"{name}attention.self.{part}") for part in ("query", "key", "value"))
        mixed = np.empty_like(x)
        for span in spans:
            mixed[span] = self._attended(queries[span], keys[span], values[span])
        x = self._normed(self._dense(mixed, f"{name}attention.output.dense") + x, f"{name}attention.output.LayerNorm")
        inner = gelu(self._dense(x, f"{name}intermediate.dense"))
        return self._normed(self._dense(inner, f"{name}output.dense") + x, f"{name}output.LayerNorm")

    def _attended(self, queries: Array, keys: Array, values: Array) -> Array:
        """Mix the *values* of one text's tokens, each (tokens, dim), head by head."""
        q, k, v = (part.reshape(len(part), self._heads, -1).transpose(1, 0, 2) for part in (queries, keys, values))
        scores = q @ k.transpose(0, 2, 1) / np.float32(q.shape[-1] ** 0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray((scores @ v).transpose(1, 0, 2).reshape(queries.shape), dtype=np.float32)

    def _dense(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], dtype=np.float32)

    def _normed(self, x: Array, name: str) -> Array:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + NORM_EPS)
        return np.asarray(x * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], dtype=np.float32)


def gelu(x: Array) -> Array:
    """The exact gelu; the error function by Abramowitz and Stegun 7.1.26, off by at most 1.5e-7."""
    z = np.abs(x) * np.float32(2**-0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.copysign(1 - series * np.exp(-z * z), x)
    return np.asarray(np.float32(0.5) * x * (1 + erf), dtype=np.float32)


def read_safetensors(path: Path) -> dict[str, Array]:
    """Return the tensors of *path* by name: an 8-byte length, that much JSON, then the numbers."""
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    header_bytes = int.from_bytes(raw[:8].tobytes(), "little")
    header: dict[str, Any] = json.loads(raw[8 : 8 + header_bytes].tobytes())
    data = raw[8 + header_bytes :]
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in _DTYPES:
            first, last = entry["data_offsets"]
            numbers = data[first:last].view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
            found[name] = numbers.view(np.ndarray).astype(np.float32, copy=False)
    return found


def _portions(texts: Sequence[Sequence[int]]) -> Iterable[list[int]]:
    """Yield the places of texts that go through together: as many as TOKENS_AT_ONCE allows, at least one."""
    portion: list[int] = []
    size = 0
    for place, text in enumerate(texts):
        if portion and size + len(text) > TOKENS_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(place)
        size += len(text)
    if portion:
        yield portion
