"""Recordings: their rows, the file being written, and mending after a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.audio import Float32Block
from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.errors import AudioFileError, StoreError
from voiceapp.ports import TakeFormat, TakeSink, TakeSummary
from voiceapp.store import search
from voiceapp.store.files import told_as_store_error
from voiceapp.store.instance import Owner
from voiceapp.store.search import Kind
from voiceapp.store.take_details import from_text

_NAME = "%Y%m%d-%H%M%S"

Submit = Callable[[Callable[[sqlite3.Connection], Take]], "Future[Take]"]


def from_row(row: sqlite3.Row) -> Take:
    """Return the take that *row* holds."""
    return Take(
        id=row["id"],
        file=row["file"],
        state=TakeState(row["state"]),
        started_at=row["started_at"],
        duration_s=row["duration_s"],
        rate_hz=row["rate_hz"],
        peak_db=row["peak_db"],
        envelope=tuple(value / 255 for value in row["envelope"]),
        text=row["text"],
        engine=row["engine"],
        error=row["error"],
        conversation_id=row["conversation_id"],
        details=from_text(row["details"]),
    )


def read(db: sqlite3.Connection, take_id: int) -> Take:
    """Return one take. Raises StoreError when there is none."""
    row = db.execute("SELECT * FROM takes WHERE id = ?", [take_id]).fetchone()
    if row is None:
        raise StoreError(_("There is no recording {id}.").format(id=take_id), detail="take")
    return from_row(row)


def every(db: sqlite3.Connection) -> tuple[Take, ...]:
    """Return all takes, newest first."""
    return tuple(from_row(row) for row in db.execute("SELECT * FROM takes ORDER BY id DESC"))


def update(db: sqlite3.Connection, take_id: int, **changes: object) -> Take:
    """Set the columns named in *changes*."""
    if changes:
        assignments = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE takes SET {assignments} WHERE id = ?", [*changes.values(), take_id])
    if "text" in changes:
        search.put(db, Kind.TAKE, take_id, str(changes["text"]))
    return read(db, take_id)


def delete(db: sqlite3.Connection, take_id: int) -> None:
    """Forget a take; its file is the caller's matter."""
    search.remove(db, Kind.TAKE, take_id)
    db.execute("DELETE FROM takes WHERE id = ?", [take_id])


def insert(
    db: sqlite3.Connection,
    folder: Path,
    suffix: str,
    owner: str,
    now_s: float,
    rate_hz: int,
    conversation_id: int | None,
) -> Take:
    """Create the row of a take that is about to be recorded; its file's name is new in *folder*."""
    number = db.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'takes'").fetchone()[0]
    stem = f"{datetime.fromtimestamp(now_s).astimezone().strftime(_NAME)}-{number}"
    name, count = f"{stem}{suffix}", 1
    while (folder / name).exists():  # the clock went back, or the database was begun anew
        count += 1
        name = f"{stem}-{count}{suffix}"
    cursor = db.execute(
        "INSERT INTO takes (file, state, owner, started_at, rate_hz, conversation_id) VALUES (?, ?, ?, ?, ?, ?)",
        [name, TakeState.RECORDING.value, owner, now_s, rate_hz, conversation_id],
    )
    assert cursor.lastrowid is not None
    return read(db, cursor.lastrowid)


class FileTakeWriter:
    """A take whose blocks go to its file and whose row is completed at the end. One thread at a time."""

    def __init__(self, take: Take, path: Path, sink: TakeSink, submit: Submit) -> None:
        self.take = take
        self._path = path
        self._sink = sink
        self._submit = submit
        self._is_closed = False

    def write(self, block: Float32Block) -> None:
        with told_as_store_error(self._path):
            self._sink.write(block)

    def finish(self, state: TakeState) -> Take:
        if self._is_closed:
            return self.take
        summary = self._close()
        self._is_closed = True
        self.take = self._submit(lambda db: _complete(db, self.take.id, summary, state)).result()
        return self.take

    def abandon(self, db: sqlite3.Connection) -> Take:
        """End a take that nobody waits for any more; on the store's thread."""
        self._is_closed = True
        return _complete(db, self.take.id, self._close(), TakeState.CANCELLED)

    def _close(self) -> TakeSummary | None:
        """End the file; None where the disk took no more: what is in it is found at the next start."""
        try:
            return self._sink.close()
        except (OSError, StoreError):
            return None


def _complete(db: sqlite3.Connection, take_id: int, summary: TakeSummary | None, state: TakeState) -> Take:
    if summary is None:
        return update(db, take_id, owner="")  # stays RECORDING, so it is mended later
    return update(db, take_id, state=state.value, owner="", **_measures(summary))


def _measures(summary: TakeSummary) -> dict[str, object]:
    return {
        "duration_s": float(summary.duration_s),
        "peak_db": float(summary.peak_db),
        "envelope": bytes(min(255, max(0, round(value * 255))) for value in summary.envelope),
    }


def recover(db: sqlite3.Connection, folder: Path, take_format: TakeFormat, owner: Owner) -> tuple[Take, ...]:
    """Mend what dead processes left half-written and list files that no row knows; newest first."""
    mended = [
        _mend(db, from_row(row), folder, take_format)
        for row in db.execute("SELECT * FROM takes WHERE state = ?", [TakeState.RECORDING.value]).fetchall()
        if owner.is_gone(row["owner"])
    ]
    known = {row["file"] for row in db.execute("SELECT file FROM takes")}
    orphans = sorted(path for path in folder.glob(f"*{take_format.suffix}") if path.name not in known)
    mended += [_adopt(db, path, take_format) for path in orphans]
    return tuple(sorted((take for take in mended if take is not None), key=lambda take: -take.id))


def _mend(db: sqlite3.Connection, take: Take, folder: Path, take_format: TakeFormat) -> Take | None:
    path = folder / take.file
    if not path.exists():  # died between row and file: nothing had been said
        delete(db, take.id)
        return None
    return _measure(db, take.id, path, take_format)


def _adopt(db: sqlite3.Connection, path: Path, take_format: TakeFormat) -> Take | None:
    cursor = db.execute(
        "INSERT INTO takes (file, state, owner, started_at) VALUES (?, ?, '', ?)",
        [path.name, TakeState.RECORDING.value, _started_at(path)],
    )
    assert cursor.lastrowid is not None
    return _measure(db, cursor.lastrowid, path, take_format)


def _measure(db: sqlite3.Connection, take_id: int, path: Path, take_format: TakeFormat) -> Take | None:
    try:
        summary = take_format.repair(path)
        if summary.duration_s <= 0:
            path.unlink()
            delete(db, take_id)
            return None
        rate_hz = read(db, take_id).rate_hz or take_format.load(path).rate_hz
    except StoreError:  # nothing can be written now: found again at the next start
        return None
    except (AudioFileError, OSError):
        sentence = _("The recording's file is damaged and could not be read.")
        return update(db, take_id, state=TakeState.FAILED.value, owner="", error=sentence)
    return update(db, take_id, state=TakeState.RECORDED.value, owner="", rate_hz=rate_hz, **_measures(summary))


def _started_at(path: Path) -> float:
    """Return when the recording began: by its name, else by its file's time."""
    try:
        return datetime.strptime("-".join(path.stem.split("-")[:2]), _NAME).astimezone().timestamp()
    except ValueError:
        return path.stat().st_mtime
