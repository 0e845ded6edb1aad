"""What moderation adds to the first spoken clause: a typed question to the first sample at the device.

Rules off, show and block take turns, so that what the machine does meanwhile falls on all three. The service's times
are known: first token 200 ms, then 50 tokens/s; speech 150 ms to first byte; a check as long as is named. A reply's
clause is checked while its sound is made, so a check up to 150 ms long can be hidden there; what was typed is checked
before it is sent, which nothing can hide.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from tests.bench.driver import OpenSession, Session
from tests.bench.pipeline import opener
from tests.bench.report import Report, Series
from tests.bench.service import Service
from tests.soundcard import running_card
from voiceapp.core.checks import CheckDone
from voiceapp.core.commands import ApplySettings, SendText
from voiceapp.core.events import Event, Notice, SessionReady, SettingsChanged, TurnFailed, TurnTimed
from voiceapp.core.moderation import Action, Checkpoint, Policy, Rule
from voiceapp.core.settings import Settings

E = TypeVar("E")

RULES = {
    "off": Policy(),
    "reply shown": Policy(reply=Rule(Action.SHOW)),
    "reply blocked": Policy(reply=Rule(Action.BLOCK)),
    "input and reply blocked": Policy(input=Rule(Action.BLOCK), reply=Rule(Action.BLOCK)),
}


def add_options(options: argparse.ArgumentParser) -> None:
    """Add this measurement's own options."""
    options.add_argument("-n", type=int, default=20, help="turns for each rule (default 20)")
    options.add_argument("--check-ms", type=float, nargs="+", default=[60.0, 150.0, 400.0], metavar="MS")


def measure(arguments: argparse.Namespace) -> Report:
    """Run the turns for each length of a check."""
    report = Report("moderation: added to the first spoken clause")
    for check_ms in arguments.check_ms:
        with (
            tempfile.TemporaryDirectory(prefix="voiceapp-bench-") as folder,
            running_card(),
            Service(20.0, "short", "--check-ms", str(check_ms)) as service,
        ):
            open_session = opener(service.base_url, Path(folder), "responses")
            found = asyncio.run(_turns(open_session, arguments.n))
            _calls, violations = service.log()
        os.environ.pop("OPENAI_API_KEY", None)
        if violations:
            raise RuntimeError(f"requests against the specification: {violations}")
        report.series += _series(found, check_ms)
    report.notes.append(
        "“added” is each turn with the rule less the median of the turns without; no audio is uploaded."
    )
    return report


def _series(found: dict[str, list[float]], check_ms: float) -> list[Series]:
    alone = float(np.median(found["off"]))
    rows = [Series(f"check of {check_ms:.0f} ms: first sound, rules off", found["off"])]
    for name in list(RULES)[1:]:
        target = f"median ≤ {2 * check_ms if 'input' in name else check_ms:.0f}"
        rows.append(Series(f"  added: {name}", [value - alone for value in found[name]], target=target))
    return rows


async def _turns(open_session: OpenSession, count: int) -> dict[str, list[float]]:
    events: asyncio.Queue[Event] = asyncio.Queue()
    found: dict[str, list[float]] = {name: [] for name in RULES}
    async with open_session(events.put_nowait) as session:
        settings = (await _next(events, SessionReady)).settings
        settings = replace(settings, is_cached=False, is_start_sound=False)
        for number in range(count + 1):
            for name, policy in RULES.items():
                await _use(session, events, replace(settings, moderation=policy))
                first_ms = await _turn(session, events, policy)
                if number:  # connections, byte code: the first is not counted
                    found[name].append(first_ms)
    return found


async def _use(session: Session, events: asyncio.Queue[Event], settings: Settings) -> None:
    session.handle(ApplySettings(settings))
    await _next(events, SettingsChanged)


async def _turn(session: Session, events: asyncio.Queue[Event], policy: Policy) -> float:
    """One typed question, spoken to its end; return when its first sample was out, in ms."""
    session.handle(SendText("What is the capital of France?", is_aloud=True))
    timed = await _next(events, TurnTimed)
    assert timed.timings.first_sound_ms is not None
    for checkpoint in (Checkpoint.INPUT, Checkpoint.REPLY):
        if policy.rule(checkpoint).action is not Action.OFF:
            done = await _next(events, CheckDone)
            assert not done.checked.problem, done.checked.problem
    return timed.timings.first_sound_ms


async def _next(events: asyncio.Queue[Event], kind: type[E]) -> E:
    """Return the next event of *kind*; verdicts that come before it are kept for later."""
    checked: list[Event] = []
    async with asyncio.timeout(30):
        while True:
            event = await events.get()
            if isinstance(event, kind):
                for one in checked:
                    events.put_nowait(one)
                return event
            if isinstance(event, CheckDone):
                checked.append(event)
            if isinstance(event, TurnFailed) or (isinstance(event, Notice) and event.is_problem):
                raise RuntimeError(f"it failed: {event}")
