"""What every voice activity detection does."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import silence
from tests.spoken import spoken
from voiceapp.core.audio import Float32Block
from voiceapp.ports import Vad


def probabilities(vad: Vad, sound: Float32Block) -> list[float]:
    size = vad.frame_frames
    return [vad.probability(sound[start : start + size]) for start in range(0, len(sound) - size + 1, size)]


def test_speech_is_speech_and_silence_is_not(vad: Vad) -> None:
    assert max(probabilities(vad, silence(1.0))) < 0.5
    speech = probabilities(vad, spoken("what is the time in london"))
    assert sum(probability >= 0.5 for probability in speech) > 0.5 * len(speech)
    assert all(0.0 <= probability <= 1.0 for probability in speech)


def test_reset_forgets(vad: Vad) -> None:
    sound = spoken("what is the time in london")
    first = probabilities(vad, sound)
    vad.reset()
    assert probabilities(vad, sound) == pytest.approx(first, abs=1e-5)


@pytest.mark.parametrize("extra", [-1, 1])
def test_other_lengths_are_refused(vad: Vad, extra: int) -> None:
    with pytest.raises(ValueError, match="frames"):
        vad.probability(np.zeros(vad.frame_frames + extra, dtype=np.float32))


def test_broken_samples_do_not_poison_it(vad: Vad) -> None:
    vad.probability(np.full(vad.frame_frames, np.nan, dtype=np.float32))
    assert max(probabilities(vad, spoken("what is the time in london"))) > 0.5
