"""Where long sound is cut, and how its pieces become one transcript again."""

from __future__ import annotations

import numpy as np
import pytest

from voiceapp.core.audio import Float32Block
from voiceapp.core.cutting import FRAME_S, SOFT, Part, PauseCutter, joined, quietest_frame, run_together
from voiceapp.core.speech import Basis, Transcript, Usage
from voiceapp.core.transcript import Gap, Segment, Word

RATE_HZ = 16_000


def noise(seconds: float, gain: float, seed: int = 7) -> Float32Block:
    return (gain * np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ))).astype(np.float32)


def speech(seconds: float) -> Float32Block:
    """Syllables of 0.2 s with dips of 40 ms between them over room noise: no pause."""
    count = int(seconds / 0.24)
    syllable = np.concatenate([noise(0.2, 0.1), noise(0.04, 0.001)])
    return np.tile(syllable, count).astype(np.float32)


def cuts(sound: Float32Block, limit_s: float, block_s: float) -> list[float]:
    """Cut *sound* as an utterance is; return the moments."""
    cutter, size = PauseCutter(RATE_HZ), int(block_s * RATE_HZ)
    found: list[float] = []
    began_s = 0.0
    for start in range(0, len(sound), size):
        block = sound[start : start + size]
        cutter.push(block)
        now_s = (start + len(block)) / RATE_HZ
        if cutter.is_due((now_s - began_s) / limit_s):
            found.append(now_s)
            began_s = now_s
    return found


@pytest.mark.parametrize("block_s", [0.02, 0.1])
def test_a_pause_near_the_limit_is_taken(block_s: float) -> None:
    sound = np.concatenate([speech(9.0), noise(0.7, 0.001), speech(6.0)])
    (cut,) = cuts(sound, 10.0, block_s)
    assert 9.0 < cut < 9.7


def test_nearer_the_limit_a_shorter_pause_will_do() -> None:
    parts = [speech(8.4), noise(0.2, 0.001), speech(1.2), noise(0.2, 0.001), speech(5.0)]
    (cut,) = cuts(np.concatenate(parts), 10.0, 0.02)
    assert cut > 9.6, "0.2 s is no pause at 84 % of the limit, but at 98 %"


def test_without_a_pause_the_limit_counts() -> None:
    assert cuts(speech(25.0), 10.0, 0.02) == pytest.approx([10.0, 20.0], abs=0.05)


def test_a_short_clip_is_not_cut() -> None:
    assert cuts(np.concatenate([speech(3.0), noise(4.0, 0.001)]), 10.0, 0.02) == []
    assert not PauseCutter(RATE_HZ).is_due(SOFT - 0.01)


@pytest.mark.parametrize("gain", [0.001, 0.02])
def test_noise_in_the_room_is_learnt(gain: float) -> None:
    loud = np.concatenate([speech(9.0), np.zeros(int(0.7 * RATE_HZ), np.float32), speech(6.0)])
    (cut,) = cuts(loud + noise(len(loud) / RATE_HZ, gain, 3)[: len(loud)], 10.0, 0.02)
    assert 9.0 < cut < 9.8


def test_frames_that_do_not_divide_blocks_are_kept() -> None:
    sound = np.concatenate([speech(9.0), noise(0.7, 0.001), speech(6.0)])
    odd = cuts(sound, 10.0, FRAME_S * 0.77)
    assert len(odd) == 1
    assert 9.0 < odd[0] < 9.8


def test_the_quietest_moment_of_the_middle() -> None:
    before, pause = speech(5.0), noise(0.3, 0.001)
    at = quietest_frame(np.concatenate([before, pause, speech(4.0)]), RATE_HZ)
    assert len(before) <= at <= len(before) + len(pause)
    for length in (1, 2, 50, 3000):
        assert 0 <= quietest_frame(np.ones(length, np.float32), RATE_HZ) <= length


def usage(seconds: float, basis: Basis = Basis.REPORTED) -> Usage:
    return Usage("p", "m", {"seconds": seconds}, basis)


def test_words_and_times_of_pieces_come_together() -> None:
    said = Segment(0.5, 1.5, "Good morning.", "A")
    first = Transcript("Good morning.", "en", (said,), usage(10.0), (Word("Good", 0.2),))
    second = Transcript("Bye.", "", (), usage(5.0, Basis.MEASURED), (Word("Bye.", 0.9),))
    whole = joined([Part(0.0, 10.0, first), Part(9.8, 15.0, second)])
    assert whole.text == "Good morning. Bye."
    assert whole.segments == (said, Segment(9.8, 15.0, "Bye."))
    assert whole.usage == usage(15.0, Basis.MEASURED)
    assert [word.text for word in whole.words] == ["Good", "Bye."]
    assert (whole.language, whole.gaps) == ("en", ())


def test_a_piece_alone_is_as_it_came() -> None:
    alone = Transcript("Hi.", usage=usage(1.0))
    assert joined([Part(0.0, 3.0, alone)]) is alone


def test_what_is_missing_stands_where_it_was() -> None:
    one, two = Part(0.0, 60.0, Transcript("One.")), Part(125.0, 130.0, Transcript("Two."))
    whole = joined([one, Part(60.0, 125.0, None, "It is down."), two])
    assert whole.text == "One. [1:00 to 2:05 could not be turned into words] Two."
    assert whole.gaps == (Gap(60.0, 125.0, "It is down."),)
    assert whole.segments[1] == Segment(60.0, 125.0, "[1:00 to 2:05 could not be turned into words]")


def test_only_scripts_with_spaces_get_them() -> None:
    assert run_together(["Hello", " there. ", "", "你好", "世界"]) == "Hello there. 你好世界"
    assert run_together(["안녕", "하세요"]) == "안녕 하세요"
    assert run_together([]) == ""
