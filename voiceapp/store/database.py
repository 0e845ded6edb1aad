"""Opening the database: permissions, damage, layout, and sqlite's errors in our words. Runs on the store's thread."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import StoreError
from voiceapp.store.files import FULL, disk_full, make_private, set_aside, told_as_store_error
from voiceapp.store.instance import FileLock
from voiceapp.store.salvage import salvage
from voiceapp.store.schema import MIGRATIONS

BUSY_S = 10.0
ALWAYS_CHECKED_BYTES = 32_000_000
"""Up to this size the whole file is checked at every start (40 ms); larger ones only where damage is suspected."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TABLES = frozenset({"conversations", "messages", "takes", "notes", "search"})


class Damaged(Exception):
    """The file is not, or no longer, our database."""


def open_database(path: Path, now: Callable[[], float]) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """Return the database, made or mended where needed, and what the person should be told about that.

    Raises StoreError (unwritable, newer than this program) and DiskFull; a file that cannot be used is never deleted.
    """
    lock = FileLock(path.with_name("opening.lock"))
    with told_as_store_error(path), closing_lock(lock):
        try:
            return _prepared(path), ()
        except Damaged:
            pass
        aside = _set_aside_with_journal(path, now())
        db = _prepared(path)
        with told(path):
            kept = salvage(aside, db)
        return db, (_damage_notice(aside, kept),)


@contextmanager
def closing_lock(lock: FileLock) -> Iterator[None]:
    """Let one process at a time look at the file's health; one that cannot wait any longer goes on without."""
    deadline_s = time.monotonic() + BUSY_S
    while not lock.acquire() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise our errors in place of sqlite's; after damage the next start looks at the whole file."""
    try:
        yield
    except sqlite3.Error as error:
        if _primary(error) in _DAMAGE:
            suspect(path)
        raise error_for(error, path) from error


def suspect(path: Path) -> None:
    """Let the next start look at the whole file, however large it is."""
    with suppress(OSError):
        _suspicion(path).touch(mode=0o600)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; on disk when it ends. The lock is taken at once: two processes wait for each other."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def error_for(error: sqlite3.Error, path: Path) -> StoreError:
    """Translate *error*; its text is not used, since it can quote what a person wrote."""
    detail = getattr(error, "sqlite_errorname", None) or type(error).__name__
    match _primary(error):
        case sqlite3.SQLITE_FULL:
            return disk_full(detail)
        case sqlite3.SQLITE_IOERR if _is_full(path):
            return disk_full(detail)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreError(
                _("The database of conversations is damaged."),
                hint=_("Start voiceapp again: it sets the database aside and keeps what can be read."),
                detail=detail,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                _("Another program is using the database of conversations."),
                hint=_("Close it and try again."),
                detail=detail,
            )
        case _:
            return StoreError(
                _("The database {file} cannot be written or read.").format(file=path),
                hint=_("Check that the folder is writable for you."),
                detail=detail,
            )


def _prepared(path: Path) -> sqlite3.Connection:
    """Connect, check and bring up to date. Raises Damaged."""
    make_private(path)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        with told(path):
            try:
                _set_up(db, path)
            except sqlite3.DatabaseError as error:
                if _primary(error) in _DAMAGE:
                    raise Damaged from error
                raise
    except BaseException:
        db.close()
        raise
    return db


def _set_up(db: sqlite3.Connection, path: Path) -> None:
    db.row_factory = sqlite3.Row
    is_suspect = _suspicion(path).exists() or path.with_name(f"{path.name}-wal").exists()
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # what was said is on disk, also when the power goes
    db.execute("PRAGMA foreign_keys = ON")
    if is_suspect or path.stat().st_size <= ALWAYS_CHECKED_BYTES:
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise Damaged
        _suspicion(path).unlink(missing_ok=True)
    migrate(db, path)
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables >= _TABLES:
        raise Damaged


def migrate(db: sqlite3.Connection, path: Path, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring the layout up to date, one transaction a step. Raises StoreError for a layout of the future."""
    version = _version(db)
    if version > len(migrations):
        raise StoreError(
            _("The database {file} was made by a newer voiceapp.").format(file=path),
            hint=_("Update voiceapp, or start with another folder: --data-dir."),
            detail=f"layout {version}, known {len(migrations)}",
        )
    while version < len(migrations):
        with transaction(db):
            version = _version(db)  # another process may have been faster
            if version < len(migrations):
                for statement in migrations[version]:
                    db.execute(statement)
                version += 1
                db.execute(f"PRAGMA user_version = {version}")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _primary(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _suspicion(path: Path) -> Path:
    return path.with_name(f"{path.name}.suspect")


def _is_full(path: Path) -> bool:
    """Find out by writing: sqlite tells a spent quota only as an input/output error."""
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            probe.write(bytes(65_536))
            probe.flush()
    except OSError as error:
        return error.errno in FULL
    return False


def _set_aside_with_journal(path: Path, now_s: float) -> Path:
    aside = set_aside(path, now_s)
    _suspicion(path).unlink(missing_ok=True)
    for ending in ("-wal", "-shm"):
        journal = path.with_name(path.name + ending)
        if journal.exists():
            os.replace(journal, aside.with_name(aside.name + ending))
    return aside


def _damage_notice(aside: Path, kept: int) -> str:
    told_kept = (
        _("{count} entries could be read and were kept.").format(count=kept)
        if kept
        else _("None of its entries could be read; recordings are listed again from their files.")
    )
    return _(
        "The database of conversations was damaged. It was set aside as {file} and a new one begun. {kept}"
    ).format(file=aside.name, kept=told_kept)


def close_database(db: sqlite3.Connection) -> None:
    """Release the file; sqlite folds its journal back into it."""
    with closing(db), suppress(sqlite3.Error):
        db.execute("PRAGMA optimize")
