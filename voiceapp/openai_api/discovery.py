"""Who speaks the OpenAI API: servers on this machine, and whether a configured provider really answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from voiceapp.core.events import ServerFound
from voiceapp.core.providers import WELL_KNOWN_PORTS
from voiceapp.openai_api.client import trusted
from voiceapp.openai_api.sse import NotTheProtocol, json_objects
from voiceapp.openai_api.wire import Wire

PATIENCE_S = 0.8
"""A server on this machine answers at once or is busy loading; then it is found next time."""
MAX_ANSWER_BYTES = 4 * 1024 * 1024

_OWNERS = {
    "library": "Ollama",
    "ollama": "Ollama",
    "organization_owner": "LM Studio",
    "organization-owner": "LM Studio",
    "lmstudio": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
}


@dataclass(frozen=True)
class Checked:
    """A provider answered: the round trip in milliseconds and the models it lists."""

    latency_ms: float
    models: tuple[str, ...]


async def check(wire: Wire) -> Checked:
    """Really call the provider. Raises ProviderError, NoKey among them."""
    began_s = time.perf_counter()
    models = await wire.models()
    return Checked((time.perf_counter() - began_s) * 1000.0, models)


async def discover(
    known_urls: Collection[str] = (), ports: Sequence[int] = WELL_KNOWN_PORTS, host: str = "127.0.0.1"
) -> AsyncIterator[ServerFound]:
    """Yield the servers on this machine as they answer, except those at *known_urls*. Never raises ProviderError."""
    urls = [f"http://{host}:{port}/v1" for port in ports]
    known = {_same(url) for url in known_urls}
    timeout = httpx2.Timeout(PATIENCE_S)
    async with httpx2.AsyncClient(timeout=timeout, trust_env=False, verify=trusted()) as client:
        looks = [asyncio.ensure_future(_look(client, url)) for url in urls if _same(url) not in known]
        try:
            for look in asyncio.as_completed(looks):
                if (found := await look) is not None:
                    yield found
        finally:
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)


async def _look(client: httpx2.AsyncClient, base_url: str) -> ServerFound | None:
    try:
        async with asyncio.timeout(PATIENCE_S), client.stream("GET", f"{base_url}/models") as response:
            if response.status_code != 200:
                return None
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_ANSWER_BYTES:
                    return None
        documents = json_objects(data.decode("utf-8", "replace"))
    except (httpx2.HTTPError, httpx2.StreamError, NotTheProtocol, TimeoutError):
        return None
    rows = documents[0].get("data") if documents else None
    if not isinstance(rows, list):
        return None  # something else lives on that port
    models = [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]
    name = server_name(models, response.headers.get("server", ""))
    return ServerFound(name, base_url, tuple(str(row["id"]) for row in models))


def server_name(models: Sequence[Mapping[str, Any]], server_header: str = "") -> str:
    """Tell who listed *models* by the traces that each leaves: the owner, the fields, the header."""
    for row in models:
        if (owner := str(row.get("owned_by", "")).lower()) in _OWNERS:
            return _OWNERS[owner]
    if "llama.cpp" in server_header.lower():
        return "llama.cpp"
    if any("task" in row for row in models):  # "automatic-speech-recognition", "text-to-speech"
        return "Speaches"
    if models and all(not row.get("owned_by") and "created" not in row for row in models):
        return "LocalAI"
    return "OpenAI-compatible server"


def _same(url: str) -> str:
    """*url* in one spelling."""
    return url.rstrip("/").replace("://localhost", "://127.0.0.1").removesuffix("/v1")
