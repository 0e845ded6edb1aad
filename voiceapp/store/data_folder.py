"""A data folder from outside: what lies in it, what it holds of somebody's history, whether it is one at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from voiceapp.core.data_folder import Contents, Kind
from voiceapp.store.copy_journal import JOURNAL, PART, CopyJournal
from voiceapp.store.database import BUSY_S
from voiceapp.store.files import told_as_store_error
from voiceapp.store.schema import MIGRATIONS

DATABASE = "voiceapp.db"
OWNERS = "owners"
_LEFT = frozenset({"config", "cache", "Cache", "logs", OWNERS, "data-folder", "models.json"})
"""What is no data: on some systems settings, cache and log lie in the usual data folder."""
_LEFT_BEGIN = ("settings.toml", ".settings.toml", "keys.", ".keys.", ".data-folder", ".write-test-", JOURNAL)
_LEFT_END = (".lock", PART, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", f"{DATABASE}.suspect")
_OF_THE_SYSTEM = frozenset(
    {"lost+found", "System Volume Information", "$RECYCLE.BIN", "desktop.ini", "Thumbs.db", ".DS_Store"}
)
_OF_THE_SYSTEM_BEGIN = (".Trash", ".Spotlight-", ".fseventsd", ".TemporaryItems")


@dataclass(frozen=True)
class Entry:
    """A file below a data folder: its name there ("takes/1.wav"), length, and time of its last change."""

    name: str
    size_bytes: int
    changed_ns: int


def entries(folder: Path) -> tuple[Entry, ...]:
    """Return all data of *folder* but its database. Raises StoreError where something cannot be read."""
    return tuple(_walk(folder, "", frozenset()))


def _walk(folder: Path, below: str, seen: frozenset[tuple[int, int]]) -> Iterator[Entry]:
    place = folder / below
    with told_as_store_error(place):
        facts = place.stat()
        if (facts.st_dev, facts.st_ino) in seen and facts.st_ino:
            return  # a link that leads back
        found = sorted(os.scandir(place), key=lambda one: one.name)
    for one in found:
        if not below and (is_left(one.name) or one.name == DATABASE):
            continue
        name = f"{below}/{one.name}" if below else one.name
        try:
            if one.is_dir():
                yield from _walk(folder, name, seen | {(facts.st_dev, facts.st_ino)})
            elif one.is_file():
                about = one.stat()
                yield Entry(name, about.st_size, about.st_mtime_ns)
        except FileNotFoundError:
            continue  # deleted meanwhile


def is_left(name: str) -> bool:
    """Whether what is called *name* in a data folder is no data."""
    return name in _LEFT or name.startswith(_LEFT_BEGIN) or name.endswith(_LEFT_END)


def database_bytes(folder: Path) -> int:
    """Return how large the database is, its journal included."""
    sizes = 0
    for ending in ("", "-wal"):
        path = folder / f"{DATABASE}{ending}"
        if path.exists():
            sizes += path.stat().st_size
    return sizes


def look(folder: Path, *, is_usual: bool = False) -> Contents:
    """Return what *folder*, which need not exist, is. *is_usual*: settings may lie in it. Raises StoreError."""
    if not folder.exists():
        return Contents(Kind.EMPTY)
    journal = CopyJournal(folder)
    if journal.exists and not journal.is_complete:
        return Contents(Kind.UNFINISHED)
    if (folder / DATABASE).is_file():
        return _held(folder / DATABASE)
    with told_as_store_error(folder):
        names = [name for name in os.listdir(folder) if not _is_of_the_system(name)]
    foreign = [name for name in names if not (is_usual and is_left(name))]
    return Contents(Kind.FOREIGN if foreign else Kind.EMPTY)


def _is_of_the_system(name: str) -> bool:
    return name in _OF_THE_SYSTEM or name.startswith(_OF_THE_SYSTEM_BEGIN)


def _held(path: Path) -> Contents:
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            conversations = int(db.execute("SELECT count(*) FROM conversations").fetchone()[0])
            takes = int(db.execute("SELECT count(*) FROM takes").fetchone()[0])
    except sqlite3.Error:
        return Contents(Kind.FOREIGN)
    return Contents(Kind.NEWER if version > len(MIGRATIONS) else Kind.HISTORY, conversations, takes)
