"""A websocket to a provider's ``/realtime``: JSON events both ways, every trouble as one of ``core.errors``.

Knows nothing of sessions: speech, live transcription and conversations bring their own protocol. The websockets library
is used as it is; the SDK's connection would hide close codes and types events by guess.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)

from voiceapp.core.errors import ProviderError
from voiceapp.core.settings import Job, Provider, ProviderKind
from voiceapp.openai_api import sentences
from voiceapp.openai_api.client import Timeouts, base_url_of, is_loopback, is_token, path_of, trusted
from voiceapp.openai_api.errors import closing_error, error_for_event, error_for_status, error_from, now_utc
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.queue import ProviderQueue
from voiceapp.openai_api.sentences import Where
from voiceapp.openai_api.sse import UNREADABLE, NotTheProtocol

Event = Mapping[str, Any]

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""A service's longest delta is a few seconds of sound; whoever sends more at once does not speak the protocol."""
GREETING_S = 0.5
"""A greeting that comes in spite of a complaint follows it at once."""
QUIET = logging.Logger("voiceapp.openai_api.websocket", logging.WARNING)
"""The library's own log would show the key."""


class Connected(Protocol):
    """What of a wire a socket needs."""

    provider: Provider
    timeouts: Timeouts
    queue: ProviderQueue

    def key(self) -> str:
        """Return the key. Raises NoKey, AuthFailed."""
        ...

    def where(self, model: str = "") -> Where:
        """Return whom we speak to."""
        ...


