"""Rows of tools that were used. Every function runs on the store's thread, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from voiceapp.core.conversation import Message, ToolUse
from voiceapp.store.storable import storable

_COLUMNS = "call_id, name, arguments, result, is_error, duration_ms"


def add(db: sqlite3.Connection, message_id: int, use: ToolUse) -> None:
    """Insert *use* with its message, which exists."""
    texts = [storable(text) for text in (use.call_id, use.name, use.arguments, use.result)]
    db.execute(
        f"INSERT INTO tool_uses (message_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [message_id, *texts, use.is_error, use.duration_ms],
    )


def with_uses(db: sqlite3.Connection, messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return *messages*, all of one conversation, with the tools that were used for them."""
    messages = tuple(messages)
    if not messages:
        return ()
    rows = db.execute(
        f"SELECT message_id, {_COLUMNS} FROM tool_uses WHERE message_id BETWEEN ? AND ? ORDER BY id",
        [min(message.id for message in messages), max(message.id for message in messages)],
    )
    uses: dict[int, list[ToolUse]] = {}
    for row in rows:
        use = ToolUse(
            row["call_id"], row["name"], row["arguments"], row["result"], bool(row["is_error"]), row["duration_ms"]
        )
        uses.setdefault(row["message_id"], []).append(use)
    return tuple(
        replace(message, tool_uses=tuple(uses[message.id])) if message.id in uses else message for message in messages
    )
