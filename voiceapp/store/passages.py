"""The index of meaning: passages and their vectors. Keeps ``ports.PassageStore``.

The vectors stay in the database; only their signs are held in memory (one bit a dimension). A search compares those,
reads the vectors of the closest thousand and compares them exactly.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from voiceapp.core.conversation import Role
from voiceapp.core.own_search import Found, Matching, best_passage
from voiceapp.core.passages import Passage
from voiceapp.core.ranking import fused
from voiceapp.core.vectors import Signs, as_bytes, closest_by_sign, cosines, signs
from voiceapp.ports.meaning import Aim, DueText, TextVectors
from voiceapp.store import search
from voiceapp.store.search import Kind

Result = TypeVar("Result")
Source = tuple[int, int]
"""Kind and id of a text."""

COMPARED = 1000
"""How many vectors are compared exactly: of 100 000, the closest twenty are practically always among them."""
CHUNK_ROWS = 5000
"""How many signs are read at once, so that a turn never waits for the index: 20 ms."""
LEAST_COSINE = 0.2
"""Texts further away than this have nothing to do with the query."""
UNFINISHED_S = 600.0
"""A reply that is still being written is indexed when it is complete, at the latest after this time."""


class Database(Protocol):
    """What is needed of the store: its thread."""

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* on the store's thread."""
        ...

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run *work* there as one transaction."""
        ...


class SqlitePassages:
    """Port PassageStore. *now*: Unix time in seconds."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._index = _Index()

    async def use_space(self, space: str) -> None:
        """As PassageStore.use_space."""

        def change(db: sqlite3.Connection) -> None:
            if _space(db) == space:
                return
            db.execute("DELETE FROM passages")
            db.execute("DELETE FROM passages_model")
            db.execute("INSERT INTO passages_model VALUES (?)", [space])
            db.execute("INSERT OR IGNORE INTO passages_due SELECT 1, id FROM messages WHERE text != ''")
            db.execute("INSERT OR IGNORE INTO passages_due SELECT 2, id FROM takes WHERE text != ''")

        await self._database.write(change)

    async def due(self, limit: int) -> tuple[DueText, ...]:
        """As PassageStore.due."""
        until_s = self._now() - UNFINISHED_S

        def read(db: sqlite3.Connection) -> tuple[DueText, ...]:
            rows = db.execute(
                """SELECT d.kind, d.source, coalesce(m.text, t.text) AS text FROM passages_due d
                   LEFT JOIN messages m ON d.kind = 1 AND m.id = d.source
                   LEFT JOIN takes t ON d.kind = 2 AND t.id = d.source
                   WHERE d.kind = 2 OR m.is_complete = 1 OR m.created_at < ?
                   ORDER BY d.kind, d.source DESC LIMIT ?""",
                [until_s, limit],
            )
            return tuple(DueText(row["kind"], row["source"], row["text"] or "") for row in rows)

        return await self._database.run(read)

    async def count_due(self) -> int:
        """As PassageStore.count_due."""
        return await self._database.run(lambda db: int(db.execute("SELECT count(*) FROM passages_due").fetchone()[0]))

    async def due_characters(self) -> int:
        """As PassageStore.due_characters. A portion at a time: nobody waits for the sum."""
        characters, last = 0, (0, 0)
        while True:
            rows = await self._database.run(partial(_lengths, after=last))
            characters += sum(length for _kind, _source, length in rows)
            if len(rows) < CHUNK_ROWS:
                return characters
            last = rows[-1][:2]

    async def put(self, space: str, texts: Sequence[TextVectors]) -> None:
        """As PassageStore.put."""
        rows = [(one, [vector.tobytes() for vector in as_bytes(one.vectors)] if one.passages else []) for one in texts]

        def write(db: sqlite3.Connection) -> None:
            if _space(db) != space:
                return
            for one, vectors in rows:
                _put(db, one, vectors)

        await self._database.write(write)

    async def find(
        self, query: str, aim: Aim | None, matching: Matching, limit: int, *, is_any_word: bool = False
    ) -> tuple[Found, ...]:
        """As PassageStore.find."""
        reach = max(50, 3 * limit)
        near: dict[Source, Passage] = {}
        if aim is not None and matching is not Matching.TEXT:
            await self._load()
            near = await self._near(aim, reach)
        by_words = search.best_of_any if is_any_word else search.best

        def read(db: sqlite3.Connection) -> tuple[Found, ...]:
            worded = [] if matching is Matching.MEANING else by_words(db, query, reach)
            by_text = [(int(kind), id_) for kind, id_ in worded]
            found = []
            for source, score in fused(by_text, list(near)):
                one = _found(db, source, near.get(source), query, score, is_by_text=source in by_text)
                if one is not None:
                    found.append(one)
                if len(found) == limit:
                    break
            return tuple(found)

        return await self._database.run(read)

    async def _near(self, aim: Aim, count: int) -> dict[Source, Passage]:
        return await self._database.run(lambda db: self._index.nearest(db, aim, count))

    async def _load(self) -> None:
        """Read the signs that are new, a portion at a time."""
        while not await self._database.run(self._index.load):
            pass


