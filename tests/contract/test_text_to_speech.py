"""What every voice does."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, cast

import numpy as np
import pytest

from voiceapp.core.audio import Float32Block
from voiceapp.core.speech import SpeechRequest
from voiceapp.ports import TextToSpeech

TEXT = "Of course. I have set a timer for ten minutes."


async def blocks_of(engine: TextToSpeech, text: str, **wishes: Any) -> list[Float32Block]:
    return [block async for block in engine.speak(SpeechRequest(text, **wishes))]


async def sound_of(engine: TextToSpeech, text: str, **wishes: Any) -> Float32Block:
    return np.concatenate([np.zeros(0, dtype=np.float32), *await blocks_of(engine, text, **wishes)])


def check(sound: Float32Block) -> None:
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert np.isfinite(sound).all()
    assert np.abs(sound).max(initial=0.0) <= 1.0


async def test_speaks(tts_engine: TextToSpeech) -> None:
    blocks = await blocks_of(tts_engine, TEXT)
    assert all(len(block) for block in blocks), "an empty block says nothing"
    sound = np.concatenate(blocks)
    check(sound)
    assert 1.0 < len(sound) / tts_engine.rate_hz < 10.0
    assert np.abs(sound).max() > 0.05
    assert tts_engine.label


@pytest.mark.parametrize("text", ["", " ", "…", "?!", "\n\n"], ids=repr)
async def test_nothing_to_say_makes_no_sound(tts_engine: TextToSpeech, text: str) -> None:
    assert len(await sound_of(tts_engine, text)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "nul \0 in it",
        "half a \ud83d pair",
        "<speak><break time='9s'/>a</speak>",
        "a 😀 b",
        "안녕하세요",
        "שלום עולם",
        "\u202eabc",
    ],
    ids=ascii,
)
async def test_odd_text_is_text(tts_engine: TextToSpeech, text: str) -> None:
    sound = await sound_of(tts_engine, text)
    check(sound)
    assert len(sound) < 9 * tts_engine.rate_hz


async def test_speed_changes_the_length(tts_engine: TextToSpeech) -> None:
    slow, plain, fast = [len(await sound_of(tts_engine, TEXT, speed=speed)) for speed in (0.5, 1.0, 2.0)]
    assert slow > 1.5 * plain > 2.0 * fast


async def test_an_unknown_voice_still_speaks(tts_engine: TextToSpeech) -> None:
    assert len(await sound_of(tts_engine, TEXT, voice="somebody else")) > 0


async def test_every_voice_has_an_id_and_a_name_once(tts_engine: TextToSpeech) -> None:
    voices = tts_engine.voices()
    assert voices
    assert all(voice.id and voice.name for voice in voices)
    assert len({voice.id for voice in voices}) == len(voices)
    assert len(await sound_of(tts_engine, "Hello.", voice=voices[0].id)) > 0


async def test_closing_early_leaves_a_working_engine(tts_engine: TextToSpeech) -> None:
    speech = cast("Any", tts_engine.speak(SpeechRequest(TEXT * 20)))
    async with aclosing(speech) as blocks:
        assert len(await anext(blocks)) > 0
    assert len(await sound_of(tts_engine, TEXT)) > 0


async def test_cancelling_leaves_a_working_engine(tts_engine: TextToSpeech) -> None:
    task = asyncio.create_task(blocks_of(tts_engine, TEXT * 20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await sound_of(tts_engine, TEXT)) > 0


async def test_two_at_the_same_time_do_not_mix(tts_engine: TextToSpeech) -> None:
    other = "Something else entirely, and longer, so that both are at work."
    alone = [len(await sound_of(tts_engine, TEXT)), len(await sound_of(tts_engine, other))]
    together = await asyncio.gather(sound_of(tts_engine, TEXT), sound_of(tts_engine, other))
    assert [len(sound) for sound in together] == pytest.approx(alone, rel=0.03)


async def test_one_that_is_not_listened_to_does_not_hold_up_another(tts_engine: TextToSpeech) -> None:
    waiting = cast("Any", tts_engine.speak(SpeechRequest(TEXT * 20)))
    async with aclosing(waiting) as blocks, asyncio.timeout(30):
        await anext(blocks)
        assert len(await sound_of(tts_engine, TEXT)) > 0


async def test_warm_and_close_are_harmless(tts_engine: TextToSpeech) -> None:
    await tts_engine.warm()
    await tts_engine.warm()
    assert len(await sound_of(tts_engine, "Hello.")) > 0
    await tts_engine.close()
    await tts_engine.close()
