"""What a measurement stands on: a virtual sound card, a screen, a spoken question. Sets this process's environment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests import display, soundcard
from tests.soundcard import SoundCard
from voiceapp.core.audio import Clip
from voiceapp.core.speech import SpeechRequest
from voiceapp.local.tts import EspeakSpeech

MONITOR = "speaker.monitor"
QUESTION = "Is the answer yes?"


@contextmanager
def sound_card() -> Iterator[SoundCard]:
    """A card of this measurement's own, running. Enter it before anything initialises PortAudio."""
    folder = Path(tempfile.mkdtemp(prefix="voiceapp-bench-card-"))
    card = SoundCard(folder)
    card.reserve()
    card.start()
    try:
        yield card
    finally:
        card.stop()
        shutil.rmtree(folder, ignore_errors=True)
        soundcard.pytest_unconfigure()  # the folder that importing the module made


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
