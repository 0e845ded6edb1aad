"""Scripted speech engines: recogniser, voice, voice activity detection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np

from tests.fakes.sounds import tone
from voiceapp.core.audio import Float32Block, level_of
from voiceapp.core.speech import HearingRequest, SpeechRequest, Transcript, Voice

QUIET_DB = -50.0
"""Below this peak the fakes hear nothing."""


class FakeHearing:
    """Hears the scripted texts, one per utterance; silence is always empty and uses up no script.

    Args:
        script: text, Transcript, or an exception that ``finish`` raises.
        finish_s: pause between ``finish`` and the transcript.
        enter_s: pause on entering.
        partial_every_s: after each such stretch of sound one more word of the text is reported; 0 = no partials.
        enter_error: raised on entering, once.
    """

    def __init__(
        self,
        *script: str | Transcript | Exception,
        finish_s: float = 0.0,
        enter_s: float = 0.0,
        partial_every_s: float = 0.0,
        enter_error: Exception | None = None,
        rate_hz: int = 16_000,
        label: str = "Fake hearing",
    ) -> None:
        self.label = label
        self.rate_hz = rate_hz
        self.requests: list[HearingRequest] = []
        self.heard: list[Float32Block] = []
        self.aborted = 0
        self.is_closed = False
        self._script = list(script)
        self._finish_s = finish_s
        self._enter_s = enter_s
        self._partial_every_s = partial_every_s
        self._enter_error = enter_error

    def assert_consumed(self) -> None:
        """Fail when a text was not heard."""
        assert not self._script, f"{len(self._script)} texts were never heard"

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[_FakeUtterance]:
        """As SpeechToText.hear."""
        self.requests.append(request)
        await asyncio.sleep(self._enter_s)
        if self._enter_error is not None:
            error, self._enter_error = self._enter_error, None
            raise error
        utterance = _FakeUtterance(self, on_partial)
        try:
            yield utterance
        finally:
            self.heard.append(utterance.sound())
            self.aborted += not utterance.is_finished

    async def close(self) -> None:
        """As SpeechToText.close."""
        self.is_closed = True

    def _upcoming(self) -> str:
        match self._script[:1]:
            case [Transcript(text=text)] | [str(text)]:
                return text
            case _:
                return ""

    def _next(self) -> str | Transcript | Exception:
        assert self._script, "an utterance came that no text was scripted for"
        return self._script.pop(0)


class _FakeUtterance:
    def __init__(self, engine: FakeHearing, on_partial: Callable[[str], None] | None) -> None:
        self.is_finished = False
        self._engine = engine
        self._on_partial = on_partial
        self._blocks: list[Float32Block] = []
        self._shown_words = 0

    def sound(self) -> Float32Block:
        return np.concatenate([np.zeros(0, dtype=np.float32), *self._blocks])

    async def push(self, block: Float32Block) -> None:
        await asyncio.sleep(0)
        self._blocks.append(block)
        every_s = self._engine._partial_every_s
        if self._on_partial is None or every_s <= 0.0 or not self._is_loud():
            return
        words = self._engine._upcoming().split()
        heard_s = sum(map(len, self._blocks)) / self._engine.rate_hz
        count = min(len(words), int(heard_s / every_s))
        if count > self._shown_words:
            self._shown_words = count
            self._on_partial(" ".join(words[:count]))

    async def finish(self) -> Transcript:
        await asyncio.sleep(self._engine._finish_s)
        self.is_finished = True
        if not self._is_loud():
            return Transcript("")
        answer = self._engine._next()
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Transcript) else Transcript(answer)

    def _is_loud(self) -> bool:
        return level_of(self.sound()).peak_db > QUIET_DB


class FakeSpeech:
    """Speaks every text as a tone, 60 ms a character at speed 1; text without a letter or digit makes no sound.

    Args:
        errors: by text, raised instead of the first block (once each).
        first_block_s: pause before the first block.
        per_block_s: pause before every further block.
        block_s: length of a block.
    """

    max_chars = 4096

    def __init__(
        self,
        *,
        errors: dict[str, Exception] | None = None,
        first_block_s: float = 0.0,
        per_block_s: float = 0.0,
        block_s: float = 0.1,
        char_s: float = 0.06,
        rate_hz: int = 24_000,
        label: str = "Fake speech",
    ) -> None:
        self.label = label
        self.rate_hz = rate_hz
        self.requests: list[SpeechRequest] = []
        self.aborted = 0
        self.warmed = 0
        self.is_closed = False
        self._errors = dict(errors or {})
        self._first_block_s = first_block_s
        self._per_block_s = per_block_s
        self._block_s = block_s
        self._char_s = char_s

    @property
    def texts(self) -> list[str]:
        """What was asked to be spoken, in order."""
        return [request.text for request in self.requests]

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        """As TextToSpeech.speak."""
        self.requests.append(request)
        is_whole = False
        try:
            await asyncio.sleep(self._first_block_s)
            if request.text in self._errors:
                is_whole = True
                raise self._errors.pop(request.text)
            sound = self.sound_of(request)
            size = max(1, round(self._block_s * self.rate_hz))
            for start in range(0, len(sound), size):
                await asyncio.sleep(self._per_block_s if start else 0.0)
                yield sound[start : start + size]
            is_whole = True
        finally:
            self.aborted += not is_whole

    def sound_of(self, request: SpeechRequest) -> Float32Block:
        """The whole sound of *request*."""
        if not any(character.isalnum() for character in request.text):
            return np.zeros(0, dtype=np.float32)
        return tone(len(request.text) * self._char_s / request.speed, rate_hz=self.rate_hz)

    def voices(self) -> Sequence[Voice]:
        """As TextToSpeech.voices."""
        return (Voice("fake", "Fake"), Voice("fake-de", "Falsch", "de"))

    async def warm(self) -> None:
        """As TextToSpeech.warm."""
        self.warmed += 1

    async def close(self) -> None:
        """As TextToSpeech.close."""
        self.is_closed = True


class FakeVad:
    """Scripted verdicts first, then loud frames are speech and quiet ones are not."""

    frame_frames = 512

    def __init__(self, *verdicts: float) -> None:
        self.resets = 0
        self._verdicts = list(verdicts)

    def probability(self, frame: Float32Block) -> float:
        """As Vad.probability."""
        if len(frame) != self.frame_frames:
            raise ValueError(f"a frame has {self.frame_frames} frames, not {len(frame)}")
        if self._verdicts:
            return self._verdicts.pop(0)
        return 1.0 if level_of(frame).rms_db > QUIET_DB else 0.0

    def reset(self) -> None:
        """As Vad.reset."""
        self.resets += 1
