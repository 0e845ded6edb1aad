"""The window's composition root: what is shown, in which order it starts, and how it ends.

The window comes first; the session, with everything that is slow to import, is opened on the voice loop behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from voiceapp.core.budget import WhenSpent
from voiceapp.core.errors import VoiceAppError
from voiceapp.gentle import Breather, import_ahead
from voiceapp.gui.assets import assets_dir
from voiceapp.gui.conversation_view import ConversationView
from voiceapp.gui.display import has_display
from voiceapp.gui.garbage import Garbage
from voiceapp.gui.in_background import in_background
from voiceapp.gui.main_window import MainWindow
from voiceapp.gui.session_bridge import Emit, OpenSession, Session, SessionBridge
from voiceapp.gui.settings_page import Facts
from voiceapp.gui.side_pages import SidePages
from voiceapp.gui.theme import Theme
from voiceapp.gui.windows import SideWindows
from voiceapp.logs import Logs
from voiceapp.paths import DataFolderGone, Paths
from voiceapp.store.instance import SingleInstance
from voiceapp.wording import look_once

if TYPE_CHECKING:
    from voiceapp.wiring.data_folder import DataFolder

LEAVE_WITHIN_S = 3.0
READY_WITHIN_MS = 5000
SWITCH_INTERVAL_S = 0.0001
"""Python threads change places after 0.1 ms instead of 5: voice loop and window wait less for each other.

Fifty calls into Qt beside a thread that computes take 12 ms; with 0.5 ms they took 32. Two threads that both compute do
as much in a second with either.
"""
AHEAD_MS = 1500
"""So long after the window is usable, what its other windows are made of is imported, in small steps."""
AHEAD = (
    "settings_dialog",
    "images_panel",
    "moderation_page",
    "takes_window",
    "log_window",
    "notes_window",
    "problem_card",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; return the exit code."""
    options = _parser().parse_args(argv)
    if not has_display(sys.platform, os.environ):
        print(_("There is no display. In a terminal use “voiceapp ask FILE.wav” or “voiceapp talk”."), file=sys.stderr)
        return 1
    claimed = _claimed(options.data_dir)
    if claimed is None:
        return 1
    paths, instance = claimed
    leaving = Leaving()
    logs = Logs(paths.logs, is_debug=options.debug, topics=[t for t in options.log.split(",") if t])
    logs.log_uncaught()
    try:
        return run(
            _opener(paths, options, logs),
            logs,
            options,
            lambda: _facts(paths, leaving),
            paths.cache / "thumbnails",
            leaving,
        )
    finally:
        leaving.settle(paths)
        logs.close()
        instance.release()
        leaving.start_again()


class Leaving:
    """What is left to do when the window is closed."""

    def __init__(self) -> None:
        self.is_session_over = False
        self.wants_restart = False
        self.folder: DataFolder | None = None

    def restart(self) -> None:
        """Let the program start anew once it has ended. GUI thread; close the windows after this."""
        self.wants_restart = True

    def settle(self, paths: Paths) -> None:
        """End a copying of the data folder; take along what was added after one that is whole."""
        if self.folder is not None:
            self.folder.leave()
        if self.is_session_over and (paths.next_data is not None or not paths.is_current()):
            from voiceapp.data_folder import finish_at_end

            finish_at_end(paths)

    def start_again(self) -> None:
        """Start anew where that is wanted; the data folder is released."""
        if self.wants_restart:
            from voiceapp.data_folder import start_again

            start_again()


def _claimed(folder: Path | None) -> tuple[Paths, SingleInstance] | None:
    """Return the folders, made and taken for this process; None: it cannot start, and the person knows why."""
    paths: Paths | None = None
    while True:
        try:
            paths = paths or Paths.choose(folder)
            instance = SingleInstance(paths.data)
            paths.create()
            instance.claim()
            if paths.is_current() and not _moves_on(paths):
                return paths, instance
        except DataFolderGone as error:
            from voiceapp.data_folder import instead

            is_wanted, paths = instead(error)
            if not is_wanted:
                return None
            continue
        except VoiceAppError as error:
            from voiceapp.gui.refusal import refuse

            refuse(error.message, error.hint, sys.stderr)
            return None
        instance.release()
        paths = None


def _moves_on(paths: Paths) -> bool:
    """Finish a move of the data folder that an end of the program could not; True: another one is in use now."""
    if paths.next_data is None:
        return False
    from voiceapp.data_folder import finish_at_start

    return finish_at_start(paths)


