"""A trace of today replays without difference; a changed decision is found and named."""

from __future__ import annotations

import json

import pytest

from voiceapp.core import turn as t
from voiceapp.core.commands import StoreKey
from voiceapp.core.trace import Decision, replay, to_line


def trace() -> list[str]:
    state, lines = t.TurnState(), []
    for event in (t.TalkStarted(), t.TalkEnded(), t.Transcribed(1), t.SoundStarted(1), t.Finished(1)):
        after, actions = t.step(state, event)
        lines.append(to_line(1.0, "decision", Decision(state, event, after, actions)))
        state = after
    return lines


def test_agrees_with_itself() -> None:
    assert replay(trace()) == (5, None)


def test_the_first_difference_is_named() -> None:
    lines = trace()
    record = json.loads(lines[2])
    record["after"]["phase"] = "idle"
    lines[2] = json.dumps(record)
    count, difference = replay(lines)
    assert count == 2
    assert difference is not None
    assert (difference.line, difference.event) == (3, "Transcribed")


def test_a_key_is_never_traced() -> None:
    line = to_line(0.0, "command", StoreKey("openai", "sk-very-secret"))
    assert "secret" not in line
    assert "openai" in line


def test_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        replay(["[]"])
