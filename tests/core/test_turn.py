"""The reducer: examples as a table, and what must hold for any order of events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceapp.core import turn as t
from voiceapp.core.turn import Phase, TurnState, step

IDLE, LISTENING, TRANSCRIBING, THINKING, SPEAKING = Phase


@pytest.mark.parametrize(
    ("phase", "event", "after", "actions"),
    [
        (IDLE, t.TalkStarted(), TurnState(LISTENING, 8), (t.Listen(8),)),
        (LISTENING, t.TalkStarted(), TurnState(LISTENING, 7), ()),
        (LISTENING, t.TalkEnded(), TurnState(TRANSCRIBING, 7), (t.Transcribe(7),)),
        (TRANSCRIBING, t.Transcribed(7), TurnState(THINKING, 7), (t.Answer(7),)),
        (TRANSCRIBING, t.Transcribed(7, is_empty=True), TurnState(IDLE, 7), ()),
        (THINKING, t.SoundStarted(7), TurnState(SPEAKING, 7), ()),
        (SPEAKING, t.Finished(7), TurnState(IDLE, 7), ()),
        (SPEAKING, t.TalkStarted(), TurnState(LISTENING, 8), (t.Abort(7), t.Listen(8))),
        (THINKING, t.AskedInWriting(), TurnState(THINKING, 8), (t.Abort(7), t.Answer(8))),
        (IDLE, t.TakeSent(), TurnState(TRANSCRIBING, 8), (t.Transcribe(8),)),
        (SPEAKING, t.Stopped(), TurnState(IDLE, 7), (t.Abort(7),)),
        (IDLE, t.Stopped(), TurnState(IDLE, 7), ()),
        (IDLE, t.TalkEnded(), TurnState(IDLE, 7), ()),
        (SPEAKING, t.Finished(6), TurnState(SPEAKING, 7), ()),
        (THINKING, t.Failed(7), TurnState(IDLE, 7), ()),
    ],
)
def test_what_happens_next(phase: Phase, event: t.Input, after: TurnState, actions: tuple[t.Action, ...]) -> None:
    assert step(TurnState(phase, 7), event) == (after, actions)


numbers = st.integers(0, 6)
events = st.one_of(
    st.sampled_from([t.TalkStarted(), t.TalkEnded(), t.AskedInWriting(), t.TakeSent(), t.Stopped()]),
    st.builds(t.Transcribed, numbers, st.booleans()),
    st.builds(t.SoundStarted, numbers),
    st.builds(t.Finished, numbers),
    st.builds(t.Failed, numbers),
)


@given(st.lists(events, max_size=40))
def test_never_two_live_turns(history: list[t.Input]) -> None:
    state, live = TurnState(), set[int]()
    for event in history:
        state, actions = step(state, event)
        for action in actions:
            match action:
                case t.Abort(turn):
                    live.discard(turn)
                case t.Listen(turn) | t.Answer(turn) | t.Transcribe(turn):
                    live.add(turn)
        if state.phase is IDLE:
            live.clear()  # the turn ended by itself
        assert len(live) <= 1
        assert live <= {state.turn}
        assert (state.phase is IDLE) == (not live)


@given(st.lists(events, max_size=40))
def test_late_news_changes_nothing(history: list[t.Input]) -> None:
    state = TurnState()
    for event in history:
        before = state
        state, actions = step(state, event)
        if isinstance(event, t.Transcribed | t.SoundStarted | t.Finished | t.Failed) and event.turn != before.turn:
            assert (state, actions) == (before, ())


@given(st.lists(events, max_size=20))
def test_the_person_always_gets_the_floor(history: list[t.Input]) -> None:
    state = TurnState()
    for event in history:
        state, _actions = step(state, event)
    state, _actions = step(state, t.TalkStarted())
    assert state.phase is LISTENING
