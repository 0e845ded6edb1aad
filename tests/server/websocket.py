"""A websocket on a connection of the loopback server: the protocol by ``websockets``, the bytes by asyncio streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.protocol import State
from websockets.server import ServerProtocol

from tests.server.wire import Request, WatchedReader

GOODBYE_S = 5.0


class ClientLeft(Exception):
    """The client closed, or its connection broke. ``code`` is that of its close frame, 0 where there was none."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class WebSocket:
    """JSON in both directions. Server thread; one task at a time may read, others may send meanwhile."""

    def __init__(self, request: Request, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = ServerProtocol(max_size=None)
        self._accept(request)

    async def receive(self) -> Any:
        """Return the next message, decoded. Raises ClientLeft."""
        text = bytearray()
        while True:
            for frame in await self._frames():
                if frame.opcode is Opcode.CLOSE:
                    raise ClientLeft(self._protocol.close_rcvd.code if self._protocol.close_rcvd else 0)
                if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    text += frame.data
                    if frame.fin:
                        return json.loads(bytes(text))

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send *event* as a text message."""
        await self.send_text(json.dumps(event))

    async def send_text(self, text: str) -> None:
        """Send *text*, whatever it is."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode())
            self._flush()

    async def send_bytes(self, data: bytes) -> None:
        """Send *data* as a binary message."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_binary(data)
            self._flush()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; the client's answer is not waited for."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._flush()

    async def left_in_order(self) -> None:
        """After :meth:`close`: read until the client closes too; unread bytes would reset the connection.

        A reset takes the close frame with it, so the client would not learn why.
        """
        with suppress(ClientLeft, TimeoutError, OSError):
            async with asyncio.timeout(GOODBYE_S):
                while not any(frame.opcode is Opcode.CLOSE for frame in await self._frames()):
                    pass

    def abort(self) -> None:
        """Break the connection without a word."""
        self._writer.transport.abort()

    # --- inside -------------------------------------------------------------------------------------------

    def _accept(self, request: Request) -> None:
        """Feed the handshake, which the server has read already, to the protocol and answer it."""
        target = f"{request.path}?{request.query}" if request.query else request.path
        head = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
        self._pending: list[Frame] = []
        self._protocol.receive_data("\r\n".join([*head, "", ""]).encode("latin-1"))
        (handshake,) = self._protocol.events_received()
        assert isinstance(handshake, Handshake)
        self._protocol.send_response(self._protocol.accept(handshake))
        self._flush()

    async def _frames(self) -> list[Frame]:
        """Return one frame as a list; [] while none is complete. Raises ClientLeft at the end of the connection."""
        if not self._pending:
            data = await self._reader.read(65536)
            await self._reader.paced(len(data))
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            self._flush()
            self._pending = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
            if not data and not self._pending:
                raise ClientLeft(0)
        return [self._pending.pop(0)] if self._pending else []

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and not self._writer.is_closing():
                self._writer.write(data)
