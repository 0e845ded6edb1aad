"""Runs what a model calls: the tools of kits and of servers, in one list. Keeps ``ports.Tools``."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import ToolError, VoiceAppError, unexpected
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.core.tool_events import ToolRow, ToolServerState
from voiceapp.core.tools import Effect, Permission, Tool, Wish, parsed, tool, tools_of
from voiceapp.ports import ToolServers

RESULT_LIMIT_CHARS = 4000
"""What a model gets at most of voiceapp's own lists: more would crowd out the conversation."""
LONG_RESULT_LIMIT_CHARS = 64_000
"""The same for what was asked for as a whole: a file, the clipboard, a server's answer."""
SNIPPET_CHARS = 240

LONG = frozenset({Effect.READS_COMPUTER, Effect.LEAVES})

TOUCHES: Mapping[Effect, Callable[[], str]] = {
    Effect.NOTHING: lambda: _("Touches nothing."),
    Effect.READS_OWN: lambda: _("Reads what voiceapp keeps."),
    Effect.CHANGES_OWN: lambda: _("Changes what voiceapp keeps."),
    Effect.READS_COMPUTER: lambda: _("Reads something on this computer."),
    Effect.CHANGES_COMPUTER: lambda: _("Changes something on this computer."),
    Effect.LEAVES: lambda: _("Sends something elsewhere."),
}


class ToolBox:
    """The tools of the kits and, once they are connected, of *servers*. Lives on the voice loop.

    *make_kits* is called at the first look. A kit with a coroutine method ``close`` is closed with the box.
    """

    def __init__(self, make_kits: Callable[[], Sequence[object]], servers: ToolServers | None = None) -> None:
        self.settings = Settings()
        self._make_kits = make_kits
        self._kits: Sequence[object] = ()
        self._servers = servers

    def use(self, settings: Settings) -> None:
        """As Tools.use."""
        self.settings = settings
        if self._servers is not None:
            self._servers.use(settings.tool_servers)

    def specs(self) -> tuple[ToolSpec, ...]:
        """As Tools.specs."""
        return tuple(one.spec for one in self._tools() if self._permission(one) is not Permission.NEVER)

    def rows(self) -> tuple[ToolRow, ...]:
        """As Tools.rows."""
        return tuple(
            ToolRow(one.shown, one.description, one.effect, self._permission(one), _touches(one), one.server)
            for one in self._tools()
        )

    def servers(self) -> tuple[ToolServerState, ...]:
        """As Tools.servers."""
        return self._servers.states() if self._servers is not None else ()

    def wish(self, call: ToolCall) -> Wish | None:
        """As Tools.wish. A call that cannot be run is not asked about: its error goes to the model."""
        try:
            one = self._tool(call.name)
            given = parsed(one, call.arguments)
        except ToolError:
            return None
        if self._permission(one) is not Permission.ASK:
            return None
        return Wish(one.shown, json.dumps(given, ensure_ascii=False, indent=1, default=float), _touches(one))

    async def run(self, call: ToolCall) -> ToolResult:
        """As Tools.run."""
        try:
            one = self._tool(call.name)
            given = parsed(one, call.arguments)
            if self._permission(one) is Permission.NEVER:
                raise ToolError(_("The person does not allow this tool."))
            return ToolResult(call.id, await self._answer(one, given))
        except VoiceAppError as error:
            return ToolResult(call.id, f"{error.message} {error.hint}".strip(), is_error=True)
        except Exception as error:  # a fault of ours must not end the person's turn
            return ToolResult(call.id, unexpected(error).message, is_error=True)

    async def settled(self) -> None:
        """As Tools.settled."""
        if self._servers is not None:
            await self._servers.settled()

    async def close(self) -> None:
        """As Tools.close."""
        for kit in self._kits:
            close = getattr(kit, "close", None)
            if close is not None:
                await close()
        if self._servers is not None:
            await self._servers.close()

    @tool(Effect.NOTHING)
    async def help(self) -> dict[str, Any]:
        """What this assistant can do without a language model."""
        return {"tools": {one.name: one.description for one, _method in self._own.values()}}

    # --- inside -------------------------------------------------------------------------------------------

    @cached_property
    def _own(self) -> dict[str, tuple[Tool, Callable[..., Any]]]:
        self._kits = self._make_kits()
        return {one.name: (one, method) for kit in (*self._kits, self) for one, method in tools_of(kit).items()}

    def _tools(self) -> tuple[Tool, ...]:
        own = tuple(one for one, _method in self._own.values())
        return (*own, *self._servers.tools()) if self._servers is not None else own

    def _tool(self, name: str) -> Tool:
        found = next((one for one in self._tools() if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self._tools())
            raise ToolError(_("There is no tool “{name}”; there are: {known}.").format(name=name[:60], known=known))
        return found

    def _permission(self, one: Tool) -> Permission:
        return one.permission(self.settings.tool_permissions)

    async def _answer(self, one: Tool, given: dict[str, Any]) -> str:
        if one.server:
            assert self._servers is not None
            return _cut(await self._servers.call(one, given))
        answer = self._own[one.name][1](**given)
        if inspect.isawaitable(answer):
            answer = await answer
        return _bounded(answer, LONG_RESULT_LIMIT_CHARS if one.effect in LONG else RESULT_LIMIT_CHARS)


def _touches(one: Tool) -> str:
    return one.touches or TOUCHES[one.effect]()


def _cut(text: str) -> str:
    return text if len(text) <= LONG_RESULT_LIMIT_CHARS else f"{text[:LONG_RESULT_LIMIT_CHARS]}…"


def _bounded(answer: dict[str, Any], limit: int) -> str:
    """Return *answer* as JSON of at most *limit* characters: lists lose their last entries, and it says so."""
    text = json.dumps(answer, ensure_ascii=False)
    while len(text) > limit:
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
