"""Answers that are one JSON object."""

from __future__ import annotations

from typing import Any

from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.sse import NotTheProtocol, json_objects
from voiceapp.openai_api.wire import Sent, Wire

ANSWER_BYTES = 32 * 1024 * 1024


async def object_of(wire: Wire, sent: Sent, limit_bytes: int = ANSWER_BYTES) -> dict[str, Any]:
    """Return the object that *sent* answers with, empty where it is none. Raises ProviderError, BadAnswer."""
    data = await wire.body(sent, limit_bytes)
    where = wire.where(sent.model)
    try:
        documents = json_objects(data.decode("utf-8", "replace"))
    except NotTheProtocol as problem:
        raise sentences.not_the_protocol(problem.kind, where) from None
    answer = documents[0] if documents else {}
    if is_error(answer):
        raise error_for_event(answer, where)
    return answer
