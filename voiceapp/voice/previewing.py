"""A sentence in a voice that is being chosen: heard at the loudspeaker, made once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import numpy as np

from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.clauses import Clause
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.speech import SpeechRequest
from voiceapp.core.voices import PreviewVoice, VoicePreviewed, sample

if TYPE_CHECKING:
    from voiceapp.voice.studio import Studio

MAX_KEPT = 24
"""About 5 MB: every voice of a model once, and some of another. In memory alone: privacy mode has previews too."""


async def preview(studio: Studio, wish: PreviewVoice, on_sound: Callable[[float], None]) -> None:
    """Let a voice say its sentence; trouble is told as an event, in one sentence. Cancelling it is silence."""
    stage, problem = "done", ""
    studio.emit(VoicePreviewed(wish.voice, "making"))

    def sounds(at_s: float) -> None:
        studio.emit(VoicePreviewed(wish.voice, "sounding"))
        on_sound(at_s)

    try:
        await studio.playback.begin()
        async with studio.playback.reporting(None, sounds), aclosing(_blocks(studio, wish)) as blocks:
            await studio.playback.play_clause(Clause(" ", 0, 0), blocks, studio.engines.speech.rate_hz)
            await studio.playback.end()
    except VoiceAppError as error:
        stage, problem = "failed", error.message
    finally:
        studio.emit(VoicePreviewed(wish.voice, stage, problem))


async def _blocks(studio: Studio, wish: PreviewVoice) -> AsyncGenerator[Float32Block, None]:
    """Yield the sentence's sound: as it comes, or as it was kept."""
    speech, settings = studio.engines.speech, studio.settings
    text = sample(wish.voice, {voice.id: voice for voice in speech.voices()}, settings.language)
    key = (speech.label, wish, text)
    if (kept := studio.previews.pop(key, None)) is not None:
        studio.previews[key] = kept  # the one that was asked for last is forgotten last
        yield kept.samples
        return
    request = SpeechRequest(text, wish.voice, wish.speed, settings.language, wish.style)
    made: list[Float32Block] = []
    async with aclosing(cast("AsyncGenerator[Float32Block, None]", speech.speak(request))) as blocks:
        async for block in blocks:
            made.append(block)
            yield block
    if made:
        studio.previews[key] = Clip(np.concatenate(made), speech.rate_hz)
        while len(studio.previews) > MAX_KEPT:
            del studio.previews[next(iter(studio.previews))]
