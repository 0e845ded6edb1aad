"""multipart/form-data, parsed strictly: what a careless server would let pass is an error here."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
PARAMETER = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Part:
    """One field; *filename* is None for plain fields."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str = ""


def parse_multipart(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Split *body* at the boundary that *content_type* names. Raises ValueError for a malformed body."""
    match = BOUNDARY.search(content_type)
    if match is None:
        raise ValueError("multipart without a boundary")
    delimiter = b"--" + match[1].encode()
    first, *sections = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if first or not sections or sections.pop().strip() != b"--":
        raise ValueError("multipart body does not begin and end with its boundary")
    return tuple(_part(section.removeprefix(b"\r\n")) for section in sections)


def _part(section: bytes) -> Part:
    head, blank, data = section.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("multipart section without a blank line")
    headers: dict[str, str] = {}
    for line in head.decode().split("\r\n"):
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    disposition = headers.get("content-disposition", "")
    parameters = dict(PARAMETER.findall(disposition))
    if not disposition.startswith("form-data") or "name" not in parameters:
        raise ValueError("multipart section without a name")
    return Part(parameters["name"], data, parameters.get("filename"), headers.get("content-type", ""))
