"""The realtime endpoint: websocket sessions, logged, with every client event checked against the specification.

A *behaviour* is a coroutine that talks on one :class:`Session`; ``RealtimeRoom.behaviours`` has one per kind of
session ("transcription" for ``intent=transcription``, else "conversation"), ``behave_next`` replaces it for the next
connections.
"""

from __future__ import annotations

import asyncio
import base64
import time
import urllib.parse
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.server.script import Script
from tests.server.spec_check import openai_spec
from tests.server.websocket import ClientLeft, WebSocket
from tests.server.wire import Request, WatchedReader

PATH = "/realtime"
Behaviour = Callable[["Session"], Awaitable[None]]
Log = Callable[[Callable[[], object]], None]


@dataclass
class Session:
    """One connection, with the log of both directions. Times are time.monotonic() seconds.

    Attributes:
        received: what the client sent, decoded.
        sent: what it was sent.
        audio: the sound appended since the last commit or clear, decoded.
        left_with: the code of the client's close frame; 0 = none, None = still connected.
    """

    request: Request
    socket: WebSocket
    script: Script
    log: Log
    violations: list[str]
    started_at: float = 0.0
    received: list[tuple[float, Any]] = field(default_factory=list)
    sent: list[tuple[float, Any]] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    audio: bytearray = field(default_factory=bytearray)
    left_with: int | None = None
    _count: int = 0

    @property
    def query(self) -> dict[str, str]:
        """The query of the handshake."""
        return dict(urllib.parse.parse_qsl(self.request.query))

    @property
    def is_transcription(self) -> bool:
        """Whether it was opened for transcription only."""
        return self.query.get("intent") == "transcription"

    def types(self) -> list[str]:
        """Return the types of what the client sent, in order."""
        return [event.get("type", "") for _at, event in list(self.received)]

    def new_id(self, kind: str) -> str:
        """Return an id that this session has not used."""
        self._count += 1
        return f"{kind}_{self._count}"

    async def send(self, type_: str, **fields: object) -> None:
        """Send an event; one that is not in the specification is a fault of the behaviour."""
        event = {"type": type_, "event_id": self.new_id("event"), **fields}
        self.log(lambda: self.sent.append((time.monotonic(), event)))
        await self.socket.send(event)

    async def receive(self) -> dict[str, Any]:
        """Return the next client event; it is checked, and its sound or configuration taken in. Raises ClientLeft."""
        event = await self.socket.receive()
        self.log(lambda: self._note(event))
        match event.get("type"):
            case "input_audio_buffer.append":
                self.audio += base64.b64decode(event["audio"])
            case "session.update":
                self.config = merged(self.config, event["session"])
        return dict(event)

    def _note(self, event: object) -> None:
        self.received.append((time.monotonic(), event))
        self.violations.extend(client_event_faults(event))


class RealtimeRoom:
    """All realtime sessions of a server. ``sessions``: oldest first; read them from any thread."""

    def __init__(self, script: Script, log: Log, violations: list[str]) -> None:
        self.sessions: list[Session] = []
        self.behaviours: dict[str, Behaviour] = {"transcription": transcribe}
        self._script = script
        self._log = log
        self._violations = violations
        self._next: deque[Behaviour] = deque()

    def behave_next(self, behaviour: Behaviour, times: int = 1) -> None:
        """Let *behaviour* serve the next *times* connections."""
        self._next.extend([behaviour] * times)

    async def serve(self, request: Request, path: str, reader: WatchedReader, writer: asyncio.StreamWriter) -> None:
        """Accept the handshake and let a behaviour talk until it ends or the client leaves."""
        if path != PATH:
            self._log(lambda: self._violations.append(f"websocket at {request.path}: not in the specification"))
        session = Session(request, WebSocket(request, reader, writer), self._script, self._log, self._violations)
        session.started_at = time.monotonic()
        self._log(lambda: self.sessions.append(session))
        kind = "transcription" if session.is_transcription else "conversation"
        behaviour = self._next.popleft() if self._next else self.behaviours[kind]
        try:
            await behaviour(session)
            await session.socket.close()
            await session.socket.left_in_order()
        except ClientLeft as left:
            code = left.code
            self._log(lambda: setattr(session, "left_with", code))