class RealtimeSocket:
    """An open websocket. :meth:`post` never waits; one task at a time may :meth:`receive`. Voice loop.

    *on_limits* is given what the service says about its limits, whoever receives it.
    """

    def __init__(
        self, connection: ClientConnection, where: Where, on_limits: Callable[[object], None] = lambda _limits: None
    ) -> None:
        self._connection = connection
        self._where = where
        self._on_limits = on_limits
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._sending = asyncio.create_task(self._send(), name="realtime-send")

    def post(self, event: Event) -> None:
        """Send *event* after those before it. A connection that is gone tells in :meth:`receive`."""
        self._outbox.put_nowait(json.dumps(event))

    async def receive(self) -> Event:
        """Return the next event. Raises ProviderError when the connection ends, however it ends."""
        try:
            message = await self._connection.recv()
        except ConnectionClosed as closed:
            raise _closed(closed, self._where) from None
        except WebSocketException:
            raise sentences.not_the_protocol("rubbish", self._where) from None
        try:
            event = json.loads(message)  # some servers put their JSON into binary messages
        except UNREADABLE:
            event = None
        if not isinstance(event, dict):
            raise error_from(NotTheProtocol("rubbish"), self._where)
        if event.get("type") == "rate_limits.updated":
            self._on_limits(event.get("rate_limits"))
        return event

    @property
    def is_open(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return self._connection.close_code is None and not self._sending.done()

    async def close(self) -> None:
        """Say goodbye, without waiting long for the answer; cancelled, without waiting at all. Idempotent."""
        self._sending.cancel()
        try:
            await asyncio.gather(self._sending, return_exceptions=True)
            await self._connection.close()
        finally:
            self._connection.transport.abort()

    async def _send(self) -> None:
        while True:
            text = await self._outbox.get()
            try:
                await self._connection.send(text)
            except ConnectionClosed:
                return  # whoever receives is told why


async def open_socket(wire: Connected, query: Mapping[str, str], model: str = "") -> RealtimeSocket:
    """Connect to *wire*'s realtime endpoint; *query* is {"model": …} or {"intent": "transcription"}.

    *model* is named in errors, and has limits of its own in the wire's queue. Raises ProviderError.
    """
    where, timeouts = wire.where(model), wire.timeouts
    address = address_of(wire.provider, query)
    is_near = is_loopback(base_url_of(wire.provider))
    try:
        connection = await _Connect(
            address,
            additional_headers=_headers(wire.provider, wire.key()),
            user_agent_header=None,
            compression=None,  # sound in base64 hardly shrinks, and deflating it costs a millisecond a message
            proxy=None if is_near else True,
            ssl=trusted() if address.startswith("wss:") else None,
            open_timeout=2 * timeouts.connect_s,  # name, line, TLS and the handshake
            close_timeout=0.3,  # with sound still in the pipe, its answer would not be seen anyway
            max_size=MAX_MESSAGE_BYTES,
            logger=QUIET,
        )
    except (WebSocketException, OSError, ImportError, ValueError) as problem:
        error = _opening_error(problem, where)
    else:
        return RealtimeSocket(connection, where, lambda limits: wire.queue.note_limits(model, limits))
    raise error


async def greeted(wire: Connected, model: str) -> None:
    """Open a conversation with *model*, wait until the service greets, and leave. Raises ProviderError."""
    where = wire.where(model)
    complaint: ProviderError | None = None
    socket = await open_socket(wire, {"model": model}, model)
    try:
        async with asyncio.timeout(wire.timeouts.first_s) as patience:
            while (event := await socket.receive()).get("type") != "session.created":
                if is_error(event):  # some servers complain first and greet all the same
                    complaint = error_for_event(event, where)
                    patience.reschedule(asyncio.get_running_loop().time() + GREETING_S)
    except TimeoutError:
        raise complaint or sentences.timed_out(where) from None
    except ProviderError as error:
        raise complaint or error from None
    finally:
        await socket.close()


def address_of(provider: Provider, query: Mapping[str, str]) -> str:
    """Return the websocket address for *query* at *provider*: Azure's older face names a deployment and a version."""
    path = path_of(provider, Job.REALTIME.value)
    base = base_url_of(provider)
    if provider.kind is ProviderKind.AZURE and not base.endswith("/v1"):
        base = f"{base.removesuffix('/openai')}/openai"
        version = {"api-version": provider.api_version or "2025-04-01-preview"}
        named = {"deployment": query["model"]} if "model" in query else dict(query)
        query = {**version, **named}
    url = httpx2.URL(path if "://" in path else base + path)
    scheme = {"http": "ws", "https": "wss"}.get(url.scheme, url.scheme)
    return str(url.copy_with(scheme=scheme).copy_merge_params(dict(query)))


class _Connect(connect):
    """Follows no redirect: the key belongs to the address that the person gave."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _headers(provider: Provider, key: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    if key and provider.kind is ProviderKind.AZURE and not is_token(key):
        headers["api-key"] = key
    elif key:
        headers["Authorization"] = f"Bearer {key}"
    if provider.kind is ProviderKind.OPENAI:
        named = {"OpenAI-Organization": provider.organization, "OpenAI-Project": provider.project}
        headers |= {name: value for name, value in named.items() if value}
    return headers


def _opening_error(problem: Exception, where: Where) -> ProviderError:
    match problem:
        case InvalidStatus():
            response = problem.response
            body = (response.body or b"").decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in response.headers.raw_items()}
            return error_for_status(response.status_code, _decoded(body), headers, where, now_utc())
        case InvalidProxy() | ProxyError() | ImportError():
            return sentences.no_network("proxy", where)
        case InvalidMessage() if isinstance(problem.__cause__, EOFError | ConnectionError):
            return sentences.broke_off(where, detail="connection lost")
        case InvalidURI():
            return sentences.bad_address(where)
        case InvalidHandshake() | WebSocketException():
            return sentences.not_the_protocol("rubbish", where)
        case TimeoutError():
            return sentences.timed_out(where, is_connecting=True)
        case OSError():  # a certificate that is not accepted is a ValueError as well
            return error_from(problem, where)
        case _:
            return sentences.bad_address(where)


def _decoded(body: str) -> object:
    try:
        return json.loads(body)
    except UNREADABLE:
        return body


def _closed(closed: ConnectionClosed, where: Where) -> ProviderError:
    """Name why the connection ended: by the service's word, by ours (a frame too large), or without one."""
    if closed.sent is not None and not closed.rcvd_then_sent:
        if closed.sent.code == 1009:
            return sentences.not_the_protocol("too_large", where)
        if closed.sent.code in (1002, 1007):
            return sentences.not_the_protocol("rubbish", where)
        if closed.sent.code == 1011:  # it did not answer our pings
            return sentences.broke_off(where, detail="connection lost")
    if closed.rcvd is None:
        return sentences.broke_off(where, detail="connection lost")
    return closing_error(closed.rcvd.code, closed.rcvd.reason, where)
