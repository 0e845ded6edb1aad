"""Silero: what is not speech is not taken for it, and short words are not missed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes import noise, silence, tone, voice_like
from tests.spoken import spoken
from voiceapp.core.audio import Float32Block
from voiceapp.core.endpoint import SpeechCount
from voiceapp.local.vad import SileroVad


def has_speech(sound: Float32Block) -> bool:
    vad, count = SileroVad(), SpeechCount(16_000)
    for start in range(0, len(sound) - vad.frame_frames + 1, vad.frame_frames):
        count.push(vad.probability(sound[start : start + vad.frame_frames]), vad.frame_frames)
    return count.has_speech


def click() -> Float32Block:
    sound = silence(1.0)
    sound[8000:8040] = 0.9
    return sound


def breath() -> Float32Block:
    swell = np.exp(-(((np.arange(32_000) / 16_000 - 1.0) / 0.4) ** 2))
    return np.asarray(noise(2.0) * swell, dtype=np.float32)


NOT_SPEECH = {
    "silence": silence(1.0),
    "noise": noise(2.0),
    "loud noise": noise(2.0, 0.3),
    "tone": tone(2.0),
    "mains hum": tone(2.0, 50.0, 0.05),
    "buzz": voice_like(2.0),
    "click": click(),
    "breath": breath(),
    "constant": np.full(16_000, 0.3, dtype=np.float32),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_a_take_without_speech(name: str) -> None:
    assert not has_speech(NOT_SPEECH[name])


@pytest.mark.parametrize("voice", ["rms", "slt"])
@pytest.mark.parametrize("word", ["yes", "no", "stop", "six"])
def test_a_single_word_is_speech(word: str, voice: str) -> None:
    assert has_speech(spoken(word, voice))


def test_quiet_speech_in_noise_is_speech() -> None:
    sentence = spoken("what is the time in london") * 0.1
    mixed = np.asarray(sentence + noise(len(sentence) / 16_000, 0.002)[: len(sentence)], dtype=np.float32)
    assert has_speech(mixed)


def test_two_do_not_disturb_each_other() -> None:
    one, other = SileroVad(), SileroVad()
    sound = spoken("yes")
    frames = [sound[start : start + 512] for start in range(0, len(sound) - 511, 512)]
    alone = [one.probability(frame) for frame in frames]
    one.reset()
    together: list[float] = []
    for frame in frames:
        together.append(one.probability(frame))
        other.probability(silence(0.032))
    assert together == pytest.approx(alone, abs=1e-5)
