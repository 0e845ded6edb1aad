"""Runs what a model calls: the tools of ``core.tools``, those with effects included. Keeps ``ports.Tools``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from voiceapp.core import tools
from voiceapp.core.conversation import Role
from voiceapp.core.errors import ToolError, VoiceAppError, unexpected
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.core.tools import Arguments, Tables, Tool
from voiceapp.ports import Store

RESULT_LIMIT_CHARS = 4000
"""What a model gets at most: more would crowd out the conversation."""
SNIPPET_CHARS = 240
TIMERS_LIMIT = 50


@dataclass
class _Timer:
    name: str
    rings_at_s: float
    handle: asyncio.TimerHandle


class ToolBox:
    """The assistant's own tools. Lives on the voice loop.

    Args:
        store: for notes and search.
        ring: called on the voice loop with a sentence when a timer rings.
        now: the moment, aware of its zone.
        tables: units and places (``resources.tool_tables``).
    """

    def __init__(
        self,
        store: Store,
        ring: Callable[[str], None],
        now: Callable[[], datetime],
        tables: Tables,
    ) -> None:
        self._store = store
        self._ring = ring
        self._now = now
        self._tables = tables
        self._timers: dict[int, _Timer] = {}
        self._last_number = 0
        self._actions: dict[str, Callable[[Arguments], Awaitable[dict[str, Any]]]] = {
            tools.SET_TIMER.name: self._set_timer,
            tools.LIST_TIMERS.name: self._list_timers,
            tools.CANCEL_TIMER.name: self._cancel_timer,
            tools.ADD_NOTE.name: self._add_note,
            tools.LIST_NOTES.name: self._list_notes,
            tools.SEARCH_OWN.name: self._search_own,
            tools.HELP.name: self._help,
        }

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as a model is told them."""
        return tuple(tool.spec for tool in tools.TOOLS)

    async def run(self, call: ToolCall) -> ToolResult:
        """Run *call*. Never raises but for cancellation: an error is a result that tells how to mend the call."""
        try:
            tool = next((tool for tool in tools.TOOLS if tool.name == call.name), None)
            if tool is None:
                known = ", ".join(tool.name for tool in tools.TOOLS)
                raise ToolError(
                    _("There is no tool “{name}”; there are: {known}.").format(name=call.name[:60], known=known)
                )
            answer = await self._answer(tool, tools.parsed(tool, call.arguments))
            return ToolResult(call.id, _bounded(answer))
        except VoiceAppError as error:
            return ToolResult(call.id, f"{error.message} {error.hint}".strip(), is_error=True)
        except Exception as error:  # a fault of ours must not end the person's turn
            return ToolResult(call.id, unexpected(error).message, is_error=True)

    def close(self) -> None:
        """Forget the timers; none rings any more."""
        for timer in self._timers.values():
            timer.handle.cancel()
        self._timers.clear()

    async def _answer(self, tool: Tool, given: Arguments) -> dict[str, Any]:
        computed = tools.compute(tool, given, self._now(), self._tables)
        return computed if computed is not None else await self._actions[tool.name](given)

    # --- timers -------------------------------------------------------------------------------------------

    async def _set_timer(self, given: Arguments) -> dict[str, Any]:
        if len(self._timers) >= TIMERS_LIMIT:
            raise ToolError(_("{n} timers are running; cancel one first.").format(n=TIMERS_LIMIT))
        self._last_number += 1
        number, seconds, name = self._last_number, float(given["seconds"]), given.get("name", "").strip()
        loop = asyncio.get_running_loop()
        handle = loop.call_later(seconds, self._rang, number)
        self._timers[number] = _Timer(name, handle.when(), handle)
        return {"number": number, "name": name, "seconds": round(seconds)}

    def _rang(self, number: int) -> None:
        timer = self._timers.pop(number)
        name = timer.name
        self._ring(_("The timer “{name}” has run out.").format(name=name) if name else _("The timer has run out."))

    async def _list_timers(self, given: Arguments) -> dict[str, Any]:
        del given
        now_s = asyncio.get_running_loop().time()
        return {
            "timers": [
                {"number": number, "name": timer.name, "seconds_left": max(0, round(timer.rings_at_s - now_s))}
                for number, timer in self._timers.items()
            ]
        }

    async def _cancel_timer(self, given: Arguments) -> dict[str, Any]:
        chosen = self._chosen_timers(given)
        for number in chosen:
            self._timers.pop(number).handle.cancel()
        return {"cancelled": len(chosen), "left": len(self._timers)}

    def _chosen_timers(self, given: Arguments) -> list[int]:
        if not self._timers or given.get("all"):
            return list(self._timers)
        name = given.get("name", "").strip().lower()
        if "number" in given:
            chosen = [number for number in self._timers if number == given["number"]]
        elif name:
            chosen = [number for number, timer in self._timers.items() if timer.name.lower() == name]
        else:
            chosen = list(self._timers)
            if len(chosen) > 1:
                raise ToolError(
                    ngettext("{n} timer is running", "{n} timers are running", len(chosen)).format(n=len(chosen))
                    + _("; say which by number or name, or all=true.")
                )
        if not chosen:
            running = ", ".join(f"{number} {timer.name}".strip() for number, timer in self._timers.items())
            raise ToolError(_("There is no such timer; running are: {running}.").format(running=running))
        return chosen

    # --- the person's own words ---------------------------------------------------------------------------

    async def _add_note(self, given: Arguments) -> dict[str, Any]:
        text = given["text"].strip()
        if not text:
            raise ToolError(_("The note is empty; ask what it should say."))
        return {"number": await self._store.add_note(text), "text": text}

    async def _list_notes(self, given: Arguments) -> dict[str, Any]:
        notes = await self._store.notes()
        return {"notes": list(reversed(notes))[: given.get("limit", 10)], "total": len(notes)}

    async def _search_own(self, given: Arguments) -> dict[str, Any]:
        query = given["query"].strip()
        if not query:
            raise ToolError(_("The query is empty; search for one or two significant words."))
        found = await self._store.search_texts(query, given.get("limit", 5))
        zone = self._now().tzinfo
        return {
            "query": query,
            "found": [
                {
                    "who": "person" if message.role is Role.USER else "assistant",
                    "date": datetime.fromtimestamp(message.created_at, zone).strftime("%Y-%m-%d"),
                    "text": _around(message.text, query),
                }
                for message in found
            ],
        }

    async def _help(self, given: Arguments) -> dict[str, Any]:
        del given
        return {"tools": {tool.name: tool.description for tool in tools.TOOLS}}


