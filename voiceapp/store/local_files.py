"""The person's files to be uploaded, and copies of those that replies have made: keeps port LocalFiles."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path, PurePath, PureWindowsPath

from voiceapp.core.conversation import Source
from voiceapp.core.errors import ConfigError
from voiceapp.store.files import told_as_store_error

UNSAFE = re.compile(r"[^\w.\- ]+")
NAME_CHARS = 80


class DiskFiles:
    """Port LocalFiles. *made*: the folder for copies; it is created when the first one comes."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def gather(self, paths: Sequence[str]) -> list[tuple[str, str, int]]:
        """As LocalFiles.gather. Hidden files are left out of folders."""
        found: dict[str, tuple[str, str, int]] = {}
        for given in paths:
            path = Path(given).expanduser()
            if not path.exists():
                raise ConfigError(_("There is no file “{name}”.").format(name=given))
            for file in sorted(_visible(path)) if path.is_dir() else [path]:
                whole = str(file.resolve())
                with suppress(OSError):
                    found[whole] = (whole, file.name, file.stat().st_size)
        return list(found.values())

    def keep(self, source: Source, message_id: int, data: bytes) -> str:
        """As LocalFiles.keep."""
        name = UNSAFE.sub("_", source.title).strip(". ")[-NAME_CHARS:] or "file"
        target = self._made / f"{message_id}-{UNSAFE.sub('_', source.file_id)[-40:]}-{name}"
        with told_as_store_error(target):
            self._made.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
        return str(target)

    def copy(self, path: str, target: str) -> None:
        """As LocalFiles.copy."""
        with told_as_store_error(Path(target)):
            shutil.copyfile(path, target)

    def sweep(self, known: frozenset[str]) -> None:
        """As LocalFiles.sweep. By names: the folder may lie elsewhere than when they were noted."""
        names = {PurePath(one).name for one in known} | {PureWindowsPath(one).name for one in known}
        with suppress(OSError):
            for file in self._made.iterdir():
                if file.name not in names:
                    file.unlink(missing_ok=True)


def _visible(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
