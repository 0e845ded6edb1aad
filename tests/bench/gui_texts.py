"""What the window is given to show while its callbacks are timed: long, mixed and many."""

from __future__ import annotations

import time
from pathlib import Path

from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Take, TakeState, Timings
from voiceapp.core.images import StoredImage

PROSE = (
    "Ask the **kernel** which socket is listening. On Linux, `ss` prints the process next to the port, and you need "
    "root to see processes that belong to *somebody else*. Add the `n` flag so that it does not look up names, and "
    "see [the manual](https://example.org/ss) for the rest of its filters.\n\n"
)
POINTS = "1. First the port, then the process.\n2. Then `kill`, never `kill -9` at once.\n   - unless it hangs\n\n"
CODE = (
    "```python\n"
    + "".join(
        f'def listening_{n}(port: int) -> str | None:\n    """Return who listens on *port*."""\n'
        f'    for line in lines("ss -lnp"):  # {n}\n        if f":{{port}} " in line:\n            return line\n\n'
        for n in range(3)
    )
    + "```\n\n"
)
TABLE_HEAD = "| port | process | since | memory | state |\n|---|---|---:|---:|---|\n"
REPLY = PROSE + POINTS + CODE + PROSE + TABLE_HEAD + "| 8080 | `node` | 12:01 | 214 MB | LISTEN |\n" * 4 + "\n" + PROSE


def prose(chars: int) -> str:
    """Return *chars* of mixed Markdown."""
    return (REPLY * (chars // len(REPLY) + 1))[:chars]


def code(chars: int) -> str:
    """Return one fenced block of *chars*."""
    body = CODE.removeprefix("```python\n").removesuffix("```\n\n")
    return "```python\n" + (body * (chars // len(body) + 1))[:chars] + "\n```\n"


def table(rows: int) -> str:
    """Return one table."""
    return TABLE_HEAD + "".join(
        f"| {8000 + n} | `node-{n}` with a **long** name | 12:{n % 60:02} | {n * 7} MB | LISTEN |\n"
        for n in range(rows)
    )


def take(number: int, state: TakeState = TakeState.TRANSCRIBED) -> Take:
    """Return a recording."""
    envelope = tuple((number * 7 + n * 13) % 50 / 50 for n in range(48))
    at_s = time.time() - number * 60
    return Take(number, f"{number}.wav", state, at_s, 3.0 + number % 9, 48000, -9.0, envelope, text=f"Words {number}.")


def conversation(messages: int, number: int = 7) -> Conversation:
    """Return a conversation of so many messages, half of them spoken, half of them answers of a kilobyte and more."""
    at_s = time.time() - messages
    shown = []
    for n in range(1, messages + 1):
        id_ = number * 100_000 + n
        if n % 2:
            words = f"Question {n}: something already uses port {8000 + n}. How do I find out what it is?"
            shown.append(Message(id_, number, Role.USER, words, at_s + n, take_id=n))
        else:
            heard = len(PROSE) // 2 if n % 10 == 0 else None
            timings = Timings(310, 520, 740)
            answer = Message(id_, number, Role.ASSISTANT, REPLY, at_s + n, heard_chars=heard, timings=timings)
            shown.append(answer)
    takes = {n: take(n) for n in range(1, messages + 1, 2)}
    return Conversation(ConversationHead(number, f"Ports, {messages} messages", at_s, messages), tuple(shown), takes)


def answered(text: str, number: int = 8) -> Conversation:
    """Return a conversation of one question and *text* as its answer."""
    now_s = time.time()
    return Conversation(
        ConversationHead(number, "One long answer", now_s, 2),
        (
            Message(number * 100_000 + 1, number, Role.USER, "Tell me everything.", now_s),
            Message(number * 100_000 + 2, number, Role.ASSISTANT, text, now_s, engine="OpenAI"),
        ),
    )


def heads(count: int, snippet: str = "") -> tuple[ConversationHead, ...]:
    """Return the list's rows, an hour apart."""
    now_s = time.time()
    return tuple(
        ConversationHead(n, f"Conversation about port {8000 + n} and more", now_s - n * 3600.0, 4, snippet)
        for n in range(1, count + 1)
    )


def images(folder: Path, count: int) -> tuple[StoredImage, ...]:
    """Return a gallery of files of 1024 × 1024."""
    from tests.bench.gallery import _file

    files = ((n, _file(folder, n, 1024)) for n in range(count, 0, -1))
    return tuple(StoredImage(n, str(path), "png", 1024, 1024, f"Lighthouse {n}") for n, path in files)
