"""Where files go: the platform's own folders, data elsewhere where the person chose that, or all below one folder.

The choice is kept in a small file of the platform's config folder, :data:`CHOICE`, never in the data folder itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

import platformdirs

from voiceapp.core.errors import StoreError

NAME = "voiceapp"
CHOICE = "data-folder"
"""The file with the chosen data folder: ``in use = DIR``; ``copying = DIR`` while everything is being copied there,
then ``next = DIR`` until the program ends."""
IN_USE, NEXT, COPYING = "in use", "next", "copying"
DATABASE = "voiceapp.db"
"""Lies in every data folder that was ever in use: one without it is not there, or another drive's."""


class DataFolderGone(StoreError):
    """The chosen data folder is not there, or cannot be written: another drive, one not plugged in, one locked."""

    code = "data_folder_gone"

    def __init__(self, folder: Path, *, is_there: bool = False) -> None:
        gone = _("The data folder {folder} is not there, or there is no history in it.")
        locked = _("Nothing can be written to the data folder {folder}.")
        super().__init__(
            (locked if is_there else gone).format(folder=folder),
            hint=_("Look after its drive and start again, or choose another one: voiceapp data use DIR."),
            detail="data folder",
        )
        self.folder = folder


@dataclass(frozen=True)
class Paths:
    """The folders of one installation; nothing is created before :meth:`create`.

    Attributes:
        data: conversations and takes.
        config: the settings file.
        cache: what may be deleted at any time.
        logs: the log and crash files.
        is_chosen: the person named the folder (``--data-dir``); keys in the system's keyring are kept apart for it.
        is_set: the data folder is the one chosen in the settings.
        next_data: where all data is being taken, the last of it when the program ends; None = nowhere.
        copying: where data is being copied, or was when the copying was killed; None = nowhere.
        missing: the chosen data folder in whose place the usual one is used this time; None = it was not missing.
        chosen_ns: when the choice was written; 0 = never.
    """

    data: Path
    config: Path
    cache: Path
    logs: Path
    is_chosen: bool = False
    is_set: bool = False
    next_data: Path | None = None
    copying: Path | None = None
    missing: Path | None = None
    chosen_ns: int = 0

    @classmethod
    def of_platform(cls) -> Paths:
        """Return the folders that this system keeps for programs, the data folder as the person chose it."""
        usual = cls.usual()
        choice, written_ns = _choice(usual.config / CHOICE)
        in_use, after, copying = (choice.get(key) for key in (IN_USE, NEXT, COPYING))
        data = Path(in_use) if in_use else usual.data
        return cls(
            data,
            usual.config,
            usual.cache,
            data / "logs",
            is_set=in_use is not None,
            next_data=Path(after) if after else None,
            copying=Path(copying) if copying else None,
            chosen_ns=written_ns,
        )

    @classmethod
    def usual(cls, missing: Path | None = None) -> Paths:
        """Return this system's own folders; *missing*: the chosen one that they stand in for."""
        folders = platformdirs.PlatformDirs(NAME, appauthor=False)
        data = folders.user_data_path
        return cls(data, folders.user_config_path, folders.user_cache_path, data / "logs", missing=missing)

    @classmethod
    def below(cls, folder: Path) -> Paths:
        """Return folders that all lie in *folder*."""
        root = Path(os.path.abspath(folder.expanduser()))
        return cls(root, root / "config", root / "cache", root / "logs", is_chosen=True)

    @classmethod
    def choose(cls, folder: Path | None) -> Paths:
        """Return folders below *folder*, or the platform's where it is None."""
        return cls.of_platform() if folder is None else cls.below(folder)

    @property
    def choice_file(self) -> Path:
        """Where the choice of the data folder is kept."""
        return self.config / CHOICE

    def is_current(self) -> bool:
        """Whether the choice is still the one that was read: another process may have changed it."""
        if self.is_chosen or self.missing is not None:
            return True
        try:
            return self.choice_file.stat().st_mtime_ns == self.chosen_ns
        except OSError:
            return self.chosen_ns == 0

    @property
    def settings_file(self) -> Path:
        """What the person chose."""
        return self.config / "settings.toml"

    @property
    def pictures(self) -> Path:
        """Where pictures are saved that the person gives no name."""
        return self.data / "pictures" if self.is_chosen else platformdirs.user_pictures_path() / NAME

    @property
    def keyring_service(self) -> str:
        """The name under which the system's keyring holds this installation's keys."""
        return f"{NAME} {self.data}" if self.is_chosen else NAME

    def create(self) -> None:
        """Make the folders, for this person alone.

        Raises StoreError where nothing can be written, DataFolderGone where that is so of a chosen folder, or it is not
        there: it is not made anew, since a history that looks empty is worse than none.
        """
        if self.is_set and not (self.data / DATABASE).is_file() and not any(self.data.glob(f"{DATABASE}.damaged-*")):
            raise DataFolderGone(self.data)
        for folder in (self.data, self.config, self.cache, self.logs):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if os.name == "posix" and folder.stat().st_uid == os.getuid():
                    folder.chmod(0o700)
                _prove_writable(folder)
            except OSError as error:
                if self.is_set and folder in (self.data, self.logs):
                    raise DataFolderGone(self.data, is_there=True) from error
                raise _unusable(folder, error) from error


def _choice(file: Path) -> tuple[dict[str, str], int]:
    """Return what *file* says, and when it was written; nothing and 0 where there is no such file."""
    try:
        with file.open("rb") as opened:
            written_ns = os.fstat(opened.fileno()).st_mtime_ns
            text = os.fsdecode(opened.read(16_384))
    except FileNotFoundError:
        return {}, 0
    except OSError as error:
        raise _unusable(file, error) from error
    lines = (line.rstrip("\r").partition(" = ") for line in text.split("\n"))
    choice = {key: value for key, equals, value in lines if equals and os.path.isabs(value)}
    if not choice.keys() & {IN_USE, NEXT, COPYING}:  # rather no start than one with a history that seems empty
        raise StoreError(
            _("The file {file} names no data folder.").format(file=file),
            hint=_("Delete it to use the usual folder, or choose one: voiceapp data use DIR."),
            detail="data folder",
        )
    return choice, written_ns


def choice_text(in_use: Path | None, after: Path | None, copying: Path | None) -> str:
    """Return what the file of the choice is to say; None = the usual folder, none after it."""
    lines = [
        f"{key} = {value}" for key, value in ((IN_USE, in_use), (NEXT, after), (COPYING, copying)) if value is not None
    ]
    return "\n".join(["# Where voiceapp keeps its data. Change it in the settings, or by: voiceapp data", *lines, ""])


def _prove_writable(folder: Path) -> None:
    """Write and remove an empty file: access bits do not tell about read-only mounts. Raises OSError."""
    probe = folder / f".write-test-{os.getpid()}"
    probe.touch(mode=0o600)
    probe.unlink()


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        _("Nothing can be written to the folder {folder}.").format(folder=folder),
        hint=_("Make it writable for you, or name another folder with --data-dir."),
        detail=f"{type(error).__name__} {error.errno}",
    )


def assets() -> Path:
    """Return the folder of icons and sounds: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
