"""Release -> first sample at the sink, and Esc -> silence, with the real pipeline and a scripted service.

The service's times are known and logged: transcription 150 ms after the upload is complete; first token 200 ms, then
50 tokens/s, 6 sentences of 20 tokens; speech 150 ms to first byte, then 10 x real time. The question is played into
the virtual microphone, the loudspeaker recorded at its monitor with the moment of every sample.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import calibration
from tests.bench.driver import Driver, run_alone
from tests.bench.pipeline import opener
from tests.bench.recorder import Recorder, Recording
from tests.bench.report import Report, Series
from tests.bench.service import Call, Service
from tests.bench.split import TurnSplit, split_turn
from tests.bench.stage import MONITOR, screen, spoken_question
from tests.server.script import bench_script
from tests.soundcard import SoundCard, running_card
from voiceapp.core.audio import Clip
from voiceapp.core.events import PhaseChanged, SoundStartedEvent
from voiceapp.core.turn import Phase

SETTLE_S = 0.3
"""Between turns; more than the sink's and the loudspeaker's buffers hold."""


@dataclass(frozen=True)
class Turn:
    """What the script did, on the monotonic clock."""

    released_at: float
    ended_at: float
    escaped_at: float | None = None


@dataclass
class Findings:
    """Everything that was measured."""

    splits: list[TurnSplit] = field(default_factory=list)
    longest_gaps_ms: list[float] = field(default_factory=list)
    silence_ms: list[float] = field(default_factory=list)
    boundaries: int = 0
    gaps_over_10_ms: list[str] = field(default_factory=list)


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=20, help="whole turns, and as many interrupted ones (default 20)")
    options.add_argument("--interrupts", type=int, default=None, metavar="N", help="another number of interrupted ones")
    options.add_argument("--window", action="store_true", help="with the real window running, the reply streaming in")
    options.add_argument("--char-ms", type=float, default=30.0, metavar="MS", help="of speech per character")
    options.add_argument("--api", choices=("responses", "chat_completions"), default="responses")


def measure(arguments: argparse.Namespace) -> Report:
    """Run the turns, then read them off the recording and the service's log."""
    interrupts = arguments.n if arguments.interrupts is None else arguments.interrupts
    with (
        tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder,
        running_card() as card,
        Service(arguments.char_ms) as service,
        Recorder(MONITOR, Path(folder)) as recorder,
    ):
        clicks = calibration.play_clicks()
        question = asyncio.run(spoken_question())
        within_s = min(1.5, arguments.char_ms * len(bench_script().chat.text) / 2000)
        open_session = opener(service.base_url, Path(folder), arguments.api)

        def script(driver: Driver) -> tuple[list[Turn], list[Turn]]:
            interrupted(driver, card, question, within_s)  # connections, caches, byte code: the first is not counted
            turns = [turn(driver, card, question) for _ in range(arguments.n)]
            return turns, [interrupted(driver, card, question, within_s) for _ in range(interrupts)]

        if arguments.window:
            from tests.bench.window import run_in_window

            with screen():
                turns, cut = run_in_window(open_session, Path(folder), script)
        else:
            turns, cut = run_alone(open_session, script)
        calls, violations = service.log()
        recording = recorder.stop()
    if violations:
        raise RuntimeError(f"requests against the specification: {violations}")
    return report_of(find(recording, calls, turns, cut), recording, calls, clicks, arguments)


def ask(driver: Driver, card: SoundCard, question: Clip) -> float:
    """Hold the key while the question is spoken; return when it was released."""
    driver.forget()
    driver.press()
    driver.wait_for(PhaseChanged, lambda event: event.phase is Phase.LISTENING)
    card.play_into_microphone(question)
    return driver.release()


def turn(driver: Driver, card: SoundCard, question: Clip) -> Turn:
    """One whole turn, to the end of the spoken reply."""
    released_at = ask(driver, card, question)
    driver.wait_for(PhaseChanged, lambda event: event.phase is Phase.IDLE)
    time.sleep(SETTLE_S)
    return Turn(released_at, time.monotonic())


