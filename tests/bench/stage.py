"""What a measurement stands on besides the virtual sound card: a screen and a spoken question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tests import display
from voiceapp.core.audio import Clip
from voiceapp.core.speech import SpeechRequest
from voiceapp.local.tts import EspeakSpeech

MONITOR = "speaker.monitor"
QUESTION = "Is the answer yes?"


@contextmanager
def screen() -> Iterator[None]:
    """A screen with a window manager."""
    started = display.start()
    try:
        yield
    finally:
        started.stop()


async def spoken_question(text: str = QUESTION) -> Clip:
    """Let the local voice say *text*, so that the take holds speech."""
    engine = EspeakSpeech()
    try:
        blocks = [block async for block in engine.speak(SpeechRequest(text, language="en"))]
    finally:
        await engine.close()
    return Clip(np.concatenate(blocks), engine.rate_hz)
