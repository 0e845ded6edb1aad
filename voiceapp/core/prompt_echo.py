"""Recognises a transcript that is not what was said but the engine's own prompt come back.

Engines that are given names and context as a prompt repeat it when they hear nothing. A person may really say one of
those names, so a repetition counts as an echo only on sound that is close to silence, or when the whole prompt
comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

NEAR_SILENCE_DB = -45.0
"""Speech into a microphone that works peaks well above; room noise and hum stay below."""
WHOLE_WORDS = 4
"""From this many words on, nobody says the prompt word for word by chance."""

_WORD = re.compile(r"\w+", re.UNICODE)


def is_prompt_echo(text: str, prompt: str, vocabulary: Sequence[str], peak_db: float) -> bool:
    """Tell whether *text* is *prompt* or *vocabulary* repeated.

    Args:
        text: the transcript.
        prompt: the free context that was sent.
        vocabulary: the terms that were sent.
        peak_db: loudest sample of the sound, in dBFS.
    """
    words = _words(text)
    if not words:
        return False
    sent = (_words(prompt), _words(" ".join(vocabulary)))
    if any(len(words) >= WHOLE_WORDS and words == whole for whole in sent):
        return True
    return peak_db < NEAR_SILENCE_DB and any(_is_part(words, whole) for whole in sent)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _is_part(words: list[str], whole: list[str]) -> bool:
    """Whether *words* stand in *whole* one after the other."""
    count = len(words)
    return any(whole[i : i + count] == words for i in range(len(whole) - count + 1))
