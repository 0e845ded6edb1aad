"""The ``audio`` of a chat completion: sound and its words, in deltas or in one piece. No socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from voiceapp.core.speech import ReplyPart, SoundDelta, SoundKept, TextDelta
from voiceapp.openai_api.sound_stream import PcmJoiner, sound_bytes
from voiceapp.openai_api.text_joiner import TextJoiner

RATE_HZ = 24_000


class SpokenPart:
    """Turns the deltas of one reply's ``audio`` into reply parts. Raises NotTheProtocol for sound that is none."""

    def __init__(self) -> None:
        self._pcm = PcmJoiner()
        self._words = TextJoiner()
        self._id = ""
        self._expires_at_s = 0.0

    def push(self, audio: Mapping[str, Any]) -> Iterator[ReplyPart]:
        """Yield what *audio* adds; nulls add nothing."""
        name, expires_at = audio.get("id"), audio.get("expires_at")
        if isinstance(name, str) and name:
            self._id = name
        if isinstance(expires_at, int | float):
            self._expires_at_s = float(expires_at)
        transcript, data = audio.get("transcript"), audio.get("data")
        if isinstance(transcript, str) and (words := self._words.push(transcript)):
            yield TextDelta(words)
        if isinstance(data, str) and data:
            sound = self._pcm.push(sound_bytes(data))
            if len(sound):
                yield SoundDelta(sound)

    def finish(self) -> Iterator[ReplyPart]:
        """Yield what was held back, and under which name the service keeps the sound."""
        if rest := self._words.finish():
            yield TextDelta(rest)
        if self._id and self._expires_at_s:
            yield SoundKept(self._id, self._expires_at_s)