def interrupted(driver: Driver, card: SoundCard, question: Clip, within_s: float) -> Turn:
    """A turn that is cut off *within_s* of its first sound, at a moment that falls into step with nothing."""
    released_at = ask(driver, card, question)
    driver.wait_for(SoundStartedEvent)
    time.sleep(within_s * random.uniform(0.2, 1.0))
    escaped_at = driver.interrupt()
    driver.wait_for(PhaseChanged, lambda event: event.phase is Phase.IDLE)
    time.sleep(SETTLE_S)
    return Turn(released_at, time.monotonic(), escaped_at)


def find(recording: Recording, calls: list[Call], turns: list[Turn], cut: list[Turn]) -> Findings:
    """Bring the recording, the service's log and the script's moments together."""
    found, tokens = Findings(), bench_script().chat.tokens
    for number, one in enumerate(turns, start=1):
        first = recording.first_sound(one.released_at, one.ended_at)
        assert first is not None, "a turn was silent at the loudspeaker"
        its_calls = [call for call in calls if one.released_at - 10 < call.uploaded_at < one.ended_at]
        its_calls = [call for call in its_calls if call.uploaded_at > one.released_at]
        found.splits.append(split_turn(its_calls, tokens, one.released_at, first))
        gaps = recording.silences(first, one.ended_at)
        found.longest_gaps_ms.append(max((gap_ms for _at, gap_ms in gaps), default=0.0))
        found.gaps_over_10_ms += [
            f"turn {number} at {at - first:.2f} s: {gap_ms:.0f} ms" for at, gap_ms in gaps if gap_ms > 10
        ]
        found.boundaries += sum(call.path == "/audio/speech" for call in its_calls) - 1
    for one in cut:
        assert one.escaped_at is not None
        last = recording.last_sound(one.released_at, one.ended_at)
        assert last is not None, "an interrupted turn had made no sound"
        found.silence_ms.append(max(0.0, (last - one.escaped_at) * 1000))
    return found


def report_of(
    found: Findings, recording: Recording, calls: list[Call], clicks: list[float], arguments: argparse.Namespace
) -> Report:
    """Put the findings into words and figures."""

    def of(name: str, value: Callable[[TurnSplit], float], target: str = "") -> Series:
        return Series(name, [value(split) for split in found.splits], target=target)

    clause_tokens = sorted({split.first_clause_tokens for split in found.splits})
    late_ms = [late for call in calls for late in call.late_ms]
    delays_ms = calibration.delays_ms(recording, clicks)
    series = [
        of("response: release → first sample at the sink", lambda s: s.response, "median ≤ 720"),
        of("overhead: response − service on the critical path", lambda s: s.overhead, "median ≤ 20, p95 ≤ 40"),
        of("  upload: release → take arrived", lambda s: s.upload),
        of("  chat: transcript sent → chat request arrived", lambda s: s.chat),
        of("  speech: clause's last token sent → speech request arrived", lambda s: s.speech),
        of("    of which waiting for tokens after the clause", lambda s: s.waiting),
        of("  playback: first byte of sound sent → first sample", lambda s: s.playback),
        of("overhead against a path with the token after the clause", lambda s: s.overhead_with_next_token),
        of("service on the critical path", lambda s: s.service),
        of("overhead as if the service path were the whole first sentence", lambda s: s.sentence_overhead),
        Series("longest silence within a reply", found.longest_gaps_ms, target="≤ 10"),
        Series("Esc → silence at the sink", found.silence_ms, target="≤ 40"),
        Series("measuring chain: click written → seen at the monitor", delays_ms),
        Series("service: pieces sent after their moment", late_ms),
    ]
    notes = [
        f"first clause: {', '.join(map(str, clause_tokens))} tokens; {found.boundaries} boundaries between clauses, "
        f"{len(found.gaps_over_10_ms)} silences over 10 ms",
        *found.gaps_over_10_ms,
        "A first clause of 8 tokens could sound at 640 ms, the path of the first overhead; at 660 ms where the",
        "token after it has to show its end, the path of the other one.",
        "The sink takes sound every 5 ms: a click is seen 0-5 ms after its writing, never before; the smallest delay",
        f"bounds how late sample times may be, so they are right to +0/-{min(delays_ms, default=0.0):.1f} ms. "
        f"Blocks came {recording.jitter_ms:.1f} ms (p95) after the line.",
        f"chat by {arguments.api}; {'with the window' if arguments.window else 'session alone'}",
    ]
    title = "turn, with the window running" if arguments.window else "turn"
    return Report(title, series, notes)
