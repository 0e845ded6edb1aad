"""What the strip says, event by event, without a widget."""

from __future__ import annotations

from functools import reduce

import pytest

from tests.gui.scripted_session import DEVICES, ENGINES, READY
from voiceapp.core import events as ev
from voiceapp.core.audio import Level
from voiceapp.core.checks import CheckBegan, Checked, DraftKept, Subject, SubjectKind
from voiceapp.core.conversation import Message, Role, Timings
from voiceapp.core.moderation import Checkpoint, Decision
from voiceapp.core.turn import Phase
from voiceapp.gui.meter import PEAK_HOLD_MS, Meter, fraction
from voiceapp.gui.state_strip import fit
from voiceapp.gui.strip_text import Strip, Word, after, seconds
from voiceapp.gui.trace import TRACE_S, Trace

PROBLEM = ev.Problem("auth", "OpenAI did not accept the key ending in 4f2c", provider="OpenAI")


def strip_after(*events: ev.Event, at_s: float = 10.0) -> Strip:
    return reduce(lambda strip, event: after(strip, event, at_s), events, Strip())


@pytest.mark.parametrize(
    ("events", "word", "detail", "device", "engine"),
    [
        ((), Word.MUTED, "Starting…", "", ""),
        ((READY,), Word.MUTED, "Microphone closed. Nothing is recorded.", "USB Headset", ENGINES.hearing),
        (
            (READY, ev.DevicesChanged(ev.Devices(input="USB Headset", is_warm=True))),
            Word.READY,
            "Microphone held open. Nothing is kept until you talk.",
            "USB Headset",
            ENGINES.hearing,
        ),
        (
            (READY, ev.PhaseChanged(Phase.LISTENING, 1)),
            Word.LISTENING,
            "Microphone opening…",
            "USB Headset",
            ENGINES.hearing,
        ),
        (
            (READY, ev.PhaseChanged(Phase.LISTENING, 1), ev.AudioFlowing(1)),
            Word.LISTENING,
            "",
            "USB Headset",
            ENGINES.hearing,
        ),
        ((READY, ev.PhaseChanged(Phase.THINKING, 1)), Word.THINKING, "", "USB Headset", ENGINES.thinking),
        ((READY, ev.PhaseChanged(Phase.SPEAKING, 1)), Word.SPEAKING, "", "USB Headset", ENGINES.speaking),
        (
            (READY, ev.PhaseChanged(Phase.THINKING, 1), ev.TurnFailed(1, PROBLEM), ev.PhaseChanged(Phase.IDLE, 1)),
            Word.PROBLEM,
            PROBLEM.message,
            "USB Headset",
            "OpenAI",
        ),
        ((READY, ev.DevicesChanged(ev.Devices())), Word.MUTED, None, "No microphone", ENGINES.hearing),
    ],
)
def test_words(events: tuple[ev.Event, ...], word: Word, detail: str | None, device: str, engine: str) -> None:
    strip = strip_after(*events)
    assert strip.word is word
    assert detail is None or strip.detail == detail
    assert strip.device == device
    assert strip.engine == engine


def test_seconds_of_listening_run_from_the_first_sound_not_from_the_key() -> None:
    strip = strip_after(READY, ev.PhaseChanged(Phase.LISTENING, 1), at_s=10.0)
    assert seconds(strip, 11.0) == ""
    assert seconds(after(strip, ev.AudioFlowing(1), 11.0), 13.84) == "2.8 s"


def test_a_clock_that_goes_backwards_shows_zero() -> None:
    assert seconds(strip_after(READY, ev.PhaseChanged(Phase.THINKING, 1), at_s=10.0), 3.0) == "0.0 s"


def test_a_new_turn_takes_the_problem_away() -> None:
    strip = strip_after(READY, ev.TurnFailed(1, PROBLEM), ev.PhaseChanged(Phase.LISTENING, 2))
    assert strip.word is Word.LISTENING
    assert after(strip, ev.PhaseChanged(Phase.IDLE, 2), 11.0).word is Word.MUTED


@pytest.mark.parametrize(
    ("level", "is_zero", "at_s", "remark"),
    [
        (Level(-20.0, -10.0), False, 12.0, ""),
        (Level(-2.0, 0.0, is_clipped=True), False, 10.1, "Too loud"),
        (Level(-70.0, -60.0), False, 10.5, ""),
        (Level(-70.0, -60.0), False, 12.0, "Very quiet"),
        (Level(), True, 11.0, "The microphone gives only zeros."),
    ],
)
def test_remarks_on_the_gain(level: Level, is_zero: bool, at_s: float, remark: str) -> None:
    listening = strip_after(READY, ev.PhaseChanged(Phase.LISTENING, 1), ev.AudioFlowing(1), at_s=10.0)
    assert after(listening, ev.InputLevel(level, is_zero), at_s).detail == remark


