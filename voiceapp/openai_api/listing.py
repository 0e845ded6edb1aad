"""What ``GET /models`` says, in all its variations."""

from __future__ import annotations

from voiceapp.core.catalogue import Listed, listed_from
from voiceapp.openai_api import sentences
from voiceapp.openai_api.errors import error_for_event, error_from
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.sse import NotTheProtocol, json_objects


def listed_in(text: str, where: sentences.Where) -> tuple[Listed, ...]:
    """Return the models of an answer: ``{"data": [...]}``, ``{"models": [...]}``, a bare list. Raises ProviderError."""
    try:
        documents = json_objects(text)
    except NotTheProtocol as problem:
        raise error_from(problem, where) from None
    if documents and is_error(documents[0]):
        raise error_for_event(documents[0], where)
    rows = documents[0].get("data", documents[0].get("models", [])) if documents else []
    if len(documents) > 1:
        rows = documents  # a bare list
    if not isinstance(rows, list):
        raise sentences.not_the_protocol("rubbish", where)
    found = (listed_from(row) for row in rows if isinstance(row, dict))
    return tuple(one for one in found if one is not None)
