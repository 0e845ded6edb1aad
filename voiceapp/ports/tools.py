"""What a model may call, and what tools reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall, ToolResult, ToolSpec
from voiceapp.core.tool_events import ToolRow, ToolServerState
from voiceapp.core.tool_settings import ToolServer
from voiceapp.core.tools import Tool, Wish


class Tools(Protocol):
    """What a model may call. Runs on the voice loop."""

    def use(self, settings: Settings) -> None:
        """New settings are in force: permissions, files that may be read, servers to be connected. Returns at once."""
        ...

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as the model is told them; those that the person forbade are not among them."""
        ...

    def wish(self, call: ToolCall) -> Wish | None:
        """What the person must be asked before *call* is run; None where nothing is to be asked."""
        ...

    async def run(self, call: ToolCall) -> ToolResult:
        """Run *call*; never raises: an error is a result that tells the model how to mend its call."""
        ...

    def rows(self) -> tuple[ToolRow, ...]:
        """Every tool with its source and permission, for the person."""
        ...

    def servers(self) -> tuple[ToolServerState, ...]:
        """How each configured server of tools stands."""
        ...

    async def settled(self) -> None:
        """Wait until every server is connected, or known not to be."""
        ...

    async def close(self) -> None:
        """End timers, connections and the like."""
        ...


class Outside(Protocol):
    """The person's desktop. Raises ToolError, told to the model, where something is not available."""

    async def read_clipboard(self) -> str:
        """Return the text on the clipboard, empty where there is none."""
        ...

    async def write_clipboard(self, text: str) -> None:
        """Put *text* on the clipboard."""
        ...

    async def open(self, target: str) -> None:
        """Open an address or a file, already checked, with the system's program for it."""
        ...


class ToolServers(Protocol):
    """Servers whose tools join ours. Runs on the voice loop; connecting happens in the background."""

    def use(self, servers: Sequence[ToolServer]) -> None:
        """Connect those that are new or changed, leave those that are gone. Returns at once."""
        ...

    def tools(self) -> tuple[Tool, ...]:
        """The tools of the servers that are connected now."""
        ...

    def states(self) -> tuple[ToolServerState, ...]:
        """How each server stands, in the order of the settings."""
        ...

    async def settled(self) -> None:
        """Wait until no server is being connected."""
        ...

    async def call(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        """Run a server's tool. Raises ToolError: it failed, its server is gone, or it took too long."""
        ...

    async def close(self) -> None:
        """Leave all servers."""
        ...
