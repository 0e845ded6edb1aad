"""What the state strip says, decided from the session's events. Pure: the clock's time arrives as an argument.

The strip tells the truth about the microphone, so its word changes only when the session says so: a take is not
"listening" before sound flows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from gettext import gettext
from math import ceil

from voiceapp.core import events as ev
from voiceapp.core.audio import Level
from voiceapp.core.checks import CheckBegan, DraftKept
from voiceapp.core.moderation import Checkpoint
from voiceapp.core.providers import ProviderWaiting
from voiceapp.core.turn import Phase

_ = cache(gettext)
"""Asked at every paint, and looking for a catalogue reads the disk."""
QUIET_PEAK_DB = -45.0
QUIET_AFTER_S = 1.5


class Word(StrEnum):
    """The states a person can tell apart."""

    MUTED = "muted"
    READY = "ready"  # the microphone is held open between turns
    LISTENING = "listening"
    TRANSCRIBING = "transcribing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    PROBLEM = "problem"


_WORD_OF_PHASE = {
    Phase.LISTENING: Word.LISTENING,
    Phase.TRANSCRIBING: Word.TRANSCRIBING,
    Phase.THINKING: Word.THINKING,
    Phase.SPEAKING: Word.SPEAKING,
}


def spoken(word: Word) -> str:
    """Return *word* as it is shown and announced."""
    return {
        Word.MUTED: _("Muted"),
        Word.READY: _("Ready"),
        Word.LISTENING: _("Listening"),
        Word.TRANSCRIBING: _("Transcribing"),
        Word.THINKING: _("Thinking"),
        Word.SPEAKING: _("Speaking"),
        Word.PROBLEM: _("Problem"),
    }[word]


@dataclass(frozen=True)
class Strip:
    """Everything the strip needs to know.

    Attributes:
        since_s: when the running seconds began; None: they do not run (yet).
        remark: a short sentence instead of the word's own detail.
        loudest_db: the take's highest peak so far.
        waits_for: the provider that asked to wait; "" = none.
        waits_until_s: until when, on the clock of *now_s*.
        latest_ms: how long the latest finished stage took, counted from the end of speech.
    """

    phase: Phase = Phase.IDLE
    problem: ev.Problem | None = None
    since_s: float | None = None
    remark: str = ""
    loudest_db: float = -120.0
    waits_for: str = ""
    waits_until_s: float = 0.0
    latest_ms: float | None = None
    is_ready: bool = False
    is_listed: bool = False
    engines: ev.Engines = field(default_factory=ev.Engines)
    devices: ev.Devices = field(default_factory=ev.Devices)

    @property
    def word(self) -> Word:
        """The state in one word."""
        if self.phase is not Phase.IDLE:
            return _WORD_OF_PHASE[self.phase]
        if self.problem is not None:
            return Word.PROBLEM
        return Word.READY if self.devices.is_warm else Word.MUTED

    @property
    def detail(self) -> str:
        """What refines the word; empty where the running seconds say enough."""
        if self.word is Word.PROBLEM and self.problem is not None:
            return self.problem.message
        if self.remark:
            return self.remark
        if self.word is Word.MUTED:
            return _("Microphone closed. Nothing is recorded.") if self.is_ready else _("Starting…")
        if self.word is Word.READY:
            return _("Microphone held open. Nothing is kept until you talk.")
        if self.word is Word.LISTENING and self.since_s is None:
            return _("Microphone opening…")
        return ""

    @property
    def device(self) -> str:
        """The device in use: the loudspeaker while it speaks, else the microphone."""
        if not self.is_listed:
            return self.devices.input
        if self.phase is Phase.SPEAKING:
            return self.devices.output or _("No loudspeaker")
        return self.devices.input or _("No microphone")

    @property
    def engine(self) -> str:
        """Who does the work now."""
        if self.word is Word.PROBLEM and self.problem is not None and self.problem.provider:
            return self.problem.provider
        if self.phase is Phase.THINKING:
            return self.engines.thinking
        return self.engines.speaking if self.phase is Phase.SPEAKING else self.engines.hearing


def countdown(strip: Strip, now_s: float) -> str:
    """Return how long a provider still wants to be left alone, or "" where none does."""
    left_s = ceil(strip.waits_until_s - now_s)
    if not strip.waits_for or left_s <= 0:
        return ""
    return _("{provider} asks to wait: {n} s").format(provider=strip.waits_for, n=left_s)


def seconds(strip: Strip, now_s: float) -> str:
    """Return the running time of the state, "2.8 s", or "" where none runs."""
    return "" if strip.since_s is None else _("{seconds:.1f} s").format(seconds=max(0.0, now_s - strip.since_s))


def after(strip: Strip, event: ev.Event, now_s: float) -> Strip:
    """Return the strip after *event*, which arrived at *now_s* of a monotonic clock."""
    match event:
        case ev.SessionReady(engines=engines, devices=devices):
            is_listed = bool(devices.inputs or devices.outputs)  # the list itself may come a moment later
            return replace(strip, is_ready=True, is_listed=is_listed, engines=engines, devices=devices, problem=None)
        case ev.EnginesChanged(engines=engines):
            return replace(strip, engines=engines)
        case ev.DevicesChanged(devices=devices):
            return replace(strip, devices=devices, is_listed=True)
        case ev.PhaseChanged(phase=phase):
            return _in_phase(strip, phase, now_s)
        case ev.AudioFlowing() if strip.phase is Phase.LISTENING:
            return replace(strip, since_s=now_s)
        case ev.InputLevel(level=level, is_zero=is_zero) if strip.phase is Phase.LISTENING:
            return _measured(strip, level, is_zero, now_s)
        case ev.NothingHeard(level=level, is_zero=is_zero):
            return replace(strip, remark=_nothing_heard(level, is_zero))
        case ev.TurnFailed() | ProviderWaiting():
            return _held_up(strip, event, now_s)
        case ev.TurnTimed(timings=timings):
            stages = (timings.first_sound_ms, timings.first_token_ms, timings.transcript_ms)
            return replace(strip, latest_ms=next((ms for ms in stages if ms is not None), strip.latest_ms))
        case _:
            return _checking(strip, event)


def _checking(strip: Strip, event: ev.Event) -> Strip:
    """While what was said waits for its check, that is what the running seconds are about."""
    remark = _("Checking your words")
    if isinstance(event, CheckBegan) and event.checkpoint is Checkpoint.INPUT:
        return replace(strip, remark=remark)
    if isinstance(event, ev.MessageAdded | DraftKept) and strip.remark == remark:
        return replace(strip, remark="")
    return strip


def _held_up(strip: Strip, event: ev.TurnFailed | ProviderWaiting, now_s: float) -> Strip:
    if isinstance(event, ProviderWaiting):
        return replace(strip, waits_for=event.provider, waits_until_s=event.resumes_at_s)
    problem = event.problem
    until_s = now_s + problem.retry_after_s if problem.retry_after_s else 0.0
    return replace(strip, problem=problem, waits_for=problem.provider, waits_until_s=until_s)


def _in_phase(strip: Strip, phase: Phase, now_s: float) -> Strip:
    if phase is strip.phase:
        return strip
    if phase is Phase.IDLE:
        remark = "" if strip.phase is Phase.LISTENING else strip.remark
        return replace(strip, phase=phase, since_s=None, remark=remark)
    since_s = None if phase is Phase.LISTENING else now_s
    if strip.phase is Phase.IDLE:
        strip = replace(strip, waits_for="")  # a new turn asks anew
    return replace(strip, phase=phase, problem=None, remark="", loudest_db=-120.0, since_s=since_s)


def _measured(strip: Strip, level: Level, is_zero: bool, now_s: float) -> Strip:
    loudest_db = max(strip.loudest_db, level.peak_db)
    open_s = 0.0 if strip.since_s is None else now_s - strip.since_s
    if is_zero:
        remark = _("The microphone gives only zeros.")
    elif level.is_clipped:
        remark = _("Too loud")
    elif loudest_db < QUIET_PEAK_DB and open_s > QUIET_AFTER_S:
        remark = _("Very quiet")
    elif strip.remark == _("Too loud"):
        remark = strip.remark  # stays: the take is clipped, whatever follows
    else:
        remark = ""
    return replace(strip, loudest_db=loudest_db, remark=remark)


def _nothing_heard(level: Level, is_zero: bool) -> str:
    if is_zero:
        return _("I heard nothing: the microphone gave only zeros.")
    return _("I heard nothing. The loudest sound was {db:.0f} dB.").format(db=level.peak_db).replace("-", "−")
