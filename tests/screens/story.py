"""What the pictures show: one conversation, and the events that lead to each state."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from tests.gui.scripted_session import DEVICES, ENGINES
from voiceapp.core import events as ev
from voiceapp.core.audio import Level
from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Take, TakeState, Timings
from voiceapp.core.settings import Settings
from voiceapp.core.turn import Phase

FIRST_REPLY = (
    "Ask the kernel which socket is listening. On Linux, `ss` prints the process next to the port, and you need root "
    "to see processes that belong to somebody else. Add the n flag so that it does not look up names."
)
HEARD_CHARS = FIRST_REPLY.index("processes that belong") - 1
SECOND_REPLY = (
    "Then use `lsof`. This lists the one program that holds the port:\n\n"
    "```shell\nlsof -nP -iTCP:8080 -sTCP:LISTEN\n# node    41207  ada    IPv6  *:8080 (LISTEN)\n```\n\n"
    "The second column is the process number. Pass it to `kill` and the port is free again."
)
TITLES = (
    ("Port 8080 is taken", 0.1),
    ("Rewrite the release note", 2.4),
    ("Bread with too much water", 4.8),
    ("Lighthouse picture ideas", 24.0),
    ("Explain the lease clause", 25.5),
    ("Italian practice, chapter 4", 33.0),
    ("Trip to the coast by train", 196.0),
    ("Why the tests are slow", 201.0),
    ("Names for the boat", 206.0),
)


def loudness(at_s: float) -> float:
    """Return a level in dBFS that rises and falls as speech does."""
    syllable = abs(math.sin(at_s * 11.0)) * (0.6 + 0.4 * math.sin(at_s * 5.3 + 1.0))
    phrase = 0.55 + 0.45 * math.sin(at_s * 2.6 + 0.4)
    return -50.0 + 44.0 * syllable * phrase


def envelope(seed: float, count: int = 48) -> tuple[float, ...]:
    """Return a take's envelope."""
    return tuple(max(0.08, (loudness(seed + n * 0.07) + 50.0) / 44.0) for n in range(count))


def heads(now_s: float) -> tuple[ConversationHead, ...]:
    """Return the conversations of the list."""
    return tuple(ConversationHead(n + 1, title, now_s - ago * 3600.0, 4) for n, (title, ago) in enumerate(TITLES))


def take(number: int, duration_s: float, state: TakeState = TakeState.TRANSCRIBED, error: str = "") -> Take:
    """Return a recording."""
    return Take(
        number, f"{number}.wav", state, time.time() - 60, duration_s, 48000, -9.0, envelope(number), error=error,
        conversation_id=1,
    )  # fmt: skip


def opened(*, is_interrupted_only: bool = False) -> ev.ConversationOpened:
    """Return the conversation with its two finished turns, or only the one that was cut off."""
    now_s = time.time()
    messages = (
        Message(1, 1, Role.USER, "Something already uses port 8080. How do I find out what?", now_s - 60, take_id=1),
        Message(
            2, 1, Role.ASSISTANT, FIRST_REPLY, now_s - 55, heard_chars=HEARD_CHARS, timings=Timings(310, 520, 740),
            engine="OpenAI gpt-4o-mini",
        ),
        Message(3, 1, Role.USER, "Stop. I’m on a Mac.", now_s - 40, take_id=2),
        Message(
            4, 1, Role.ASSISTANT, SECOND_REPLY, now_s - 35, timings=Timings(280, 470, 690), engine="OpenAI gpt-4o-mini"
        ),
    )  # fmt: skip
    kept = messages[:2] if is_interrupted_only else messages
    return ev.ConversationOpened(Conversation(heads(now_s)[0], kept, {1: take(1, 3.4), 2: take(2, 1.3)}))


def ready(theme: str = "light") -> ev.SessionReady:
    """Return the session's first word."""
    return ev.SessionReady(ENGINES, DEVICES, Settings(theme=theme).with_provider("openai"))


def listening() -> Sequence[ev.Event]:
    """The person is speaking."""
    return (
        ev.PhaseChanged(Phase.LISTENING, 3),
        ev.AudioFlowing(3),
        ev.TurnTimed(2, Timings(310)),
        ev.PartialTranscript(3, "Good. And how do I make sure the port is free before"),
    )


def thinking() -> Sequence[ev.Event]:
    """The words are known, the answer is not."""
    now_s = time.time()
    message = Message(5, 1, Role.USER, "Good. And how do I make sure the port is free?", now_s, take_id=3)
    return (
        ev.PhaseChanged(Phase.TRANSCRIBING, 3),
        ev.TakeChanged(take(3, 2.8)),
        ev.TranscriptReady(3, message.text, 3),
        ev.MessageAdded(message, 3),
        ev.PhaseChanged(Phase.THINKING, 3),
        ev.TurnTimed(3, Timings(340)),
    )


def speaking() -> Sequence[ev.Event]:
    """The answer is being written and read aloud."""
    words = "Try to open it yourself. If `nc -z localhost 8080` fails, nobody listens there and the port is free."
    start = words.index("nobody")
    return (
        ev.MessageAdded(Message(6, 1, Role.ASSISTANT, "", time.time(), is_complete=False), 3),
        ev.ReplyDelta(6, 3, words),
        ev.PhaseChanged(Phase.SPEAKING, 3),
        ev.TurnTimed(3, Timings(340, 520, 690)),
        ev.SpokenProgress(6, start, start + len("nobody")),
    )


def failed() -> Sequence[ev.Event]:
    """The key was refused; the recording is kept."""
    problem = ev.Problem(
        "auth",
        "OpenAI did not accept the key ending in 4f2c",
        "Paste a new key and it is sent at once, or carry on with the engine on this computer.",
        "401 invalid_api_key",
        provider="OpenAI",
    )
    return (
        ev.TakeChanged(take(3, 5.2, TakeState.FAILED, "OpenAI did not accept the key ending in 4f2c")),
        ev.TurnFailed(3, problem, take_id=3),
        ev.PhaseChanged(Phase.IDLE, 3),
    )


def level(at_s: float) -> Level:
    """Return a level as it is measured."""
    return Level(loudness(at_s), loudness(at_s) + 8.0)
