"""The desktop from a terminal: clipboard and opening by the system's own programs. Keeps ``ports.Outside``."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from gettext import gettext as _

from voiceapp.core.errors import ToolError

WITHIN_S = 5.0
READERS = (
    ("wl-paste", "--no-newline"),
    ("xclip", "-selection", "clipboard", "-out"),
    ("xsel", "--clipboard", "--output"),
    ("pbpaste",),
    ("powershell.exe", "-NoProfile", "-Command", "Get-Clipboard -Raw"),
)
WRITERS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("pbcopy",),
    ("clip.exe",),
)
OPENERS = (("xdg-open",), ("open",)) if sys.platform != "win32" else (("explorer.exe",),)


class TerminalOutside:
    """Uses the first program of each kind that is there."""

    async def read_clipboard(self) -> str:
        """As Outside."""
        return (await _run(_first(READERS, _("The clipboard")), "", is_read=True)).replace("\r\n", "\n")

    async def write_clipboard(self, text: str) -> None:
        """As Outside."""
        await _run(_first(WRITERS, _("The clipboard")), text)

    async def open(self, target: str) -> None:
        """As Outside."""
        await _run((*_first(OPENERS, _("Opening")), target), "")


def _first(programs: Sequence[tuple[str, ...]], what: str) -> tuple[str, ...]:
    found = next((words for words in programs if shutil.which(words[0])), None)
    if found is None:
        names = ", ".join(words[0] for words in programs)
        raise ToolError(
            _("{what} is not available in this terminal; it needs one of {names}.").format(what=what, names=names)
        )
    return found


async def _run(words: Sequence[str], given: str, *, is_read: bool = False) -> str:
    """Run a program. What it leaves running in the background (xclip holds the text) is not waited for."""
    process = await asyncio.create_subprocess_exec(
        *words, stdin=PIPE, stdout=PIPE if is_read else DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            out, _err = await process.communicate(given.encode())
    except TimeoutError:
        process.kill()
        raise ToolError(_("{program} did not end.").format(program=words[0])) from None
    if process.returncode:
        raise ToolError(_("{program} could not do it.").format(program=words[0]))
    return (out or b"").decode("utf-8", "replace")
