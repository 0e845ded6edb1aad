"""Server-sent events on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping

SSE_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
DONE = b"data: [DONE]\n\n"


def data(payload: object) -> bytes:
    """Return a nameless event, as Chat Completions sends."""
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def event(payload: Mapping[str, object]) -> bytes:
    """Return an event named by its type, as Responses and audio streams send."""
    return f"event: {payload['type']}\n".encode() + data(payload)
