"""``voiceapp data``: where the data lies and why, everything moved to another folder, another folder used."""

from __future__ import annotations

import argparse
import asyncio
import os
import threading
from gettext import gettext as _
from pathlib import Path

from voiceapp.cli.progress import Progress
from voiceapp.cli.running import Context, run_job
from voiceapp.core.data_folder import Candidate, next_words, why_words
from voiceapp.core.errors import StoreError
from voiceapp.store.instance import SingleInstance
from voiceapp.wiring.data_folder import DataFolder

MB = 1_000_000


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: data(context, arguments), can_do_without=True)


async def data(context: Context, arguments: argparse.Namespace) -> int:
    """Do what was asked for with the data folder."""
    folder = DataFolder(context.paths, frozenset({f"command-{os.getpid()}"}))
    match arguments.action:
        case "move":
            return await _move(context, folder, arguments.folder)
        case "use":
            return await _use(context, folder, arguments.folder)
        case _:
            return _where(context, folder)


def _where(context: Context, folder: DataFolder) -> int:
    standing = folder.standing()
    context.output.event(
        "data",
        folder=standing.folder,
        why=standing.why.value,
        usual=standing.usual,
        next=standing.next or None,
        missing=standing.missing or None,
        unfinished=standing.unfinished or None,
    )
    for words in (standing.folder, why_words(standing), next_words(standing)):
        if words:
            context.output.text(words)
    return 0


async def _use(context: Context, folder: DataFolder, target: Path) -> int:
    before = folder.standing().folder
    await asyncio.to_thread(folder.use, target)
    standing = folder.standing()
    now = standing.next or standing.folder
    context.output.event("data", folder=now, before=before)
    context.output.text(_("From now on: {now}.").format(now=now))
    if now != before:
        context.output.text(_("{before} stays as it is.").format(before=before))
    return 0


async def _move(context: Context, folder: DataFolder, target: Path) -> int:
    """Copy, verify, switch. No window may use the folder meanwhile; Ctrl+C leaves everything as it was."""
    candidate = await asyncio.to_thread(folder.examine, target)
    instance = SingleInstance(context.paths.data)
    try:
        instance.claim()
    except StoreError as error:
        hint = _("Close its window first, or move the data in its settings.")
        raise StoreError(error.message, hint=hint, detail=error.detail) from error
    stopping = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(_moved, context, folder, candidate, stopping))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stopping.set()
        await asyncio.wait([work])
        if work.exception() is not None:
            raise
    finally:
        instance.release()
    before = str(context.paths.data)
    context.output.event("data", folder=candidate.folder, before=before, files=candidate.files)
    context.output.text(
        _("Everything is in {now} from now on, verified. {before} stays as it is; delete it when you like.").format(
            now=candidate.folder, before=before
        )
    )
    return 0


def _moved(context: Context, folder: DataFolder, candidate: Candidate, stopping: threading.Event) -> None:
    """Worker thread: all of it. Raises Stopped, VoiceAppError."""
    with Progress(candidate.size_bytes // MB, "MB", is_shown=not context.output.is_json) as progress:
        shown = 0

        def go_on(done: int, _whole: int) -> bool:
            nonlocal shown
            if done // MB > shown:
                progress.advance(done // MB - shown)
                shown = done // MB
            return not stopping.is_set()

        folder.take_along(Path(candidate.folder), go_on)
    try:
        folder.finish(lambda _done, _whole: not stopping.is_set())
    except BaseException:
        folder.stay()
        raise
