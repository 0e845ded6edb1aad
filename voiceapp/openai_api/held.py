"""Conversations that the service holds: which response a request may build on, and what of it is then left to send.

The rule is one comparison. A response is built upon only where the request begins with exactly what that response was
told and said; then the rest alone is sent. A reply that was cut off, edited or asked for again, a conversation from
elsewhere, another model: all of them differ, and everything is sent anew. So the service never believes something to
have been said that the person did not hear.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voiceapp.core.conversation import Line, Role
from voiceapp.core.speech import ChatRequest, ToolCall, ToolResult

log = logging.getLogger("voiceapp.openai_api")

CONVERSATIONS_KEPT = 64
KEPT_S = 29 * 24 * 3600.0
"""Services promise to keep a response for thirty days."""

Keep = Callable[[bytes], None]


@dataclass(frozen=True)
class Held:
    """A response that the service holds, with all that led to it.

    Attributes:
        id: the service's name for it.
        model: who wrote it.
        lines: how many lines of the conversation it knows; *digest* says which.
        said: digest of what was said in this turn so far, as a line of the conversation.
        calls: tools that were called in this turn, in order; *pending* of them were called by this very response.
        text: what was written so far, where the turn goes on; never leaves memory.
        at: Unix time in seconds.
    """

    id: str
    model: str
    lines: int
    digest: str
    said: str = ""
    calls: tuple[str, ...] = ()
    pending: int = 0
    at: float = 0.0
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Rest:
    """*request* is what is left to send on top of response *id*."""

    id: str
    request: ChatRequest


class HeldConversations:
    """The newest response of each conversation at one provider. Voice loop.

    Args:
        kept: what an earlier one handed to *keep*; anything unreadable counts as nothing.
        keep: gets everything as bytes whenever it changed; must not block. No words of anybody are in it.
        wall: Unix time in seconds.

    Attributes:
        is_refused: the service does not know how to hold a conversation; it is not asked again.
    """

    def __init__(self, kept: bytes = b"", keep: Keep | None = None, wall: Callable[[], float] = lambda: 0.0) -> None:
        self.is_refused = False
        self._keep = keep
        self._wall = wall
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._read(kept)

    def rest(self, request: ChatRequest, model: str) -> Rest | None:
        """Return what is left to send; None where everything has to be."""
        held = self._held.get(request.conversation_key)
        if held is None or held.model != model or self._wall() - held.at > KEPT_S:
            return None
        if len(request.lines) < held.lines or _digest(request.lines[: held.lines]) != held.digest:
            return None
        later = request.lines[held.lines :]
        if not later:
            return _next_round(held, request)
        if held.pending or len(later) < 2 or _digest(later[:1]) != held.said:
            return None
        return Rest(held.id, replace(request, lines=later[1:]))

    def note(self, request: ChatRequest, model: str, response_id: str, text: str, calls: Sequence[str]) -> None:
        """The service answered *request* with *text* and *calls*, and holds that as *response_id*."""
        key = request.conversation_key
        if not key:
            return
        called = tuple(step.id for step in request.tool_rounds if isinstance(step, ToolCall))
        before = self._held.get(key)
        digest = _digest(request.lines)
        if called and before is not None and before.digest == digest:
            text = before.text + text  # the reply's words before its tools belong to the same reply
        elif called:
            return  # words before these calls went elsewhere: what the whole reply was cannot be told
        self._held[key] = Held(
            id=response_id,
            model=model,
            lines=len(request.lines),
            digest=digest,
            said=_digest((Line(Role.ASSISTANT, text.strip()),)),
            calls=(*called, *calls),
            pending=len(calls),
            at=self._wall(),
            text=text if calls else "",
        )
        self._held.move_to_end(key)
        while len(self._held) > CONVERSATIONS_KEPT:
            self._held.popitem(last=False)
        self._write()

    def forget(self, conversation_key: str) -> None:
        """The service no longer holds that conversation."""
        if self._held.pop(conversation_key, None) is not None:
            self._write()

    def _write(self) -> None:
        if self._keep is not None:
            finished = {key: _row(held) for key, held in self._held.items() if not held.pending}
            self._keep(json.dumps(finished).encode())

    def _read(self, kept: bytes) -> None:
        try:
            rows: Mapping[str, Any] = json.loads(kept) if kept else {}
            for key, row in rows.items():
                id_, model, digest, said = (str(row[name]) for name in ("id", "model", "digest", "said"))
                self._held[key] = Held(id_, model, int(row["lines"]), digest, said, at=float(row["at"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            log.info("what a service holds could not be read; conversations are sent anew")
            self._held.clear()


def _next_round(held: Held, request: ChatRequest) -> Rest | None:
    """Return the results of the tools that *held* called, where nothing but them has come since."""
    called = tuple(step.id for step in request.tool_rounds if isinstance(step, ToolCall))
    if not held.pending or called != held.calls:
        return None
    asked = set(called[-held.pending :])
    results = tuple(s for s in request.tool_rounds if isinstance(s, ToolResult) and s.call_id in asked)
    if len(results) != len(asked):
        return None
    return Rest(held.id, replace(request, lines=(), tool_rounds=results))


def _facts(line: Line) -> tuple[str, str, tuple[int, ...]]:
    """What of a line the service was told. Tools of earlier turns are in what it holds."""
    return line.role.value, line.text, tuple(one.id for one in line.attachments)


def _digest(lines: Sequence[Line]) -> str:
    found = hashlib.sha256()
    for line in lines:
        found.update(json.dumps(_facts(line)).encode())
    return found.hexdigest()


def _row(held: Held) -> dict[str, object]:
    names = ("id", "model", "lines", "digest", "said", "at")
    return {name: getattr(held, name) for name in names}
