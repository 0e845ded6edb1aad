"""Files for one person: mode 0600, written whole or not at all, with errors a person can read."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import DiskFull, StoreError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def disk_full(detail: str = "") -> DiskFull:
    """Return the error for "no space left"."""
    return DiskFull(
        _("The disk is full."),
        hint=_("Make room, then try again. What was recorded so far is kept."),
        detail=detail,
    )


def error_for(error: OSError, path: Path) -> StoreError:
    """Translate what the system says about *path*."""
    if error.errno in FULL:
        return disk_full(errno.errorcode[error.errno])
    return StoreError(
        _("{file} cannot be written or read.").format(file=path),
        hint=_("Check that the folder exists and is writable for you."),
        detail=errno.errorcode.get(error.errno or 0, type(error).__name__),
    )


@contextmanager
def told_as_store_error(path: Path) -> Iterator[None]:
    """Raise StoreError or DiskFull in place of OSError."""
    try:
        yield
    except OSError as error:
        raise error_for(error, path) from error


def read_bytes(path: Path, limit_bytes: int = 64 * 1024 * 1024) -> bytes:
    """Return what *path* holds, cut after *limit_bytes*. Blocking. Raises StoreError."""
    with told_as_store_error(path), path.open("rb") as file:
        return file.read(limit_bytes)


def write_text(path: Path, text: str) -> None:
    """Write a file of the person's own, where they wanted it. Raises StoreError."""
    with told_as_store_error(path):
        path.write_text(text, encoding="utf-8")


def make_private(path: Path) -> None:
    """Create *path* empty with mode 0600 where it is not there; take others' rights away where it is."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with suppress(OSError):  # not the owner, or a file system without modes
        path.chmod(0o600)


def write_private(path: Path, text: str) -> None:
    """Replace *path* by *text*: readers see the old or the new file whole, also after a crash. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600 from birth
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def write_new(path: Path, data: bytes) -> None:
    """Write *data* to *path*, which must be new: whole and on the disk, or not there. Raises StoreError, DiskFull."""
    with told_as_store_error(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise


def set_aside(path: Path, now_s: float) -> Path:
    """Rename *path* to ``NAME.damaged-TIME`` and return the new name. Raises OSError."""
    stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.damaged-{stamp}")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{count}")
    os.replace(path, target)
    return target
