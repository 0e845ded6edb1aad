"""The kit that reaches out of voiceapp: clipboard, links and files. Every use is asked about first."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Sequence
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from voiceapp.core.errors import ToolError
from voiceapp.core.runnable import runs_when_opened
from voiceapp.core.schema import AtMost
from voiceapp.core.tools import Effect, tool
from voiceapp.ports import Outside

FILE_LIMIT_BYTES = 2_000_000
TEXT_LIMIT_CHARS = 60_000
"""About 15 000 tokens: a file that is read must not fill the model's memory."""
WEB = frozenset({"http", "https"})

ReadPdf = Callable[[Path], str]


class Computer:
    """Clipboard, links and files.

    Args:
        outside: who really reads, writes and opens.
        readable: the files and folders that the person allowed, as they stand in the settings now.
        read_pdf: returns the text of a PDF, blocking; None where nothing can.
    """

    def __init__(
        self, outside: Outside, readable: Callable[[], Sequence[str]], read_pdf: ReadPdf | None = None
    ) -> None:
        self._outside = outside
        self._readable = readable
        self._read_pdf = read_pdf

    @tool(Effect.READS_COMPUTER, "Reads the text that you copied last and tells it to the model.")
    async def read_clipboard(self) -> dict[str, Any]:
        """The text on the person's clipboard."""
        text = await self._outside.read_clipboard()
        return {"text": text[:TEXT_LIMIT_CHARS], "is_shortened": len(text) > TEXT_LIMIT_CHARS}

    @tool(Effect.CHANGES_COMPUTER, "Replaces what is on your clipboard.")
    async def write_clipboard(
        self, text: Annotated[str, "What the person is to paste.", AtMost(100_000)]
    ) -> dict[str, Any]:
        """Put a text on the person's clipboard, in place of what is there."""
        await self._outside.write_clipboard(text)
        return {"is_copied": True, "characters": len(text)}

    @tool(Effect.LEAVES, "Opens an address or a file with the program that the system has for it.")
    async def open_link_or_file(
        self, target: Annotated[str, "An http, https or mailto address, or the full path of a file.", AtMost(2000)]
    ) -> dict[str, Any]:
        """Open a web address, an e-mail to be written, or an existing file on the person's screen."""
        address = await asyncio.to_thread(openable, target.strip())
        await self._outside.open(address)
        return {"is_opened": True, "target": address}

    @tool(Effect.READS_COMPUTER, "Reads a file in the folders that you allowed and tells its text to the model.")
    async def read_local_file(
        self, path: Annotated[str, "The full path of the file; ~ is the person's home.", AtMost(1000)]
    ) -> dict[str, Any]:
        """The text of a file on this computer that the person has allowed to be read."""
        file = await asyncio.to_thread(allowed_file, path, self._readable())
        text = await asyncio.to_thread(self._text_of, file)
        return {"path": str(file), "text": text[:TEXT_LIMIT_CHARS], "is_shortened": len(text) > TEXT_LIMIT_CHARS}

    def _text_of(self, file: Path) -> str:
        if file.suffix.lower() == ".pdf":
            if self._read_pdf is None:
                raise ToolError(_("PDF files cannot be read here; ask for a text file."))
            return self._read_pdf(file)
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ToolError(_("The file cannot be read: {why}.").format(why=error.strerror)) from None
        if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise ToolError(_("The file holds no text."))
        encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        return data.decode(encoding, "replace")


def openable(target: str) -> str:
    """Return *target* as it may be opened: an address, or the real path of an existing file. Raises ToolError."""
    try:
        scheme = urlsplit(target).scheme.lower()
        is_web = scheme in WEB and bool(urlsplit(target).hostname)
    except ValueError:
        scheme, is_web = "", False
    if is_web or (scheme == "mailto" and len(target) > len("mailto:")):
        if not target.isprintable() or any(char.isspace() for char in target):
            raise ToolError(_("The address holds spaces or characters that do not belong there."))
        return target
    path = Path(target).expanduser()
    if not path.is_absolute():
        raise ToolError(_("Only http, https and mailto addresses and full paths of existing files are opened."))
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
    except (OSError, RuntimeError, ValueError):
        raise ToolError(_("There is no such file.")) from None
    is_run = runs_when_opened(real.name) or runs_when_opened(path.name)
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) or is_run or (stat.S_ISREG(mode) and mode & 0o111):
        raise ToolError(_("Programs, scripts and devices are not opened."))
    return str(real)


def allowed_file(path: str, readable: Sequence[str]) -> Path:
    """Return the real file at *path* if it lies in what may be read, wherever links lead. Raises ToolError."""
    if not readable:
        raise ToolError(
            _("The person has not allowed any file yet.")
            + " "
            + _("They can in the settings under Tools, or by “voiceapp tools share”.")
        )
    places = ", ".join(readable)
    outside = ToolError(_("This file may not be read. Allowed are: {places}.").format(places=places))
    try:
        real = Path(path).expanduser().resolve(strict=True)
        roots = [Path(one).expanduser().resolve(strict=True) for one in readable if Path(one).expanduser().exists()]
    except (OSError, RuntimeError, ValueError):
        raise outside from None  # the same words as for a file outside: nothing is told about what exists there
    if not any(real == root or real.is_relative_to(root) for root in roots):
        raise outside
    if not real.is_file():
        raise ToolError(_("This is no file. Give the full path of a file."))
    if real.stat().st_size > FILE_LIMIT_BYTES:
        raise ToolError(_("The file is larger than {n} MB.").format(n=FILE_LIMIT_BYTES // 1_000_000))
    return real
