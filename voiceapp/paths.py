"""Where files go: the platform's own folders, or all of it below one folder of the person's choice."""

from __future__ import annotations

import os
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

import platformdirs

from voiceapp.core.errors import StoreError

NAME = "voiceapp"


@dataclass(frozen=True)
class Paths:
    """The folders of one installation; nothing is created before :meth:`create`.

    Attributes:
        data: conversations and takes.
        config: the settings file.
        cache: what may be deleted at any time.
        logs: the log and crash files.
        is_chosen: the person named the folder (``--data-dir``); keys in the system's keyring are kept apart for it.
    """

    data: Path
    config: Path
    cache: Path
    logs: Path
    is_chosen: bool = False

    @classmethod
    def of_platform(cls) -> Paths:
        """Return the folders that this system keeps for programs."""
        folders = platformdirs.PlatformDirs(NAME, appauthor=False)
        data = folders.user_data_path
        return cls(data, folders.user_config_path, folders.user_cache_path, data / "logs")

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
    def settings_file(self) -> Path:
        """What the person chose."""
        return self.config / "settings.toml"

    @property
    def pictures(self) -> Path:
        """Where pictures are saved that the person gives no name."""
        return self.data / "pictures" if self.is_chosen else platformdirs.user_pictures_path() / NAME

    @property
    def crash_file(self) -> Path:
        """Where a crash of the interpreter leaves its stacks."""
        return self.logs / "crash.txt"

    @property
    def keyring_service(self) -> str:
        """The name under which the system's keyring holds this installation's keys."""
        return f"{NAME} {self.data}" if self.is_chosen else NAME

    def create(self) -> None:
        """Make the folders, for this person alone. Raises StoreError where nothing can be written."""
        for folder in (self.data, self.config, self.cache, self.logs):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if os.name == "posix" and folder.stat().st_uid == os.getuid():
                    folder.chmod(0o700)
            except OSError as error:
                raise _unusable(folder, error) from error
            _prove_writable(folder)


def _prove_writable(folder: Path) -> None:
    """Write and remove an empty file: access bits do not tell about read-only mounts."""
    probe = folder / f".write-test-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise _unusable(folder, error) from error


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
