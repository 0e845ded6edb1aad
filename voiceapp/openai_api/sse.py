"""What a server streams, cut into events: server-sent events, one JSON document, or JSON lines. No socket.

Servers differ in line ends, in the space after ``data:``, in where they break a character, and some answer with
JSON although a stream was asked for (or the other way round). :class:`EventDecoder` looks at the first bytes and
takes what comes.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_EVENT_CHARS = 16 * 1024 * 1024
"""Longest event taken; beyond it the server is not speaking the protocol."""

DONE = "[DONE]"
UNREADABLE = (ValueError, RecursionError)
"""What reading JSON raises, the latter for brackets nested without end."""


class NotTheProtocol(Exception):
    """The bytes are neither events nor JSON. ``kind``: "html", "rubbish", "too_large" or "empty"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass
class SseDecoder:
    """Server-sent events as the WHATWG specification says, from text in any chunking, one ``data`` text an event."""

    limit_chars: int = MAX_EVENT_CHARS
    _rest: list[str] = field(default_factory=list)
    _rest_size: int = 0
    _data: list[str] = field(default_factory=list)
    _size: int = 0
    _skip_line_feed: bool = False

    def push(self, text: str) -> list[str]:
        """Return the data of the events that *text* completes. Comments, ids and empty events yield nothing."""
        if self._skip_line_feed and text:
            text = text.removeprefix("\n")
            self._skip_line_feed = False
        if not text:
            return []
        # A carriage return at the end of a chunk ends its line at once; a line feed after it belongs to it.
        self._skip_line_feed = text.endswith("\r")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if len(lines) == 1:  # a picture's line comes in hundreds of pieces: they are joined once
            self._keep(lines[0])
            return []
        lines[0] = "".join((*self._rest, lines[0]))
        self._rest, self._rest_size = [], 0
        self._keep(lines.pop())
        return [data for line in lines if (data := self._line(line)) is not None]

    def finish(self) -> list[str]:
        """Return the data of an event that the end of the stream left without its blank line."""
        events = [self._line("".join(self._rest)), self._line("")]
        self._rest, self._rest_size = [], 0
        return [data for data in events if data is not None]

    def _line(self, line: str) -> str | None:
        if not line:
            data, self._data, self._size = "\n".join(self._data), [], 0
            return data if data.strip() else None
        name, _colon, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
            self._size += len(value) + 1
            self._check(self._size)
        return None

    def _keep(self, text: str) -> None:
        self._rest.append(text)
        self._rest_size += len(text)
        self._check(self._rest_size)

    def _check(self, size: int) -> None:
        if size > self.limit_chars:
            raise NotTheProtocol("too_large")


class EventDecoder:
    """Bytes in, JSON objects out, whatever shape the server chose.

    ``is_done`` tells that the server said ``[DONE]``, ``is_json`` that it sent JSON in place of events (None: not known
    yet). Raises NotTheProtocol.
    """

    def __init__(self, limit_chars: int = MAX_EVENT_CHARS) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._sse = SseDecoder(limit_chars)
        self._limit_chars = limit_chars
        self._head = ""
        self._json: list[str] = []
        self._json_size = 0
        self.is_json: bool | None = None
        self.is_done = False

    def push(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that *chunk* completes, those before a fault too."""
        yield from self._take(self._utf8.decode(chunk))

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield what the end of the stream completes: a whole JSON document, or a last event."""
        yield from self._take(self._utf8.decode(b"", final=True))
        if self.is_json:
            yield from json_objects("".join(self._json))
        elif self.is_json is None and self._head.strip():
            raise NotTheProtocol("rubbish")
        else:
            yield from self._decoded(self._sse.finish())

    def _take(self, text: str) -> Iterator[dict[str, Any]]:
        if self.is_json is None:
            text, self._head = (self._head + text).removeprefix("\ufeff"), ""
            self.is_json = _looks_like_json(text)
            if self.is_json is None:
                self._head = text.lstrip()  # some send blanks, without end, to keep the line open
                return
        if not self.is_json:
            yield from self._decoded(self._sse.push(text))
            return
        self._json.append(text)
        self._json_size += len(text)
        if self._json_size > self._limit_chars:
            raise NotTheProtocol("too_large")

    def _decoded(self, datas: list[str]) -> Iterator[dict[str, Any]]:
        for data in datas:
            for value in self._values(data):
                if isinstance(value, dict):
                    yield value
                elif isinstance(value, str):
                    yield {"error": value}

    def _values(self, data: str) -> Iterator[Any]:
        if data.strip() == DONE:
            self.is_done = True
            return
        try:
            yield json.loads(data)
        except UNREADABLE:
            if "\n" not in data:
                raise NotTheProtocol("rubbish") from None
            for line in data.split("\n"):  # events separated by single line feeds
                if line.strip():
                    yield from self._values(line)


def json_objects(text: str) -> list[dict[str, Any]]:
    """Return the objects in *text*: one document, or one per line. Raises NotTheProtocol."""
    try:
        value = json.loads(text)
    except UNREADABLE:
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]
        except UNREADABLE:
            raise NotTheProtocol("rubbish") from None
    values = value if isinstance(value, list) else [value]
    return [value for value in values if isinstance(value, dict)]


def is_html(text: str) -> bool:
    """Tell a web page from an API's answer by its beginning."""
    head = text.lstrip("\ufeff \t\r\n")[:15].lower()
    return head.startswith(("<!doctype", "<html", "<head", "<body", "<?xml"))


def _looks_like_json(text: str) -> bool | None:
    """Tell JSON (True) from events (False) by the first characters; None while there is nothing to go by."""
    head = text.lstrip("\ufeff \t\r\n")
    if not head:
        return None
    if is_html(head):
        raise NotTheProtocol("html")
    if head[0] in "{[":
        return True
    if head.startswith((":", "data:", "event:", "id:", "retry:")):
        return False
    if any(name.startswith(head.lower()) for name in ("data:", "event:", "id:", "retry:", "<!doctype", "<html")):
        return None  # the first chunk ended inside the first word
    raise NotTheProtocol("rubbish")
