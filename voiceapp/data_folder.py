"""The data folder where the window's start or end is not plain: it is gone, or everything is on its way to another.

A composition root, imported only then.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from gettext import gettext as _

from voiceapp.core.errors import VoiceAppError, unexpected
from voiceapp.gui import start_question
from voiceapp.paths import DataFolderGone, Paths
from voiceapp.store.moving import GoOn, Stopped
from voiceapp.wiring.data_folder import DataFolder

log = logging.getLogger("voiceapp.app")


def instead(error: DataFolderGone) -> tuple[bool, Paths | None]:
    """Ask what to do without the chosen folder: return whether to start, and where; None = where the choice says.

    The usual folder is used for this start only; the choice is left as it is.
    """
    print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
    usual = Paths.usual()
    answer = start_question.ask(
        error.message,
        _("Look after its drive and try again. The usual folder, {usual}, does not have what is there.").format(
            usual=usual.data
        ),
        (_("Try again"), _("Use the usual folder for now"), _("Quit")),
    )
    match answer:
        case 0:
            return True, None
        case 1:
            return True, Paths.usual(missing=error.folder)
        case _:
            return False, None


def finish_at_start(paths: Paths) -> bool:
    """Take the rest along to the next folder, which the end of the program before could not do.

    Return whether that is done; False = go on with the folder of before, the move waits.
    """
    folder = DataFolder(paths)
    while True:
        error = start_question.wait(
            _("The data folder is being moved to {next}.").format(next=paths.next_data), _finishing(folder), _("Later")
        )
        if error is None:
            return True
        if isinstance(error, Stopped) or getattr(error, "detail", "") == "in use":
            return False
        told = unexpected(error)
        log.warning("the move is not finished: %s %s", told.code, told.detail)
        words = _("The data folder is not moved to {next} yet: {reason}").format(
            next=paths.next_data, reason=told.message
        )
        answers = (_("Try again"), _("Go on with the old folder for now"), _("Stay with the old folder"))
        match start_question.ask(words, _("{folder} has everything.").format(folder=paths.data), answers):
            case 0:
                continue
            case 2:
                folder.stay()
                return True
            case _:
                return False


def _finishing(folder: DataFolder) -> start_question.Work:
    def work(go_on: GoOn) -> None:
        folder.finish(go_on)

    return work


def finish_at_end(paths: Paths) -> None:
    """Take the rest along once all is stored; where that fails, the next start does it."""
    try:
        DataFolder(paths).finish()
    except (VoiceAppError, OSError, Stopped) as error:
        log.warning("the move is not finished: %s", type(error).__name__)


def start_again() -> None:
    """Start the program anew, with the words it was started with; returns only where the system starts another one."""
    words = [sys.executable, *sys.orig_argv[1:]]
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    if sys.platform == "win32":
        subprocess.Popen(words)
    else:
        os.execv(sys.executable, words)
