"""The words of a PDF, read by a process of its own (see ``pdf_worker``). Blocking; any thread."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from gettext import gettext as _
from importlib.util import find_spec
from pathlib import Path

from voiceapp import own_process
from voiceapp.core.attachments import PDF_PAGES, TEXT_CHARS
from voiceapp.core.errors import AttachmentError, ToolError

WORKER_MODULE = "voiceapp.documents.pdf_worker"
WITHIN_S = 30.0


@dataclass(frozen=True)
class PdfText:
    """What a PDF says; *text* is empty where its pages are only pictures."""

    pages: int
    text: str


def how_to_get() -> str:
    """Say how the library is installed."""
    return _("What reads them comes with: pip install “voiceapp[pdf]”")


def is_readable() -> bool:
    """Whether the library is installed."""
    return find_spec("pypdf") is not None


def read(data: bytes, name: str, *, within_s: float = WITHIN_S) -> PdfText:
    """Return the words of a PDF called *name*. Raises AttachmentError: locked, broken, too many pages, too slow."""
    try:
        done = subprocess.run(
            own_process.command_of(WORKER_MODULE, str(PDF_PAGES), str(TEXT_CHARS)),
            input=data,
            capture_output=True,
            timeout=within_s,
            check=False,
            env=own_process.bare_environment(),
            creationflags=own_process.NO_WINDOW,
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise AttachmentError(
            _("“{name}” could not be read within {n:.0f} s.").format(name=name, n=within_s),
            hint=_("Save it anew as a PDF with another program, or attach its text."),
        ) from None
    except (OSError, ValueError):  # it ended without a word: out of memory, most likely
        answer = {"fault": "broken"}
    if answer.get("fault") == "locked":
        raise AttachmentError(
            _("“{name}” is locked with a password.").format(name=name),
            hint=_("Save a copy without the password and attach that."),
        )
    if answer.get("fault"):
        raise AttachmentError(
            _("“{name}” is damaged and cannot be read.").format(name=name),
            hint=_("Save it anew as a PDF with another program."),
        )
    if answer["pages"] > PDF_PAGES:
        sentence = _("“{name}” has {pages} pages; up to {limit} can be attached.")
        raise AttachmentError(
            sentence.format(name=name, pages=answer["pages"], limit=PDF_PAGES),
            hint=_("Save the pages that matter as a PDF of their own."),
        )
    return PdfText(int(answer["pages"]), str(answer["text"]))


def text_for_tool(path: Path) -> str:
    """Return the words of a PDF for a model's tool. Raises ToolError."""
    try:
        text = read(path.read_bytes(), path.name).text
    except AttachmentError as error:
        raise ToolError(error.message) from None
    except OSError as error:
        raise ToolError(_("The file cannot be read: {why}.").format(why=error.strerror)) from None
    if not text:
        raise ToolError(_("The PDF holds no text, only pictures of it."))
    return text
