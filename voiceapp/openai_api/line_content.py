"""A line's content on the wire, with what is attached to it, for both chat protocols. No socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voiceapp.core.attachments import NotShown, ShownFile, ShownPicture, ShownText
from voiceapp.core.conversation import Line
from voiceapp.core.showing import in_words
from voiceapp.openai_api.text_joiner import whole

COMPLETIONS_DETAILS = frozenset({"low", "high"})


def responses_content(line: Line) -> str | list[dict[str, Any]]:
    """Return the words; with pictures or files as a list of parts."""
    if not _has_files(line):
        return _words(line)
    parts: list[dict[str, Any]] = []
    for one in _parts(line):
        match one:
            case str():
                parts.append({"type": "input_text", "text": one})
            case ShownPicture():
                parts.append({"type": "input_image", "image_url": one.address, "detail": one.detail})
            case ShownFile():
                parts.append({"type": "input_file", "filename": _file_name(one.name), "file_data": one.address})
    return parts


def completions_content(line: Line) -> str | list[dict[str, Any]]:
    """Return the words as one text, which every server takes; with pictures or files as a list of parts."""
    if not _has_files(line):
        return _words(line)
    parts: list[dict[str, Any]] = []
    for one in _parts(line):
        match one:
            case str():
                parts.append({"type": "text", "text": one})
            case ShownPicture():
                detail = {"detail": one.detail} if one.detail in COMPLETIONS_DETAILS else {}
                parts.append({"type": "image_url", "image_url": {"url": one.address, **detail}})
            case ShownFile():
                file = {"filename": _file_name(one.name), "file_data": one.address}
                parts.append({"type": "file", "file": file})
    return parts


def _has_files(line: Line) -> bool:
    return any(isinstance(one, ShownPicture | ShownFile) for one in line.shown)


def _words(line: Line) -> str:
    return "\n\n".join(one for one in _parts(line) if isinstance(one, str))


def _parts(line: Line) -> Iterator[str | ShownPicture | ShownFile]:
    """Yield the words, then what is attached; what was not read from the disk is named."""
    if line.text or not (line.shown or line.attachments):
        yield whole(line.text)
    for one in line.shown or tuple(NotShown(one.name) for one in line.attachments):
        yield whole(in_words(one)) if isinstance(one, ShownText | NotShown) else one


def _file_name(name: str) -> str:
    """Return a name that a service takes as a PDF's."""
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"