def run(
    open_session: OpenSession,
    logs: Logs,
    options: argparse.Namespace,
    make_facts: Callable[[], Facts] = Facts,
    cache: Path | None = None,
    leaving: Leaving | None = None,
) -> int:
    """Run the application with sessions from *open_session*; return the exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    look_once()
    earlier = QCoreApplication.instance()  # there is one where something had to be asked before
    app = cast("QApplication", earlier) if earlier is not None else QApplication(sys.argv[:1])
    app.setApplicationName("voiceapp")
    app.setDesktopFileName("voiceapp")
    app.setWindowIcon(QIcon(str(assets_dir() / "voiceapp.svg")))
    app.setQuitOnLastWindowClosed(False)
    theme = Theme(app)
    bridge = SessionBridge(open_session, app, is_debug=options.debug)
    windows = SideWindows(theme, bridge, logs.ring.lines, make_facts)
    window = MainWindow(theme, bridge, ConversationView(theme), windows)
    SidePages(theme, bridge, window, windows, cache)
    window.closed.connect(windows.close_all)
    window.closed.connect(app.quit)
    if options.ready_file is not None:
        ready_file: Path = options.ready_file
        window.ready.connect(lambda: ready_file.write_text("ready\n", encoding="utf-8"))
    garbage = Garbage(lambda: window.is_talking, app)
    window.ready.connect(garbage.begin)
    window.ready.connect(lambda: _attach(theme, bridge, window))
    QTimer.singleShot(READY_WITHIN_MS, garbage.begin)
    window.ready.connect(lambda: _add_switches(theme, bridge, window, windows))
    breather = Breather()
    window.ready.connect(breather.begin)
    ahead = [f"voiceapp.gui.{name}" for name in AHEAD]
    window.ready.connect(lambda: QTimer.singleShot(AHEAD_MS, window, lambda: import_ahead(ahead)))
    window.show()
    bridge.start()
    code = app.exec()
    breather.end()
    bridge.stop()
    is_over = bridge.wait(LEAVE_WITHIN_S)
    if leaving is not None:
        leaving.is_session_over = is_over
    return code


def _attach(theme: Theme, bridge: SessionBridge, window: MainWindow) -> None:
    """Let files be attached: not needed before the window is usable, and imported beside its thread."""
    in_background(
        window,
        lambda: importlib.import_module("voiceapp.gui.attacher"),
        lambda module: module.Attacher(theme, bridge, window),
    )


def _add_switches(theme: Theme, bridge: SessionBridge, window: MainWindow, windows: SideWindows) -> None:
    """Let the service's own tools be switched on: imported beside the window's thread once that is usable."""
    in_background(
        window,
        lambda: importlib.import_module("voiceapp.gui.hosted_switches"),
        lambda module: module.HostedSwitches(theme, bridge, window, windows),
    )


def _facts(paths: Paths, leaving: Leaving) -> Facts:
    from voiceapp.wiring import facts  # imports the local voice: only when the settings are opened
    from voiceapp.wiring.data_folder import DataFolder

    place = facts.key_place(paths)
    leaving.folder = DataFolder(paths)
    return Facts(
        str(paths.data),
        place,
        facts.versions(),
        facts.models(paths),
        facts.voices(),
        facts.table(paths),
        leaving.folder,
        leaving.restart,
    )


def _opener(paths: Paths, options: argparse.Namespace, logs: Logs) -> OpenSession:
    @asynccontextmanager
    async def open_session(emit: Emit) -> AsyncIterator[Session]:
        wiring: Any = await asyncio.to_thread(importlib.import_module, "voiceapp.wiring.session")
        opening = wiring.Opening(
            paths,
            provider=options.provider,
            are_devices_listed_late=True,
            trace=options.trace,
            on_key=logs.redactor.register,
            when_spent=WhenSpent.ASK,
        )
        async with wiring.open_session(opening, emit) as session:
            yield session

    return open_session


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="voiceapp", description=_("Hold a key, speak, hear the answer."))
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help=_("keep everything below this folder"))
    parser.add_argument("--provider", default="", metavar="NAME", help=_("who hears, thinks and speaks this time"))
    parser.add_argument("--debug", action="store_true", help=_("log everything, also to the terminal"))
    parser.add_argument("--log", default="", metavar="ROOMS", help=_("limit debug lines to these parts: voice,audio"))
    parser.add_argument("--trace", type=Path, metavar="FILE", help=_("write every decision there, for replay"))
    parser.add_argument("--ready-file", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
