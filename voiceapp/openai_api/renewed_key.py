"""Requests carry the newest key of a provider whose keys end: it is looked at in the moment of sending.

By hooks of the HTTP client, so that a retry, a stream and an upload all get it, and nothing above has to know.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2

REFUSED = 401


def renew_key(
    client: httpx2.AsyncClient, fresh: Callable[[], Awaitable[str]], refused: Callable[[str], Awaitable[None]]
) -> None:
    """Let *client* send what *fresh* returns in place of the key that a request was made with.

    *fresh* never raises; "" leaves the request as it is. *refused* gets a key that the service did not take. A request
    that was made without a key, such as for a picture elsewhere, stays without.
    """

    async def sign(request: httpx2.Request) -> None:
        name = next((name for name in ("authorization", "api-key") if name in request.headers), "")
        if not name or not (key := await fresh()):
            return
        request.headers[name] = f"Bearer {key}" if name == "authorization" else key

    async def look(response: httpx2.Response) -> None:
        if response.status_code == REFUSED:
            headers = response.request.headers
            await refused(headers.get("authorization", headers.get("api-key", "")).removeprefix("Bearer "))

    client.event_hooks = {"request": [sign], "response": [look]}
