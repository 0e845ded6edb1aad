"""Events on their way to the GUI thread, kept short: a flood of levels or deltas must not become a flood of paints.

Any thread may push; one thread takes. Nothing that changes what is shown is lost and order is kept: deltas of one
message grow together, and of levels, partial transcripts and the spoken place only the newest counts.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from voiceapp.core.events import Event, InputLevel, OutputLevel, PartialTranscript, ReplyDelta, SpokenProgress


class EventQueue:
    """A first-in, first-out queue that merges what may be merged."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._levels: dict[type, Event] = {}

    def push(self, event: Event) -> bool:
        """Add *event*; return whether the queue was empty, so that somebody must be woken to take."""
        with self._lock:
            was_empty = not self._events and not self._levels
            if isinstance(event, InputLevel | OutputLevel):
                self._levels[type(event)] = event
            elif self._events and (merged := _merged(self._events[-1], event)) is not None:
                self._events[-1] = merged
            else:
                self._events.append(event)
            return was_empty

    def take(self) -> Event | None:
        """Return the next event, levels last; None when there is nothing."""
        with self._lock:
            if self._events:
                return self._events.popleft()
            if self._levels:
                return self._levels.pop(next(iter(self._levels)))
            return None


def _merged(last: Event, event: Event) -> Event | None:
    """Return the one event that says what *last* and then *event* say, or None where both are needed."""
    match last, event:
        case ReplyDelta(message_id=m), ReplyDelta(message_id=n) if m == n and last.turn == event.turn:
            return replace(last, text=last.text + event.text)
        case PartialTranscript(turn=t), PartialTranscript(turn=u) if t == u:
            return event
        case SpokenProgress(message_id=m), SpokenProgress(message_id=n) if m == n:
            return event
        case _:
            return None
