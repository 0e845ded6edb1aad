"""Was there speech at all? Silence must never reach a recogniser: it invents words."""

from __future__ import annotations

import numpy as np

from voiceapp.core.audio import Float32Block
from voiceapp.ports import Vad

VAD_HZ = 16_000
SPEECH_PROBABILITY = 0.5
SPEECH_RUN = 3
"""Consecutive voiced verdicts (32 ms each) that make speech; a click or a key stroke has fewer."""


class SpeechFinder:
    """Says whether a stream at :data:`VAD_HZ` ever held speech."""

    def __init__(self, vad: Vad) -> None:
        vad.reset()
        self._vad = vad
        self._rest = np.zeros(0, dtype=np.float32)
        self._run = 0
        self.is_found = False

    def push(self, block: Float32Block) -> None:
        """Take the next block, any length. After the first find nothing is computed any more."""
        if self.is_found:
            return
        self._rest = np.concatenate([self._rest, block])
        size = self._vad.frame_frames
        while len(self._rest) >= size and not self.is_found:
            frame, self._rest = self._rest[:size], self._rest[size:]
            self._run = self._run + 1 if self._vad.probability(frame) >= SPEECH_PROBABILITY else 0
            self.is_found = self._run >= SPEECH_RUN
