"""How a request is changed after a refusal, and when it is worth sending again. Pure decisions.

A provider that refuses a parameter gets the request without it, a model that is gone is replaced by its successor;
both are remembered (``lessons.LessonBook``), so that only the first request pays for the lesson.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from voiceapp.core.errors import BadRequest, ModelGone, NoNetwork, ProviderDown, ProviderError, RateLimited

Body = dict[str, Any]

DROPPABLE = frozenset({
    "frequency_penalty", "include", "instructions", "keywords", "language", "languages", "logprobs", "max_tokens",
    "parallel_tool_calls", "presence_penalty", "prompt", "prompt_cache_key", "prompt_cache_options", "reasoning",
    "reasoning_effort", "safety_identifier", "service_tier", "speed", "store", "stream_format", "stream_options",
    "temperature", "text", "tool_choice", "tools", "top_p", "verbosity",
})  # fmt: skip
"""Parameters without which an answer is still the answer to what was asked."""

_IMAGES = frozenset({
    "moderation", "output_compression", "output_format", "partial_images", "response_format", "stream",
})  # fmt: skip
_DROPPABLE_AT: Mapping[str, frozenset[str]] = {
    "chat": DROPPABLE | {"response_format"},  # whoever asked for a form reads the reply with care
    "images": _IMAGES,
    "image_edits": _IMAGES,
    "embeddings": frozenset({"dimensions", "encoding_format"}),
    "batches": frozenset({"metadata"}),
    "transcription": DROPPABLE | {"response_format", "stream"},  # words are words, with or without their times
    "translation": DROPPABLE | {"response_format"},
}
"""Where an endpoint has parameters of its own, those: a picture in another form is still the picture."""

MAX_DROPS = 4
MAX_RETRIES = 2
LONGEST_WAIT_S = 8.0
"""A person waits in silence no longer than this; a longer wait is told instead."""


@dataclass(frozen=True)
class Lessons:
    """What a provider taught us: parameters to leave out, and who replaces which model."""

    dropped: frozenset[str] = frozenset()
    replaced: Mapping[str, str] | None = None

    def applied(self, body: Body) -> Body:
        """Return *body* as it is sent from now on."""
        kept = {name: value for name, value in body.items() if name not in self.dropped}
        model = (self.replaced or {}).get(kept.get("model", ""))
        return {**kept, "model": model} if model else kept


def droppable_at(endpoint: str) -> frozenset[str]:
    """Return the parameters that a request to *endpoint* can do without."""
    return _DROPPABLE_AT.get(endpoint, DROPPABLE)


def lesson_from(
    error: ProviderError, prose: str, body: Body, lessons: Lessons, droppable: frozenset[str] = DROPPABLE
) -> Lessons | None:
    """Return what *error* teaches about *body*, the request as it was sent; None when nothing can be mended."""
    if isinstance(error, ModelGone):
        known = lessons.replaced or {}
        if not error.replacement or error.model in known or error.model in known.values():
            return None
        return replace(lessons, replaced={**known, error.model: error.replacement})
    if not isinstance(error, BadRequest) or len(lessons.dropped) >= MAX_DROPS:
        return None
    name = _refused_parameter(error.param, prose, body, droppable)
    return replace(lessons, dropped=lessons.dropped | {name}) if name else None


def wait_before_retry_s(error: ProviderError, attempt: int, jitter: float) -> float | None:
    """Return how long to wait before sending the same request again; None when that does not help.

    Args:
        error: what went wrong before anything of the answer arrived.
        attempt: how often the request was sent again already, from 0.
        jitter: 0..1, so that many clients do not come back together.
    """
    if attempt >= MAX_RETRIES:
        return None
    if isinstance(error, RateLimited):
        return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else None
    if isinstance(error, NoNetwork):  # refused and unknown hosts stay so for a while; a lost route may be back
        return 0.2 if error.detail == "unreachable" and attempt == 0 else None
    if isinstance(error, ProviderDown):
        if error.detail == "connection lost":  # usually an idle connection that the server closed meanwhile
            return 0.0 if attempt == 0 else None
        return float(0.4 * 2**attempt * (1.0 - 0.25 * jitter))
    return None


def _refused_parameter(param: str, prose: str, body: Body, droppable: frozenset[str]) -> str:
    name = param.replace("[", ".").split(".")[0]
    if name in body:
        return name if name in droppable and not (name == "tools" and _is_hosted(body)) else ""
    if "does not support tools" in prose and "tools" in body:
        return "tools"
    # Longest first: "reasoning_effort" is not "reasoning".
    named = [key for key in sorted(body, key=len, reverse=True) if key in droppable and _stands_in(key, prose)]
    return named[0] if named else ""


def _is_hosted(body: Body) -> bool:
    """Whether the service's own tools are among those of the request: they are given up first, by who asked."""
    return any(isinstance(tool, dict) and tool.get("type") != "function" for tool in body["tools"])


def _stands_in(name: str, prose: str) -> bool:
    """Whether *prose* names the parameter, rather than using an everyday word such as "text" or "language"."""
    if "_" in name:
        return name in prose
    return any(f"{quote}{name}{quote}" in prose for quote in "'\"`") or f": {name}" in prose
