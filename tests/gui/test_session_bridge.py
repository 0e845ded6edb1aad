"""Commands go over, events come back in order, and a flood becomes a trickle."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.gui.scripted_session import READY, ScriptedSession
from voiceapp.core import commands as do
from voiceapp.core import events as ev
from voiceapp.core.audio import Level
from voiceapp.core.errors import AuthFailed
from voiceapp.core.turn import Phase
from voiceapp.gui.event_queue import EventQueue
from voiceapp.gui.session_bridge import BATCH_BUDGET_MS, SessionBridge

LISTENING = ev.PhaseChanged(Phase.LISTENING, 1)


def ended(bridge: SessionBridge) -> None:
    bridge.stop()
    assert bridge.wait(5.0)


def test_commands_sent_before_the_session_is_open_wait_for_it(qtbot: QtBot) -> None:
    session = ScriptedSession()
    bridge = SessionBridge(session.open)
    bridge.send(do.NewConversation())
    with qtbot.waitSignal(bridge.happened):
        bridge.start()
    bridge.send(do.Interrupt())
    qtbot.waitUntil(lambda: len(session.commands) == 2)
    assert session.commands == [do.NewConversation(), do.Interrupt()]
    assert session.thread_name == "voice-loop"
    ended(bridge)


def test_events_arrive_on_the_gui_thread_in_order(qtbot: QtBot) -> None:
    session = ScriptedSession((READY, LISTENING))
    bridge = SessionBridge(session.open)
    seen: list[tuple[ev.Event, int]] = []
    bridge.happened.connect(lambda event: seen.append((event, threading.get_ident())))
    bridge.start()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen == [(READY, threading.get_ident()), (LISTENING, threading.get_ident())]
    ended(bridge)


def test_stopping_closes_the_session_and_tells(qtbot: QtBot) -> None:
    session = ScriptedSession()
    bridge = SessionBridge(session.open)
    with qtbot.waitSignal(bridge.happened):
        bridge.start()
    with qtbot.waitSignal(bridge.stopped):
        bridge.stop()
    assert session.is_closed.is_set()
    assert bridge.wait(5.0)
    with qtbot.waitSignal(bridge.stopped):
        bridge.stop()  # a second time harms nothing
    bridge.send(do.Interrupt())  # and late commands fall on the floor
    assert session.commands == []


def test_a_session_that_cannot_open_becomes_a_problem(qtbot: QtBot) -> None:
    error = AuthFailed("The key was not accepted.", hint="Check it.", provider="OpenAI")
    bridge = SessionBridge(ScriptedSession(fault=error).open)
    problems: list[ev.Problem] = []
    bridge.failed.connect(problems.append)
    with qtbot.waitSignal(bridge.stopped):
        bridge.start()
    (problem,) = problems
    assert (problem.code, problem.message, problem.provider) == ("auth", "The key was not accepted.", "OpenAI")
    assert bridge.wait(5.0)


def test_a_flood_is_delivered_whole_but_in_few_pieces(qtbot: QtBot) -> None:
    session = ScriptedSession()
    bridge = SessionBridge(session.open)
    with qtbot.waitSignal(bridge.happened):
        bridge.start()
    seen: list[ev.Event] = []
    bridge.happened.connect(seen.append)
    words = [f"{n} " for n in range(5000)]
    flood: list[ev.Event] = []
    for word in words:
        flood += [ev.ReplyDelta(7, 1, word), ev.InputLevel(Level(-20.0, -10.0))]
    session.tell(*flood, LISTENING)
    qtbot.waitUntil(lambda: LISTENING in seen)
    deltas = [event for event in seen if isinstance(event, ev.ReplyDelta)]
    assert "".join(delta.text for delta in deltas) == "".join(words)
    assert len(deltas) < 1000  # merged while they waited
    assert sum(isinstance(event, ev.InputLevel) for event in seen) < 1000
    ended(bridge)


def test_a_batch_that_takes_long_lets_the_window_breathe(qtbot: QtBot) -> None:
    session = ScriptedSession()
    bridge = SessionBridge(session.open)
    with qtbot.waitSignal(bridge.happened):
        bridge.start()
    seen: list[ev.Event] = []
    breaths: list[int] = []

    def slow(event: ev.Event) -> None:
        QTimer.singleShot(0, lambda: breaths.append(len(seen)))  # runs as soon as Qt gets its turn
        seen.append(event)
        threading.Event().wait(BATCH_BUDGET_MS / 1000.0 + 0.002)  # longer than a batch may take

    bridge.happened.connect(slow)
    session.tell(*(ev.PhaseChanged(Phase.THINKING, n) for n in range(5)))
    qtbot.waitUntil(lambda: len(breaths) == 5)
    assert breaths[0] < 5  # the window had its turn before the last event
    ended(bridge)


EVENTS = st.one_of(
    st.builds(ev.ReplyDelta, st.integers(1, 2), st.just(1), st.text("ab", min_size=1, max_size=3)),
    st.builds(ev.PartialTranscript, st.integers(1, 2), st.text("cd", max_size=3)),
    st.builds(ev.PhaseChanged, st.sampled_from(Phase), st.integers(1, 2)),
    st.builds(ev.InputLevel, st.builds(Level, st.floats(-60, 0))),
)


@given(st.lists(EVENTS, max_size=30))
def test_merging_loses_no_text_and_no_order(events: list[ev.Event]) -> None:
    queue = EventQueue()
    woken = [queue.push(event) for event in events]
    assert woken == [n == 0 for n in range(len(events))]
    taken = []
    while (event := queue.take()) is not None:
        taken.append(event)
    for message_id in (1, 2):

        def text(kept: list[ev.Event], wanted: int = message_id) -> str:
            return "".join(e.text for e in kept if isinstance(e, ev.ReplyDelta) and e.message_id == wanted)

        assert text(taken) == text(events)
    phases = [e for e in events if isinstance(e, ev.PhaseChanged)]
    assert [e for e in taken if isinstance(e, ev.PhaseChanged)] == phases
    levels = [e for e in events if isinstance(e, ev.InputLevel)]
    assert [e for e in taken if isinstance(e, ev.InputLevel)] == levels[-1:]