def test_a_take_that_clipped_once_stays_too_loud() -> None:
    strip = strip_after(READY, ev.PhaseChanged(Phase.LISTENING, 1), ev.AudioFlowing(1))
    strip = after(strip, ev.InputLevel(Level(-2.0, 0.0, is_clipped=True)), 10.2)
    assert after(strip, ev.InputLevel(Level(-30.0, -20.0)), 10.4).detail == "Too loud"


def test_nothing_heard_says_so_with_the_level() -> None:
    idle = strip_after(READY, ev.PhaseChanged(Phase.TRANSCRIBING, 1))
    idle = after(after(idle, ev.NothingHeard(1, Level(-60.0, -52.4)), 11.0), ev.PhaseChanged(Phase.IDLE, 1), 11.0)
    assert idle.detail == "I heard nothing. The loudest sound was −52 dB."


def test_milliseconds_are_those_of_the_latest_stage() -> None:
    strip = strip_after(ev.TurnTimed(1, Timings(310.0)))
    assert strip.latest_ms == 310.0
    assert after(strip, ev.TurnTimed(1, Timings(310.0, 520.0, 690.0)), 11.0).latest_ms == 690.0


def test_the_loudspeaker_is_named_while_it_speaks() -> None:
    devices = ev.Devices(input="Headset", output="Built-in speakers")
    strip = strip_after(READY, ev.DevicesChanged(devices), ev.PhaseChanged(Phase.SPEAKING, 1))
    assert strip.device == "Built-in speakers"
    assert DEVICES.output == "USB Headset"


def test_trace_then_engine_then_device_give_way() -> None:
    wide = fit(600.0, 100.0, 90.0, 110.0)
    assert wide.has_device
    assert wide.has_engine
    assert wide.trace_px >= 88
    kinds = [
        (bool(f.trace_px), f.has_engine, f.has_device)
        for room in range(600, 0, -5)
        if (f := fit(float(room), 100.0, 90.0, 110.0))
    ]
    order = list(dict.fromkeys(kinds))
    assert order == [(True, True, True), (False, True, True), (False, False, True), (False, False, False)]


def test_the_needle_rises_fast_falls_slower_and_holds_its_peak() -> None:
    meter = Meter().pushed(-3.0, -3.0, 0.0)
    assert meter.advanced(30.0).value == pytest.approx(0.632, abs=0.01)
    falling = meter.advanced(300.0).released(300.0)
    assert falling.advanced(480.0).value == pytest.approx(0.368, abs=0.01)
    assert falling.advanced(PEAK_HOLD_MS - 1.0).peak == 1.0
    rest = falling.advanced(PEAK_HOLD_MS + 1.0).advanced(5000.0)
    assert rest.is_at_rest


def test_the_scale_ends_at_floor_and_ceiling() -> None:
    assert fraction(-120.0) == 0.0
    assert fraction(0.0) == 1.0
    assert 0.0 < fraction(-30.0) < 1.0


def test_the_trace_shows_eight_seconds_and_only_what_was_measured() -> None:
    trace = Trace()
    assert trace.is_empty(0.0)
    trace.add_you(-20.0, 100.0)
    trace.add_it(-20.0, 104.0)
    trace.add_you(-90.0, 104.0)  # silence leaves no bar
    bars = trace.bars(80, 104.0)
    assert [n for n, height in enumerate(bars.you) if height] == [39]
    assert [n for n, height in enumerate(bars.it) if height] == [79]
    assert trace.bars(80, 104.0 + TRACE_S).you == (0.0,) * 80
    assert trace.is_empty(112.1)


def test_waiting_for_a_check_is_said_until_the_words_are_sent_or_given_back() -> None:
    subject = Subject(SubjectKind.TEXT)
    held = Checked(subject, Checkpoint.INPUT, Decision.HELD, "Hello.")
    message = Message(1, 1, Role.USER, "Hello.", 1.0)
    for end in (ev.MessageAdded(message), DraftKept("Hello.", held)):
        strip = after(Strip(), ev.PhaseChanged(Phase.THINKING, 1), 1.0)
        strip = after(strip, CheckBegan(subject, Checkpoint.INPUT), 1.0)
        assert (strip.word, strip.detail) == (Word.THINKING, "Checking your words")
        assert after(strip, end, 2.0).detail == ""
    assert after(Strip(is_ready=True), CheckBegan(subject, Checkpoint.BY_HAND), 1.0).remark == ""
