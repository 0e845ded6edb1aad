"""What goes along with a message: pictures, PDFs, texts; what is kept of them, and what a model is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _
from typing import TYPE_CHECKING, ClassVar

from voiceapp.core.errors import AttachmentError

if TYPE_CHECKING:
    from voiceapp.core.events import Problem

COUNT_MAX = 10
"""With one message."""
SENT_BYTES = 30_000_000
"""In one request, as files; in base64 it is a third more, and services take about 50 MB."""
PICTURE_BYTES = 50_000_000
PDF_BYTES = 30_000_000
TEXT_BYTES = 1_000_000
TEXT_CHARS = 400_000
"""About 100 000 tokens: a file must not fill the model's memory."""
PDF_PAGES = 100
PICTURE_ENDINGS = frozenset({
    "avif", "bmp", "gif", "heic", "heif", "ico", "jpeg", "jpg", "png", "psd", "raw", "svg", "tif", "tiff", "webp",
})  # fmt: skip


class Kind(StrEnum):
    """What an attachment is."""

    PICTURE = "picture"
    PDF = "pdf"
    TEXT = "text"


@dataclass(frozen=True)
class Prepared:
    """A file as it is kept and sent: a picture made small enough, with nothing but its pixels.

    Attributes:
        name: as the person knows it.
        format: the kept file's ending, without its dot.
        pages: of a PDF, 0 where they were not counted.
        text: of a PDF, as far as it could be read.
    """

    kind: Kind
    name: str
    format: str
    data: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    pages: int = 0
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Attachment:
    """A file in the data folder that goes, or went, with a message.

    Attributes:
        path: absolute.
        size_bytes: of the kept file.
        width, height: of a picture, in pixels.
        pages: of a PDF, 0 where they were not counted.
        chars: of the text, also of a PDF's.
    """

    id: int
    kind: Kind
    name: str
    path: str
    format: str = ""
    size_bytes: int = 0
    width: int = 0
    height: int = 0
    pages: int = 0
    chars: int = 0


# --- what a model is shown ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownPicture:
    """A picture. *address*: a data address; *tokens*: about what it takes, 0 where that is not known."""

    name: str
    address: str = field(repr=False)
    detail: str = "auto"
    tokens: int = 0


@dataclass(frozen=True)
class ShownFile:
    """A PDF. *address*: a data address, for who takes the file; *text* for who does not."""

    name: str
    address: str = field(repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class ShownText:
    """The words of a file."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class NotShown:
    """Stands for what was sent earlier and is not sent again."""

    name: str


Shown = ShownPicture | ShownFile | ShownText | NotShown


# --- commands -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttachFile:
    """Let a file go with the next message. *is_picture*: nothing else will do. Answered by DraftsChanged."""

    path: str
    is_picture: bool = False


@dataclass(frozen=True)
class AttachData:
    """The same with what was pasted or photographed."""

    name: str
    data: bytes = field(repr=False)
    secret_fields: ClassVar[tuple[str, ...]] = ("data",)


@dataclass(frozen=True)
class Detach:
    """Take something back that has not been sent."""

    attachment_id: int


@dataclass(frozen=True)
class ShowDrafts:
    """Answered by DraftsChanged. *is_begun*: also with what was attached before the program ended."""

    is_begun: bool = False


AttachmentCommand = AttachFile | AttachData | Detach | ShowDrafts

# --- events ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """Something that goes with the next message.

    Attributes:
        tokens: about what it takes; None where the model's rule is not known.
        is_least: it may be more: a service also looks at a PDF's pages as pictures, and nobody says how large.
        cost_usd: of the tokens; None where the price is not known, 0 on this computer.
        trouble: why it cannot be sent to who answers now.
    """

    attachment: Attachment
    tokens: int | None = None
    is_least: bool = False
    cost_usd: float | None = None
    trouble: str = ""


@dataclass(frozen=True)
class DraftsChanged:
    """What goes with the next message, in order; *pending* more are being made ready."""

    drafts: tuple[Draft, ...]
    pending: int = 0


@dataclass(frozen=True)
class AttachRefused:
    """A file was not attached."""

    name: str
    problem: Problem


@dataclass(frozen=True)
class DraftReturned:
    """A typed message was not sent; its words are the person's again, what was attached still is."""

    text: str


AttachmentEvent = DraftsChanged | AttachRefused | DraftReturned

# --- decisions ------------------------------------------------------------------------------------------------


def kind_of(data: bytes, name: str) -> Kind:
    """Tell what *data* is by its first bytes; its name only helps to explain. Raises AttachmentError."""
    if not data:
        raise AttachmentError(_("“{name}” is empty.").format(name=name))
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return _bounded(Kind.PDF, data, PDF_BYTES, name)
    if _is_picture(data):
        return _bounded(Kind.PICTURE, data, PICTURE_BYTES, name)
    if _ending(name) in PICTURE_ENDINGS:
        raise not_a_picture(name)
    if _ending(name) == "pdf":
        raise AttachmentError(_("“{name}” is no PDF, whatever its name says.").format(name=name))
    if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise AttachmentError(
            _("“{name}” cannot be attached.").format(name=name), hint=_("Pictures, PDFs and text files can be.")
        )
    return _bounded(Kind.TEXT, data, TEXT_BYTES, name)


def not_a_picture(name: str) -> AttachmentError:
    """Return the error for a file that should be a picture and is none that can be read."""
    return AttachmentError(
        _("“{name}” is not a picture that can be read.").format(name=name),
        hint=_("PNG, JPEG, WebP, GIF and BMP can be."),
    )


def text_of(data: bytes, name: str) -> str:
    """Return a text file's words. Raises AttachmentError."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    text = text.replace("\r\n", "\n").replace("\0", "")
    if not text.strip():
        raise AttachmentError(_("“{name}” holds no words.").format(name=name))
    if len(text) > TEXT_CHARS:
        raise _too_large(name, _("{n} characters").format(n=f"{TEXT_CHARS:,}"))
    return text


def _bounded(kind: Kind, data: bytes, limit_bytes: int, name: str) -> Kind:
    if len(data) > limit_bytes:
        raise _too_large(name, f"{limit_bytes // 1_000_000} MB")
    return kind


def _too_large(name: str, limit: str) -> AttachmentError:
    return AttachmentError(
        _("“{name}” is larger than {limit}.").format(name=name, limit=limit),
        hint=_("Attach a part of it as a file of its own."),
    )


def _ending(name: str) -> str:
    return name.lower().rpartition(".")[2]


def _is_picture(data: bytes) -> bool:
    return (
        data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or (data[:2] == b"BM" and len(data) > 26 and data[6:10] == b"\0\0\0\0")
    )
