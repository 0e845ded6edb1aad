"""What every command needs around it: folders, log, an event loop that ends well, errors in one line."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from voiceapp.cli.output import Output
from voiceapp.core.budget import WhenSpent
from voiceapp.core.errors import ConfigError, VoiceAppError
from voiceapp.core.problems import leading
from voiceapp.logs import Logs
from voiceapp.paths import DataFolderGone, Paths
from voiceapp.store.instance import Owner, announced

log = logging.getLogger("voiceapp.cli")


@dataclass(frozen=True)
class Context:
    """Where a command runs.

    *on_key* gets every key that is read, so that the log can strike it out; *when_spent*: what a paid call meets once
    the month's budget is spent.
    """

    paths: Paths
    output: Output
    provider: str
    on_key: Callable[[str], None] = lambda _key: None
    when_spent: WhenSpent = WhenSpent.REFUSE


Job = Callable[[Context], Awaitable[int]]


def run_job(arguments: argparse.Namespace, job: Job, *, can_do_without: bool = False) -> int:
    """Run *job* and return its exit code. *can_do_without*: it also runs where the chosen data folder is not there.

    One line on stderr tells why it failed or was interrupted (1) or what about the command line or settings
    cannot be used (2).
    """
    _speak_utf8()
    output = Output(is_json=arguments.json)
    logs: Logs | None = None
    sign: Owner | None = None
    try:
        paths, sign = _entered(arguments.data_dir, can_do_without=can_do_without)
        logs = Logs(paths.logs, is_debug=arguments.debug)
        with asyncio.Runner() as runner:
            when = WhenSpent.ALLOW if getattr(arguments, "over_budget", False) else WhenSpent.REFUSE
            context = Context(paths, output, arguments.provider, logs.redactor.register, when)
            return runner.run(_stoppable(job(context), output))
    except (KeyboardInterrupt, asyncio.CancelledError):
        if output.is_reader_gone:
            return 1
        output.failed(VoiceAppError(_("Interrupted."), hint=_("What was recorded is kept."), detail="signal"))
    except Exception as fault:
        error = leading(fault)
        log.log(logging.DEBUG if error is fault else logging.ERROR, "command failed", exc_info=fault)
        output.failed(error)
        if isinstance(error, ConfigError):
            return 2
    finally:
        if logs is not None:
            logs.close()
        if sign is not None:
            sign.retire()
    return 1


def _entered(folder: Path | None, *, can_do_without: bool) -> tuple[Paths, Owner]:
    """Return the folders, made, with the sign that this process uses them. Raises StoreError."""
    while True:
        paths = Paths.choose(folder)
        try:
            paths.create()
        except DataFolderGone:
            if not can_do_without:
                raise
            paths = Paths.usual(missing=paths.data)
            paths.create()
        sign = announced(paths.data)
        if paths.is_current():
            return paths, sign
        sign.retire()  # the data folder became another one between the two


async def _stoppable(work: Awaitable[int], output: Output) -> int:
    """Let a termination signal, or a reader that leaves, end *work* as Ctrl+C does: a recording is finished first."""
    task = asyncio.current_task()
    assert task is not None
    output.on_reader_gone = task.cancel
    with suppress(NotImplementedError, ValueError):  # Windows has no such signals on its loop
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await work


def _speak_utf8() -> None:
    """Let any text be written, whatever the console's encoding."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
