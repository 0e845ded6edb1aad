"""The kit of the person's own words: notes, and search in transcripts and conversations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo
from gettext import gettext as _
from typing import Annotated, Any

from voiceapp.core.conversation import Role
from voiceapp.core.errors import ToolError
from voiceapp.core.own_search import Found
from voiceapp.core.schema import AtMost, Within
from voiceapp.core.tools import Effect, tool
from voiceapp.ports import Store
from voiceapp.voice.own_search import Hits

SNIPPET_CHARS = 240


class OwnWords:
    """Notes and search in *store*.

    Args:
        now: the moment, aware of its zone.
        find: searches by words and by meaning; None = by words alone.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime], find: Callable[[str, int], Awaitable[Hits]] | None = None
    ) -> None:
        self._store = store
        self._now = now
        self._find = find

    @tool(Effect.CHANGES_OWN)
    async def add_note(self, text: Annotated[str, "The note in the person's words.", AtMost(4000)]) -> dict[str, Any]:
        """Keep a note for the person."""
        text = text.strip()
        if not text:
            raise ToolError(_("The note is empty; ask what it should say."))
        return {"number": await self._store.add_note(text), "text": text}

    @tool(Effect.READS_OWN)
    async def list_notes(
        self, limit: Annotated[int | None, "At most; null for 10.", Within(1, 50)] = None
    ) -> dict[str, Any]:
        """The person's notes, newest first."""
        notes = await self._store.notes()
        return {"notes": list(reversed(notes))[: limit or 10], "total": len(notes)}

    @tool(Effect.READS_OWN)
    async def search_own(
        self,
        query: Annotated[str, "One or two significant words.", AtMost(200)],
        limit: Annotated[int | None, "At most; null for 5.", Within(1, 20)] = None,
    ) -> dict[str, Any]:
        """Search the person's own transcripts and conversations. Cite a place as a Markdown link to its address."""
        query = query.strip()
        if not query:
            raise ToolError(_("The query is empty; search for one or two significant words."))
        zone = self._now().tzinfo
        if self._find is not None:
            hits = await self._find(query, limit or 5)
            return {"query": query, "found": [_row(one, query, zone) for one in hits.found]}
        found = await self._store.search_texts(query, limit or 5)
        return {
            "query": query,
            "found": [
                {
                    "who": "person" if message.role is Role.USER else "assistant",
                    "date": datetime.fromtimestamp(message.created_at, zone).strftime("%Y-%m-%d"),
                    "text": around(message.text, query),
                }
                for message in found
            ],
        }


def _row(one: Found, query: str, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "who": "person" if one.role is Role.USER else "assistant",
        "date": datetime.fromtimestamp(one.at_s, zone).strftime("%Y-%m-%d"),
        "title": one.title,
        "address": one.address,
        "text": around(one.text, query) if one.is_by_text else _beginning(one.text),
    }


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 2 * SNIPPET_CHARS else line[: 2 * SNIPPET_CHARS] + "…"


def around(text: str, query: str) -> str:
    """Return the part of *text* around the first place where a word of *query* stands."""
    text = " ".join(text.split())
    places = [place for word in query.lower().split() if (place := text.lower().find(word)) >= 0]
    start = max(0, min(places, default=0) - SNIPPET_CHARS // 3)
    cut = text[start : start + SNIPPET_CHARS]
    return ("…" if start else "") + cut + ("…" if start + SNIPPET_CHARS < len(text) else "")
