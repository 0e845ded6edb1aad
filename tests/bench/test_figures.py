"""The arithmetic of the measurements, on made-up sound and made-up logs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.bench.recorder import RATE_HZ, Recording, line_under
from tests.bench.report import Report, Series, machine_line
from tests.bench.service import Call
from tests.bench.split import split_turn, tokens_for
from tests.server.script import bench_script, tone

TOKENS = bench_script().chat.tokens


def recording(*seconds_of: tuple[float, bool]) -> Recording:
    """Sound (True) and silence (False), beginning at 100 s."""
    parts = [
        0.25 * np.sin(2 * np.pi * 330 * np.arange(round(s * RATE_HZ)) / RATE_HZ) * is_sound
        for s, is_sound in seconds_of
    ]
    return Recording(np.concatenate(parts).astype(np.float32), 100.0, 0.0)


def test_first_sound_and_gaps_are_exact_to_a_fraction_of_a_millisecond() -> None:
    heard = recording((0.5, False), (0.3, True), (0.012, False), (0.2, True), (0.1, False))
    assert heard.first_sound(100.0, 101.1) == pytest.approx(100.5, abs=2e-4)
    assert heard.last_sound(100.0, 101.1) == pytest.approx(101.012, abs=5e-4)
    ((began_at, lasted_ms),) = heard.silences(100.0, 101.1)
    assert began_at == pytest.approx(100.8, abs=5e-4)
    assert lasted_ms == pytest.approx(12, abs=0.5)


def test_silence_has_no_first_sound() -> None:
    assert recording((1.0, False)).first_sound(100.0, 101.0) is None


def test_an_unbroken_tone_has_no_silence() -> None:
    sound = tone("A whole clause of some length.").repeat(2).astype(np.float32) / np.float32(32768)
    assert Recording(sound, 0.0, 0.0).silences(0.0, 10.0) == []


def test_late_blocks_and_a_torn_one_do_not_move_the_line() -> None:
    starts = np.arange(400) * 240.0
    lateness = np.where(np.arange(400) % 7 == 0, 0.0, 0.004)
    lateness[200] = -0.005
    line_s, jitter_ms = line_under(np.stack([50.0 + starts / RATE_HZ + lateness, starts], axis=1))
    assert line_s == pytest.approx(50.0)
    assert jitter_ms == pytest.approx(4.0)


def test_the_first_clause_needs_its_tokens_only() -> None:
    assert tokens_for("The short answer to that is yes,", TOKENS) == 8
    assert tokens_for("The short answer to that is yes", TOKENS) == 7
    with pytest.raises(ValueError, match="never says"):
        tokens_for("Something else", TOKENS)


def test_the_parts_of_a_turn_add_up() -> None:
    def call(path: str, uploaded_at: float, first_byte_at: float, **more: object) -> Call:
        marks = tuple(("token", first_byte_at + 0.02 * i) for i in range(120)) if path == "/responses" else ()
        return Call(path, more or None, uploaded_at, first_byte_at, first_byte_at, marks, 0, ())

    calls = [
        call("/audio/transcriptions", 10.010, 10.160),
        call("/responses", 10.165, 10.365),
        call("/audio/speech", 10.510, 10.660, input="The short answer to that is yes,"),
    ]
    split = split_turn(calls, TOKENS, released_at=10.0, first_sample_at=10.667)
    assert (split.upload, split.chat, split.speech, split.playback) == pytest.approx((10, 5, 5, 7))
    assert split.overhead == pytest.approx(split.upload + split.chat + split.speech + split.playback)
    assert split.response == pytest.approx(667)
    assert split.overhead_with_next_token == pytest.approx(split.overhead - 20)
    assert split.sentence_overhead == pytest.approx(667 - 150 - 580 - 150)


def test_a_report_shows_median_and_p95_and_keeps_every_value() -> None:
    report = Report("turn", [Series("response", [1.0, 2.0, 30.0], target="≤ 720"), Series("none", [])], ["a note"])
    report.machine = machine_line()
    assert "response  3" in report.text()
    assert "2.0" in report.text()
    assert json.loads(report.json())["series"][0]["values"] == [1.0, 2.0, 30.0]
