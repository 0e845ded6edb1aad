"""A store in memory, and a box for keys."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from voiceapp.core.attachments import Attachment
from voiceapp.core.audio import Clip, Float32Block, level_of
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
from voiceapp.core.errors import StoreError
from voiceapp.core.transcript import Details

ENVELOPE_VALUES = 64
Row = TypeVar("Row", Take, ConversationHead, Message)


class MemoryTakeWriter:
    """As TakeWriter."""

    def __init__(self, store: MemoryStore, take: Take) -> None:
        self.take = take
        self._store = store

    def write(self, block: Float32Block) -> None:
        """As TakeWriter; raises the store's ``write_error`` while one is set."""
        if self._store.write_error is not None:
            raise self._store.write_error
        self._store.sounds[self.take.id].append(block.copy())

    def finish(self, state: TakeState) -> Take:
        """As TakeWriter."""
        self.take = self._store._measured(self.take.id, state)
        return self.take


class MemoryStore:
    """Keeps the Store port's promises for as long as it lives.

    Args:
        clock: Unix time in seconds; by default a count, so that order is clear and nothing depends on today.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        ticks = itertools.count(1_700_000_000.0)
        self._clock: Callable[[], float] = clock or (lambda: next(ticks))
        self._ids = itertools.count(1)
        self.write_error: StoreError | None = None
        self.sounds: dict[int, list[Float32Block]] = {}
        self.exported: dict[Path, int] = {}
        self.is_closed = False
        self._takes: dict[int, Take] = {}
        self._heads: dict[int, ConversationHead] = {}
        self._messages: dict[int, Message] = {}
        self._notes: list[str] = []
        self.attachments: dict[int, Attachment] = {}

    # --- takes --------------------------------------------------------------------------------------------

    async def begin_take(self, rate_hz: int, conversation_id: int | None) -> MemoryTakeWriter:
        """As Store."""
        self._check_writable()
        number = next(self._ids)
        take = Take(
            number,
            f"{number:06}.wav",
            TakeState.RECORDING,
            self._clock(),
            rate_hz=rate_hz,
            conversation_id=conversation_id,
        )
        self._takes[number] = take
        self.sounds[number] = []
        return MemoryTakeWriter(self, take)

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
        """As Store."""
        self._check_writable()
        changes: dict[str, Any] = {"state": state, "text": text, "engine": engine, "error": error}
        changes |= {"conversation_id": conversation_id, "details": details}
        self._takes[take_id] = _changed(await self.take(take_id), changes)
        return self._takes[take_id]

    async def take(self, take_id: int) -> Take:
        """As Store."""
        return _found(self._takes, take_id)

    async def takes(self) -> tuple[Take, ...]:
        """As Store."""
        return tuple(sorted(self._takes.values(), key=lambda take: (take.started_at, take.id), reverse=True))

    async def recover_takes(self) -> tuple[Take, ...]:
        """As Store."""
        torn = [take.id for take in self._takes.values() if take.state is TakeState.RECORDING]
        return tuple(self._measured(take_id, TakeState.RECORDED) for take_id in torn)

    async def load_take(self, take_id: int) -> Clip:
        """As Store."""
        take = await self.take(take_id)
        return Clip(self._sound(take_id), take.rate_hz)

    async def export_take(self, take_id: int, path: Path) -> None:
        """As Store, but only notes the wish in ``exported``."""
        await self.take(take_id)
        if path.suffix not in {".wav", ".flac", ".ogg"}:
            raise StoreError(f"{path.suffix} is no format for takes.")
        self.exported[path] = take_id

    def _sound(self, take_id: int) -> Float32Block:
        return np.concatenate([np.zeros(0, dtype=np.float32), *self.sounds[take_id]])

    def _measured(self, take_id: int, state: TakeState) -> Take:
        take = self._takes[take_id]
        sound = self._sound(take_id)
        pieces = np.array_split(np.abs(sound), min(ENVELOPE_VALUES, len(sound))) if len(sound) else []
        self._takes[take_id] = dataclasses.replace(
            take,
            state=state,
            duration_s=len(sound) / take.rate_hz,
            peak_db=level_of(sound).peak_db,
            envelope=tuple(float(piece.max()) for piece in pieces),
        )
        return self._takes[take_id]

    # --- conversations ------------------------------------------------------------------------------------

    async def new_conversation(self, title: str) -> ConversationHead:
        """As Store."""
        self._check_writable()
        head = ConversationHead(next(self._ids), title, self._clock())
        self._heads[head.id] = head
        return head

    async def conversation(self, conversation_id: int) -> Conversation:
        """As Store."""
        head = _found(self._heads, conversation_id)
        messages = self._of(conversation_id)
        take_ids = {message.take_id for message in messages if message.take_id is not None}
        takes = {take_id: self._takes[take_id] for take_id in sorted(take_ids) if take_id in self._takes}
        return Conversation(dataclasses.replace(head, message_count=len(messages)), messages, takes)

    async def conversations(self, query: str = "") -> tuple[ConversationHead, ...]:
        """As Store; *query* is looked for as it is, without regard to case."""
        found: list[ConversationHead] = []
        for head in sorted(self._heads.values(), key=lambda head: (head.updated_at, head.id), reverse=True):
            messages = self._of(head.id)
            hits = [message.text for message in messages if query.casefold() in message.text.casefold()]
            if query and not hits and query.casefold() not in head.title.casefold():
                continue
            snippet = hits[0][:120] if query and hits else ""
            found.append(dataclasses.replace(head, message_count=len(messages), snippet=snippet))
        return tuple(found)

    async def rename_conversation(self, conversation_id: int, title: str) -> None:
        """As Store."""
        self._check_writable()
        self._heads[conversation_id] = dataclasses.replace(_found(self._heads, conversation_id), title=title)

    async def delete_conversation(self, conversation_id: int) -> None:
        """As Store."""
        self._check_writable()
        _found(self._heads, conversation_id)
        del self._heads[conversation_id]
        for message in self._of(conversation_id):
            del self._messages[message.id]
        for take in list(self._takes.values()):
            if take.conversation_id == conversation_id:
                self._takes[take.id] = dataclasses.replace(take, conversation_id=None)

    # --- messages -----------------------------------------------------------------------------------------

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
        """As Store."""
        self._check_writable()
        given = tuple(self.attachments.pop(number) for number in attachment_ids)
        head = _found(self._heads, conversation_id)
        now_s = self._clock()
        message = Message(
            next(self._ids),
            conversation_id,
            role,
            text,
            now_s,
            take_id=take_id,
            engine=engine,
            is_complete=is_complete,
            attachments=given,
        )
        self._messages[message.id] = message
        self._heads[conversation_id] = dataclasses.replace(head, updated_at=now_s)
        return message

    async def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        heard_chars: int | None = None,
        timings: Timings | None = None,
        is_complete: bool | None = None,
    ) -> Message:
        """As Store."""
        self._check_writable()
        changes = {"text": text, "heard_chars": heard_chars, "timings": timings, "is_complete": is_complete}
        self._messages[message_id] = _changed(_found(self._messages, message_id), changes)
        return self._messages[message_id]

    async def add_tool_use(self, message_id: int, use: ToolUse) -> Message:
        """As Store."""
        self._check_writable()
        message = _found(self._messages, message_id)
        self._messages[message_id] = dataclasses.replace(message, tool_uses=(*message.tool_uses, use))
        return self._messages[message_id]

    async def set_sources(self, message_id: int, found: Sequence[Source]) -> Message:
        """As Store."""
        self._check_writable()
        message = _found(self._messages, message_id)
        self._messages[message_id] = dataclasses.replace(message, sources=tuple(found))
        return self._messages[message_id]

    async def delete_message(self, message_id: int) -> None:
        """As Store."""
        self._check_writable()
        _found(self._messages, message_id)
        del self._messages[message_id]

    async def search_texts(self, query: str, limit: int = 5) -> tuple[Message, ...]:
        """As Store; "best" is newest. Takes without a message come as messages with id 0."""
        texts = [*self._messages.values()]
        told = {message.take_id for message in texts}
        untold = (take for take in self._takes.values() if take.text and take.id not in told)
        texts.extend(
            Message(0, take.conversation_id or 0, Role.USER, take.text, take.started_at, take_id=take.id)
            for take in untold
        )
        hits = [message for message in texts if query.casefold() in message.text.casefold()]
        return tuple(sorted(hits, key=lambda message: message.created_at, reverse=True)[:limit])

    async def add_note(self, text: str) -> int:
        """As Store."""
        self._check_writable()
        self._notes.append(text)
        return len(self._notes)

    async def notes(self) -> tuple[str, ...]:
        """As Store."""
        return tuple(self._notes)

    async def close(self) -> None:
        """As Store."""
        self.is_closed = True

    def messages(self) -> list[Message]:
        """All messages, in order (for tests)."""
        return list(self._messages.values())

    def _of(self, conversation_id: int) -> tuple[Message, ...]:
        return tuple(message for message in self._messages.values() if message.conversation_id == conversation_id)

    def _check_writable(self) -> None:
        if self.write_error is not None:
            raise self.write_error


class FakeSecrets:
    """Keys in a dictionary."""

    def __init__(self, **keys: str) -> None:
        self._keys = dict(keys)

    def get(self, provider: str) -> str:
        """As Secrets."""
        return self._keys.get(provider, "")

    def set(self, provider: str, key: str) -> None:
        """As Secrets."""
        if key:
            self._keys[provider] = key
        else:
            self._keys.pop(provider, None)

    def seen(self, key: str) -> None:
        """As Secrets."""

    def place(self) -> str:
        """As Secrets."""
        return "memory"


def _found(rows: dict[int, Row], number: int) -> Row:
    try:
        return rows[number]
    except KeyError:
        raise StoreError(f"There is no entry {number}.") from None


def _changed(row: Row, changes: dict[str, Any]) -> Row:
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(row, **given)
