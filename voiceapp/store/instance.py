"""Who is running: locks that the system itself takes back when a process dies, however it dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path
from typing import IO

from voiceapp.core.errors import StoreError
from voiceapp.store.files import told_as_store_error

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        file.seek(1024)  # beyond the text: a locked range cannot be read by others
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


MOVING = "moving.lock"


class FileLock:
    """An exclusive lock on *path*, held from :meth:`acquire` to :meth:`release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Take the lock and write this process's id into the file; False when somebody else has it."""
        if self._file is not None:
            return True
        with told_as_store_error(self._path):
            file = os.fdopen(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600), "r+", encoding="utf-8")
        if not _try_lock(file):
            file.close()
            return False
        with told_as_store_error(self._path):
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
        self._file = file
        return True

    def holder(self) -> int | None:
        """Return the process id written by the last holder."""
        try:
            return int(self._path.read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def release(self, *, is_removed: bool = False) -> None:
        """Let go. *is_removed*: delete the file first, where nobody else will want this name."""
        if self._file is None:
            return
        if is_removed:
            with suppress(OSError):
                self._path.unlink()
        self._file.close()
        self._file = None


class SingleInstance:
    """One window per data folder. Commands in the terminal may run beside it: the database copes."""

    def __init__(self, data: Path) -> None:
        self._lock = FileLock(data / "instance.lock")

    def claim(self) -> None:
        """Be the one window. Raises StoreError naming the process that already is."""
        if self._lock.acquire():
            return
        holder = self._lock.holder()
        raise StoreError(
            _("voiceapp is already running with this data folder (process {pid}).").format(pid=holder or "?"),
            hint=_("Use the window that is open, or start with another folder: --data-dir."),
            detail="instance",
        )

    def release(self) -> None:
        """Let another window in."""
        self._lock.release()


class Owner:
    """A sign of life for the takes of this process: as long as its lock is held, nobody mends them."""

    def __init__(self, folder: Path, token: str) -> None:
        self.token = token
        self._folder = folder
        self._lock = FileLock(folder / f"{token}.lock")

    def announce(self) -> None:
        """Show that this process lives. Raises StoreError."""
        with told_as_store_error(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)
        self._lock.acquire()

    def retire(self) -> None:
        """Nothing of this process is being written any more."""
        self._lock.release(is_removed=True)

    def is_gone(self, token: str) -> bool:
        """Tell whether the process that announced *token* has ended."""
        if token == self.token:
            return False
        path = self._folder / f"{token}.lock"
        if not path.exists():
            return True
        lock = FileLock(path)
        if not lock.acquire():
            return False
        lock.release(is_removed=True)
        return True


class Moving:
    """While entered, the folder *data* is being moved away: whoever comes now has to wait."""

    def __init__(self, data: Path) -> None:
        self._lock = FileLock(data / MOVING)

    def __enter__(self) -> Moving:
        if not self._lock.acquire():
            raise _is_moving()
        return self

    def __exit__(self, *_how: object) -> None:
        self._lock.release(is_removed=True)


def announced(data: Path) -> Owner:
    """Show that a command uses the folder *data*, so that it is not moved away below it.

    Raises StoreError where that is happening right now. Either the mover sees this sign of life or this sees the
    mover: each shows itself before it looks for the other.
    """
    owner = Owner(data / "owners", f"command-{os.getpid()}")
    owner.announce()
    if (data / MOVING).exists():
        moving = FileLock(data / MOVING)
        if not moving.acquire():
            owner.retire()
            raise _is_moving()
        moving.release(is_removed=True)  # whoever moved was killed
    return owner


def lives_beside(owners: Path, own: frozenset[str] = frozenset()) -> bool:
    """Tell whether a process other than those of the tokens *own* has announced itself in the folder *owners*."""
    if not owners.is_dir():
        return False
    beside = Owner(owners, "")
    with told_as_store_error(owners):
        tokens = [path.stem for path in owners.glob("*.lock") if path.stem not in own]
    is_alive = [not beside.is_gone(token) for token in tokens]  # all of them: signs of the dead are cleared away
    return any(is_alive)


def _is_moving() -> StoreError:
    return StoreError(_("The data folder is being moved right now."), hint=_("Try again in a moment."), detail="moving")
