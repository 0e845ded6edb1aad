"""What a command line names has to be there: otherwise it is used wrongly, whichever command it is."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import ConfigError


def given(*paths: Path) -> None:
    """Tell before any work is done that one of *paths* is not there. Raises ConfigError."""
    for path in paths:
        if not is_there(path):
            raise ConfigError(
                _("There is no file “{path}”.").format(path=path), hint=_("Check the name and the folder.")
            )


def is_there(path: Path) -> bool:
    """Whether something lies at *path*."""
    try:
        return path.expanduser().exists()
    except (OSError, RuntimeError):  # whoever reads it tells why it cannot be read
        return True
