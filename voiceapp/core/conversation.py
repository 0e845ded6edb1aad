"""Conversations: messages, takes, what was heard, and what the model is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment, Shown
from voiceapp.core.transcript import Details


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"


class TakeState(StrEnum):
    """Where a recording stands on its way to text."""

    RECORDING = "recording"  # after a crash: found in this state, so recovered
    RECORDED = "recorded"  # on disk, not transcribed (yet)
    TRANSCRIBED = "transcribed"
    SILENT = "silent"  # no speech found in it
    FAILED = "failed"  # transcription failed; the take can be retried
    CANCELLED = "cancelled"  # the person pressed Esc; kept all the same


@dataclass(frozen=True)
class Timings:
    """One turn in milliseconds, each counted from the end of speech (key up); None where it did not happen."""

    transcript_ms: float | None = None
    first_token_ms: float | None = None
    first_sound_ms: float | None = None


@dataclass(frozen=True)
class Take:
    """One recording.

    Attributes:
        id: row in the store.
        file: name inside the data folder's ``takes`` folder.
        started_at: Unix time in seconds.
        duration_s: length, 0 while recording.
        rate_hz: of the file.
        peak_db: loudest sample in dBFS.
        envelope: up to 64 values 0..1 for the little waveform.
        error: a sentence, where state is FAILED.
        details: the transcript's times, speakers and doubts, where the engine told them.
    """

    id: int
    file: str
    state: TakeState
    started_at: float
    duration_s: float = 0.0
    rate_hz: int = 0
    peak_db: float = -120.0
    envelope: tuple[float, ...] = ()
    text: str = ""
    engine: str = ""
    error: str = ""
    conversation_id: int | None = None
    details: Details = field(default=Details(), repr=False)


@dataclass(frozen=True)
class ToolUse:
    """A tool that a model used on its way to a reply. *name* as the model calls it; *arguments* is JSON text."""

    call_id: str
    name: str
    arguments: str
    result: str
    is_error: bool = False
    duration_ms: float = 0.0


HOSTED_TOOLS = frozenset({"web_search", "file_search", "code_interpreter"})
"""Tools that run at the service; what they did is shown, and not told to a model as if it had called ours."""


class SourceKind(StrEnum):
    """What a reply leans on, or has made."""

    PAGE = "page"  # a page of the web
    DOCUMENT = "document"  # a document of the person's, searched at the service
    MADE = "made"  # a file that the reply's code has written


@dataclass(frozen=True)
class Source:
    """Something that a reply cites, or a file that it has made.

    Attributes:
        title: of a page; of a file its name.
        address: of a page.
        file_id: the service's name for a file.
        container_id: where the service keeps a file that was made, for some minutes.
        path: on this computer: the document that was uploaded, or the copy of the file that was made; "" for none.
        size_bytes: of a copy.
    """

    kind: SourceKind
    title: str
    address: str = ""
    file_id: str = ""
    container_id: str = ""
    path: str = ""
    size_bytes: int = 0


@dataclass(frozen=True)
class Message:
    """One turn of one side.

    Attributes:
        text: as said or written; for the assistant Markdown.
        created_at: Unix time in seconds.
        take_id: the recording behind a spoken user message.
        heard_chars: how much of an assistant's *text* the person heard, in characters, where the speaking ended before
            its end: by them, by a check or by a fault; None where nothing was cut off.
        engine: who produced the text, as shown ("OpenAI gpt-6-luna").
        is_complete: False while it is being written, and after a crash or an error.
        tool_uses: what the model called before this reply, in order.
        attachments: what the person gave along.
        sources: what the reply cites and has made, in order, each once.
    """

    id: int
    conversation_id: int
    role: Role
    text: str
    created_at: float
    take_id: int | None = None
    heard_chars: int | None = None
    timings: Timings | None = None
    engine: str = ""
    is_complete: bool = True
    tool_uses: tuple[ToolUse, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=(), kw_only=True)
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class ConversationHead:
    """A row of the conversation list. ``snippet`` is set in search results: where the words were found."""

    id: int
    title: str
    updated_at: float
    message_count: int = 0
    snippet: str = ""


@dataclass(frozen=True)
class Conversation:
    """A whole conversation as shown, with the takes its messages refer to."""

    head: ConversationHead
    messages: tuple[Message, ...] = ()
    takes: Mapping[int, Take] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One message as the model is told it; *tool_uses* were before its words.

    *attachments* go with it; *shown* is what of them
    can be sent, once it was read from the disk. *sound_id*: under which the service keeps the reply's sound.
    """

    role: Role
    text: str
    tool_uses: tuple[ToolUse, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    shown: tuple[Shown, ...] = field(default=(), repr=False)
    message_id: int = field(default=0, compare=False)
    sound_id: str = ""


TOLD_RESULT_CHARS = 600
"""Of a tool's result in an earlier turn: enough to refer to it, not enough to crowd out the conversation."""
INTERRUPTED_NOTE = "[The speaking ended here; the user did not hear the rest.]"
SPOKEN_NOTE = "[The user said something here that was heard, but not written down.]"


def told(messages: Sequence[Message]) -> tuple[Line, ...]:
    """Return what the model is told: of a reply that was cut off only what was heard; empty messages not at all."""
    lines: list[Line] = []
    for message in messages:
        if message.heard_chars is None or (message.is_complete and message.heard_chars >= len(message.text)):
            text = message.text.strip()
        else:
            heard = message.text[: message.heard_chars].strip()
            text = f"{heard} {INTERRUPTED_NOTE}" if heard else ""
        if not text and message.role is Role.USER and message.take_id is not None:
            text = SPOKEN_NOTE
        if text or message.attachments:
            uses = _told_uses(message.tool_uses)
            lines.append(Line(message.role, text, uses, message.attachments, message_id=message.id))
    return tuple(lines)


def _told_uses(uses: Sequence[ToolUse]) -> tuple[ToolUse, ...]:
    """Leave out what failed, and shorten the rest always in the same way, so that the prompt's cache holds."""
    return tuple(
        use if len(use.result) <= TOLD_RESULT_CHARS else replace(use, result=f"{use.result[:TOLD_RESULT_CHARS]}…")
        for use in uses
        if not use.is_error and use.name not in HOSTED_TOOLS
    )


def unheard_words(text: str, heard_chars: int) -> int:
    """Count the words of *text* after the first *heard_chars* characters."""
    return len(text[heard_chars:].split())


def title_of(text: str, limit: int = 48) -> str:
    """Return a title for a conversation that begins with *text*: its first line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0]
    return f"{cut}…"
