"""One server of tools: connected, asked, left. Lives in a task of its own, because the protocol's scopes must."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from gettext import gettext as _
from pathlib import Path
from typing import Any

from voiceapp.core.errors import ToolError
from voiceapp.core.tool_events import ToolServerState
from voiceapp.core.tool_settings import Effect, ToolServer
from voiceapp.core.tools import SEPARATOR, Tool

log = logging.getLogger("voiceapp.tools")

CONNECT_S = 30.0
"""A program may have to be installed before it answers (npx, uvx)."""
CALL_S = 60.0
TOOLS_LIMIT = 100
NAME_CHARS = 64
DESCRIPTION_CHARS = 2000
EXTRA = "voiceapp[mcp]"


class Connection:
    """The connection to *server*.

    Args:
        key: returns its bearer token, "" for none; blocking.
        on_change: called when the state or the tools are others.
        call_s: how long a call may take.
    """

    def __init__(
        self, server: ToolServer, key: Callable[[], str], on_change: Callable[[], None], call_s: float = CALL_S
    ) -> None:
        self.server = server
        self.tools: tuple[Tool, ...] = ()
        self.state = ToolServerState(server.name, is_on=server.is_on)
        self._key = key
        self._on_change = on_change
        self._call_s = call_s
        self._names: dict[str, str] = {}
        self._client: Any = None
        self._leaving = asyncio.Event()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to connect; returns at once."""
        if self.server.is_on and self._task is None:
            self._ready.clear()
            self._leaving.clear()
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"tools-{self.server.name}")

    async def settled(self) -> None:
        """Wait until it is connected, or known not to be."""
        if self._task is not None:
            await self._ready.wait()

    async def close(self) -> None:
        """Leave the server; its program is ended."""
        task, self._task = self._task, None
        if task is None:
            return
        self._leaving.set()
        done, _pending = await asyncio.wait([task], timeout=5.0)
        if not done:
            task.cancel()
            await asyncio.wait([task])

    async def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """Run *tool*. Raises ToolError; a server that is gone is connected again, for the next call."""
        name = self._names.get(tool.name)
        if self._client is None or name is None:
            self._again()
            raise ToolError(_("The tool server {name} is not connected.").format(name=self.server.name))
        try:
            answer = await self._client.call_tool(name, dict(arguments), read_timeout_seconds=self._call_s)
        except Exception as error:
            raise self._call_error(error) from None
        text = _text_of(answer)
        if answer.is_error:
            raise ToolError(text or _("The tool failed without saying why."))
        return text

    # --- the task -----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(CONNECT_S):
                    client = await stack.enter_async_context(await self._made(stack))
                    self._take(await self._listed(client))
                self._client = client
                self._set(ToolServerState(self.server.name, is_connected=True, tool_count=len(self.tools)))
                await self._leaving.wait()
        except Exception as fault:  # whatever a foreign server brings up must not reach the session
            log.info("tool server %s: %s", self.server.name, type(_first(fault)).__name__)
            if not self._leaving.is_set():
                self._set(ToolServerState(self.server.name, problem=self._problem(_first(fault))))
        finally:
            self._client, self.tools = None, ()
            self._ready.set()

    async def _made(self, stack: AsyncExitStack) -> Any:
        """Import the package and return its client for this server, not yet connected."""
        mcp = await asyncio.to_thread(importlib.import_module, "mcp")
        server = self.server
        if server.url:
            http: Any = importlib.import_module("mcp.client.streamable_http")
            shared: Any = importlib.import_module("mcp.shared._httpx_utils")
            key = await asyncio.to_thread(self._key)
            headers = {"Authorization": f"Bearer {key}"} if key else None
            web = await stack.enter_async_context(shared.create_mcp_http_client(headers=headers))
            return mcp.Client(http.streamable_http_client(server.url, http_client=web))
        program = mcp.StdioServerParameters(command=server.command, args=list(server.args), env=dict(server.env))
        # what a server writes about itself may hold what it was asked: it goes nowhere
        nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))  # noqa: ASYNC230, SIM115 - never blocks
        return mcp.Client(mcp.stdio_client(program, errlog=nowhere))

    async def _listed(self, client: Any) -> list[Any]:
        found: list[Any] = []
        cursor: str | None = None
        while len(found) < TOOLS_LIMIT:
            page = await client.list_tools(cursor=cursor)
            found += page.tools
            cursor = page.next_cursor
            if not cursor:
                break
        return found[:TOOLS_LIMIT]

    def _take(self, listed: list[Any]) -> None:
        tools: list[Tool] = []
        for one in listed:
            name = _callable_name(self.server.name, one.name)
            if name in self._names and self._names[name] != one.name:
                continue  # two that differ only in what a name may not hold: the first stays
            self._names[name] = one.name
            touches = _("Runs “{tool}” of the tool server {server} ({what}).").format(
                tool=one.name, server=self.server.name, what=self.server.shown
            )
            words = (one.description or one.title or one.name)[:DESCRIPTION_CHARS]
            schema = dict(one.input_schema or {"type": "object", "properties": {}})
            tools.append(Tool(name, words, Effect.LEAVES, schema, touches, self.server.name, is_strict=False))
        self.tools = tuple(tools)

    # --- inside -------------------------------------------------------------------------------------------

    def _set(self, state: ToolServerState) -> None:
        self.state = state
        self._ready.set()
        self._on_change()

    def _again(self) -> None:
        """Connect anew where the last attempt ended."""
        if self._task is not None and self._task.done():
            self._task = None
            self.open()

    def _call_error(self, error: Exception) -> ToolError:
        """Say what became of a call. Where the connection itself broke, it is made anew."""
        name, code = self.server.name, getattr(getattr(error, "error", None), "code", 0)
        if isinstance(error, TimeoutError) or code in _TIMEOUTS:
            return ToolError(_("The tool server {name} did not answer in time.").format(name=name))
        if code in _ANSWERED:
            return ToolError(_("The tool server {name} refused: {why}").format(name=name, why=str(error)[:300]))
        log.info("tool server %s: call failed: %s", name, type(error).__name__)
        self._client = None
        self._leaving.set()
        if self._task is not None:
            self._task.add_done_callback(lambda _task: self._again())
        self._set(ToolServerState(name, problem=_("It stopped while it was asked; it is being connected again.")))
        return ToolError(_("The tool server {name} stopped. It is started again; try once more.").format(name=name))

    def _problem(self, fault: BaseException) -> str:
        if isinstance(fault, ModuleNotFoundError):
            return _("The extra for tool servers is not installed: pip install “{extra}”.").format(extra=EXTRA)
        if isinstance(fault, FileNotFoundError | PermissionError | NotADirectoryError):
            return _("The program “{name}” was not found or may not be run.").format(name=self.server.command)
        if isinstance(fault, TimeoutError):
            return _("It did not answer within {s} s.").format(s=round(CONNECT_S))
        if self.server.url:
            return _("It could not be reached, or does not speak the Model Context Protocol there.")
        return _("The program ended, or does not speak the Model Context Protocol.")


_TIMEOUTS = frozenset({-32001, 408})
_ANSWERED = frozenset({-32600, -32601, -32602, -32603})
"""Codes of JSON-RPC by which a living server turns a request down."""


def _callable_name(server: str, tool: str) -> str:
    """Return a name as services accept it: letters, digits, _ and -, 64 characters at most."""
    return f"{server}{SEPARATOR}{re.sub('[^a-zA-Z0-9_-]', '_', tool)}"[:NAME_CHARS]


def _text_of(answer: Any) -> str:
    """Return the words of a result; what is no text is named."""
    parts: list[str] = []
    for part in answer.content or ():
        text = getattr(part, "text", None)
        if text is None:
            with suppress(AttributeError):
                text = getattr(part.resource, "text", None)
        parts.append(str(text) if text is not None else f"[{part.type}]")
    if not parts and answer.structured_content is not None:
        return str(answer.structured_content)
    return "\n".join(parts)


def _first(fault: BaseException) -> BaseException:
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
