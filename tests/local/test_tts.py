"""espeak-ng in this process: early, quick to stop, never at a loss for odd text."""

from __future__ import annotations

import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core.audio import Float32Block
from voiceapp.core.speech import SpeechRequest
from voiceapp.local.espeak import Piece, library
from voiceapp.local.tts import FIRST_CHARS, PIECE_CHARS, EspeakSpeech, cut, spoken_characters

LONG = "This is one sentence of many, and it goes on for a little while. " * 200


async def sound_of(text: str, **wishes: str | float) -> Float32Block:
    blocks = [block async for block in EspeakSpeech().speak(SpeechRequest(text, **wishes))]  # type: ignore[arg-type]
    return np.concatenate([np.zeros(0, dtype=np.float32), *blocks])


async def test_the_first_block_comes_before_the_rest_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    synthesise = library().synthesise

    def watched(piece: Piece) -> Float32Block:
        made.append(piece.text)
        return synthesise(piece)

    monkeypatch.setattr(library(), "synthesise", watched)
    async with aclosing(EspeakSpeech().speak(SpeechRequest(LONG))) as blocks:
        assert len(await anext(blocks)) > 0
    assert len(made) == 1
    assert len(made[0]) <= FIRST_CHARS


@pytest.mark.parametrize(
    "text", ["word " * 200_000, "a" * 1_000_000, "é" * 500_000, "\n" * 1_000_000], ids=lambda t: ascii(t[:5])
)
async def test_a_megabyte_begins_at_once_and_can_be_left(text: str) -> None:
    async with aclosing(EspeakSpeech().speak(SpeechRequest(text))) as blocks:
        first = await anext(blocks, None)
    assert (first is None) == (not text.strip())


def test_an_aborted_piece_stops_within_a_buffer() -> None:
    engine = library()
    piece = Piece(LONG[:4000], "gmw/en-US", 175)
    whole = len(engine.synthesise(piece))
    piece.is_aborted = True
    assert len(engine.synthesise(piece)) == 0
    piece.is_aborted = False
    assert len(engine.synthesise(piece)) == pytest.approx(whole, rel=0.01)


@pytest.mark.parametrize("text", ["...", "—", "😀😀", "\0", "\ud800", "()[]{}", "*", "   "], ids=ascii)
async def test_what_cannot_be_spoken_makes_no_sound(text: str) -> None:
    assert len(await sound_of(text)) == 0


async def test_control_characters_are_no_commands() -> None:
    plain = await sound_of("10 hello there")
    commanded = await sound_of("\x0110S hello there")  # espeak's own way to ask for ten words a minute
    assert len(commanded) < 2 * len(plain)


async def test_markup_is_read_as_text() -> None:
    assert len(await sound_of('<break time="5s"/> hello')) != len(await sound_of("hello"))
    assert len(await sound_of("[[h@l'oU]]")) > len(await sound_of("hello"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hello."),
        ("de", "Guten Tag."),
        ("ko", "안녕하세요."),
        ("fr", "Bonjour."),
        ("es", "Buenos días."),
        ("zh", "你好。"),
    ],
)
async def test_a_language_brings_its_voice(language: str, text: str) -> None:
    alone = await sound_of(text, language=language)
    english = await sound_of(text, language="en")
    assert 0.3 < len(alone) / EspeakSpeech.rate_hz < 3.0
    assert any(voice.language == language for voice in EspeakSpeech().voices())
    assert language == "en" or len(alone) != len(english)


async def test_an_unknown_language_gets_the_default() -> None:
    assert len(await sound_of("Hello.", language="xx")) == pytest.approx(len(await sound_of("Hello.")), rel=0.01)


async def test_sound_begins_at_once_and_has_no_clicks() -> None:
    sound = await sound_of(LONG[:2000])
    assert np.flatnonzero(np.abs(sound) > 0.01)[0] < 0.02 * EspeakSpeech.rate_hz
    assert abs(float(sound[0])) < 1e-3
    assert abs(float(sound[-1])) < 1e-3
    one_piece = library().synthesise(Piece(LONG[:390], "gmw/en-US", 175))
    assert np.abs(np.diff(sound)).max() <= 1.05 * np.abs(np.diff(one_piece)).max() + 0.05


async def test_a_sentence_ends_with_a_pause_and_a_half_one_does_not() -> None:
    def rest_ms(sound: Float32Block) -> float:
        return 1000 * (len(sound) - float(np.flatnonzero(np.abs(sound) > 0.01)[-1])) / EspeakSpeech.rate_hz

    assert 200 < rest_ms(await sound_of("Of course.")) < 450
    assert 80 < rest_ms(await sound_of("Of course,")) < 250
    assert rest_ms(await sound_of("of course")) < 60


@pytest.mark.parametrize("folder", ["with spaces", "ünïcödé 안녕", "x" * 200], ids=["spaces", "unicode", "long"])
def test_the_data_may_lie_anywhere(tmp_path: Path, folder: str) -> None:
    """In a process of its own: the library takes its path once."""
    home = tmp_path / folder
    home.mkdir()
    (home / "espeak-ng-data").symlink_to(espeakng_loader.get_data_path())
    script = (
        "import espeakng_loader, sys; espeakng_loader.get_data_path = lambda: sys.argv[1]\n"
        "from voiceapp.local.espeak import Piece, library\n"
        "print(len(library().synthesise(Piece('hello', 'gmw/en-US', 175))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home / "espeak-ng-data")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5000


def test_missing_data_is_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    script = (
        "import asyncio, espeakng_loader, sys; espeakng_loader.get_data_path = lambda: sys.argv[1]\n"
        "from voiceapp.core.errors import ProviderDown\n"
        "from voiceapp.core.speech import SpeechRequest\n"
        "from voiceapp.local.tts import EspeakSpeech\n"
        "async def main():\n"
        "    await EspeakSpeech().warm()\n"
        "    try:\n"
        "        async for _ in EspeakSpeech().speak(SpeechRequest('hello')): pass\n"
        "    except ProviderDown as error: print(error.hint)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Installing" in done.stdout


@given(st.text(max_size=3000))
def test_cutting_loses_no_word(text: str) -> None:
    pieces = list(cut(text))
    assert all(0 < len(piece) <= PIECE_CHARS for piece in pieces)
    assert [c for piece in pieces for c in piece if c.isalnum()] == [c for c in text if c.isalnum()]


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L", "Zl", "So"])))
def test_what_is_left_can_be_encoded_and_holds_no_controls(text: str) -> None:
    left = spoken_characters(text)
    assert left.encode() or not text
    assert not any(ord(character) < 32 for character in left)
