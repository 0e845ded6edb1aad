"""Traces: every command, decision and event as one JSON line, and replaying the decisions.

``voiceapp --trace FILE`` writes them, ``voiceapp replay FILE`` puts the recorded inputs to today's reducer and tells
the first decision that comes out differently. A trace holds what was said and written; it is a file of the person's
own, made only when asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from voiceapp.core import turn as t

INPUTS: dict[str, type[t.Input]] = {
    kind.__name__: kind
    for kind in (
        t.TalkStarted,
        t.TalkEnded,
        t.AskedInWriting,
        t.TakeSent,
        t.Stopped,
        t.Transcribed,
        t.SoundStarted,
        t.Finished,
        t.Failed,
    )
}


@dataclass(frozen=True)
class Decision:
    """What the reducer was told, and what it made of it."""

    before: t.TurnState
    event: t.Input
    after: t.TurnState
    actions: tuple[t.Action, ...]


@dataclass(frozen=True)
class Difference:
    """A decision that today comes out differently; *line* counts from 1."""

    line: int
    event: str
    recorded: str
    today: str


def to_line(at_s: float, kind: str, value: object) -> str:
    """Encode *value* (a frozen dataclass) as one line; *kind* is "command", "decision" or "event"."""
    return json.dumps({"at_s": round(at_s, 4), "kind": kind, **plain(value)}, ensure_ascii=False)


def plain(value: object) -> Any:
    """Return *value* as what JSON knows; dataclasses carry their name as "type"."""
    if is_dataclass(value) and not isinstance(value, type):
        secret = getattr(value, "secret_fields", ())
        shown = {f.name: "…" if f.name in secret else plain(getattr(value, f.name)) for f in fields(value)}
        return {"type": type(value).__name__, **shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else repr(value)


def replay(lines: Iterable[str]) -> tuple[int, Difference | None]:
    """Put every recorded decision's input to the reducer; return how many agreed and the first that does not.

    Raises ValueError for a line that is no trace.
    """
    count = 0
    for number, line in enumerate(lines, start=1):
        record = json.loads(line)
        if not isinstance(record, dict) or "kind" not in record:
            raise ValueError(f"line {number} is not a trace line")
        if record["kind"] != "decision":
            continue
        event = _input(record["event"])
        before = t.TurnState(t.Phase(record["before"]["phase"]), record["before"]["turn"])
        after, actions = t.step(before, event)
        today, recorded = [plain(after), plain(actions)], [record["after"], record["actions"]]
        if today != recorded:
            return count, Difference(number, record["event"]["type"], json.dumps(recorded), json.dumps(today))
        count += 1
    return count, None


def _input(record: dict[str, Any]) -> t.Input:
    arguments = {name: value for name, value in record.items() if name != "type"}
    return INPUTS[record["type"]](**arguments)