def client_event_faults(event: object) -> list[str]:
    """Return what is wrong with a client event by the specification; an unknown type is."""
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        return ["realtime: an event without a type"]
    name = "RealtimeClientEvent" + "".join(word.capitalize() for word in kind.replace(".", "_").split("_"))
    spec = openai_spec()
    if not spec.has_schema(name):
        return [f"realtime: unknown client event {kind!r}"]
    return [f"realtime {kind}: {fault}" for fault in spec.strict_schema_errors(name, event)]


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return *old* updated as the service does: objects merge, everything else replaces."""
    both = dict(old)
    for name, value in new.items():
        both[name] = (
            merged(both[name], value) if isinstance(value, dict) and isinstance(both.get(name), dict) else value
        )
    return both


# --- transcription --------------------------------------------------------------------------------------------------


async def open_transcription(session: Session) -> None:
    """Greet, as the service does before anything else."""
    config = {"type": "transcription", "id": session.new_id("sess"), "object": "realtime.transcription_session"}
    session.config = config
    await session.send("session.created", session=config)


async def transcribe(session: Session) -> None:
    """Transcribe every utterance that is committed, by ``script.live``."""
    await open_transcription(session)
    told, item = 0, session.new_id("item")
    while True:
        script = session.script.live
        event = await session.receive()
        match event["type"]:
            case "session.update":
                await session.send("session.updated", session=session.config)
            case "input_audio_buffer.append":
                words = script.text.split(" ")
                due = (
                    min(len(words) - 1, int(len(session.audio) / 48_000 / script.word_s)) if script.hear is None else 0
                )
                for word in words[told:due]:
                    await delta(session, item, (" " if told else "") + word)
                    told += 1
            case "input_audio_buffer.clear":
                session.audio.clear()
                await session.send("input_audio_buffer.cleared")
            case "input_audio_buffer.commit":
                await finish_utterance(session, item, told)
                told, item = 0, session.new_id("item")


async def finish_utterance(session: Session, item: str, told: int) -> None:
    """Answer a commit: committed, item, the words not told yet, completed."""
    script = session.script.live
    if not session.audio:
        error = {"type": "invalid_request_error", "code": "input_audio_buffer_commit_empty", "param": None}
        await session.send("error", error=error | {"message": "The buffer is empty.", "event_id": None})
        return
    sound = bytes(session.audio)
    session.audio.clear()
    text = script.text if script.hear is None else await asyncio.to_thread(script.hear, sound)
    await session.send("input_audio_buffer.committed", item_id=item, previous_item_id=None)
    message = {"id": item, "type": "message", "object": "realtime.item", "role": "user", "status": "completed"}
    content = [{"type": "input_audio", "transcript": ""}]
    await session.send("conversation.item.added", item=message | {"content": content}, previous_item_id=None)
    await session.send("conversation.item.done", item=message | {"content": content}, previous_item_id=None)
    await asyncio.sleep(script.tail_ms / 1000)
    for number, word in enumerate(text.split(" ")[told:], told):
        await delta(session, item, (" " if number else "") + word)
    await completed(session, item, text, len(sound) / 48_000)


async def delta(session: Session, item: str, text: str) -> None:
    """Tell the next piece of *item*'s words."""
    kind = "conversation.item.input_audio_transcription.delta"
    await session.send(kind, item_id=item, content_index=0, delta=text)


async def completed(session: Session, item: str, text: str, seconds: float) -> None:
    """Tell *item*'s whole transcript."""
    usage = {"type": "duration", "seconds": seconds}
    kind = "conversation.item.input_audio_transcription.completed"
    await session.send(kind, item_id=item, content_index=0, transcript=text, usage=usage)
