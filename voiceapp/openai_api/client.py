"""The SDK's client for a provider: address, key, proxies, timeouts.

Requests go through the client's own ``post`` and ``get`` with the raw response, not through its typed methods:
checking and rebuilding a conversation against the SDK's types costs 5 ms a call and another 3 ms for 50 streamed
tokens (0.6 ms in all this way), and the typed decoders give up on half of what compatible servers send. The client
still gives authentication, Azure's addresses, the connection pool and its error types.

Building one takes about 0.1 s (trust store): do it in a worker thread.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase

import httpx2
import openai

from voiceapp.core.settings import Job, Provider, ProviderKind

HttpClient = httpx2.AsyncClient
OPENAI_URL = "https://api.openai.com/v1"
KEEP_ALIVE_S = 60.0

ENDPOINTS = {
    "chat": "/chat/completions",
    "responses": "/responses",
    Job.TRANSCRIPTION.value: "/audio/transcriptions",
    "translation": "/audio/translations",
    Job.SPEECH.value: "/audio/speech",
    Job.IMAGES.value: "/images/generations",
    "image_edits": "/images/edits",
    Job.MODERATION.value: "/moderations",
    Job.EMBEDDINGS.value: "/embeddings",
    Job.REALTIME.value: "/realtime",
    "models": "/models",
    "files": "/files",
    "batches": "/batches",
    "vector_stores": "/vector_stores",
    "containers": "/containers",
}
"""The standard path of each endpoint; ``Provider.paths`` replaces it by name."""

_PASTED = (
    "/chat/completions", "/completions", "/responses", "/audio/transcriptions", "/audio/translations",
    "/audio/speech", "/images/generations", "/images/edits", "/images/generate", "/moderations", "/embeddings",
    "/realtime", "/models",
)  # fmt: skip


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect_s: for the connection.
        silence_s: for the next piece of an answer that has begun, and for an upload that does not move.
        first_s: for the answer to begin; servers on this machine may have to load a model first.
    """

    connect_s: float = 3.0
    silence_s: float = 20.0
    first_s: float = 20.0


LOCAL_TIMEOUTS = Timeouts(first_s=120.0)


def timeouts_for(provider: Provider) -> Timeouts:
    """Return patience that fits: more for a server on this machine, which loads its models when first asked."""
    return LOCAL_TIMEOUTS if is_loopback(base_url_of(provider)) else Timeouts()


def base_url_of(provider: Provider) -> str:
    """Return the address to send to, without a trailing slash; a full endpoint pasted as base URL is cut back."""
    url = provider.base_url.strip()
    if not url:
        return OPENAI_URL if provider.kind is ProviderKind.OPENAI else ""
    if "://" not in url:
        url = ("http://" if is_loopback("http://" + url) else "https://") + url
    url, _mark, _query = url.partition("?")
    url = url.rstrip("/")
    for ending in _PASTED:
        if url.lower().endswith(ending):
            return url[: -len(ending)].rstrip("/")
    return url


def path_of(provider: Provider, endpoint: str) -> str:
    """Return where *endpoint* is served: a path below the base URL, or a whole address.

    *endpoint* is a key of ENDPOINTS; what stands behind it follows the path ("batches/b1/cancel").

    ``Provider.paths`` names a path from the root of the server ("/images/generate"), since servers that move an
    endpoint usually move it out of ``/v1``; or a whole address.
    """
    rest = endpoint.lstrip(ascii_lowercase + "_")
    endpoint = endpoint.removesuffix(rest)
    job = Job.CHAT.value if endpoint == "responses" else endpoint
    path = provider.paths.get(endpoint, provider.paths.get(job, ""))
    if not path:
        return ENDPOINTS[endpoint] + rest
    path += rest
    if "://" in path:
        return path
    return str(httpx2.URL(base_url_of(provider)).copy_with(path="/" + path.lstrip("/"), query=None))


def host_of(url: str) -> str:
    """Return host and port for people ("localhost:11434")."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return url
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host


def is_loopback(url: str) -> bool:
    """Tell whether *url* leads to this very machine, as far as it says so itself: names are not looked up."""
    try:
        host = httpx2.URL(url).host.rstrip(".")
    except httpx2.InvalidURL:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that *host* spells, also in the forms that only connecting understands; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 2130706433, 0x7f000001
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def is_token(key: str) -> bool:
    """Tell whether *key* is a signed token of Microsoft's sign-in ("eyJ…", three parts) rather than an API key."""
    return key.startswith("eyJ") and key.count(".") == 2


def build_client(
    provider: Provider,
    key: Callable[[], str],
    timeouts: Timeouts,
    http_client: httpx2.AsyncClient | None = None,
) -> openai.AsyncOpenAI:
    """Return the SDK's client for *provider*. Blocking, about 0.1 s. The caller closes it.

    *key* is asked before every request, so a new key is used at once; it must not block. The environment is not
    looked at: what it says has already become part of *provider*. Raises openai's or httpx2's errors for an
    address that is none.
    """
    url, timeout = base_url_of(provider), _timeout(timeouts)
    http_client = http_client or http_client_for(provider, timeouts)

    async def current_key() -> str:
        return key()

    if provider.kind is ProviderKind.AZURE:
        return _azure(provider, current_key, url, timeout, http_client)
    client = openai.AsyncOpenAI(
        api_key=current_key, base_url=url, timeout=timeout, max_retries=0, http_client=http_client
    )
    client.organization = provider.organization or None
    client.project = provider.project or None
    return client


def http_client_for(provider: Provider, timeouts: Timeouts) -> httpx2.AsyncClient:
    """Return the connections to *provider*. Blocking; the caller closes it."""
    return openai.DefaultAsyncHttpx2Client(
        timeout=_timeout(timeouts),
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEP_ALIVE_S),
        verify=trusted(),
        trust_env=not is_loopback(base_url_of(provider)),  # a proxy for the world must not swallow a server here
    )


def _timeout(timeouts: Timeouts) -> httpx2.Timeout:
    return httpx2.Timeout(
        connect=timeouts.connect_s, read=timeouts.first_s, write=timeouts.silence_s, pool=timeouts.connect_s
    )


@cache
def trusted() -> ssl.SSLContext:
    """The system's trusted certificates, read once: 30 ms to 100 ms."""
    return httpx2.create_ssl_context()


def _azure(
    provider: Provider,
    key: Callable[[], Awaitable[str]],
    url: str,
    timeout: httpx2.Timeout,
    http_client: httpx2.AsyncClient,
) -> openai.AsyncOpenAI:
    """Azure has two faces: the older one with deployments in the path, the newer ``/openai/v1`` like OpenAI's own."""
    if url.endswith("/v1"):
        return openai.AsyncOpenAI(api_key=key, base_url=url, timeout=timeout, max_retries=0, http_client=http_client)
    return openai.AsyncAzureOpenAI(
        azure_endpoint=url.removesuffix("/openai"),
        api_version=provider.api_version or "2025-04-01-preview",
        api_key=key,
        timeout=timeout,
        max_retries=0,
        http_client=http_client,
    )
