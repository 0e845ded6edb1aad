"""Vectors of meaning, small and quickly compared.

A vector is kept as one byte a dimension. Searching has two steps: the signs of all vectors, one bit a dimension, are
compared first (100 000 vectors of 384 dimensions are 5 MB); the few that differ least are then compared exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Shape (n, dim)."""
Bytes = npt.NDArray[np.int8]
Signs = npt.NDArray[np.uint64]
"""Shape (words, n): 64 dimensions a word, so that one word of all vectors lies in one piece of memory."""


def unit(vectors: Vectors) -> Vectors:
    """Return *vectors* with length 1, so that a product is a cosine; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def as_bytes(vectors: Vectors) -> Bytes:
    """Return *vectors* as one byte a dimension; their directions are kept to about half a percent."""
    largest = np.max(np.abs(vectors), axis=1, keepdims=True)
    return np.asarray(np.rint(vectors * (127.0 / np.maximum(largest, 1e-12))), dtype=np.int8)


def signs(vectors: Vectors | Bytes) -> Signs:
    """Return which dimensions are positive."""
    bits = np.packbits(vectors > 0, axis=1)
    padding = -bits.shape[1] % 8
    whole = np.pad(bits, ((0, 0), (0, padding)))
    return np.ascontiguousarray(np.ascontiguousarray(whole).view(np.uint64).T)


def closest_by_sign(kept: Signs, query: Vectors, count: int) -> npt.NDArray[np.intp]:
    """Return the places of the *count* vectors whose signs differ least from *query*'s, shape (dim,); unordered."""
    total = kept.shape[1]
    if total <= count:
        return np.arange(total)
    wanted = signs(query[np.newaxis, :])
    differing = np.zeros(total, dtype=np.uint16)
    for word, mask in zip(kept, wanted[:, 0], strict=True):
        differing += np.bitwise_count(word ^ mask)
    return np.argpartition(differing, count)[:count]


def cosines(kept: Bytes, query: Vectors) -> npt.NDArray[np.float32]:
    """Return how close each of *kept*, shape (n, dim), is to *query*, shape (dim,): 1 = same direction."""
    given = kept.astype(np.float32)
    lengths = np.linalg.norm(given, axis=1) * float(np.linalg.norm(query))
    return np.asarray(given @ query / np.maximum(lengths, 1e-12), dtype=np.float32)
