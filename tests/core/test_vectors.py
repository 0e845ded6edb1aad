"""Vectors as bytes and signs: nearly the same directions, and the closest are found in two steps."""

from __future__ import annotations

import numpy as np
import pytest

from voiceapp.core.vectors import as_bytes, closest_by_sign, cosines, signs, unit

RNG = np.random.default_rng(3)


def some(count: int, dim: int) -> np.ndarray:
    return unit(RNG.standard_normal((count, dim)).astype(np.float32))


def test_bytes_keep_directions() -> None:
    vectors = some(200, 384)
    exact = vectors @ vectors[0]
    assert np.abs(cosines(as_bytes(vectors), vectors[0]) - exact).max() < 0.01


@pytest.mark.parametrize("dim", [1, 8, 63, 64, 65, 384, 1536])
def test_signs_fit_every_dimension(dim: int) -> None:
    vectors = some(50, dim)
    kept = signs(vectors)
    assert kept.shape == (-(-dim // 64), 50)
    different = int(np.bitwise_count(signs(as_bytes(vectors)) ^ kept).sum())
    assert different <= 0.02 * vectors.size  # only values next to zero may round to it


def test_the_closest_are_among_those_compared() -> None:
    centres = some(40, 128)
    vectors = unit(centres[RNG.integers(0, 40, 4000)] + 0.05 * RNG.standard_normal((4000, 128)).astype(np.float32))
    for query in centres[:10]:
        exact = set(np.argsort(-(vectors @ query))[:20].tolist())
        assert exact <= set(closest_by_sign(signs(vectors), query, 400).tolist())


def test_few_vectors_are_all_compared() -> None:
    assert closest_by_sign(signs(some(5, 64)), some(1, 64)[0], 10).tolist() == [0, 1, 2, 3, 4]


def test_a_vector_of_zeros_is_close_to_nothing() -> None:
    zeros = np.zeros((1, 16), dtype=np.float32)
    assert cosines(as_bytes(unit(zeros)), some(1, 16)[0])[0] == 0.0
