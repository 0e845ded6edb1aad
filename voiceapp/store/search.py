"""The search index: one row per title, message and take text, words as ``core.search_text`` folds them."""

from __future__ import annotations

import sqlite3
from enum import IntEnum

from voiceapp.core.search_text import index_text, match_expression, question_terms
from voiceapp.store.schema import SEARCH_TABLE

TELLING_ROWS = 4000
"""Ranking costs time for every row that matches: words that together stand in more rows are left out."""


class Kind(IntEnum):
    """What a row of the index stands for: its rowid is ``4 * id + kind``."""

    TITLE = 0
    MESSAGE = 1
    TAKE = 2


def put(db: sqlite3.Connection, kind: Kind, id_: int, text: str) -> None:
    """Make *text* found; an empty one is not."""
    remove(db, kind, id_)
    if words := index_text(text):
        db.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", [4 * id_ + kind, words])


def remove(db: sqlite3.Connection, kind: Kind, id_: int) -> None:
    """Make it no longer found."""
    db.execute("DELETE FROM search WHERE rowid = ?", [4 * id_ + kind])


def begin_anew(db: sqlite3.Connection) -> None:
    """Replace a damaged index."""
    db.execute("DROP TABLE search")
    db.execute(SEARCH_TABLE)
    rebuild(db)


def rebuild(db: sqlite3.Connection) -> None:
    """Index everything anew, inside the caller's transaction."""
    db.execute("DELETE FROM search")
    for kind, query in (
        (Kind.TITLE, "SELECT id, title FROM conversations"),
        (Kind.MESSAGE, "SELECT id, text FROM messages"),
        (Kind.TAKE, "SELECT id, text FROM takes"),
    ):
        for row in db.execute(query).fetchall():
            put(db, kind, row[0], row[1])


def conversations(db: sqlite3.Connection, query: str) -> dict[int, str]:
    """Return the ids of conversations in which *query* occurs, each with the newest text that has it ("" = title)."""
    expression = match_expression(query)
    if not expression:
        return {}
    found: dict[int, str] = {}
    for row in db.execute(
        """SELECT rowid / 4 AS id, '' AS text FROM search WHERE search MATCH :words AND rowid % 4 = 0
           UNION ALL
           SELECT t.conversation_id, t.text FROM search s JOIN takes t ON t.id = s.rowid / 4
           WHERE search MATCH :words AND s.rowid % 4 = 2 AND t.conversation_id IS NOT NULL
           UNION ALL
           SELECT m.conversation_id, m.text FROM messages m WHERE m.id IN (
               SELECT max(n.id) FROM search s JOIN messages n ON n.id = s.rowid / 4
               WHERE search MATCH :words AND s.rowid % 4 = 1 GROUP BY n.conversation_id)""",
        {"words": expression},
    ):
        found[row["id"]] = row["text"] or found.get(row["id"], "")
    return found


def best(db: sqlite3.Connection, query: str, limit: int) -> list[tuple[Kind, int]]:
    """Return what matches *query* best: messages, and takes whose text stands in no message."""
    return ranked(db, match_expression(query), limit)


def best_of_any(db: sqlite3.Connection, question: str, limit: int) -> list[tuple[Kind, int]]:
    """Return what fits a *question* best: any of its words is enough, but words that stand everywhere do not count."""
    counted = sorted((_count(db, term), term) for term in question_terms(question))
    if counted and counted[0][0] == TELLING_ROWS:
        return _newest(db, counted[0][1], limit)
    telling: list[str] = []
    rows = 0
    for count, term in counted:
        rows += count
        if telling and rows > TELLING_ROWS:
            break
        telling.append(term)
    return ranked(db, " OR ".join(telling), limit)


def _newest(db: sqlite3.Connection, term: str, limit: int) -> list[tuple[Kind, int]]:
    rows = db.execute(
        "SELECT rowid AS found FROM search WHERE search MATCH ? AND rowid % 4 = 1 ORDER BY rowid DESC LIMIT ?",
        [term, limit],
    )
    return [(Kind(row["found"] % 4), row["found"] // 4) for row in rows]


def _count(db: sqlite3.Connection, term: str) -> int:
    """Return how many rows have *term*, as far as :data:`TELLING_ROWS`."""
    counting = "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)"
    return int(db.execute(counting, [term, TELLING_ROWS]).fetchone()[0])


def ranked(db: sqlite3.Connection, expression: str, limit: int) -> list[tuple[Kind, int]]:
    """As :func:`best`, for an expression of ``core.search_text``."""
    if not expression:
        return []
    return [
        (Kind(row["found"] % 4), row["found"] // 4)
        for row in db.execute(
            """SELECT rowid AS found FROM search WHERE search MATCH ? AND (rowid % 4 = 1 OR (rowid % 4 = 2
               AND NOT EXISTS (SELECT 1 FROM messages WHERE take_id = search.rowid / 4)))
               ORDER BY rank, rowid DESC LIMIT ?""",
            [expression, limit],
        )
    ]
