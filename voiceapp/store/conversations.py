"""Rows of conversations and messages as values. Every function runs on the store's thread, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from gettext import gettext as _

from voiceapp.core.conversation import Conversation, ConversationHead, Message, Role, Timings
from voiceapp.core.errors import StoreError
from voiceapp.core.search_text import snippet
from voiceapp.store import attached, search, sources, takes, tool_uses
from voiceapp.store.search import Kind
from voiceapp.store.storable import storable as storable

_HEADS = """SELECT c.id, c.title, c.updated_at,
    (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id) AS message_count FROM conversations c"""
_NEXT_ACTIVITY = "(SELECT coalesce(max(activity), 0) + 1 FROM conversations)"


def create(db: sqlite3.Connection, title: str, now_s: float) -> ConversationHead:
    """Insert a conversation and make its title found."""
    title = storable(title)
    cursor = db.execute(
        f"INSERT INTO conversations (title, created_at, updated_at, activity) VALUES (?, ?, ?, {_NEXT_ACTIVITY})",
        [title, now_s, now_s],
    )
    id_ = _new_id(cursor)
    search.put(db, Kind.TITLE, id_, title)
    return ConversationHead(id_, title, now_s)


def read(db: sqlite3.Connection, conversation_id: int) -> Conversation:
    """Return a whole conversation. Raises StoreError when there is none."""
    head = db.execute(f"{_HEADS} WHERE c.id = ?", [conversation_id]).fetchone()
    if head is None:
        raise _no_conversation(conversation_id)
    messages = db.execute("SELECT * FROM messages WHERE conversation_id = ? ORDER BY id", [conversation_id])
    recordings = db.execute(
        "SELECT * FROM takes WHERE id IN (SELECT take_id FROM messages WHERE conversation_id = ?)", [conversation_id]
    )
    return Conversation(
        _head(head),
        _whole(db, (_message(row) for row in messages)),
        {row["id"]: takes.from_row(row) for row in recordings},
    )


def heads(db: sqlite3.Connection, query: str) -> tuple[ConversationHead, ...]:
    """List conversations, newest activity first; with *query* those in which it occurs."""
    rows = db.execute(f"{_HEADS} ORDER BY c.activity DESC, c.id DESC")
    if not query.strip():
        return tuple(_head(row) for row in rows)
    found = search.conversations(db, query)
    return tuple(_head(row, snippet(found[row["id"]] or row["title"], query)) for row in rows if row["id"] in found)


def rename(db: sqlite3.Connection, conversation_id: int, title: str) -> None:
    """Set a title. Raises StoreError when there is no such conversation."""
    title = storable(title)
    cursor = db.execute("UPDATE conversations SET title = ? WHERE id = ?", [title, conversation_id])
    if cursor.rowcount == 0:
        raise _no_conversation(conversation_id)
    search.put(db, Kind.TITLE, conversation_id, title)


def delete(db: sqlite3.Connection, conversation_id: int) -> None:
    """Delete a conversation with its messages; its takes stay."""
    db.execute(
        "DELETE FROM search WHERE rowid IN (SELECT 4 * id + ? FROM messages WHERE conversation_id = ?)",
        [Kind.MESSAGE, conversation_id],
    )
    search.remove(db, Kind.TITLE, conversation_id)
    db.execute("DELETE FROM conversations WHERE id = ?", [conversation_id])


def add_message(db: sqlite3.Connection, message: Message, attachment_ids: Sequence[int] = ()) -> Message:
    """Insert *message*, whose id is ignored, with drafts that go along; return it with its id."""
    text = storable(message.text)
    touched = db.execute(
        f"UPDATE conversations SET updated_at = ?, activity = {_NEXT_ACTIVITY} WHERE id = ?",
        [message.created_at, message.conversation_id],
    )
    if touched.rowcount == 0:
        raise _no_conversation(message.conversation_id)
    cursor = db.execute(
        """INSERT INTO messages (conversation_id, role, text, created_at, take_id, engine, is_complete)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [
            message.conversation_id,
            message.role.value,
            text,
            message.created_at,
            message.take_id,
            storable(message.engine),
            message.is_complete,
        ],
    )
    search.put(db, Kind.MESSAGE, _new_id(cursor), text)
    attached.give_to(db, _new_id(cursor), attachment_ids)
    return message_of(db, _new_id(cursor))


def update_message(
    db: sqlite3.Connection,
    message_id: int,
    text: str | None,
    heard_chars: int | None,
    timings: Timings | None,
    is_complete: bool | None,
) -> Message:
    """Change what is not None."""
    changes: dict[str, object] = {}
    if text is not None:
        changes["text"] = storable(text)
        search.put(db, Kind.MESSAGE, message_id, storable(text))
    if heard_chars is not None:
        changes["heard_chars"] = heard_chars
    if timings is not None:
        changes |= {
            "transcript_ms": timings.transcript_ms,
            "first_token_ms": timings.first_token_ms,
            "first_sound_ms": timings.first_sound_ms,
        }
    if is_complete is not None:
        changes["is_complete"] = is_complete
    if changes:
        assignments = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE messages SET {assignments} WHERE id = ?", [*changes.values(), message_id])
    return message_of(db, message_id)


def delete_message(db: sqlite3.Connection, message_id: int) -> None:
    """Delete one message."""
    search.remove(db, Kind.MESSAGE, message_id)
    db.execute("DELETE FROM messages WHERE id = ?", [message_id])


def message_of(db: sqlite3.Connection, message_id: int) -> Message:
    """Return one message. Raises StoreError when there is none."""
    row = db.execute("SELECT * FROM messages WHERE id = ?", [message_id]).fetchone()
    if row is None:
        raise StoreError(_("There is no message {id}.").format(id=message_id), detail="message")
    return _whole(db, [_message(row)])[0]


def found(db: sqlite3.Connection, query: str, limit: int) -> tuple[Message, ...]:
    """Return messages in which *query* occurs, best first; a take's text that is in no message has message id 0."""
    return tuple(
        message_of(db, id_) if kind is Kind.MESSAGE else _said(db, id_) for kind, id_ in search.best(db, query, limit)
    )


def _whole(db: sqlite3.Connection, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return *messages*, all of one conversation, with everything that stands with them."""
    return attached.with_attachments(db, sources.with_sources(db, tool_uses.with_uses(db, messages)))


def _said(db: sqlite3.Connection, take_id: int) -> Message:
    take = takes.read(db, take_id)
    return Message(0, take.conversation_id or 0, Role.USER, take.text, take.started_at, take.id, engine=take.engine)


def _head(row: sqlite3.Row, found_in: str = "") -> ConversationHead:
    return ConversationHead(row["id"], row["title"], row["updated_at"], row["message_count"], found_in)


def _message(row: sqlite3.Row) -> Message:
    timings = Timings(row["transcript_ms"], row["first_token_ms"], row["first_sound_ms"])
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        role=Role(row["role"]),
        text=row["text"],
        created_at=row["created_at"],
        take_id=row["take_id"],
        heard_chars=row["heard_chars"],
        timings=None if timings == Timings() else timings,
        engine=row["engine"],
        is_complete=bool(row["is_complete"]),
    )


def _new_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _no_conversation(conversation_id: int) -> StoreError:
    return StoreError(_("There is no conversation {id}.").format(id=conversation_id), detail="conversation")
