"""All servers of tools of a session. Keeps ``ports.ToolServers``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from gettext import gettext as _
from typing import Any

from voiceapp.core.errors import ToolError
from voiceapp.core.tool_events import ToolServerState
from voiceapp.core.tool_settings import ToolServer
from voiceapp.core.tools import Tool
from voiceapp.tool_servers.connection import CALL_S, Connection


class Connections:
    """Connects what the settings name and leaves what they no longer name.

    Args:
        key: returns a server's bearer token, "" for none; blocking, called in a worker thread.
        on_change: called on the voice loop when tools or states are others.
        call_s: how long a call may take.
    """

    def __init__(self, key: Callable[[ToolServer], str], on_change: Callable[[], None], call_s: float = CALL_S) -> None:
        self._key = key
        self._on_change = on_change
        self._call_s = call_s
        self._open: dict[str, Connection] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def use(self, servers: Sequence[ToolServer]) -> None:
        """As ToolServers.use."""
        before = self._open
        wanted = {server.name: server for server in servers}
        kept = {name: one for name, one in before.items() if wanted.get(name) == one.server}
        for name, connection in before.items():
            if name not in kept:
                task = asyncio.get_running_loop().create_task(connection.close(), name=f"leave-{name}")
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
        self._open = {name: kept.get(name) or self._made(server) for name, server in wanted.items()}
        if self._open != before:
            for connection in self._open.values():
                connection.open()
            self._on_change()

    def tools(self) -> tuple[Tool, ...]:
        """As ToolServers.tools."""
        return tuple(tool for connection in self._open.values() for tool in connection.tools)

    def states(self) -> tuple[ToolServerState, ...]:
        """As ToolServers.states."""
        return tuple(connection.state for connection in self._open.values())

    async def settled(self) -> None:
        """As ToolServers.settled."""
        await asyncio.gather(*(connection.settled() for connection in self._open.values()))

    async def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """As ToolServers.call."""
        connection = self._open.get(tool.server)
        if connection is None:
            raise ToolError(_("The tool server {name} is not connected.").format(name=tool.server))
        return await connection.call(tool, arguments)

    async def close(self) -> None:
        """As ToolServers.close."""
        await asyncio.gather(*(connection.close() for connection in self._open.values()), *self._closing)
        self._open = {}

    def _made(self, server: ToolServer) -> Connection:
        return Connection(server, lambda: self._key(server), self._on_change, self._call_s)
