"""The conversation that is open: every change goes to the store first, then to whoever shows it.

A turn has a history of its own, which follows the open conversation until :class:`Stay` was worked through and then
stays with it: what was said there is kept and answered there, whatever is opened meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from weakref import WeakSet

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


@dataclass(eq=False)
class Page:
    """A conversation as far as it is known here."""

    head: ConversationHead = EMPTY
    messages: list[Message] = field(default_factory=list)


class Shown:
    """What the window shows, and every page that it or a turn still writes on."""

    def __init__(self) -> None:
        self.page = Page()
        self.query = ""
        self.pages: WeakSet[Page] = WeakSet([self.page])

    def fresh(self) -> Page:
        """Turn to a page that is new."""
        self.page = Page()
        self.pages.add(self.page)
        return self.page

    def of(self, conversation_id: int) -> Page | None:
        """Return the page of a conversation, if there is one."""
        return next((page for page in self.pages if page.head.id == conversation_id), None)


@dataclass(frozen=True)
class Stay:
    """An errand: from here on a turn's *history* stays where it is. It is put when the turn begins.

    Thus a conversation opened before it is still followed, and none that is opened after it.
    """

    history: History


class History:
    """The open conversation, cached so that a turn does not read it back from the disk."""

    def __init__(self, store: Store, emit: Callable[[Event], None], shown: Shown | None = None) -> None:
        self._store = store
        self._emit = emit
        self._shown = shown or Shown()
        self._own: Page | None = None

    def for_turn(self) -> History:
        """Return the same for a turn."""
        return History(self._store, self._emit, self._shown)

    def stay(self) -> None:
        """Stay with the conversation that is open now, whatever is opened later."""
        self._own = self._page

    @property
    def _page(self) -> Page:
        return self._own or self._shown.page

    @property
    def conversation_id(self) -> int | None:
        """The conversation's id; None for one that has no message yet."""
        return self._page.head.id or None

    def lines(self) -> tuple[Line, ...]:
        """What the model is told."""
        return told(self._page.messages)

    def message(self, message_id: int) -> Message | None:
        """Return a message of the conversation."""
        return next((m for m in self._page.messages if m.id == message_id), None)

    def messages(self) -> tuple[Message, ...]:
        """Return the conversation's messages, oldest first."""
        return tuple(self._page.messages)

    def last(self, role: Role) -> Message | None:
        """Return the newest message of *role*."""
        return next((m for m in reversed(self._page.messages) if m.role is role), None)

    async def begin(self) -> None:
        """Show a new, empty conversation; it is stored with its first message."""
        self._shown.fresh()
        self._emit(ConversationOpened(Conversation(EMPTY)))

    async def open(self, conversation_id: int) -> None:
        """Show a stored conversation."""
        conversation = await self._store.conversation(conversation_id)
        shown = self._shown
        page = shown.page = shown.of(conversation_id) or shown.fresh()
        page.head, page.messages = conversation.head, list(conversation.messages)
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
        page = self._page
        is_new = not page.head.id
        if is_new:
            about = text or ", ".join(one.name for one in attachments)
            page.head = await self._store.new_conversation(title_of(about))
        message = await self._store.add_message(
            page.head.id,
            role,
            text,
            take_id=take.id if take else None,
            engine=engine,
            is_complete=is_complete,
            attachment_ids=[one.id for one in attachments],
        )
        page.messages.append(message)
        if take is not None and take.conversation_id != page.head.id:
            self._emit(TakeChanged(await self._store.update_take(take.id, conversation_id=page.head.id)))
        if page is self._shown.page:  # to whoever shows another one it would seem to be the first of that
            self._emit(MessageAdded(message, turn))
        if is_new:
            await self.list(self._shown.query)
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
        for page in self._shown.pages:
            page.messages = [m for m in page.messages if m.id != message_id]

    async def reopen(self) -> None:
        """Show the conversation again from the store, unless another one was opened meanwhile."""
        if self._page is self._shown.page and (number := self.conversation_id) is not None:
            await self.open(number)

    async def list(self, query: str = "") -> None:
        """List conversations for the left side."""
        self._shown.query = query
        self._emit(ConversationsListed(await self._store.conversations(query), query))

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation a title."""
        await self._store.rename_conversation(conversation_id, title)
        if (page := self._shown.of(conversation_id)) is not None:
            page.head = replace(page.head, title=title)
        await self.list(self._shown.query)

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation; its takes stay. A turn that belongs there begins a new one."""
        await self._store.delete_conversation(conversation_id)
        if (page := self._shown.of(conversation_id)) is not None:
            page.head, page.messages = EMPTY, []
            if page is self._shown.page:
                self._emit(ConversationOpened(Conversation(EMPTY)))
        await self.list(self._shown.query)

    def _put(self, message: Message) -> None:
        for page in self._shown.pages:
            page.messages = [message if m.id == message.id else m for m in page.messages]