def _around(text: str, query: str) -> str:
    """Return the part of *text* around the first place where a word of *query* stands."""
    text = " ".join(text.split())
    places = [place for word in query.lower().split() if (place := text.lower().find(word)) >= 0]
    start = max(0, min(places, default=0) - SNIPPET_CHARS // 3)
    cut = text[start : start + SNIPPET_CHARS]
    return ("…" if start else "") + cut + ("…" if start + SNIPPET_CHARS < len(text) else "")


def _bounded(answer: dict[str, Any]) -> str:
    """Return *answer* as JSON of at most RESULT_LIMIT_CHARS: lists lose their last entries, and it says so."""
    text = json.dumps(answer, ensure_ascii=False)
    while len(text) > RESULT_LIMIT_CHARS:
        longest = max((value for value in answer.values() if isinstance(value, list)), key=len, default=[])
        if len(longest) > 1:
            del longest[len(longest) // 2 :]
            answer["is_shortened"] = True
        else:
            answer = {key: _shortened(value) for key, value in answer.items()}
        text = json.dumps(answer, ensure_ascii=False)
    return text


def _shortened(value: object) -> object:
    if isinstance(value, list):
        return [_shortened(entry) for entry in value]
    return f"{value[: len(value) // 2]}…" if isinstance(value, str) and len(value) > SNIPPET_CHARS else value