class _Index:
    """The signs of all vectors, in the order of their ids. Used on the store's thread only."""

    def __init__(self) -> None:
        self._forget("")

    def _forget(self, space: str) -> None:
        self._space = space
        self._ids = np.zeros(0, dtype=np.int64)
        self._signs: Signs = np.zeros((0, 0), dtype=np.uint64)
        self._last = 0
        self._new: list[tuple[npt.NDArray[np.int64], Signs]] = []

    def load(self, db: sqlite3.Connection) -> bool:
        """Read the next rows; True when there are no more."""
        space = _space(db)
        if space != self._space:
            self._forget(space)
        rows = db.execute(
            "SELECT id, vector FROM passages WHERE id > ? ORDER BY id LIMIT ?", [self._last, CHUNK_ROWS]
        ).fetchall()
        if rows:
            ids = np.array([row["id"] for row in rows], dtype=np.int64)
            kept = np.frombuffer(b"".join(row["vector"] for row in rows), dtype=np.int8).reshape(len(rows), -1)
            self._new.append((ids, signs(kept)))
            self._last = rows[-1]["id"]
        if len(rows) == CHUNK_ROWS:
            return False
        self._join()
        return True

    def _join(self) -> None:
        if not self._new:
            return
        parts = [(self._ids, self._signs), *self._new] if len(self._ids) else self._new
        self._ids = np.concatenate([ids for ids, _signs in parts])
        self._signs = np.ascontiguousarray(np.concatenate([kept for _ids, kept in parts], axis=1))
        self._new = []

    def nearest(self, db: sqlite3.Connection, aim: Aim, count: int) -> dict[Source, Passage]:
        """Return the texts closest to *aim*, best first, each with its closest passage."""
        if not len(self._ids) or self._space != aim.space:
            return {}
        places = closest_by_sign(self._signs, aim.vector, COMPARED)
        rows = db.execute(
            """SELECT p.kind, p.source, p.first, p.last, p.vector FROM passages p
               WHERE p.id IN (SELECT value FROM json_each(?))""",
            [json.dumps(self._ids[places].tolist())],
        ).fetchall()
        if len(rows) < len(places) // 2:  # most of them were deleted: begin anew next time
            self._forget("")
        if not rows:
            return {}
        kept = np.frombuffer(b"".join(row["vector"] for row in rows), dtype=np.int8).reshape(len(rows), -1)
        closeness = cosines(kept, aim.vector)
        near: dict[Source, Passage] = {}
        for place in np.argsort(-closeness, kind="stable"):
            if closeness[place] < LEAST_COSINE or len(near) == count:
                break
            row = rows[place]
            near.setdefault((row["kind"], row["source"]), Passage(row["first"], row["last"]))
        return near


def _lengths(db: sqlite3.Connection, after: Source) -> list[tuple[int, int, int]]:
    """Return kind, id and length of texts that wait, from *after* on."""
    rows = db.execute(
        """SELECT d.kind, d.source, coalesce(length(m.text), length(t.text), 0) AS length FROM passages_due d
           LEFT JOIN messages m ON d.kind = 1 AND m.id = d.source
           LEFT JOIN takes t ON d.kind = 2 AND t.id = d.source
           WHERE (d.kind, d.source) > (?, ?) ORDER BY d.kind, d.source LIMIT ?""",
        [*after, CHUNK_ROWS],
    )
    return [(row["kind"], row["source"], row["length"]) for row in rows]


def _space(db: sqlite3.Connection) -> str:
    row = db.execute("SELECT model FROM passages_model").fetchone()
    return str(row["model"]) if row else ""


def _put(db: sqlite3.Connection, one: TextVectors, vectors: Sequence[bytes]) -> None:
    """Replace a text's passages, unless the text has changed since it was read."""
    table = "messages" if one.of.kind == Kind.MESSAGE else "takes"
    row = db.execute(f"SELECT text FROM {table} WHERE id = ?", [one.of.source]).fetchone()
    if row is None or row["text"] != one.of.text:
        return
    key = [one.of.kind, one.of.source]
    db.execute("DELETE FROM passages WHERE kind = ? AND source = ?", key)
    db.executemany(
        "INSERT INTO passages (kind, source, first, last, vector) VALUES (?, ?, ?, ?, ?)",
        [[*key, passage.start, passage.end, vector] for passage, vector in zip(one.passages, vectors, strict=True)],
    )
    db.execute("DELETE FROM passages_due WHERE kind = ? AND source = ?", key)


_MESSAGE = """SELECT m.id AS message_id, m.take_id, m.conversation_id, c.title, m.role, m.created_at AS at_s, m.text
    FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = ?"""
_TAKE = """SELECT NULL AS message_id, t.id AS take_id, t.conversation_id, coalesce(c.title, '') AS title,
    'user' AS role, t.started_at AS at_s, t.text
    FROM takes t LEFT JOIN conversations c ON c.id = t.conversation_id
    WHERE t.id = ? AND NOT EXISTS (SELECT 1 FROM messages WHERE take_id = t.id)"""


def _found(
    db: sqlite3.Connection, source: Source, near: Passage | None, query: str, score: float, *, is_by_text: bool
) -> Found | None:
    """Return what stands at *source*; None for a take whose words are a message's, which is found itself."""
    kind, id_ = source
    row = db.execute(_MESSAGE if kind == Kind.MESSAGE else _TAKE, [id_]).fetchone()
    if row is None:
        return None
    passage = near or best_passage(row["text"], query)
    return Found(
        text=passage.of(row["text"]).strip(),
        conversation_id=row["conversation_id"],
        title=row["title"],
        message_id=row["message_id"],
        take_id=row["take_id"],
        role=Role(row["role"]),
        at_s=row["at_s"],
        start=passage.start,
        end=passage.end,
        is_by_text=is_by_text,
        is_by_meaning=near is not None,
        score=score,
    )
