"""pocketsphinx in its process: what it understands, what it does not invent, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.fakes import noise, silence
from tests.local.test_vad import NOT_SPEECH
from tests.spoken import spoken, word_errors
from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import ProviderDown
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.local.stt import NOTE, PocketsphinxSpeech

SENTENCES = (
    "what is the time in london",
    "how many miles are there in ten kilometers",
    "please remind me to call my mother tomorrow",
    "the quick brown fox jumps over the lazy dog",
)


@pytest.fixture
async def engine() -> AsyncIterator[PocketsphinxSpeech]:
    engine = PocketsphinxSpeech()
    try:
        yield engine
    finally:
        await engine.close()


async def hear(engine: PocketsphinxSpeech, sound: Float32Block, language: str = "en") -> Transcript:
    async with engine.hear(HearingRequest(language)) as utterance:
        for start in range(0, len(sound), 320):
            await utterance.push(sound[start : start + 320])
        return await utterance.finish()


def process_of(engine: PocketsphinxSpeech) -> int:
    worker = engine._idle or next(iter(engine._busy))
    return worker.pid


async def test_word_errors_stay_low(engine: PocketsphinxSpeech) -> None:
    """Measured 0 of 28 (rms), 0 to 3 (kal16)."""
    wrong = said = 0
    for voice in ("rms", "kal16"):
        for sentence in SENTENCES:
            errors, count = word_errors(sentence, (await hear(engine, spoken(sentence, voice))).text)
            wrong, said = wrong + errors, said + count
    print(f"{wrong} of {said} words wrong")
    assert wrong / said <= 0.12


@pytest.mark.parametrize("name", NOT_SPEECH)
async def test_no_words_are_invented(engine: PocketsphinxSpeech, name: str) -> None:
    transcript = await hear(engine, np.concatenate([silence(0.3), NOT_SPEECH[name], silence(0.3)]))
    assert transcript == Transcript("")


async def test_words_come_out_of_noise_and_pauses(engine: PocketsphinxSpeech) -> None:
    pause = noise(1.5, 0.002)
    sound = np.concatenate([pause, spoken(SENTENCES[0]), pause, spoken(SENTENCES[2]), pause])
    transcript = await hear(engine, sound)
    assert transcript.text == f"{SENTENCES[0]} {SENTENCES[2]}"
    first, second = transcript.segments
    assert (first.text, second.text) == (SENTENCES[0], SENTENCES[2])
    assert 1.4 < first.start_s < first.end_s < second.start_s < second.end_s < len(sound) / 16_000
    assert second.start_s - first.end_s > 1.0


async def test_partials_come_while_the_sound_does(engine: PocketsphinxSpeech) -> None:
    sound = spoken(SENTENCES[3])
    partials: list[str] = []
    came = asyncio.Event()

    def note(text: str) -> None:
        partials.append(text)
        came.set()

    async with engine.hear(HearingRequest(), note) as utterance:
        for start in range(0, len(sound) // 2, 320):
            await utterance.push(sound[start : start + 320])
        async with asyncio.timeout(60):
            await came.wait()  # nothing has been finished yet
        for start in range(len(sound) // 2 // 320 * 320, len(sound), 320):
            await utterance.push(sound[start : start + 320])
        await utterance.finish()
    assert len(partials) > 3


async def test_another_language_still_works_and_is_told_apart(engine: PocketsphinxSpeech) -> None:
    transcript = await hear(engine, spoken(SENTENCES[0]), language="de")
    assert (transcript.text, transcript.language) == (SENTENCES[0], "en")
    assert "English" in engine.label
    assert "English only" in NOTE


async def test_one_process_serves_one_utterance_after_another(engine: PocketsphinxSpeech) -> None:
    await engine.warm()
    warmed = process_of(engine)
    await hear(engine, spoken("yes"))
    async with engine.hear(HearingRequest()) as utterance:
        await utterance.push(spoken("stop")[:3200])
    await hear(engine, spoken("no"))
    assert process_of(engine) == warmed


async def test_a_second_process_ends_with_its_utterance(engine: PocketsphinxSpeech) -> None:
    await asyncio.gather(*(hear(engine, spoken(word)) for word in ("yes", "stop", "no")))
    assert engine._busy == set()
    assert process_of(engine)


async def test_close_ends_the_process_and_use_starts_another(engine: PocketsphinxSpeech) -> None:
    await hear(engine, spoken("yes"))
    ended = process_of(engine)
    await engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(ended, 0)
    assert (await hear(engine, spoken(SENTENCES[0]))).text == SENTENCES[0]


async def test_close_in_the_middle_fails_the_utterance(engine: PocketsphinxSpeech) -> None:
    async with engine.hear(HearingRequest()) as utterance:
        await utterance.push(spoken("yes"))
        await engine.close()
        with pytest.raises(ProviderDown):
            await utterance.finish()


async def test_a_killed_process_is_an_error_once_and_then_replaced(engine: PocketsphinxSpeech) -> None:
    async with engine.hear(HearingRequest()) as utterance:
        await utterance.push(spoken("yes"))
        os.kill(process_of(engine), signal.SIGKILL)
        with pytest.raises(ProviderDown) as caught:
            await utterance.finish()
        assert caught.value.is_retryable
        with pytest.raises(ProviderDown):
            await utterance.push(spoken("yes"))
    assert (await hear(engine, spoken(SENTENCES[0]))).text == SENTENCES[0]


async def test_leaving_with_a_backlog_does_not_wait_for_it(engine: PocketsphinxSpeech) -> None:
    """Half a minute of speech at once is seconds of work; who leaves is not kept by it."""
    speech = np.tile(spoken(SENTENCES[0]), 20)

    async def listen() -> None:
        async with engine.hear(HearingRequest()) as utterance:
            pushing.set()
            await utterance.push(speech)
            await utterance.finish()

    pushing = asyncio.Event()
    task = asyncio.create_task(listen())
    await pushing.wait()
    worker = next(iter(engine._busy))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        await worker.ended.wait()
    assert worker.exit_code == -signal.SIGKILL


@pytest.mark.parametrize("command", [("/nowhere/at/all",), (sys.executable, "-c", "raise SystemExit(3)")], ids=str)
async def test_a_worker_that_cannot_start_is_an_error_for_people(command: tuple[str, ...]) -> None:
    engine = PocketsphinxSpeech(command)
    await engine.warm()
    with pytest.raises(ProviderDown) as caught:
        await hear(engine, spoken("yes"))
    assert caught.value.hint
    await engine.close()


async def test_keys_are_not_handed_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    engine = PocketsphinxSpeech((sys.executable, "-c", "import os, sys; sys.exit('OPENAI_API_KEY' in os.environ)"))
    async with engine.hear(HearingRequest()) as utterance:
        with pytest.raises(ProviderDown):
            await utterance.finish()
        worker = next(iter(engine._busy))
        async with asyncio.timeout(60):
            await worker.ended.wait()
        assert worker.exit_code == 0
