"""Errors as values that can cross threads and be shown."""

from __future__ import annotations

from voiceapp.core.errors import ModelGone, ProviderError, RateLimited, VoiceAppError, unexpected
from voiceapp.core.events import Problem


def problem_of(error: VoiceAppError) -> Problem:
    """Return *error* as a value that can cross threads."""
    return Problem(
        code=error.code,
        message=error.message,
        hint=error.hint,
        detail=error.detail,
        is_retryable=error.is_retryable,
        retry_after_s=error.retry_after_s if isinstance(error, RateLimited) else None,
        provider=error.provider if isinstance(error, ProviderError) else "",
        model=error.model if isinstance(error, ModelGone) else "",
        replacement=error.replacement if isinstance(error, ModelGone) else "",
    )


def leading(error: BaseException) -> VoiceAppError:
    """Return the first of *error*'s causes that a person can read; task scopes wrap theirs in groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return unexpected(error)
