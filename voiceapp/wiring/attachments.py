"""Attached files made ready: chooses who reads pictures, PDFs and texts. Blocking; any thread."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.core.attachments import Kind, Prepared, kind_of, text_of
from voiceapp.core.errors import AttachmentError
from voiceapp.core.vision import Vision


def prepare(data: bytes, name: str, vision: Vision) -> Prepared:
    """As ``ports.attachments.Prepare``. Imports what it needs when it needs it."""
    match kind_of(data, name):
        case Kind.PICTURE:
            from voiceapp.gui.picture_scaling import prepared

            return prepared(data, name, vision)
        case Kind.TEXT:
            text = text_of(data, name)
            return Prepared(Kind.TEXT, name, "txt", text.encode(), text=text)
        case Kind.PDF:
            return _pdf(data, name, vision)


def _pdf(data: bytes, name: str, vision: Vision) -> Prepared:
    """With the words, where they can be read; without, only for a model that takes the file itself."""
    from voiceapp.documents import pdf

    if pdf.is_readable():
        found = pdf.read(data, name)
        if not found.text and not vision.pdf_pages:
            raise AttachmentError(
                _("“{name}” holds no words, only pictures of them.").format(name=name),
                hint=_("Attach a picture of the page, or choose a model that takes PDF files."),
            )
        return Prepared(Kind.PDF, name, "pdf", data, pages=found.pages, text=found.text)
    if not vision.pdf_pages:
        raise AttachmentError(
            _("Who answers takes no PDF files, and nothing here can read them."), hint=pdf.how_to_get()
        )
    return Prepared(Kind.PDF, name, "pdf", data)
