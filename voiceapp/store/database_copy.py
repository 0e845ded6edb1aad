"""The database taken along: a consistent copy of one that is in use, checked before it takes its name."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import StoreError
from voiceapp.store.copy_journal import PART
from voiceapp.store.database import BUSY_S, error_for, suspect, told, transaction
from voiceapp.store.files import make_private, told_as_store_error
from voiceapp.store.storable import storable

STEP_PAGES = 256
_PLACES = (("message_sources", "path"), ("batch_jobs", "folder"), ("batch_lines", "target"))
"""Where whole paths stand that lead into the data folder."""


def copy_database(source: Path, target: Path, tell: Callable[[int], None]) -> None:
    """Copy the database *source*, which others may be writing, to *target*; *tell* gets the bytes of each step.

    One snapshot, compared with its copy table by table. Until that is done nothing is called *target*; what *tell*
    raises ends it. Raises StoreError, DiskFull; where *source* may be damaged, the next start looks at all of it.
    """
    part = target.with_name(target.name + PART)
    with told_as_store_error(target), told(source), _told_of_writing(target):
        _forget(part)
        make_private(part)
        with closing(_connected(source)) as old, closing(_connected(part)) as new:
            _copy(old, new, tell, source)
            _lead_there(new, source.parent, target.parent)
            new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        _forget(target)
        os.replace(part, target)


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, tell: Callable[[int], None], source: Path) -> None:
    """Copy one moment of *old* to *new*, and compare."""
    old.execute("BEGIN")
    counts = _counts(old)  # the first reading opens the snapshot that is copied
    page_bytes = int(old.execute("PRAGMA page_size").fetchone()[0])
    left = -1

    def step(_status: int, remaining: int, total: int) -> None:
        nonlocal left
        tell(((total if left < 0 else left) - remaining) * page_bytes)
        left = remaining

    old.backup(new, pages=STEP_PAGES, progress=step)
    old.execute("COMMIT")
    if new.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok" or _counts(new) != counts:
        suspect(source)
        raise StoreError(
            _("The copy of the database is not whole."),
            hint=_(
                "Nothing was changed. Start voiceapp again, which looks at the database, and check the other drive."
            ),
            detail="copy",
        )


@contextmanager
def _told_of_writing(target: Path) -> Iterator[None]:
    """Name *target* where it is what cannot be written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise error_for(error, target) from error


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _lead_there(db: sqlite3.Connection, old: Path, new: Path) -> None:
    """Let paths into the *old* folder lead into the *new* one."""
    before, after = f"{old}{os.sep}", f"{new}{os.sep}"
    with transaction(db):
        for table, column in _PLACES:
            if any(row[1] == column for row in db.execute(f"PRAGMA table_info({table})")):
                db.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                    [storable(after), len(before) + 1, len(before), storable(before)],
                )


def _forget(path: Path) -> None:
    """Take away *path* and its journals."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()
