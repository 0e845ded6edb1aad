"""Everything of a data folder taken along to another one: files compared after copying, the database as one snapshot.

Done twice. The first time takes long and the program goes on meanwhile; the last time, when nobody writes any more,
brings only what has changed since. Both can be killed at any moment: the folder in use is only ever read, and what is
in the other one is nobody's history until the journal there is complete.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from typing import BinaryIO

from voiceapp.core.errors import StoreError
from voiceapp.store.copy_journal import PART, CopyJournal
from voiceapp.store.data_folder import DATABASE, Entry, database_bytes, entries
from voiceapp.store.database_copy import copy_database
from voiceapp.store.files import told_as_store_error

BLOCK_BYTES = 1 << 20
MARGIN_BYTES = 50_000_000
"""Room that is left beside the copy, so that the next recording has some."""
_SAME_NS = 2_000_000_000
"""File systems round times, by two seconds at most; within them a change cannot be told from none."""

GoOn = Callable[[int, int], bool]
"""Gets how many bytes are done and how many there are; False ends the work."""


class Stopped(Exception):
    """The person does not want it any more."""


def copy_all(source: Path, target: Path, go_on: GoOn) -> None:
    """Bring all data of *source* to *target*, as far as it is not there. Blocking, long.

    Raises Stopped, StoreError, DiskFull; what has come then lies there with its journal.
    """
    journal = CopyJournal(target)
    journal.begin(source)
    here = entries(source)
    _Copy(source, target, journal, go_on, sum(one.size_bytes for one in here) + database_bytes(source)).run(here)


def missing_bytes(source: Path, target: Path) -> tuple[int, int, int]:
    """Return how many files *source* has, their bytes, and the room that they need in *target*."""
    here = entries(source)
    known = CopyJournal(target).files
    left = sum(one.size_bytes for one in here if one.name not in known or not _is_there(one, target))
    database = database_bytes(source)
    return len(here) + 1, sum(one.size_bytes for one in here) + database, left + 2 * database + MARGIN_BYTES


def free_bytes(folder: Path) -> int:
    """Return the room where *folder* is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    with told_as_store_error(folder):
        return shutil.disk_usage(folder).free


class _Copy:
    """One run."""

    def __init__(self, source: Path, target: Path, journal: CopyJournal, go_on: GoOn, total_bytes: int) -> None:
        self._source, self._target, self._journal = source, target, journal
        self._go_on, self._total_bytes = go_on, total_bytes
        self._done_bytes = 0

    def run(self, here: tuple[Entry, ...]) -> None:
        self._tell(0)
        for entry in here:
            if entry.name in self._journal.files and _is_there(entry, self._target):
                self._tell(entry.size_bytes)
                continue
            self._journal.expect(entry.name)
            self._copy(entry.name)
        self._forget_deleted({entry.name for entry in here})
        self._journal.expect(DATABASE)
        copy_database(self._source / DATABASE, self._target / DATABASE, self._tell)
        self._sync_folders()

    def _copy(self, name: str) -> None:
        source, target = self._source / name, self._target / name
        with told_as_store_error(source):
            try:
                file = source.open("rb")
            except FileNotFoundError:
                return  # deleted meanwhile; gone there too, below
        with file, told_as_store_error(target):
            changed_ns = os.fstat(file.fileno()).st_mtime_ns
            is_settled = time.time_ns() - changed_ns > 2 * _SAME_NS
            part = target.with_name(target.name + PART)
            self._write(file, part, target)
            when_ns = changed_ns if is_settled else 0  # still being written, perhaps: copied again the last time
            os.utime(part, ns=(when_ns, when_ns))
            os.replace(part, target)

    def _write(self, file: BinaryIO, part: Path, target: Path) -> None:
        """Write what *file* holds to *part* and read it again. Raises OSError, StoreError."""
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        digest = hashlib.blake2b()
        with os.fdopen(number, "wb") as copy:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                copy.write(block)
                self._tell(len(block))
            copy.flush()
            os.fsync(copy.fileno())
        if _digest_of(part) != digest.digest():
            raise StoreError(
                _("{file} is not what was written to it.").format(file=target),
                hint=_("Nothing was changed. Check the other folder's drive."),
                detail="copy",
            )

    def _forget_deleted(self, here: set[str]) -> None:
        """What the person deleted meanwhile is not to come back."""
        for name in self._journal.files:
            if name not in here and name != DATABASE:
                with told_as_store_error(self._target / name):
                    (self._target / name).unlink(missing_ok=True)

    def _sync_folders(self) -> None:
        """Names are on the disk too, where the system can be asked for that."""
        if os.name != "posix":
            return
        for folder in {self._target, *((self._target / name).parent for name in self._journal.files)}:
            if folder.is_dir():
                with told_as_store_error(folder):
                    number = os.open(folder, os.O_RDONLY)
                    try:
                        os.fsync(number)
                    finally:
                        os.close(number)

    def _tell(self, count_bytes: int) -> None:
        self._done_bytes += count_bytes
        if not self._go_on(min(self._done_bytes, self._total_bytes), self._total_bytes):
            raise Stopped


def _is_there(entry: Entry, target: Path) -> bool:
    """Whether a file that the journal names has come and has not changed since."""
    try:
        facts = (target / entry.name).stat()
    except OSError:
        return False
    return facts.st_size == entry.size_bytes and abs(facts.st_mtime_ns - entry.changed_ns) <= _SAME_NS


def _digest_of(path: Path) -> bytes:
    """Read *path* again, from the drive where the system can be asked to forget what it remembers of it."""
    digest = hashlib.blake2b()
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.digest()
