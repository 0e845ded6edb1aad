"""Searching 100 000 passages by words, by meaning and by both, with what the index costs in memory and time.

The texts are drawn from a vocabulary in which few words are frequent and most are rare, as in speech; the vectors lie
in clusters, as those of real texts do. Times are whole searches on the store, without the embedding of the query.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.bench.processes import rss_mb
from tests.bench.report import Report, Series
from tests.store.plain_takes import PlainTakes
from voiceapp.core.own_search import Matching
from voiceapp.core.search_text import index_text
from voiceapp.core.vectors import Vectors, as_bytes, cosines, unit
from voiceapp.ports.meaning import Aim
from voiceapp.store.passages import SqlitePassages
from voiceapp.store.sqlite import SqliteStore

TARGET = "50 ms"
CLUSTERS = 800
VOCABULARY = 30_000
WORDS = 60
BEST = 20
SPACE = "bench"
Rng = np.random.Generator


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=200, help="searches of each kind (default 200)")
    options.add_argument("--passages", type=int, default=100_000)
    options.add_argument("--dim", type=int, default=384, help="of the vectors: 384 local, 512 as asked of a provider")


def measure(arguments: argparse.Namespace) -> Report:
    """Fill a database, then search it."""
    with tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder:
        return asyncio.run(_measure(Path(folder), arguments.n, arguments.passages, arguments.dim))


async def _measure(folder: Path, n: int, passages: int, dim: int) -> Report:
    rng = np.random.default_rng(7)
    vectors = clustered(rng, passages, dim)
    vocabulary = np.array([f"w{number:x}" for number in range(VOCABULARY)])
    store = SqliteStore(folder, PlainTakes())
    try:
        await store.write(lambda db: _fill(db, rng, vocabulary, vectors))
        before_mb = rss_mb([os.getpid()])
        index = SqlitePassages(store, time.time)
        queries = [
            unit((vectors[place] + 0.03 * rng.standard_normal(dim))[np.newaxis, :])[0]
            for place in rng.integers(0, passages, n)
        ]
        rare = [" ".join(vocabulary[rng.integers(50, 3000, 2)]) for _ in range(n)]
        asked = [" ".join(vocabulary[_zipf(rng, 9)]) for _ in range(n)]
        began_s = time.perf_counter()
        await index.find("", Aim(SPACE, queries[0]), Matching.MEANING, BEST)
        load_ms = 1000 * (time.perf_counter() - began_s)
        after_mb = rss_mb([os.getpid()])
        series = []
        for name, texts, matching, is_any in (
            ("words", rare, Matching.TEXT, False),
            ("meaning", rare, Matching.MEANING, False),
            ("both", rare, Matching.HYBRID, False),
            ("both, any word of a question", asked, Matching.HYBRID, True),
        ):
            values = []
            for text, query in zip(texts, queries, strict=True):
                aim = None if matching is Matching.TEXT else Aim(SPACE, query)
                began_s = time.perf_counter()
                await index.find(text, aim, matching, BEST, is_any_word=is_any)
                values.append(1000 * (time.perf_counter() - began_s))
            series.append(Series(name, values, target=TARGET))
        notes = [
            f"first search, which loads the index: {load_ms:.0f} ms; it adds {after_mb - before_mb:.0f} MB of memory",
            f"of the exact best {BEST}, {await _recall(index, vectors, queries[:50]):.1%} were found",
            f"database: {store.database.stat().st_size / 1e6:.0f} MB with {passages} passages of {dim} dimensions",
        ]
    finally:
        await store.close()
    return Report(f"Search in {passages} passages", series, notes)


def clustered(rng: Rng, count: int, dim: int) -> Vectors:
    """Return vectors of length 1 around cluster centres: neighbours at cosines of about 0.6, others near 0."""
    centres = unit(rng.standard_normal((CLUSTERS, dim)).astype(np.float32))
    noise = rng.standard_normal((count, dim)).astype(np.float32) * np.float32(0.8 / dim**0.5)
    return unit(centres[rng.integers(0, CLUSTERS, count)] + noise)


def _zipf(rng: Rng, count: int) -> np.ndarray:
    return np.minimum(rng.zipf(1.3, count) - 1, VOCABULARY - 1)


def _fill(db: sqlite3.Connection, rng: Rng, vocabulary: np.ndarray, vectors: Vectors) -> None:
    """Store thread: a conversation of twenty messages each, one passage a message."""
    count = len(vectors)
    words = vocabulary[_zipf(rng, count * WORDS).reshape(count, WORDS)]
    texts = [" ".join(row) for row in words]
    db.executemany(
        "INSERT INTO conversations VALUES (?, ?, 0, 0, ?)",
        [(number + 1, f"c{number}", number) for number in range(count // 20 + 1)],
    )
    db.executemany(
        "INSERT INTO messages (id, conversation_id, role, text, created_at) VALUES (?, ?, 'user', ?, 0)",
        [(number + 1, number // 20 + 1, text) for number, text in enumerate(texts)],
    )
    db.executemany(
        "INSERT INTO search (rowid, words) VALUES (?, ?)",
        [(4 * (number + 1) + 1, index_text(text)) for number, text in enumerate(texts)],
    )
    db.execute("INSERT INTO passages_model VALUES (?)", [SPACE])
    db.executemany(
        "INSERT INTO passages (kind, source, first, last, vector) VALUES (1, ?, 0, ?, ?)",
        [(n + 1, len(texts[n]), row.tobytes()) for n, row in enumerate(as_bytes(vectors))],
    )
    db.execute("DELETE FROM passages_due")


async def _recall(index: SqlitePassages, vectors: Vectors, queries: list[Vectors]) -> float:
    """Return the share of the exactly best that the two steps find."""
    kept = as_bytes(vectors)
    shares = []
    for query in queries:
        exact = set((np.argsort(-cosines(kept, query))[:BEST] + 1).tolist())
        found = await index.find("", Aim(SPACE, query), Matching.MEANING, BEST)
        shares.append(len(exact & {one.message_id for one in found}) / BEST)
    return float(np.mean(shares))
