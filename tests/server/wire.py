"""HTTP/1.1 over asyncio streams: requests in, timed answers out. Knows nothing of OpenAI.

An answer is data: pieces with the moment at which each is due, counted from the end of the upload. Moments are
absolute, so a late piece does not delay those after it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from tests.server.multipart import Part, parse_multipart

PACED_BYTES = 4096
"""About three packets: a line is not smoother than that."""


class Framing(StrEnum):
    """How the end of a body is told."""

    CHUNKED = "chunked"
    LENGTH = "length"
    CLOSE = "close"


class Ending(StrEnum):
    """What happens to the connection after the last piece."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"
    """A TCP reset."""
    STALL = "stall"
    """Nothing more is sent; the connection stays open until the client gives up."""


@dataclass(frozen=True)
class Piece:
    """Bytes due *at_s* seconds after the upload is complete; *mark* names them in the log ("token", "audio")."""

    data: bytes
    at_s: float = 0.0
    mark: str = ""


@dataclass(frozen=True)
class Answer:
    """What the server sends. ``headers_at_s`` None: the headers go out with the first piece."""

    pieces: Iterable[Piece] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Framing = Framing.CHUNKED
    ending: Ending = Ending.KEEP
    headers_at_s: float | None = None
    has_headers: bool = True


@dataclass
class Request:
    """A request as it came, with the log of how it was answered. Times are time.monotonic() seconds."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    started_at: float
    body: bytes = b""
    json: Any = None
    parts: tuple[Part, ...] = ()
    uploaded_at: float = 0.0
    headers_sent_at: float | None = None
    first_byte_at: float | None = None
    marks: list[tuple[str, float]] = field(default_factory=list)
    due: list[float] = field(default_factory=list)
    done_at: float | None = None
    disconnected_at: float | None = None
    status: int = 0
    connection: int = 0

    @property
    def is_over(self) -> bool:
        """Answered to the end, or given up by the client."""
        return self.done_at is not None or self.disconnected_at is not None

    def field(self, name: str) -> str | None:
        """Return the text of multipart field *name*, None when there is none."""
        return next((part.data.decode() for part in self.parts if part.name == name), None)

    def times_of(self, mark: str) -> list[float]:
        """Return when the pieces called *mark* were sent."""
        return [at for name, at in self.marks if name == mark]


class WatchedReader(asyncio.StreamReader):
    """A stream reader that also tells when the client has gone, while nobody reads."""

    def __init__(self) -> None:
        super().__init__(limit=2**20)
        self.gone = asyncio.Event()
        self.gone_at = 0.0
        self.uplink_bit_s = 0.0
        """How much the line carries towards the server; 0 = all at once."""
        self._free_at = 0.0

    async def paced(self, count: int) -> None:
        """Wait as long as the line takes for *count* bytes; what queued up meanwhile follows without a gap."""
        if not self.uplink_bit_s or not count:
            return
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + count * 8 / self.uplink_bit_s
        await asyncio.sleep(self._free_at - now)

    async def read_paced(self, count: int) -> bytes:
        """As :meth:`readexactly`, at the line's speed."""
        if not self.uplink_bit_s:
            return await self.readexactly(count)
        data = bytearray()
        while len(data) < count:
            piece = await self.readexactly(min(PACED_BYTES, count - len(data)))
            await self.paced(len(piece))
            data += piece
        return bytes(data)

    def feed_eof(self) -> None:
        self._note()
        super().feed_eof()

    def set_exception(self, exc: BaseException) -> None:
        self._note()
        super().set_exception(exc)  # type: ignore[arg-type]

    def _note(self) -> None:
        if not self.gone.is_set():
            self.gone_at = time.monotonic()
            self.gone.set()


async def read_request(reader: WatchedReader, writer: asyncio.StreamWriter) -> Request | None:
    """Read one request to the end of its body; None when the client closed instead of asking."""
    line = await reader.readline()
    if not line.strip():
        return None
    started_at = time.monotonic()
    method, target, _version = line.decode("latin-1").split()
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _colon, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    path, _mark, query = target.partition("?")
    request = Request(method, path, query, headers, started_at)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.body = await _read_body(reader, headers)
    request.uploaded_at = time.monotonic()
    _parse_body(request)
    return request


async def _read_body(reader: WatchedReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.read_paced(int(headers.get("content-length", "0")))
    chunks: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        chunks.append(await reader.read_paced(size))
        await reader.readline()
    while (await reader.readline()).strip():  # trailers
        pass
    return b"".join(chunks)


def _parse_body(request: Request) -> None:
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json") and request.body:
        try:
            request.json = json.loads(request.body)
        except ValueError:
            request.json = None
    elif content_type.startswith("multipart/form-data"):
        request.parts = parse_multipart(content_type, request.body)


async def send_answer(request: Request, answer: Answer, reader: WatchedReader, writer: asyncio.StreamWriter) -> bool:
    """Send *answer* on time, logging into *request*; return whether the connection may serve another request."""
    pieces = tuple(answer.pieces)
    request.status = answer.status
    if answer.has_headers and (answer.headers_at_s is not None or not pieces):
        if await _gone_before(reader, request.uploaded_at + (answer.headers_at_s or 0.0)):
            return _left(request, reader)
        _write_headers(request, answer, pieces, writer)
    for piece in pieces:
        due = request.uploaded_at + piece.at_s
        if await _gone_before(reader, due):
            return _left(request, reader)
        if answer.has_headers and request.headers_sent_at is None:
            _write_headers(request, answer, pieces, writer)
        writer.write(_framed(piece.data, answer.framing))
        now = time.monotonic()
        request.first_byte_at = request.first_byte_at or now
        request.marks.append((piece.mark, now))
        request.due.append(due)
    return await _end(request, answer, reader, writer)


async def _end(request: Request, answer: Answer, reader: WatchedReader, writer: asyncio.StreamWriter) -> bool:
    if answer.ending is Ending.RESET:
        _reset(writer)
        request.done_at = time.monotonic()
        return False
    if answer.ending is Ending.STALL:
        await reader.gone.wait()
        return _left(request, reader)
    if answer.framing is Framing.CHUNKED and answer.ending is Ending.KEEP:
        writer.write(b"0\r\n\r\n")
    request.done_at = time.monotonic()
    return answer.ending is Ending.KEEP and answer.framing is not Framing.CLOSE


async def _gone_before(reader: WatchedReader, due: float) -> bool:
    """Wait until *due*; return True at once when the client leaves before."""
    if due > time.monotonic():
        try:
            async with asyncio.timeout_at(due):
                await reader.gone.wait()
        except TimeoutError:
            pass
    return reader.gone.is_set()


def _left(request: Request, reader: WatchedReader) -> bool:
    request.disconnected_at = reader.gone_at
    return False


def _write_headers(request: Request, answer: Answer, pieces: tuple[Piece, ...], writer: asyncio.StreamWriter) -> None:
    headers = dict(answer.headers)
    match answer.framing:
        case Framing.CHUNKED:
            headers["Transfer-Encoding"] = "chunked"
        case Framing.LENGTH:
            headers.setdefault("Content-Length", str(sum(len(piece.data) for piece in pieces)))
        case Framing.CLOSE:
            headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    request.headers_sent_at = time.monotonic()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _framed(data: bytes, framing: Framing) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if framing is Framing.CHUNKED and data else data


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
