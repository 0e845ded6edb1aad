"""What lies at an address to which a provider's answer points, such as a picture on a file server."""

from __future__ import annotations

from dataclasses import replace

import httpx2

from voiceapp.openai_api import sentences
from voiceapp.openai_api.client import Timeouts, host_of, is_loopback, trusted
from voiceapp.openai_api.errors import FAILURES, error_from


async def fetched(address: str, base: str, timeouts: Timeouts, where: sentences.Where, limit_bytes: int) -> bytes:
    """Return what lies at *address*, relative to *base*. No key is sent there.

    Raises BadAnswer for an address that is not http(s), that leads from elsewhere to this machine, or that gives
    more than *limit_bytes*.
    """
    try:
        url = httpx2.URL(base + "/").join(address)
    except httpx2.InvalidURL:
        raise sentences.not_the_protocol("rubbish", where, "bad url") from None
    if url.scheme not in ("http", "https") or (is_loopback(str(url)) and not is_loopback(base)):
        raise sentences.not_the_protocol("rubbish", where, "bad url")
    data = bytearray()
    timeout = httpx2.Timeout(timeouts.silence_s, connect=timeouts.connect_s)
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout, verify=trusted(), trust_env=not is_loopback(str(url))) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > limit_bytes:
                    raise sentences.not_the_protocol("too_large", where)
    except httpx2.HTTPStatusError as problem:
        raise sentences.not_the_protocol("empty", where, f"{problem.response.status_code}") from None
    except FAILURES as problem:
        raise error_from(problem, replace(where, host=host_of(str(url)))) from None
    return bytes(data)
