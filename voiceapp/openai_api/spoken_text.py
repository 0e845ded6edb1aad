"""What a speech model is given to say, whichever way it speaks."""

from __future__ import annotations

from voiceapp.openai_api import sentences
from voiceapp.openai_api.text_joiner import whole


def pronounceable(text: str) -> str:
    """Return *text* fit for sending, "" where nothing in it has a sound: some servers fail on it, others invent one."""
    text = whole(text).strip()
    return text if any(character.isalnum() for character in text) else ""


def check_length(text: str, max_chars: int, where: sentences.Where) -> None:
    """Raise TooLong for more than *max_chars* characters."""
    if len(text) > max_chars:
        raise sentences.too_long(where, detail=f"{len(text)} characters")
