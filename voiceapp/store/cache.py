"""Answers kept on this disk, up to a bound: one SQLite file that may be deleted at any time.

Our own hundred lines, since the known library for it (diskcache) has had no release since 2023 and unpickles what it
finds. Here values are bytes and keys are hashes, so the file says nothing about what was asked; it is private all the
same, for the values are speech and judgements. A damaged file is thrown away.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from voiceapp.store.files import make_private

log = logging.getLogger("voiceapp.store")

LIMIT_BYTES = 64 * 1024 * 1024
"""Some 20 minutes of speech, or all else for years."""
LARGEST_PART = 8
"""One entry takes at most this part of the room."""
BUSY_S = 2.0

T = TypeVar("T")

_LAYOUT = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL, size INTEGER NOT NULL, used_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_use ON answers (used_at);
"""


class DiskCache:
    """See ``ports.caching.Cache``. The file is opened at the first need."""

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._now = now
        self._db: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._is_broken = False

    def get(self, kind: str, key: str) -> bytes | None:
        """As Cache.get."""
        hashed = _hashed(kind, key)

        def read(db: sqlite3.Connection) -> bytes | None:
            row = db.execute("SELECT data FROM answers WHERE key = ?", (hashed,)).fetchone()
            if row is None:
                return None
            db.execute("UPDATE answers SET used_at = ? WHERE key = ?", (self._now(), hashed))
            return bytes(row[0])

        return self._try(read)

    def put(self, kind: str, key: str, data: bytes) -> None:
        """As Cache.put."""
        if len(data) > self._limit_bytes // LARGEST_PART:
            return
        row = (_hashed(kind, key), kind, data, len(data), self._now())

        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            self._make_room(db)

        self._try(write)

    def clear(self, kind: str = "") -> None:
        """As Cache.clear."""
        self._try(lambda db: db.execute("DELETE FROM answers WHERE ? IN ('', kind)", (kind,)).close())

    def size_bytes(self) -> int:
        """Return how much is kept."""
        size = self._try(lambda db: int(db.execute("SELECT COALESCE(SUM(size), 0) FROM answers").fetchone()[0]))
        return size or 0

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        with self._lock:
            self._close()

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._lock:
            if self._is_broken:
                return None
            try:
                return work(self._opened())
            except sqlite3.DatabaseError as error:
                self._throw_away(error)
            except OSError as error:
                log.warning("no cache: %s", error)
                self._is_broken = True
            return None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            make_private(self._path)
            self._db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {_LAYOUT}")
        return self._db

    def _make_room(self, db: sqlite3.Connection) -> None:
        size = int(db.execute("SELECT COALESCE(SUM(size), 0) FROM answers").fetchone()[0])
        if size <= self._limit_bytes:
            return
        for key, freed in db.execute("SELECT key, size FROM answers ORDER BY used_at").fetchall():
            db.execute("DELETE FROM answers WHERE key = ?", (key,))
            size -= freed
            if size <= self._limit_bytes * 0.9:
                return

    def _throw_away(self, error: sqlite3.DatabaseError) -> None:
        """Begin anew after damage; a file that is merely busy or full is left alone this time."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        log.warning("the cache failed: %s", type(error).__name__)
        if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return
        self._close()
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink()

    def _close(self) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None


def _hashed(kind: str, key: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "surrogatepass")).digest()
