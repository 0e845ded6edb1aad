"""What is tried out by ear: the devices, and a voice. Each is a turn, so that the person's next wish ends it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from voiceapp.core import turn as t
from voiceapp.core.commands import TestDevices
from voiceapp.voice.turns import Turn

Work: TypeAlias = Callable[[Turn], Coroutine[Any, Any, None]]


def trial(command: object) -> tuple[t.Input, Work] | None:
    """Return how the turn for *command* begins and what it does; None for a command that tries nothing."""
    from voiceapp.core.voices import PreviewVoice  # not before something is tried

    match command:
        case TestDevices("hear"):
            return t.TalkStarted(), Turn.test_hearing
        case TestDevices():
            return t.AskedInWriting(), Turn.test_speaking
        case PreviewVoice():
            return t.AskedInWriting(), lambda turn: turn.preview(command)
        case _:
            return None
