"""Questions that are asked aloud, and replies that are found again in what the loudspeaker gave."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tests.audio.sounds import find
from tests.spoken import RATE_HZ, spoken
from voiceapp.audio.resample import StreamResampler
from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.clauses import Clause, ClauseSplitter
from voiceapp.core.speech import SpeechRequest
from voiceapp.local.tts import EspeakSpeech
from voiceapp.resources import language_rules

REST_S = 0.4
"""Silence after a question: the player returns before the last of it is heard."""


def question(text: str) -> Clip:
    """Return *text* as a person says it, with a moment of silence after it."""
    return Clip(np.pad(spoken(text), (0, int(REST_S * RATE_HZ))), RATE_HZ)


def clauses_of(text: str) -> list[str]:
    """Return what is said for *text*, a whole reply, in the pieces in which it is said."""
    splitter = ClauseSplitter(language_rules(""))
    clauses: list[Clause] = [*splitter.push(text), *splitter.finish()]
    return [clause.text for clause in clauses]


@functools.cache
def by_this_computer(text: str, rate_hz: int) -> Float32Block:
    """Return *text* as the local voice says it, at *rate_hz*."""

    async def speak() -> Float32Block:
        engine = EspeakSpeech()
        sound = [block async for block in engine.speak(SpeechRequest(text))]
        await engine.close()
        return np.concatenate(sound)

    return at_rate(asyncio.run(speak()), EspeakSpeech.rate_hz, rate_hz)


def by_the_service(text: str) -> npt.NDArray[np.int16]:
    """Return 24 kHz sound that only *text* has: a melody of 40 ms notes, one for each character."""
    rate_hz, note_s = 24_000, 0.04
    digest = hashlib.sha256(text.encode()).digest()
    notes_hz = np.array([300 + 11 * ((digest[n % 32] + 37 * n) % 200) for n in range(max(4, len(text)))])
    phase = np.cumsum(2 * np.pi * np.repeat(notes_hz, int(note_s * rate_hz)) / rate_hz)
    return (9_000 * np.sin(phase)).astype(np.int16)


def at_rate(sound: Float32Block, from_hz: int, to_hz: int) -> Float32Block:
    """Return *sound* at another rate."""
    if from_hz == to_hz:
        return sound
    resampler = StreamResampler(from_hz, to_hz)
    return np.concatenate([resampler.push(sound), resampler.finish()])


def likeness_of_all(pieces: list[Float32Block], heard: Float32Block) -> list[float]:
    """Return how well each of *pieces* is found in *heard*, each after the one before, wave by wave (1 = the same)."""
    found, rest = [], heard
    for piece in pieces:
        place = find(piece, rest)
        found.append(round(place.likeness, 3))
        rest = rest[place.at + len(piece) // 2 :]
    return found


def spoken_likeness(texts: list[str], heard: Float32Block, rate_hz: int) -> list[float]:
    """Return how well each of *texts*, as the local voice says it, is found in *heard*, each after the one before.

    By what a spectrogram shows: the voice's pitch flutters on from one utterance to the next, so the same words are
    never the same wave twice. The same words give 0.99, one sound changed in "1:53 PM" 0.8, other words less than 0.6.
    """
    found, whole = [], picture(heard, rate_hz)
    for text in texts:
        wanted = picture(trimmed(by_this_computer(text, rate_hz)), rate_hz)
        likeness, at = best_place(wanted, whole)
        found.append(round(likeness, 3))
        whole = whole[at + len(wanted) // 2 :]
    return found


def picture(sound: Float32Block, rate_hz: int) -> npt.NDArray[np.float64]:
    """Return loudness in dB per 10 ms and band (24 of them up to 4 kHz); shape (moments, bands)."""
    step, size = rate_hz // 100, rate_hz // 40
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, size)), size)[::step]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    edges = np.linspace(100, 4_000, 25) * size / rate_hz
    bands = [power[:, int(low) : max(int(low) + 1, int(high))].mean(axis=1) for low, high in pairwise(edges)]
    shown: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(np.stack(bands, axis=1), 1e-6))
    return shown


def best_place(wanted: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> tuple[float, int]:
    """Return the likeness (a correlation) of *wanted* with the stretch of *whole* where it is largest, and where."""
    best = (0.0, 0)
    for at in range(len(whole) - len(wanted) + 1):
        there = whole[at : at + len(wanted)]
        best = max(best, (float(np.corrcoef(wanted.ravel(), there.ravel())[0, 1]) if np.ptp(there) else 0.0, at))
    return best


def trimmed(sound: Float32Block) -> Float32Block:
    """Return *sound* without the silence around it."""
    loud = np.flatnonzero(np.abs(sound) > 0.001)
    return sound[loud[0] : loud[-1] + 1]
