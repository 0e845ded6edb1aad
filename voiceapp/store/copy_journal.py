"""What a copy of a data folder has brought so far: one line a file, written before the file is.

As long as it lies in a folder and does not say that it is complete, what is there is nobody's history: not used, not
taken for the person's own files, taken up again or taken away whole.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from voiceapp.store.files import told_as_store_error, write_private

JOURNAL = "unfinished-copy.txt"
PART = ".part"
"""The ending of a file that is not whole yet."""


class CopyJournal:
    """The journal in *folder*. Blocking; one thread at a time. Raises StoreError, DiskFull."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / JOURNAL
        self._lines = _lines(self._path)
        self.files = {line["file"]: None for line in self._lines if "file" in line}
        """What came, or was about to, by names below the folder, in order."""

    @property
    def exists(self) -> bool:
        """Whether a copy was begun here."""
        return self._path.exists()

    @property
    def is_complete(self) -> bool:
        """Whether all of it came and was verified."""
        return any("complete" in line for line in self._lines)

    def begin(self, source: Path) -> None:
        """Begin, or go on; makes the folder."""
        if self.exists:
            self._lines = [line for line in self._lines if "complete" not in line]
            with told_as_store_error(self._path):
                write_private(self._path, "".join(f"{json.dumps(line)}\n" for line in self._lines))
            return
        is_made = not self.folder.exists()
        with told_as_store_error(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lines, self.files = [], {}
        self._add({"from": str(source), "made": is_made})

    def expect(self, name: str) -> None:
        """File *name* is about to come."""
        if name not in self.files:
            self._add({"file": name})
            self.files[name] = None

    def complete(self) -> None:
        """Everything came; from now on this is a data folder like any other."""
        self._add({"complete": True})

    def close(self) -> None:
        """Forget the journal, which is complete; raises nothing: a complete one left behind does no harm."""
        with suppress(OSError):
            self._path.unlink()

    def discard(self) -> None:
        """Take away all that came, and nothing else; the folder too, where it was made for the copy."""
        with told_as_store_error(self.folder):
            for name in self.files:
                path = self.folder / name
                for ending in ("", PART, f"{PART}-wal", f"{PART}-shm"):
                    path.with_name(path.name + ending).unlink(missing_ok=True)
            for folder in sorted({parent for name in self.files for parent in Path(name).parents}, reverse=True):
                if folder != Path():
                    with suppress(OSError):  # somebody else's file is in it: it stays
                        (self.folder / folder).rmdir()
            self._path.unlink(missing_ok=True)
        if any(line.get("made") for line in self._lines):
            with suppress(OSError):
                self.folder.rmdir()
        self._lines, self.files = [], {}

    def _add(self, line: dict[str, Any]) -> None:
        with told_as_store_error(self._path):
            number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                if "file" not in line:
                    os.fsync(file.fileno())
        self._lines.append(line)


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return what *path* holds; a line torn by a kill is left out."""
    found: list[Any] = []
    with told_as_store_error(path):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
    for line in text.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [line for line in found if isinstance(line, dict)]
