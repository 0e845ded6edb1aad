"""What is kept: takes, conversations, keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from voiceapp.core.audio import Clip, Float32Block
from voiceapp.core.conversation import (
    Conversation,
    ConversationHead,
    Message,
    Role,
    Source,
    Take,
    TakeState,
    Timings,
    ToolUse,
)
from voiceapp.core.transcript import Details


class TakeWriter(Protocol):
    """A recording being written: on disk from its first block."""

    take: Take

    def write(self, block: Float32Block) -> None:
        """Append *block* (at the take's rate); returns once the system has it. Raises DiskFull, StoreError."""
        ...

    def finish(self, state: TakeState) -> Take:
        """End the file properly and update the row; returns the finished take (duration, peak, envelope)."""
        ...


class TakeSummary(Protocol):
    """What a finished recording is like: see ``core.conversation.Take`` for the units."""

    @property
    def duration_s(self) -> float: ...  # noqa: D102
    @property
    def peak_db(self) -> float: ...  # noqa: D102
    @property
    def envelope(self) -> tuple[float, ...]: ...  # noqa: D102


class TakeSink(Protocol):
    """A recording's file, open for writing. Blocking; a full disk shows as OSError or DiskFull."""

    def write(self, block: Float32Block) -> None:
        """Append *block*; handed to the system when this returns."""
        ...

    def close(self) -> TakeSummary:
        """End the file properly."""
        ...


class TakeFormat(Protocol):
    """How recordings lie on disk: owned by ``audio``, used by ``store``, which knows no sound. Blocking."""

    suffix: str
    """Ending of the file names, with its dot."""

    def create(self, path: Path, rate_hz: int) -> TakeSink:
        """Begin a file that can be read again after a crash at any moment."""
        ...

    def repair(self, path: Path) -> TakeSummary:
        """Mend a file with a torn end; nothing happens to a whole one. Raises AudioFileError where nothing is left."""
        ...

    def load(self, path: Path) -> Clip:
        """Read a recording, also one with a torn end. Raises AudioFileError."""
        ...

    def export(self, path: Path, target: Path) -> None:
        """Copy the recording to *target* in the format of its ending (.wav, .flac, .ogg)."""
        ...


class Store(Protocol):
    """Conversations, messages, takes. Every write is on disk when the coroutine returns."""

    async def begin_take(self, rate_hz: int, conversation_id: int | None) -> TakeWriter:
        """Create the row and the file. ``TakeWriter`` methods are blocking: call them by ``asyncio.to_thread``."""
        ...

    async def update_take(
        self,
        take_id: int,
        *,
        state: TakeState | None = None,
        text: str | None = None,
        engine: str | None = None,
        error: str | None = None,
        conversation_id: int | None = None,
        details: Details | None = None,
    ) -> Take:
        """Change what is given."""
        ...

    async def take(self, take_id: int) -> Take:
        """Raises StoreError when there is none."""
        ...

    async def takes(self) -> tuple[Take, ...]:
        """All takes, newest first."""
        ...

    async def recover_takes(self) -> tuple[Take, ...]:
        """Mend takes that a crash left half-written: header, duration, state RECORDED. Returns them."""
        ...

    async def load_take(self, take_id: int) -> Clip:
        """Read a recording, also one with a torn end."""
        ...

    async def export_take(self, take_id: int, path: Path) -> None:
        """Copy a recording; the format follows the ending (.wav, .flac, .ogg)."""
        ...

    async def new_conversation(self, title: str) -> ConversationHead:
        """Create a conversation."""
        ...

    async def conversation(self, conversation_id: int) -> Conversation:
        """Read a whole conversation. Raises StoreError when there is none."""
        ...

    async def conversations(self, query: str = "") -> tuple[ConversationHead, ...]:
        """List conversations, newest first; with *query* those whose title or messages match, with snippets."""
        ...

    async def rename_conversation(self, conversation_id: int, title: str) -> None:
        """Set a title."""
        ...

    async def delete_conversation(self, conversation_id: int) -> None:
        """Delete a conversation and its messages; takes stay."""
        ...

    async def add_message(
        self,
        conversation_id: int,
        role: Role,
        text: str,
        *,
        take_id: int | None = None,
        engine: str = "",
        is_complete: bool = True,
        attachment_ids: Sequence[int] = (),
    ) -> Message:
        """Append a message; *attachment_ids*: drafts that go with it (``AttachmentStore``)."""
        ...

    async def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        heard_chars: int | None = None,
        timings: Timings | None = None,
        is_complete: bool | None = None,
    ) -> Message:
        """Change what is given."""
        ...

    async def add_tool_use(self, message_id: int, use: ToolUse) -> Message:
        """Keep a tool that was used on the way to a reply; returns the message with all of them."""
        ...

    async def set_sources(self, message_id: int, found: Sequence[Source]) -> Message:
        """Let *found* be all that a reply cites and has made; returns the message with it."""
        ...

    async def delete_message(self, message_id: int) -> None:
        """Delete one message (a reply that is regenerated)."""
        ...

    async def search_texts(self, query: str, limit: int = 5) -> tuple[Message, ...]:
        """Messages and take texts in which *query* occurs, best first (for tools)."""
        ...

    async def add_note(self, text: str) -> int:
        """Keep a note; returns its number."""
        ...

    async def notes(self) -> tuple[str, ...]:
        """All notes, oldest first."""
        ...

    async def close(self) -> None:
        """Finish writing and release the database."""
        ...


class Secrets(Protocol):
    """Where keys live. Blocking (the keyring may ask the person): call by ``asyncio.to_thread``."""

    def get(self, provider: str) -> str:
        """Return the key, or "" when there is none."""
        ...

    def set(self, provider: str, key: str) -> None:
        """Store the key; an empty one deletes it."""
        ...

    def seen(self, key: str) -> None:
        """Take note of a key that came from elsewhere, so that it can be struck out of the log."""
        ...

    def place(self) -> str:
        """Say where keys are kept, for the person."""
        ...
