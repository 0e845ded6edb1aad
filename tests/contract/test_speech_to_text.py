"""What every recogniser does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import numpy as np
import pytest

from tests.contract.engines import SENTENCE
from tests.fakes import silence
from tests.spoken import RATE_HZ, spoken
from voiceapp.core.audio import Float32Block
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.ports import SpeechToText


def at_rate(sound: Float32Block, rate_hz: int) -> Float32Block:
    """Good enough a resampler for a clear sentence."""
    at = np.arange(0, len(sound) - 1, RATE_HZ / rate_hz)
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), dtype=np.float32)


async def hear(
    engine: SpeechToText,
    sound: Float32Block,
    on_partial: Callable[[str], None] | None = None,
    language: str = "en",
    block_frames: int = 320,
) -> Transcript:
    async with engine.hear(HearingRequest(language), on_partial) as utterance:
        for start in range(0, len(sound), block_frames):
            await utterance.push(sound[start : start + block_frames])
        return await utterance.finish()


def words(text: str) -> str:
    return " ".join("".join(c for c in text.lower() if c.isalnum() or c == " ").split())


@pytest.fixture
def sentence(stt_engine: SpeechToText) -> Float32Block:
    return at_rate(spoken(SENTENCE), stt_engine.rate_hz)


async def test_understands_a_sentence(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    assert words((await hear(stt_engine, sentence)).text) == SENTENCE
    assert stt_engine.label


async def test_understands_it_again(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    first = await hear(stt_engine, sentence)
    second = await hear(stt_engine, sentence)
    assert words(first.text) == words(second.text) == SENTENCE


async def test_silence_is_an_empty_transcript_and_not_an_error(stt_engine: SpeechToText) -> None:
    assert (await hear(stt_engine, silence(1.0, stt_engine.rate_hz))).text == ""


async def test_no_sound_at_all_is_an_empty_transcript(stt_engine: SpeechToText) -> None:
    assert (await hear(stt_engine, silence(0.0))).text == ""


async def test_block_size_does_not_matter(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    assert words((await hear(stt_engine, sentence, block_frames=len(sentence))).text) == SENTENCE
    assert words((await hear(stt_engine, sentence, block_frames=777)).text) == SENTENCE


async def test_partials_are_new_texts_before_the_transcript(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    partials: list[str] = []
    await hear(stt_engine, sentence, partials.append)
    told = len(partials)
    await asyncio.sleep(0)
    assert len(partials) == told, "nothing is told after the end"
    assert all(partials)
    assert all(before != after for before, after in itertools.pairwise(partials))


async def test_leaving_in_the_middle_cancels_and_the_next_utterance_is_whole(
    stt_engine: SpeechToText, sentence: Float32Block
) -> None:
    partials: list[str] = []
    async with stt_engine.hear(HearingRequest("en"), partials.append) as utterance:
        await utterance.push(sentence[: len(sentence) // 2])
    told = len(partials)
    assert words((await hear(stt_engine, sentence)).text) == SENTENCE
    assert len(partials) == told, "an utterance that was left tells nothing more"


async def test_cancelling_finish_leaves_a_working_engine(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    async def listen() -> None:
        await hear(stt_engine, sentence)

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert words((await hear(stt_engine, sentence)).text) == SENTENCE


async def test_two_utterances_at_the_same_time(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    first, second = await asyncio.gather(hear(stt_engine, sentence), hear(stt_engine, sentence))
    assert words(first.text) == words(second.text) == SENTENCE


async def test_broken_samples_do_no_harm(stt_engine: SpeechToText) -> None:
    sound = silence(0.5, stt_engine.rate_hz)
    sound[::7] = np.nan
    sound[::11] = np.inf
    assert isinstance((await hear(stt_engine, sound)).text, str)


async def test_closing_twice_is_harmless(stt_engine: SpeechToText, sentence: Float32Block) -> None:
    await hear(stt_engine, sentence)
    await stt_engine.close()
    await stt_engine.close()
