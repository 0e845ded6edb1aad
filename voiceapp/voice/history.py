"""The conversation that is open: every change goes to the store first, then to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from voiceapp.core.conversation import (
    Conversation,
    ConversationHead,
    Line,
    Message,
    Role,
    Source,
    Take,
    Timings,
    ToolUse,
    title_of,
    told,
)
from voiceapp.core.events import (
    ConversationOpened,
    ConversationsListed,
    Event,
    MessageAdded,
    MessageChanged,
    TakeChanged,
)
from voiceapp.ports import Store

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment

EMPTY = ConversationHead(0, "", 0.0)


class History:
    """The open conversation, cached so that a turn does not read it back from the disk."""

    def __init__(self, store: Store, emit: Callable[[Event], None]) -> None:
        self._store = store
        self._emit = emit
        self._head = EMPTY
        self._messages: list[Message] = []
        self._query = ""

    @property
    def conversation_id(self) -> int | None:
        """The open conversation's id; None for one that has no message yet."""
        return self._head.id or None

    def lines(self) -> tuple[Line, ...]:
        """What the model is told."""
        return told(self._messages)

    def message(self, message_id: int) -> Message | None:
        """Return a message of the open conversation."""
        return next((m for m in self._messages if m.id == message_id), None)

    def messages(self) -> tuple[Message, ...]:
        """Return the open conversation's messages, oldest first."""
        return tuple(self._messages)

    def last(self, role: Role) -> Message | None:
        """Return the newest message of *role*."""
        return next((m for m in reversed(self._messages) if m.role is role), None)

    async def begin(self) -> None:
        """Show a new, empty conversation; it is stored with its first message."""
        self._head, self._messages = EMPTY, []
        self._emit(ConversationOpened(Conversation(EMPTY)))

    async def open(self, conversation_id: int) -> None:
        """Show a stored conversation."""
        conversation = await self._store.conversation(conversation_id)
        self._head, self._messages = conversation.head, list(conversation.messages)
        self._emit(ConversationOpened(conversation))

    async def add(
        self,
        role: Role,
        text: str,
        *,
        turn: int,
        take: Take | None = None,
        engine: str = "",
        is_complete: bool = True,
        attachments: Sequence[Attachment] = (),
    ) -> Message:
        """Append a message with its *attachments* (drafts until now); the first one creates the conversation."""
        is_new = not self._head.id
        if is_new:
            about = text or ", ".join(one.name for one in attachments)
            self._head = await self._store.new_conversation(title_of(about))
        message = await self._store.add_message(
            self._head.id,
            role,
            text,
            take_id=take.id if take else None,
            engine=engine,
            is_complete=is_complete,
            attachment_ids=[one.id for one in attachments],
        )
        self._messages.append(message)
        if take is not None and take.conversation_id != self._head.id:
            self._emit(TakeChanged(await self._store.update_take(take.id, conversation_id=self._head.id)))
        self._emit(MessageAdded(message, turn))
        if is_new:
            await self.list(self._query)
        return message

    async def save_text(self, message_id: int, text: str) -> None:
        """Keep what is written so far, silently: the window has it from the deltas."""
        self._put(await self._store.update_message(message_id, text=text))

    async def complete(
        self,
        message_id: int,
        text: str,
        *,
        turn: int,
        heard_chars: int | None = None,
        timings: Timings | None = None,
        is_complete: bool = True,
    ) -> Message:
        """Give a message its final form."""
        message = await self._store.update_message(
            message_id, text=text, heard_chars=heard_chars, timings=timings, is_complete=is_complete
        )
        self._put(message)
        self._emit(MessageChanged(message, turn))
        return message

    async def add_tool_use(self, message_id: int, use: ToolUse) -> None:
        """Keep what a reply's model called."""
        self._put(await self._store.add_tool_use(message_id, use))

    async def set_sources(self, message_id: int, sources: tuple[Source, ...]) -> Message:
        """Keep what a reply cites and has made."""
        message = await self._store.set_sources(message_id, sources)
        self._put(message)
        return message

    async def remove(self, message_id: int) -> None:
        """Delete a message (an empty or regenerated reply)."""
        await self._store.delete_message(message_id)
        self._messages = [m for m in self._messages if m.id != message_id]

    async def reopen(self) -> None:
        """Show the open conversation again from the store."""
        if self._head.id:
            await self.open(self._head.id)

    async def list(self, query: str = "") -> None:
        """List conversations for the left side."""
        self._query = query
        self._emit(ConversationsListed(await self._store.conversations(query), query))

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation a title."""
        await self._store.rename_conversation(conversation_id, title)
        if conversation_id == self._head.id:
            self._head = replace(self._head, title=title)
        await self.list(self._query)

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation; its takes stay."""
        await self._store.delete_conversation(conversation_id)
        if conversation_id == self._head.id:
            await self.begin()
        await self.list(self._query)

    def _put(self, message: Message) -> None:
        self._messages = [message if m.id == message.id else m for m in self._messages]
