"""What stands between us and a provider: certificates that nobody vouches for, and proxies."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which

import pytest

from tests.openai_api.adapters import ADAPTERS
from tests.openai_api.conftest import KEY, MakeWire
from tests.server.loopback import LoopbackServer
from voiceapp.core import errors as e
from voiceapp.openai_api.client import trusted
from voiceapp.openai_api.realtime_socket import open_socket
from voiceapp.openai_api.wire import Wire

CHAT = ADAPTERS[0]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Reach = Callable[[Wire], Awaitable[None]]


@asynccontextmanager
async def listening(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port of this machine; yields it."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate that it made itself."""
    if which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    certificate, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(private), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context


async def read_head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def proxy(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer every request with *answer*; yields the port and the heads of what is asked."""
    heads: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_head(reader))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with listening(refuse) as port:
        yield port, heads


async def call(wire: Wire) -> None:
    await CHAT.call(wire, "")


async def open_session(wire: Wire) -> None:
    socket = await open_socket(wire, {"model": "gpt-realtime-2.1-mini"}, "gpt-realtime-2.1-mini")
    await socket.close()


either_way = pytest.mark.parametrize("reach", [call, open_session], ids=["request", "websocket"])
"""Websockets go the same way as requests."""


@either_way
async def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_key_is_sent(
    reach: Reach, make_wire: MakeWire, self_signed: ssl.SSLContext
) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))
        writer.close()

    async with listening(talk, self_signed) as port:
        with pytest.raises(e.NoNetwork, match="not secure") as caught:
            await reach(make_wire(base_url=f"https://127.0.0.1:{port}/v1"))
    assert caught.value.detail == "tls"
    assert not any(KEY.encode() in data for data in heard)
    assert trusted().verify_mode is ssl.CERT_REQUIRED


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Send everything that is not on this machine through a proxy at the port."""

    def use(port: int) -> None:
        for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")

    return use


async def test_a_request_goes_through_the_systems_proxy(
    server: LoopbackServer, make_wire: MakeWire, through: Callable[[int], None]
) -> None:
    lines: list[bytes] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A plain HTTP proxy for one request: an absolute address becomes a path of the server behind."""
        head = await read_head(reader)
        line, _end, rest = head.partition(b"\r\n")
        lines.append(line)
        method, address, version = line.split(b" ")
        length = int(rest.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        body = await reader.readexactly(length)
        behind, to_behind = await asyncio.open_connection("127.0.0.1", server.port)
        path = b"/" + address.split(b"/", 3)[3]
        to_behind.write(b" ".join((method, path, version)) + b"\r\n" + rest.replace(b"keep-alive", b"close") + body)
        while not (answer := await behind.read(65536)).endswith(b"0\r\n\r\n"):
            writer.write(answer)
        writer.write(answer)
        await writer.drain()
        to_behind.close()
        writer.close()

    async with listening(forward) as port:
        through(port)
        wire = make_wire(base_url="http://api.example.test/v1")
        assert await CHAT.call(wire, "") == server.script.chat.text
        await wire.close()
    assert lines == [b"POST http://api.example.test/v1/chat/completions HTTP/1.1"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", e.AuthFailed, "does not allow"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", e.AuthFailed, "does not allow"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>Please sign in</html>"[:-1],
            e.BadAnswer,
            "web page",
        ),
    ],
)
async def test_a_proxy_that_refuses(
    answer: bytes, kind: type[e.ProviderError], words: str, make_wire: MakeWire, through: Callable[[int], None]
) -> None:
    async with proxy(answer) as (port, _heads):
        through(port)
        with pytest.raises(kind, match=words):
            await call(make_wire(base_url="http://api.example.test/v1"))


@either_way
async def test_a_proxy_that_refuses_a_tunnel_never_sees_the_key(
    reach: Reach, make_wire: MakeWire, through: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (port, heads):
        through(port)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(e.NoNetwork) as caught:
            await reach(make_wire(base_url="https://api.example.test/v1"))
    assert caught.value.detail == "proxy"
    assert heads
    assert heads[0].startswith(b"CONNECT api.example.test:443")
    assert KEY.encode() not in b"".join(heads)


async def test_no_proxy_stands_before_a_server_on_this_machine(
    server: LoopbackServer, make_wire: MakeWire, through: Callable[[int], None]
) -> None:
    through(9)
    assert await CHAT.call(make_wire(), "") == server.script.chat.text


async def test_no_proxy_stands_before_a_websocket_on_this_machine(
    server: LoopbackServer, make_wire: MakeWire, through: Callable[[int], None]
) -> None:
    through(9)
    await open_session(make_wire())
    assert len(server.realtime.sessions) == 1


@either_way
async def test_a_name_that_nobody_knows(reach: Reach, make_wire: MakeWire) -> None:
    with pytest.raises(e.NoNetwork) as caught:
        await reach(make_wire(base_url="https://nobody.invalid/v1"))
    assert caught.value.detail == "dns"
